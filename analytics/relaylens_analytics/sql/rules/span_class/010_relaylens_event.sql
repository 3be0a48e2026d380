-- Spans that Relaylens' own calls write for a validation, feedback or a question to a person.
SELECT trace_id, span_id,
       CASE operation WHEN 'validate' THEN 'validation' WHEN 'feedback' THEN 'feedback' WHEN 'escalate' THEN 'human' ELSE 'chain' END AS span_class
FROM work_spans
WHERE operation IN ('validate', 'feedback', 'escalate', 'outcome')
