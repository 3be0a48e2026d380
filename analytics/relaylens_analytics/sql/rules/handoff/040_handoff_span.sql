-- A span named `handoff to X` with source and target as its input and output.
-- needs: kind TOOL
SELECT w.span, agent_key(in_full(w.input, i.text)) AS from_agent,
       coalesce(nullif(in_full(w.output, o.text), ''), regexp_extract(w.name_text, '^handoff to (.+)', 1)) AS target,
       w.t0, w.t1, 'pass_control' AS mode, NULL AS call_id, w.status_code = 2 AS failed, NULL AS sent, FALSE AS needs_agent, FALSE AS is_explicit_return
FROM work_spans AS w
LEFT JOIN work_texts AS i ON i.cell = w.input
LEFT JOIN work_texts AS o ON o.cell = w.output
WHERE w.kind_word = 'TOOL' AND regexp_matches(w.name_text, '^handoff to .+')
