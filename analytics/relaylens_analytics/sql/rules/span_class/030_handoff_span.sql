-- A span of its own for a handoff: stated by transfer or handoff attributes, a graph's goto, or the name `handoff to X`.
-- needs: operation handoff | operation receive_handoff | operation agent_handoff | operation goto | kind HANDOFF | kind TOOL | transfer target
SELECT span, 'handoff' AS span_class
FROM work_spans
WHERE NOT is_detail AND (operation IN ('handoff', 'receive_handoff', 'agent_handoff', 'goto')
   OR kind_word = 'HANDOFF'
   OR (transfer_target IS NOT NULL AND operation IS DISTINCT FROM 'invoke_agent' AND operation IS DISTINCT FROM 'execute_tool')
   OR (kind_word = 'TOOL' AND regexp_matches(name_text, '^handoff to .+')))
