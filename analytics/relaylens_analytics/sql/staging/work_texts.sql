-- The full texts behind the cells that the rules read; prompts are left where they are, since history repeats in them.
CREATE OR REPLACE TEMP TABLE work_texts AS
WITH cells AS (
    SELECT DISTINCT unnest(list_filter([
        s.name, s.status_message, s.output, s.tool_arguments, s.tool_result, s.metadata,
        CASE WHEN s.operation IS DISTINCT FROM 'chat' AND s.instrumentation_kind IS DISTINCT FROM 'LLM' THEN s.input END,
        s.attributes['relaylens.handoff.payload'], s.attributes['relaylens.handoff.received'],
        s.attributes['relaylens.escalation.question'], s.attributes['relaylens.escalation.answer'],
        s.attributes['crewai.crew.agents'], s.attributes['crew_agents'], s.attributes['gen_ai.tool.definitions'],
        s.attributes['crew_tasks'], s.attributes['crewai.crew.tasks'], s.attributes['crewai.crew.tasks_output']
    ] || CASE WHEN s.instrumentation_kind IS NOT NULL THEN list_transform(
        list_filter(map_entries(s.attributes), lambda e: starts_with(e.key, 'llm.output_messages.')), lambda e: e.value
    ) ELSE [] END || coalesce(flatten(list_transform(s.events, lambda e: map_values(e.attributes))), []), lambda c: c[1] = chr(1))) AS cell
    FROM spans AS s
    WHERE s.rowid IN (SELECT row_id FROM work_rows)
),

parts AS (
    SELECT cell, unnest(string_split(cell[2:], ','))::BIGINT AS text_id, generate_subscripts(string_split(cell[2:], ','), 1) AS place
    FROM cells
    WHERE contains(cell, ',')
)

SELECT c.cell, t.text
FROM cells AS c
JOIN texts AS t ON t.text_id = TRY_CAST(c.cell[2:] AS BIGINT)
WHERE NOT contains(c.cell, ',')
UNION ALL
SELECT p.cell, string_agg(t.text, '' ORDER BY p.place) AS text
FROM parts AS p
JOIN texts AS t USING (text_id)
GROUP BY p.cell;
