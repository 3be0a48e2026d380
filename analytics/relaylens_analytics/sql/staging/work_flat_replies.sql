-- What models answered, from flattened attributes: OpenInference's, and those that OpenLLMetry wrote before the JSON ones.
-- needs: llm.output_messages. | gen_ai.completion.
WITH flat AS (
    SELECT w.span, unnest(list_filter(map_entries(w.attributes), lambda e: starts_with(e.key, 'llm.output_messages.') OR starts_with(e.key, 'gen_ai.completion.'))) AS entry
    FROM work_spans AS w
    JOIN work_classes AS k USING (span)
    WHERE k.span_class = 'llm'
),

full_values AS (
    SELECT f.span, f.entry.key AS key, CASE WHEN f.entry.value[1] = chr(1) THEN t.text ELSE f.entry.value END AS text
    FROM flat AS f
    LEFT JOIN work_texts AS t ON t.cell = f.entry.value
)

SELECT span, coalesce(text, '') AS text, CAST(NULL AS VARCHAR) AS call_name, CAST(NULL AS VARCHAR) AS call_id,
       CAST(NULL AS VARCHAR) AS call_arguments, 'text' AS part_type
FROM full_values
WHERE regexp_matches(key, '^llm\.output_messages\.\d+\.message\.(content|contents\.\d+\.message_content\.text)$|^gen_ai\.completion\.\d+\.content$')
UNION ALL
SELECT DISTINCT span, '', NULL, NULL, NULL, 'empty'
FROM full_values
UNION ALL
SELECT span, NULL,
       max(text) FILTER (WHERE key LIKE '%.name') AS called,
       max(text) FILTER (WHERE key LIKE '%.id'),
       max(text) FILTER (WHERE key LIKE '%.arguments'),
       'tool_call'
FROM full_values
WHERE regexp_matches(key, '\.tool_calls\.\d+\.')
GROUP BY span, regexp_extract(key, '^(.*\.tool_calls\.\d+)\.', 1)
HAVING called IS NOT NULL
