-- LlamaIndex's current agent, named in the step's input.
SELECT trace_id, span_id, regexp_extract(input_text, 'current_agent_name=''([^'']+)''', 1) AS name
FROM agent_spans
WHERE kind_word = 'CHAIN' AND regexp_matches(input_text, 'current_agent_name=''([^'']+)''')
