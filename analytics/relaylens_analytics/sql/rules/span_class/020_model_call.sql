-- A call of a model, by OpenTelemetry's operation or OpenInference's kind.
SELECT span, 'llm' AS span_class
FROM work_spans
WHERE operation IN ('chat', 'generate_content', 'text_completion') OR kind_word = 'LLM'
   -- what OpenLLMetry called it before there was an operation
   OR (operation IS NULL AND kind_word IS NULL AND occurs('llm.request.type') AND attributes['llm.request.type'] IN ('chat', 'completion'))
