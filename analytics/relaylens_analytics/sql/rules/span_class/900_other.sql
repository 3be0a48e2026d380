-- Everything else: a link in the chain between the spans that matter.
SELECT span, 'chain' AS span_class
FROM work_spans
