-- The same again without progress: two agents hand back and forth, a call repeats with the same result, or a framework's limit ends the run.
-- id: L1
-- layer: run
-- reads: structure, content
-- on: yes
-- parameter: least_times = 3, how often the same call with the same result has to come in a run
-- exempt: paging and other calls with other arguments or another result
-- exempt: polling: a result that says that the work is still going on, or that is another one in the end
-- exempt: looking again after another call brought something new
-- exempt: what `cycle` reports
-- exempt: retries of a failing call after ever longer waits
-- needs: troubled_handoffs | repeated_delegations | repeated_calls | span_errors | repeated_offers
SELECT 'loop' AS detector, 'high' AS severity, run, arg_min(trace_id, offered_at) AS trace_id, arg_min(span_id, offered_at) AS span_id,
       list(trace_id || ':' || span_id ORDER BY offered_at) AS span_ids,
       -- both go round; it began with the one that handed over first
       arg_min(from_agent, offered_at) AS agent, arg_min(from_agent, offered_at) AS blamed_agent, 'rule' AS certainty,
       'Work went back and forth between ' || least(from_agent, to_agent) || ' and ' || greatest(from_agent, to_agent) || ' ' || count(*) || ' times' AS message,
       NULL AS evidence, epoch_us(min(offered_at)) * 1000 AS found_at
FROM troubled_handoffs
WHERE reason = 'looped'
GROUP BY run, least(from_agent, to_agent), greatest(from_agent, to_agent)
UNION ALL
SELECT 'loop', 'high', run, trace_id, span_id, span_ids,
       from_agent, from_agent, 'rule',
       'The agent ' || from_agent || ' delegated to ' || to_agent || ' ' || times || ' times with the same request',
       left(sent, 501), epoch_us(offered_at) * 1000
FROM repeated_delegations
UNION ALL
SELECT 'loop', 'medium', r.run, w.trace_id, w.span_id, r.span_ids, r.agent, r.agent, 'rule',
       'The tool ' || r.tool_key || ' was called ' || r.times || ' times with the same arguments and the same result',
       left(r.arguments, 501), r.t0
FROM repeated_calls AS r
JOIN work_spans AS w USING (span)
UNION ALL
SELECT 'loop', 'high', f.run, w.trace_id, w.span_id, [w.trace_id || ':' || w.span_id], f.agent, f.agent, 'rule',
       'The framework stopped the run at its limit of turns', left(coalesce(w.exception_message, w.status_text), 501), w.t1
FROM span_errors AS e
JOIN work_spans AS w USING (span)
JOIN work_facts AS f USING (span)
WHERE e.is_origin
  AND regexp_matches(concat_ws(' ', w.error_class, w.status_text, w.exception_message),
                     '(GraphRecursionError|[Mm]ax(imum)? (number of )?(turns|iterations|steps)|LlmCallsLimitExceeded|UsageLimitExceeded|ConvergenceException|MaxTurnsExceeded|recursion limit|[Mm]ax iterations)')
UNION ALL
SELECT 'loop', 'high', c.run, w.trace_id, w.span_id, c.span_ids, c.agent, c.agent, 'rule',
       'The agent ' || c.agent || ' asked to hand over to ' || coalesce(c.target, 'another agent') || ' ' || c.times || ' times in one turn', NULL, c.t0
FROM repeated_offers AS c
JOIN work_spans AS w USING (span)
