-- The conversation that a model is given in one turn shrinks to a part of what it was: earlier work was lost.
-- id: M1
-- layer: run
-- reads: structure
-- on: measured
-- parameter: largest_share = 0.5, share of the prompt before up to which it counts as lost
-- parameter: least_tokens = 1000, tokens that the prompt before has to have
-- exempt: calls of another model, and short prompts
-- needs: gen_ai.usage.input_tokens
-- needs: model_calls
SELECT 'context_reset' AS detector, 'low' AS severity, m.run, w.trace_id, w.span_id,
       [p.trace_id || ':' || p.span_id, w.trace_id || ':' || w.span_id] AS span_ids, m.agent, m.agent AS blamed_agent, 'rule' AS certainty,
       'The prompt of ' || coalesce(m.agent, 'the model') || ' fell from ' || m.before || ' to ' || m.input_tokens || ' tokens' AS message,
       NULL AS evidence, m.t0 AS found_at
FROM (
    SELECT *, lag(input_tokens) OVER in_turn AS before, lag(span) OVER in_turn AS previous
    FROM model_calls
    -- few turns have a prompt so long, and the others need not be put in order
    WHERE step IN (SELECT step FROM model_calls WHERE input_tokens >= getvariable('context_reset_least_tokens')) AND input_tokens IS NOT NULL
    WINDOW in_turn AS (PARTITION BY run, step, model ORDER BY t0, span)
) AS m
JOIN work_spans AS w ON w.span = m.span
JOIN work_spans AS p ON p.span = m.previous
WHERE m.before >= getvariable('context_reset_least_tokens') AND m.input_tokens < m.before * getvariable('context_reset_largest_share')
QUALIFY row_number() OVER (PARTITION BY m.run, m.step ORDER BY m.t0, m.span) = 1
