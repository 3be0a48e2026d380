-- Values that a handoff lost or brought in: the words beside one stand on both sides of the handoff, and it stands on one.
-- needs: edge_talk
WITH texts_in_words AS (
    SELECT edge, as_words(known) AS known, as_words(given) AS given, as_words(given_and_done) AS given_and_done FROM edge_talk
),

looked_for AS (
    SELECT edge, unnest(missing_values[:60]) AS value, 'dropped' AS kind FROM edge_talk
    UNION ALL
    SELECT edge, unnest(new_values[:60]), 'invented' FROM edge_talk
),

sides AS (
    SELECT v.edge, v.value, v.kind,
           string_split(CASE WHEN v.kind = 'dropped' THEN w.known ELSE w.given_and_done END, as_words(v.value))[:33] AS pieces,
           CASE WHEN v.kind = 'dropped' THEN replace(w.known, ' ‖', '') END AS this,
           replace(CASE WHEN v.kind = 'dropped' THEN w.given ELSE w.known END, ' ‖', '') AS other
    FROM looked_for AS v
    JOIN texts_in_words AS w USING (edge)
    -- short numbers count steps and pages, and a time of day is another in each prompt
    WHERE len(regexp_replace(v.value, '[^\p{L}\p{N}]', '', 'g')) >= 3 AND NOT regexp_matches(v.value, '\d:\d\d')
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
