-- A call of a model, by OpenTelemetry's operation or OpenInference's kind.
SELECT span, 'llm' AS span_class
FROM work_spans
WHERE operation IN ('chat', 'generate_content', 'text_completion') OR kind_word = 'LLM'
   -- what OpenLLMetry called it before there was an operation
   OR (operation IS NULL AND kind_word IS NULL AND occurs('llm.request.type') AND attributes['llm.request.type'] IN ('chat', 'completion'))
   -- Haystack has no kind, but fixed names: the calls of an agent, and the components that generate
   OR (operation IS NULL AND kind_word IS NULL AND (name_text = 'haystack.agent.step.llm' OR (occurs('haystack.component.type') AND ends_with(attributes['haystack.component.type'], 'Generator'))))
