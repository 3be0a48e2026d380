-- A span named `handoff to X` with source and target as its input and output, plainly or in a document.
-- needs: kind TOOL
WITH named AS (
    SELECT w.span, w.t0, w.t1, w.status_code, w.name_text, in_full(w.input, i.text) AS source, in_full(w.output, o.text) AS target
    FROM work_spans AS w
    LEFT JOIN work_texts AS i ON i.cell = w.input
    LEFT JOIN work_texts AS o ON o.cell = w.output
    WHERE w.kind_word = 'TOOL' AND regexp_matches(w.name_text, '^handoff to .+')
)

SELECT span, agent_key(CASE WHEN starts_with(source, '{') THEN json_text(source, '$.from_agent') ELSE source END) AS from_agent,
       coalesce(nullif(CASE WHEN starts_with(target, '{') THEN json_text(target, '$.to_agent') ELSE target END, ''),
                regexp_extract(name_text, '^handoff to (.+)', 1)) AS target,
       t0, t1, 'pass_control' AS mode, NULL AS call_id, status_code = 2 AS failed, NULL AS sent, FALSE AS needs_agent, FALSE AS is_explicit_return
FROM named
