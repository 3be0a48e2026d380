-- A call of a tool: by operation, kind, or because it names a tool.
SELECT span, 'tool' AS span_class
FROM work_spans
WHERE operation IN ('execute_tool', 'retrieval') OR kind_word IN ('TOOL', 'RETRIEVER') OR tool_name IS NOT NULL
