-- Values that a handoff lost or brought in: the words beside one stand on both sides of the handoff, and it stands on one.
-- needs: edge_talk
WITH looked_for AS (
    SELECT edge, unnest(missing_values[:20]) AS value, 'dropped' AS kind, known AS this, given AS other FROM edge_talk
    UNION ALL
    SELECT edge, unnest(new_values[:20]), 'invented', given, known FROM edge_talk
),

-- most values stand beside nothing that the other side has: a few letters near them tell, without taking all texts apart
near AS (
    SELECT edge, value, kind,
           list_transform(string_split(this, value)[:9], lambda p: right(p, 40)) AS befores, list_transform(string_split(this, value)[2:9], lambda p: left(p, 40)) AS afters, other
    FROM looked_for
    -- short numbers count steps and pages, and a time of day is another in each prompt
    WHERE len(regexp_replace(value, '[^\p{L}\p{N}]', '', 'g')) >= 3 AND NOT regexp_matches(value, '\d:\d\d')
),

kept AS (
    SELECT edge, value, kind
    FROM near
    WHERE len(list_filter(list_distinct(flatten([
        list_transform(befores[:-2], lambda p: right(p, 10)), list_transform(befores[:-2], lambda p: p[-22:-13]), list_transform(befores[:-2], lambda p: p[-34:-25]),
        list_transform(afters, lambda p: left(p, 10)), list_transform(afters, lambda p: p[13:22]), list_transform(afters, lambda p: p[25:34])
    ])), lambda probe: len(probe) = 10 AND contains(other, probe))) > 0
),

texts_in_words AS (
    SELECT edge, as_words(known) AS known, as_words(given) AS given FROM edge_talk SEMI JOIN kept USING (edge)
),

sides AS (
    SELECT v.edge, v.value, v.kind,
           string_split(CASE WHEN v.kind = 'dropped' THEN w.known ELSE w.given END, as_words(v.value))[:17] AS pieces,
           CASE WHEN v.kind = 'dropped' THEN replace(w.known, ' ‖', '') END AS this,
           replace(CASE WHEN v.kind = 'dropped' THEN w.given ELSE w.known END, ' ‖', '') AS other
    FROM kept AS v
    JOIN texts_in_words AS w USING (edge)
),

-- what stands before and after it, within the text it stands in
contexts AS (
    SELECT edge, value, kind, this, other,
           string_split(regexp_extract(trim(piece), '([^¦]*)$', 1), ' ')[-12:] AS lefts,
           string_split(regexp_extract(trim(next_piece), '^([^¦]*)', 1), ' ')[:12] AS rights
    FROM (SELECT edge, value, kind, this, other, unnest(pieces[:-2]) AS piece, unnest(pieces[2:]) AS next_piece FROM sides WHERE len(pieces) > 1)
),

-- up to seven words of it, of its sentence or beyond
windows AS (
    SELECT edge, value, kind, this, other, is_in_sentence,
           unnest(CASE WHEN is_in_sentence THEN [list_filter(string_split(regexp_extract(array_to_string(lefts, ' '), '([^‖]*)$', 1), ' '), lambda w: w <> '')[-7:],
                                                 list_filter(string_split(regexp_extract(array_to_string(rights, ' '), '^([^‖]*)', 1), ' '), lambda w: w <> '')[:7]]
                       ELSE [list_filter(lefts, lambda w: w NOT IN ('', '‖'))[-7:], list_filter(rights, lambda w: w NOT IN ('', '‖'))[:7]] END) AS words
    FROM contexts
    CROSS JOIN (VALUES (TRUE), (FALSE)) AS s (is_in_sentence)
),

phrases AS (
    SELECT edge, value, kind, this, other, is_in_sentence,
           unnest(list_transform(range(1, len(words) - 2), lambda i: ' ' || array_to_string(words[i:i + 3], ' ') || ' ')) AS phrase
    FROM windows
),

counted AS (
    SELECT edge, value, kind, phrase, is_in_sentence, any_value(this) AS this, any_value(other) AS other, count(*) AS times
    FROM phrases
    GROUP BY edge, value, kind, phrase, is_in_sentence
)

SELECT DISTINCT f.edge, f.kind, f.value
FROM counted AS f
JOIN edge_talk AS e USING (edge)
WHERE contains(f.other, f.phrase)
  AND CASE f.kind
      -- words that the sender had elsewhere, too, may have come from there
      WHEN 'dropped' THEN NOT f.is_in_sentence AND len(string_split(f.this, f.phrase)) - 1 <= f.times
      -- a sentence of the target's instructions before or after what was handed over brings values of its own: only one in the place of another
      ELSE f.is_in_sentence OR EXISTS (SELECT 1 FROM counted AS d WHERE d.edge = f.edge AND d.kind = 'dropped' AND d.phrase = f.phrase)
  END
  -- another one of its kind that went on was chosen from several; the same number may be written otherwise
  AND NOT (f.kind = 'dropped' AND list_contains(
      list_transform(e.given_values, lambda v: regexp_replace(v, '\d', '9', 'g')), regexp_replace(f.value, '\d', '9', 'g')
  ))
  AND NOT list_contains(list_transform(CASE WHEN f.kind = 'dropped' THEN e.given_values ELSE handed_values(e.known) END, lambda v: as_number(v)), as_number(f.value))
