-- Every handoff with how far it came and why it did not succeed.
-- needs: handoff_edges
WITH judged AS (
    SELECT j.* REPLACE (coalesce(j.to_t0, l.t0) AS to_t0, CASE WHEN l.failed THEN 'failed' ELSE j.to_outcome END AS to_outcome),
           x.stated_sent, coalesce(x.is_lost, FALSE) AS is_lost,
           coalesce(c.a IS NOT NULL, FALSE) AS looped,
           coalesce(b.span IS NOT NULL, FALSE) AS bounced,
           r.run IS NOT NULL AS has_ended,
           (j.to_step IS NOT NULL OR j.receipt_status IS NOT NULL OR is_person(j.to_agent) OR l.span IS NOT NULL)
               AND coalesce(j.stated_status, '') NOT IN ('unanswered', 'unknown_target') AS ok
    FROM handoff_edges AS j
    LEFT JOIN handoff_contents AS x USING (edge)
    LEFT JOIN looped_pairs AS c ON c.run = j.run AND c.a = least(j.from_agent, j.to_agent) AND c.b = greatest(j.from_agent, j.to_agent)
    LEFT JOIN lost_turns AS l ON l.span = j.span
    LEFT JOIN bounced_handoffs AS b ON b.span = j.span
    LEFT JOIN (SELECT run FROM work_runs GROUP BY run HAVING bool_or(has_root)) AS r ON r.run = j.run
),

reasoned AS (
    SELECT *,
           CASE
               WHEN is_return THEN NULL
               WHEN NOT ok AND stated_status IN ('unanswered', 'unknown_target', 'refused', 'timed_out', 'errored') THEN stated_status
               -- spans arrive when they end: while the run goes on, the target may be at work
               WHEN NOT ok AND NOT has_ended AND NOT failed THEN NULL
               WHEN NOT ok AND handoff_id IS NOT NULL THEN 'unanswered'
               WHEN NOT ok AND (NOT target_known OR to_agent IS NULL) THEN 'unknown_target'
               WHEN NOT ok AND failed THEN 'errored'
               WHEN NOT ok THEN 'unanswered'
               WHEN receipt_status IN ('refused', 'timed_out', 'context_lost') THEN receipt_status
               WHEN stated_status IN ('refused', 'timed_out', 'context_lost', 'bounced', 'looped', 'errored') THEN stated_status
               WHEN looped THEN 'looped'
               WHEN bounced THEN 'bounced'
               WHEN regexp_matches(reached_output, '(?i)^\W*(refus(ed|al|ing)\b|declin(ed|ing)\b|(i|we) (must |have to )?(refuse|decline)\b)') THEN 'refused'
               WHEN to_outcome = 'failed' THEN 'errored'
               WHEN is_lost THEN 'context_lost'
           END AS reason
    FROM judged
)

SELECT j.trace_id || ':' || j.span_id || CASE WHEN is_stated THEN '' ELSE ':arrival' END AS handoff,
       conversation, run, j.trace_id, j.span_id,
       row_number() OVER (PARTITION BY run ORDER BY j.t0, j.t1, j.span_id) AS position,
       from_agent, to_agent,
       CASE WHEN is_person(to_agent) THEN 'human' ELSE 'agent' END AS target_type,
       coalesce(mode, CASE WHEN is_return THEN 'pass_control' WHEN to_t0 < from_t1 - clock_slack() OR to_t1 < from_t1 THEN 'return_to_caller' ELSE 'pass_control' END) AS mode,
       is_return,
       CASE WHEN NOT ok THEN 'offered'
            WHEN to_agent = 'human' THEN 'accepted'
            WHEN first_useful IS NULL AND first_work IS NOT NULL THEN 'accepted'
            WHEN to_outcome IN ('failed', 'escalated', 'running') OR reason IS NOT NULL THEN CASE WHEN reason = 'refused' THEN 'accepted' ELSE 'progressed' END
            ELSE 'closed' END AS state,
       ok,
       ok AND reason IS NULL AS succeeded,
       reason, rule, j.service_name,
       make_timestamp(j.t0 // 1000) AS offered_at,
       CASE WHEN ok THEN make_timestamp(to_t0 // 1000) END AS accepted_at,
       CASE WHEN ok THEN make_timestamp(coalesce(first_useful, first_work, to_t0) // 1000) END AS progressed_at,
       CASE WHEN ok AND reason IS NULL AND to_outcome = 'completed' THEN make_timestamp(to_t1 // 1000) END AS closed_at,
       CASE WHEN ok THEN greatest(to_t0 - j.t0, 0) / 1e6 END AS wait_ms,
       p.trace_id || ':' || p.span_id AS from_step,
       t.trace_id || ':' || t.span_id AS to_step,
       ltrim(left(coalesce(stated_sent, sent), 4000), chr(1)) AS sent,
       ltrim(left(coalesce(received, step_input), 4000), chr(1)) AS received
FROM reasoned AS j
LEFT JOIN work_spans AS p ON p.span = j.from_step
LEFT JOIN work_spans AS t ON t.span = j.to_step
