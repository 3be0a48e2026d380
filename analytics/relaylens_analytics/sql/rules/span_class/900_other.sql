-- Everything else: a link in the chain between the spans that matter.
SELECT trace_id, span_id, 'chain' AS span_class
FROM work_spans
