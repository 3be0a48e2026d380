-- Every handoff with how far it came and why it did not succeed.
CREATE OR REPLACE TEMP TABLE new_handoffs AS
WITH all_edges AS (
    SELECT trace_id, span_id, run, conversation, from_agent, to_agent, rule, t0, t1, mode, sent, failed, target_known,
           is_explicit_return AS is_return, from_trace, from_step_span, to_trace, to_span, TRUE AS is_stated, handoff_id, receipt_status, received
    FROM handoff_attempts
    UNION ALL BY NAME
    SELECT i.trace_id, i.span_id, i.run, r.conversation, i.from_agent, i.to_agent, i.rule, i.t0, i.t1, i.mode, NULL AS sent,
           FALSE AS failed, TRUE AS target_known, i.is_return, i.from_trace, i.from_step_span, i.to_trace, i.to_span, FALSE AS is_stated
    FROM inferred_handoffs AS i
    JOIN work_runs AS r USING (trace_id)
),

work AS (
    SELECT f.trace_id, f.step_span, min(w.t0) AS first_work,
           min(w.t0) FILTER (WHERE NOT (w.reports_error AND NOT w.is_control_flow)) AS first_useful
    FROM work_facts AS f
    JOIN work_spans AS w USING (trace_id, span_id)
    WHERE f.span_class IN ('llm', 'tool', 'handoff', 'human', 'validation')
    GROUP BY f.trace_id, f.step_span
),

joined AS (
    SELECT e.*, s.t0 AS to_t0, s.t1 AS to_t1, s.agent AS reached_agent, o.outcome AS to_outcome, p.t1 AS from_t1,
           k.first_work, k.first_useful,
           w.attributes['relaylens.handoff.status'] AS stated_status,
           full_text(w.attributes['relaylens.handoff.payload']) AS stated_sent,
           e.received AS stated_received, w.service_name, left(i.text, 4000) AS step_input, u.text AS reached_output
    FROM all_edges AS e
    LEFT JOIN work_steps AS s ON s.trace_id = e.to_trace AND s.span_id = e.to_span
    LEFT JOIN step_outcomes AS o ON o.trace_id = e.to_trace AND o.span_id = e.to_span
    LEFT JOIN work_steps AS p ON p.trace_id = e.from_trace AND p.span_id = e.from_step_span
    LEFT JOIN work AS k ON k.trace_id = e.to_trace AND k.step_span = e.to_span
    LEFT JOIN work_spans AS w ON w.trace_id = e.trace_id AND w.span_id = e.span_id
    LEFT JOIN work_spans AS t ON t.trace_id = e.to_trace AND t.span_id = e.to_span
    LEFT JOIN step_inputs AS i ON i.trace_id = e.to_trace AND i.span_id = e.to_span
    LEFT JOIN step_outputs AS u ON u.trace_id = e.to_trace AND u.span_id = e.to_span
),

-- spans whose parent never arrived: work of a turn whose own span was lost
orphans AS (
    SELECT f.run, min(w.t0) AS t0, bool_or(e.is_error) AS failed
    FROM work_spans AS w
    JOIN work_facts AS f USING (trace_id, span_id)
    JOIN span_errors AS e USING (trace_id, span_id)
    WHERE w.parent_span_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM work_spans AS p WHERE p.trace_id = w.trace_id AND p.span_id = w.parent_span_id)
    GROUP BY f.run, w.trace_id, w.parent_span_id
),

-- an offer to a known agent without a step, where such work begins before the run's next step
lost_turns AS (
    SELECT j.trace_id, j.span_id, min(o.t0) AS t0, bool_or(o.failed) AS failed
    FROM joined AS j
    JOIN orphans AS o ON o.run = j.run AND o.t0 >= j.t0
    WHERE j.to_span IS NULL AND j.target_known AND j.handoff_id IS NULL
      AND NOT EXISTS (SELECT 1 FROM work_steps AS s WHERE s.run = j.run AND s.t0 > j.t0 AND s.t0 < o.t0)
    GROUP BY j.trace_id, j.span_id
),

-- a pair that goes back and forth three times or more
cycles AS (
    SELECT run, least(from_agent, to_agent) AS a, greatest(from_agent, to_agent) AS b
    FROM joined
    WHERE to_agent IS NOT NULL AND NOT is_return AND is_stated
    GROUP BY ALL
    HAVING count(*) FILTER (WHERE from_agent < to_agent) >= 2 AND count(*) FILTER (WHERE from_agent > to_agent) >= 2
),

-- work that goes to an agent, back, and to the same agent again, all of it stated: it was sent back to be done better, a validation
sent_back AS (
    SELECT unnest([a.trace_id, b.trace_id]) AS trace_id, unnest([a.span_id, b.span_id]) AS span_id
    FROM joined AS a
    JOIN joined AS b ON b.run = a.run AND b.from_trace = a.to_trace AND b.from_step_span = a.to_span AND b.to_agent = a.from_agent
    JOIN joined AS c ON c.run = b.run AND c.from_trace = b.to_trace AND c.from_step_span = b.to_span AND c.to_agent = b.from_agent
    WHERE a.handoff_id IS NOT NULL AND b.handoff_id IS NOT NULL AND c.handoff_id IS NOT NULL
      AND NOT a.is_return AND NOT b.is_return AND NOT c.is_return
),

-- the target hands straight back to the sender without a tool's help
bounces AS (
    SELECT DISTINCT j.trace_id, j.span_id
    FROM joined AS j
    JOIN joined AS b ON b.run = j.run AND b.from_trace = j.to_trace AND b.from_step_span = j.to_span
                    AND b.to_agent = j.from_agent AND b.is_stated AND NOT b.is_return
    WHERE j.is_stated AND (j.trace_id, j.span_id) NOT IN (SELECT (trace_id, span_id) FROM sent_back) AND NOT EXISTS (
        SELECT 1 FROM work_facts AS f
        WHERE f.trace_id = j.to_trace AND f.step_span = j.to_span AND f.span_class = 'tool'
          AND (f.trace_id, f.span_id) NOT IN (SELECT (trace_id, span_id) FROM joined)
          AND (f.trace_id, f.span_id) NOT IN (SELECT (trace_id, span_id) FROM handoff_candidates)
    )
),

judged AS (
    SELECT j.* REPLACE (coalesce(j.to_t0, l.t0) AS to_t0, CASE WHEN l.failed THEN 'failed' ELSE j.to_outcome END AS to_outcome),
           coalesce(c.a IS NOT NULL, FALSE) AS looped,
           coalesce(b.span_id IS NOT NULL, FALSE) AS bounced,
           (j.to_span IS NOT NULL OR j.receipt_status IS NOT NULL OR is_person(j.to_agent) OR l.span_id IS NOT NULL) AND coalesce(j.stated_status, '') NOT IN ('unanswered', 'unknown_target') AS ok
    FROM joined AS j
    LEFT JOIN cycles AS c ON c.run = j.run AND c.a = least(j.from_agent, j.to_agent) AND c.b = greatest(j.from_agent, j.to_agent)
    LEFT JOIN lost_turns AS l ON l.trace_id = j.trace_id AND l.span_id = j.span_id
    LEFT JOIN bounces AS b ON b.trace_id = j.trace_id AND b.span_id = j.span_id
),

reasoned AS (
    SELECT *,
           CASE
               WHEN is_return THEN NULL
               WHEN NOT ok AND stated_status IN ('unanswered', 'unknown_target', 'refused', 'timed_out', 'errored') THEN stated_status
               WHEN NOT ok AND handoff_id IS NOT NULL THEN 'unanswered'
               WHEN NOT ok AND (NOT target_known OR to_agent IS NULL) THEN 'unknown_target'
               WHEN NOT ok AND failed THEN 'errored'
               WHEN NOT ok THEN 'unanswered'
               WHEN receipt_status IN ('refused', 'timed_out', 'context_lost') THEN receipt_status
               WHEN stated_status IN ('refused', 'timed_out', 'context_lost', 'bounced', 'looped', 'errored') THEN stated_status
               WHEN looped THEN 'looped'
               WHEN bounced THEN 'bounced'
               WHEN regexp_matches(left(reached_output, 400), '(?i)^\W*(refus(ed|al|ing)\b|declin(ed|ing)\b|(i|we) (must |have to )?(refuse|decline)\b)') THEN 'refused'
               WHEN to_outcome = 'failed' THEN 'errored'
               WHEN lost_context(stated_sent, stated_received) THEN 'context_lost'
           END AS reason
    FROM judged
)

SELECT trace_id || ':' || span_id || CASE WHEN is_stated THEN '' ELSE ':arrival' END AS handoff,
       conversation, run, trace_id, span_id,
       row_number() OVER (PARTITION BY run ORDER BY t0, t1, span_id) AS position,
       from_agent, to_agent,
       CASE WHEN is_person(to_agent) THEN 'human' ELSE 'agent' END AS target_type,
       coalesce(mode, CASE WHEN is_return THEN 'pass_control' WHEN to_t0 < from_t1 THEN 'return_to_caller' ELSE 'pass_control' END) AS mode,
       is_return,
       CASE WHEN NOT ok THEN 'offered'
            WHEN to_agent = 'human' THEN 'accepted'
            WHEN first_useful IS NULL AND first_work IS NOT NULL THEN 'accepted'
            WHEN to_outcome IN ('failed', 'escalated', 'running') OR reason IS NOT NULL THEN CASE WHEN reason = 'refused' THEN 'accepted' ELSE 'progressed' END
            ELSE 'closed' END AS state,
       ok,
       ok AND reason IS NULL AS succeeded,
       reason, rule, service_name,
       make_timestamp(t0 // 1000) AS offered_at,
       CASE WHEN ok THEN make_timestamp(to_t0 // 1000) END AS accepted_at,
       CASE WHEN ok THEN make_timestamp(coalesce(first_useful, first_work, to_t0) // 1000) END AS progressed_at,
       CASE WHEN ok AND reason IS NULL AND to_outcome = 'completed' THEN make_timestamp(to_t1 // 1000) END AS closed_at,
       CASE WHEN ok THEN greatest(to_t0 - t0, 0) / 1e6 END AS wait_ms,
       from_trace || ':' || from_step_span AS from_step,
       to_trace || ':' || to_span AS to_step,
       ltrim(left(coalesce(stated_sent, sent), 4000), chr(1)) AS sent,
       ltrim(left(coalesce(stated_received, step_input), 4000), chr(1)) AS received
FROM reasoned;
