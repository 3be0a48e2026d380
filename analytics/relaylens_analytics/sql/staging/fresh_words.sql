-- Names and quotations that the target of a handoff was given though nobody had said them, and with which the work goes on; with what its
-- sender had and the target was given.
-- needs: run_talk
-- needs: detector invented_entity
WITH edges AS (
    SELECT e.edge, e.run, e.from_step, e.to_step, e.t0
    FROM handoff_edges AS e
    JOIN work_steps AS s ON s.step = e.to_step
    WHERE NOT e.is_return AND e.from_step IS NOT NULL AND NOT is_person(e.to_agent)
    -- work that goes round without end is a loop
    QUALIFY row_number() OVER (PARTITION BY e.run ORDER BY e.t0) <= 50
),

told AS (
    SELECT e.edge, any_value(e.run) AS run, any_value(e.to_step) AS to_step, any_value(e.t0) AS t0,
           string_agg(t.text, ' ¦ ') FILTER (WHERE t.step = e.from_step AND (t.kind = 'given' OR t.t <= e.t0)) AS known,
           string_agg(t.text, ' ¦ ') FILTER (WHERE t.step = e.to_step AND t.kind = 'given') AS given
    FROM edges AS e
    JOIN run_talk AS t ON t.run = e.run AND (t.step = e.from_step OR t.step = e.to_step)
    GROUP BY e.edge
),

-- words with capitals, with the letter before them that tells a name from the beginning of a sentence; quotation marks of their own kind,
-- or JSON's after a word: others may be JSON's own. Classes are small and nothing is counted, since a pattern is compiled anew each time.
found AS (
    SELECT edge, run, to_step, t0, known, given,
           list_filter(regexp_extract_all(given, concat('(?:[a-z][,;]? )?', a_name())), lambda v: v BETWEEN 'a' AND '{' OR contains(v, ' '))[:80] AS names,
           regexp_extract_all(given, concat(a_quotation(), '|[a-z0-9] ', a_json_text()))[:40] AS quotations
    FROM told
    WHERE known IS NOT NULL AND given IS NOT NULL
),

-- most stand in what the sender had
missing AS (
    SELECT edge, run, to_step, t0, known, given,
           unnest(list_filter(list_transform(
               list_distinct(list_transform(list_concat(names, quotations), lambda v: ltrim(v, 'abcdefghijklmnopqrstuvwxyz0123456789,; '))),
               -- a name that is turned round or cut short is the same: only a word of its own tells another one
               lambda v: {'value': v, 'new': CASE WHEN v[1] IN ('“', '„', '«', '`', '\', '"') THEN trim(v, '“”„«»`\"')
                                                  ELSE list_filter(string_split(v, ' '), lambda w: len(w) > 2 AND NOT contains(known, w))[1] END}),
               lambda v: v.new IS NOT NULL AND NOT contains(known, v.new))) AS word
    FROM found
)

SELECT m.edge, any_value(m.run) AS run, m.word.value AS value, any_value(m.known) AS known, any_value(m.given) AS given
FROM missing AS m
JOIN run_talk AS t ON t.run = m.run AND contains(t.text, m.word.new)
WHERE len(m.word.value) BETWEEN 3 AND 250
GROUP BY m.edge, m.word
HAVING NOT bool_or(t.t <= m.t0 AND t.step IS DISTINCT FROM m.to_step) AND bool_or(t.t >= m.t0 AND t.kind IN ('said', 'called', 'sent'))
