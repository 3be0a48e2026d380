-- The same few calls in the same order, several times back to back, with the same results.
-- id: L2
-- layer: run
-- reads: structure, content
-- on: yes
-- parameter: least_rounds = 3, how often the block has to come
-- exempt: polling: a result that says that the work is still going on
-- exempt: paging, where the arguments change
-- needs: called_rounds
SELECT 'cycle' AS detector, 'medium' AS severity, c.run, w.trace_id, w.span_id, c.span_ids, c.agent, c.agent AS blamed_agent, 'rule' AS certainty,
       'The agent ' || coalesce(c.agent, 'unknown') || ' made the same ' || c.period || ' calls ' || c.rounds || ' times in a row with the same results' AS message,
       left(c.tools, 501) AS evidence, c.t0 AS found_at
FROM called_rounds AS c
JOIN work_spans AS w USING (span)
