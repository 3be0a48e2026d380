-- Spans that Relaylens' own calls write for a validation, feedback or a question to a person.
-- needs: operation validate | operation feedback | operation escalate | operation outcome
SELECT span,
       CASE operation WHEN 'validate' THEN 'validation' WHEN 'feedback' THEN 'feedback' WHEN 'escalate' THEN 'human' ELSE 'chain' END AS span_class
FROM work_spans
WHERE operation IN ('validate', 'feedback', 'escalate', 'outcome')
