-- What each model call answered as one text, and how many tool calls it asked for.
-- needs: work_replies
WITH answers AS (
    SELECT span, string_agg(text, '') FILTER (WHERE text <> '') AS text, count(call_name) AS calls,
           bool_or(part_type NOT IN ('text', 'tool_call', 'empty')) AS has_other_parts
    FROM work_replies
    GROUP BY span
)

SELECT r.span, f.trace, r.text, r.text IS NULL OR is_blank(r.text) AS is_blank, r.calls, r.has_other_parts, f.span_class, f.step, f.agent, f.run, w.t0, w.t1,
       w.reports_error AND NOT w.is_control_flow AS failed,
       -- nobody read it to its end: an empty one says nothing
       w.is_control_flow AND (r.text IS NULL OR is_blank(r.text)) AND r.calls = 0 AS is_cut_off
FROM answers AS r
JOIN work_facts AS f USING (span)
JOIN work_spans AS w USING (span)
