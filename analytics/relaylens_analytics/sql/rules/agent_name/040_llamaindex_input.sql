-- LlamaIndex's current agent, named in the step's input.
-- needs: kind CHAIN
SELECT span, regexp_extract(input_text, 'current_agent_name=''([^'']+)''', 1) AS name
FROM agent_spans
WHERE kind_word = 'CHAIN' AND regexp_matches(input_text, 'current_agent_name=''([^'']+)''')
