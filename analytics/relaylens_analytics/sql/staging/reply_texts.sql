-- What each model call answered as one text, and how many tool calls it asked for.
CREATE OR REPLACE TEMP TABLE reply_texts AS
SELECT r.trace_id, r.span_id,
       string_agg(r.text, '' ) FILTER (WHERE r.text <> '') AS text,
       count(r.call_name) AS calls,
       bool_or(r.part_type NOT IN ('text', 'tool_call', 'empty')) AS has_other_parts,
       any_value(f.step_span) AS step_span, any_value(f.agent) AS agent, any_value(f.run) AS run,
       any_value(w.t0) AS t0, any_value(w.t1) AS t1,
       any_value(w.finish_reasons) AS finish_reasons,
       bool_or(w.reports_error AND NOT w.is_control_flow) AS failed,
       -- nobody read it to its end: an empty one says nothing
       bool_or(w.is_control_flow) AND coalesce(trim(string_agg(r.text, '')), '') = '' AND count(r.call_name) = 0 AS is_cut_off
FROM work_replies AS r
JOIN work_facts AS f USING (trace_id, span_id)
JOIN work_spans AS w USING (trace_id, span_id)
GROUP BY r.trace_id, r.span_id;
