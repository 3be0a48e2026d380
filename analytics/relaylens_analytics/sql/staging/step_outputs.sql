-- What each step produced in the end: its last model answer, what the bus carried from it, or its own output.
CREATE OR REPLACE TEMP TABLE step_outputs AS
WITH answers AS (
    SELECT trace_id, step_span AS span_id, arg_max(coalesce(text, ''), (t1, span_id)) AS text, arg_max(calls, (t1, span_id)) AS calls
    FROM reply_texts
    WHERE NOT failed AND NOT is_cut_off
    GROUP BY trace_id, step_span
),

said AS (
    SELECT s.trace_id, s.span_id, arg_max(coalesce(b.content, ''), (b.t0, b.span_id)) AS text, count(*) AS messages
    FROM work_steps AS s
    JOIN work_runs AS r USING (trace_id)
    JOIN work_runs AS q ON q.run = r.run
    JOIN work_bus_receipts AS b ON b.trace_id = q.trace_id AND agent_key(b.source) = s.agent
                               AND b.t1 >= s.t0 AND b.t0 <= s.t1 + 50000000 AND b.type IN ('TextMessage', 'ToolCallSummaryMessage', 'HandoffMessage', 'StopMessage')
    GROUP BY s.trace_id, s.span_id
),

-- what the step's own span says, out of the message that a single text is written as
owned AS (
    SELECT s.trace_id, s.span_id,
           CASE WHEN starts_with(w.output_text, '[{"role": "assistant", "parts": [{"type": "text", "content": ') AND json_valid(w.output_text)
                     AND json_array_length(w.output_text) = 1 AND json_array_length(w.output_text, '$[0].parts') = 1
                THEN json_extract_string(w.output_text, '$[0].parts[0].content')
                ELSE w.output_text END AS output_text
    FROM work_steps AS s
    JOIN work_spans AS w USING (trace_id, span_id)
)

SELECT s.trace_id, s.span_id,
       coalesce(nullif(a.text, ''), b.text, w.output_text, a.text) AS text,
       coalesce(a.text, b.text, w.output_text) IS NOT NULL AS has_output,
       CASE WHEN w.output_text IS NOT NULL AND trim(w.output_text) = '' THEN TRUE
            WHEN a.text IS NOT NULL THEN trim(a.text) = '' AND a.calls = 0
            WHEN b.text IS NOT NULL THEN trim(b.text) = ''
            ELSE coalesce(trim(w.output_text) IN ('', '""', 'null'), FALSE) END AS is_empty
FROM work_steps AS s
JOIN owned AS w USING (trace_id, span_id)
LEFT JOIN answers AS a USING (trace_id, span_id)
LEFT JOIN said AS b USING (trace_id, span_id);
