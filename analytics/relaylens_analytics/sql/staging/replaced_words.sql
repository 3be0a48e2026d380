-- Names and quotations that a handoff put in the place of others: beside the same words the sender had another name, or quoted something else.
-- needs: fresh_words
WITH places AS (
    SELECT edge, run, value, known, given, right(string_split(given, value)[1], 200) AS before, left(string_split(given, value)[2], 100) AS after
    FROM fresh_words
),

-- the three words before it and after it, or the key in JSON of which it is the value
beside AS (
    SELECT edge, run, value, known, given, regexp_extract(before, '(?:^|[\s(])((?:[^\s("¦{}]+[\s(]+){3})$', 1) AS lead,
           regexp_extract(after, '^([^\s\p{L}"¦]*(?:[\s)]+[^\s)"¦{}]+){3})', 1) AS tail,
           CASE WHEN regexp_matches(after, '^\\*"') THEN regexp_extract(before, '"[^"]+"\s*:\s*\\*"$') ELSE '' END AS key
    FROM places
    -- a sentence of the target's instructions tells what it is, as the sender's own do
    WHERE NOT regexp_matches(before, '(?i)(^|[.!?:¦"\n]\s*)(you|your)\b[^.!?¦"\n]*$')
      -- the first words of a sentence have a capital for that
      AND (key <> '' OR NOT regexp_matches(before, '(^|[.!?¦"\n])\s*$') OR regexp_matches(value, '^[“„«`\\"]'))
),

-- what the sender had at that place
others AS (
    SELECT edge, run, value, given, unnest(list_distinct(list_concat(
               CASE WHEN len(lead) >= 8 THEN list_transform(string_split(known, lead)[2:20], lambda p: regexp_extract(left(p, 250),
                   concat('^(?:', a_quotation(), '|', a_json_text(), '|', a_name(), ')'))) ELSE [] END,
               CASE WHEN len(tail) >= 10 THEN list_transform(string_split(known, tail)[:-2][:20], lambda p: regexp_extract(right(p, 250),
                   concat('(?:', a_quotation(), '|', a_json_text(), '|', a_name(), ')$'))) ELSE [] END,
               CASE WHEN key <> '' THEN list_transform(string_split(known, key)[2:20], lambda p: regexp_extract(left(p, 250),
                   concat('^(', a_name(), ')\\*"'), 1)) ELSE [] END
           ))) AS other
    FROM beside
),

named AS (
    SELECT edge, run, given, trim(value, '“”„«»`\"') AS value, trim(other, '“”„«»`\"') AS other,
           regexp_matches(value, '^[“„«`\\"]') AS is_quotation, regexp_matches(other, '^[“„«`\\"]') AS was_quotation
    FROM others
)

SELECT edge, value, min(other) AS instead_of
FROM named AS n
WHERE other <> '' AND is_quotation = was_quotation AND NOT contains(given, other)
  -- a last name with a title before it, or another first name, is taken for the same person
  AND (is_quotation OR string_split(value, ' ')[-1] <> string_split(other, ' ')[-1])
  -- whose turn it is differs with every handoff
  AND NOT EXISTS (
      SELECT 1 FROM work_steps AS s
      WHERE s.run = n.run AND NOT n.is_quotation
        AND (contains('_' || agent_key(n.value) || '_', '_' || s.agent || '_') OR contains('_' || agent_key(n.other) || '_', '_' || s.agent || '_'))
  )
GROUP BY edge, value
