-- Haystack's component in the pipeline, which is the agent.
-- needs: haystack.component.type
SELECT a.span, w.attributes['haystack.component.name'] AS name
FROM agent_spans AS a
JOIN work_spans AS w USING (span)
WHERE w.attributes['haystack.component.type'] = 'Agent' AND w.attributes['haystack.component.name'] IS NOT NULL
