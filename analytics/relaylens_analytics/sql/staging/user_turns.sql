-- What the person said in each turn of an agent, each message once.
-- needs: detector user_correction | detector user_repeats | detector unconfirmed_change | detector off_topic_call
-- needs: told_chunks
WITH messages AS (
    SELECT run, step, span, t0, place,
           unnest(from_json(CASE WHEN starts_with(text, '[') THEN text ELSE '[' || text || ']' END,
                            '[{"role": "VARCHAR", "parts": [{"type": "VARCHAR", "content": "VARCHAR"}]}]')) AS message
    FROM told_chunks
    WHERE contains(text, '"user"') AND json_valid(CASE WHEN starts_with(text, '[') THEN text ELSE '[' || text || ']' END)
),

said AS (
    SELECT run, step, span, t0, place,
           array_to_string(list_transform(list_filter(message.parts, lambda p: p.type = 'text'), lambda p: p.content), ' ') AS text
    FROM messages
    WHERE message.role = 'user'
)

SELECT s.run, s.step, arg_min(s.span, (s.t0, s.place)) AS span, arg_min(f.agent, (s.t0, s.place)) AS agent, min(s.t0) AS t0,
       arg_min(s.place, (s.t0, s.place)) AS place, s.text
FROM said AS s
JOIN work_facts AS f USING (span)
GROUP BY s.run, s.step, s.text
