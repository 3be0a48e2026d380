-- What each step produced in the end: its last model answer, what the bus carried from it, or its own output.
-- needs: work_steps
WITH answers AS (
    SELECT step, arg_max({'text': coalesce(text, ''), 'calls': calls}, (t1, span)) AS last
    FROM reply_texts
    WHERE step IS NOT NULL AND NOT failed AND NOT is_cut_off
    GROUP BY step
),

-- what the step's own span says, out of the message that a single text is written as
owned AS (
    SELECT s.step,
           CASE WHEN starts_with(s.said, '[{"role": "assistant", "parts": [{"type": "text", "content": ') AND json_valid(s.said)
                     AND json_array_length(s.said) = 1 AND json_array_length(s.said, '$[0].parts') = 1
                THEN json_extract_string(s.said, '$[0].parts[0].content')
                ELSE s.said END AS output_text
    FROM (
        SELECT s.step,
               CASE WHEN occurs('ai.response.toolCalls') AND w.attributes['ai.response.toolCalls'] IS NOT NULL THEN nullif(in_full(w.output, x.text), '')
                    ELSE in_full(w.output, x.text) END AS said
        FROM work_steps AS s
        JOIN work_spans AS w ON w.span = s.step
        LEFT JOIN work_texts AS x ON x.cell = w.output
    ) AS s
)

SELECT w.step,
       coalesce(nullif(a.last.text, ''), b.text, w.output_text, a.last.text) AS text,
       coalesce(a.last.text, b.text, w.output_text) IS NOT NULL AS has_output,
       CASE WHEN w.output_text IS NOT NULL AND is_blank(w.output_text) THEN TRUE
            WHEN a.last.text IS NOT NULL THEN is_blank(a.last.text) AND a.last.calls = 0
            WHEN b.text IS NOT NULL THEN is_blank(b.text)
            ELSE coalesce(trim(w.output_text) IN ('', '""', 'null'), FALSE) END AS is_empty
FROM owned AS w
LEFT JOIN answers AS a USING (step)
LEFT JOIN step_messages AS b USING (step)
