-- A tool that is declared to wait for a person's yes did its work without one.
-- id: S4
-- layer: declared
-- reads: structure
-- on: yes
-- exempt: a call that failed, and one that itself waits for the person
-- needs: specified approval
-- needs: called_tools
WITH waiting AS (
    SELECT DISTINCT service_name, name AS tool_key FROM declared('approval')
),

-- a question that names another of these tools is about that one
asked AS (
    SELECT e.conversation, e.service_name, e.state, CASE WHEN w.tool_key IS NOT NULL THEN w.tool_key END AS about,
           epoch_us(e.requested_at) * 1000 AS t0, epoch_us(e.answered_at) * 1000 AS t1
    FROM new_escalations AS e
    LEFT JOIN waiting AS w ON w.service_name = e.service_name AND w.tool_key = tool_key(e.tool_name)
)

SELECT 'unapproved_action' AS detector, 'high' AS severity, t.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id] AS span_ids,
       t.agent, t.agent AS blamed_agent, 'rule' AS certainty,
       'The tool ' || t.tool_key || ' was used and nobody had said yes, which ' || w.service_name || ' declares' AS message,
       left(t.arguments, 501) AS evidence, t.t0 AS found_at
FROM called_tools AS t
JOIN work_spans AS w USING (span)
JOIN work_traces AS c ON c.trace_id = w.trace_id
SEMI JOIN waiting AS n ON n.service_name = w.service_name AND n.tool_key = t.tool_key
WHERE t.worked AND NOT EXISTS (
    SELECT 1 FROM asked AS a
    WHERE a.conversation = c.conversation AND coalesce(a.about, t.tool_key) = t.tool_key
      AND (a.state IN ('approved', 'edited') AND a.t1 <= t.t1 OR a.t0 BETWEEN t.t0 AND t.t1)
)
