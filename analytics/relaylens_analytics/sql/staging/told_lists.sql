-- What model calls were told, as lists of messages, where a word of an error is in it: most need not be taken apart.
-- needs: gen_ai.input.messages
SELECT w.span, w.t0, CASE WHEN w.input[1] = chr(1) THEN t.text ELSE w.input END AS document
FROM work_spans AS w
JOIN work_classes AS k USING (span)
LEFT JOIN work_texts AS t ON t.cell = w.input
WHERE k.span_class = 'llm' AND w.has_input_messages
  AND regexp_matches(document, '(?i)error|exception|traceback')
