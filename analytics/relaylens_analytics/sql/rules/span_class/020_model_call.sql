-- A call of a model, by OpenTelemetry's operation or OpenInference's kind.
SELECT span, 'llm' AS span_class
FROM work_spans
WHERE operation IN ('chat', 'generate_content', 'text_completion') OR kind_word = 'LLM'
