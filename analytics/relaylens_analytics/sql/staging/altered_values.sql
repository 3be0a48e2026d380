-- Values that a handoff lost or changed: the words around one stand in what the target was given, and it is gone or another is in its place.
-- needs: edge_talk
WITH texts_in_words AS (
    SELECT edge, as_words(known) AS known, as_words(given) AS given FROM edge_talk
),

looked_for AS (
    SELECT edge, unnest(missing_values[:60]) AS value, 'dropped' AS kind FROM edge_talk
    UNION ALL
    SELECT edge, unnest(new_values[:60]), 'swapped' FROM edge_talk
),

-- where the value stands, and where its place is looked for
sides AS (
    SELECT v.edge, v.value, v.kind, as_words(v.value) AS word,
           string_split(CASE WHEN v.kind = 'dropped' THEN w.known ELSE w.given END, as_words(v.value))[:9] AS pieces,
           CASE WHEN v.kind = 'dropped' THEN w.given ELSE w.known END AS other,
           CASE WHEN v.kind = 'dropped' THEN w.known ELSE w.given END AS this
    FROM looked_for AS v
    JOIN texts_in_words AS w USING (edge)
),

contexts AS (
    SELECT edge, value, kind, word, other, this,
           string_split(trim(piece), ' ')[-4:] AS lefts, string_split(trim(next_piece), ' ')[:4] AS rights
    FROM (SELECT edge, value, kind, word, other, this, unnest(pieces[:-2]) AS piece, unnest(pieces[2:]) AS next_piece FROM sides WHERE len(pieces) > 1)
),

bounded AS (
    SELECT edge, value, kind, word, other, this,
           list_reverse(list_reverse(lefts)[:coalesce(list_position(list_reverse(lefts), '¦') - 1, 4)]) AS lefts,
           rights[:coalesce(list_position(rights, '¦') - 1, 4)] AS rights
    FROM contexts
),

phrased AS (
    SELECT edge, value, kind, word, other, this,
           CASE WHEN len(lefts) >= 2 THEN ' ' || array_to_string(lefts[-2:], ' ') || ' ' WHEN len(lefts) = 1 AND len(rights) > 1 THEN ' ' || lefts[1] || ' ' END AS left_2,
           CASE WHEN len(rights) >= 2 THEN array_to_string(rights[:2], ' ') || ' ' WHEN len(rights) = 1 AND len(lefts) > 1 THEN rights[1] || ' ' END AS right_2,
           CASE WHEN len(lefts) = 4 THEN ' ' || array_to_string(lefts, ' ') || ' ' END AS left_4,
           CASE WHEN len(rights) = 4 THEN ' ' || array_to_string(rights, ' ') || ' ' END AS right_4
    FROM bounded
),

-- what stands at that place on the other side: between the words before and after, or beside four of them
found AS (
    SELECT edge, value, kind, word, this, other,
           unnest(
               coalesce(list_transform(list_filter(string_split(other, left_2)[2:], lambda p: strpos(left(p, 40), right_2) > 0),
                                       lambda p: trim(left(p, strpos(p, right_2) - 1))), [])
               || coalesce(list_transform(string_split(other, right_4)[:-2], lambda p: string_split(p, ' ')[-1]), [])
               || coalesce(list_transform(string_split(other, left_4)[2:], lambda p: string_split(p, ' ')[1]), [])
           ) AS gap
    FROM phrased
)

SELECT DISTINCT e.edge, f.kind, f.value,
       CASE WHEN f.kind = 'swapped' THEN f.gap END AS instead
FROM found AS f
JOIN edge_talk AS e USING (edge)
WHERE CASE
    -- nothing of its kind is in its place
    WHEN f.kind = 'dropped' THEN NOT regexp_matches(f.gap, '\d') AND NOT list_contains(list_transform(handed_values(e.given), lambda v: as_number(v)), as_number(f.value))
    -- another value of the same kind is in its place, and that one the target was not given there
    ELSE regexp_matches(f.gap, '\d') AND regexp_replace(f.gap, '\D', '', 'g') <> regexp_replace(f.word, '\D', '', 'g')
END
