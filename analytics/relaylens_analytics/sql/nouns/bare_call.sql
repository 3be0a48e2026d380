-- What a tool was given and what it answered, without what the framework writes around it: the id of the call, the step of the graph.
-- The same call made again differs in these only.
CREATE OR REPLACE MACRO bare_arguments(arguments) AS (
    CASE WHEN starts_with(arguments, '{"input_str":') AND json_valid(arguments)
         THEN coalesce(nullif(json_extract(arguments, '$.inputs')::VARCHAR, 'null'), json_extract_string(arguments, '$.input_str'))
         ELSE arguments END
);
CREATE OR REPLACE MACRO bare_answer(answer) AS (
    CASE WHEN contains(answer, '"tool_call_id"') THEN regexp_replace(answer, '("tool_call_id"\s*:\s*)"[^"]*"', '\1""', 'g') ELSE answer END
);
