-- The full texts behind the cells that the rules read; prompts are left where they are, since history repeats in them.
WITH cells AS (
    SELECT DISTINCT unnest(list_filter(flatten([
        [
            s.name, s.status_message, s.output, s.tool_arguments, s.tool_result, s.metadata,
            CASE WHEN s.operation IS DISTINCT FROM 'chat' AND s.instrumentation_kind IS DISTINCT FROM 'LLM' THEN s.input END
        ],
        CASE WHEN list_has_any(map_keys(s.attributes), [
            'relaylens.handoff.payload', 'relaylens.handoff.received', 'relaylens.escalation.question', 'relaylens.escalation.answer',
            'relaylens.run.outcome.reason', 'relaylens.validation.reason', 'relaylens.feedback.comment',
            'crewai.crew.agents', 'crew_agents', 'gen_ai.tool.definitions', 'crew_tasks', 'crewai.crew.tasks', 'crewai.crew.tasks_output'
        ]) THEN [
            s.attributes['relaylens.handoff.payload'], s.attributes['relaylens.handoff.received'],
            s.attributes['relaylens.escalation.question'], s.attributes['relaylens.escalation.answer'],
            s.attributes['relaylens.run.outcome.reason'], s.attributes['relaylens.validation.reason'], s.attributes['relaylens.feedback.comment'],
            s.attributes['crewai.crew.agents'], s.attributes['crew_agents'], s.attributes['gen_ai.tool.definitions'],
            s.attributes['crew_tasks'], s.attributes['crewai.crew.tasks'], s.attributes['crewai.crew.tasks_output']
        ] ELSE [] END,
        CASE WHEN s.instrumentation_kind IS NOT NULL THEN list_transform(
            list_filter(map_entries(s.attributes), lambda e: starts_with(e.key, 'llm.output_messages.')), lambda e: e.value
        ) ELSE [] END,
        CASE WHEN len(s.events) > 0 THEN flatten(list_transform(s.events, lambda e: map_values(e.attributes))) ELSE [] END
    ]), lambda c: c[1] = chr(1))) AS cell
    FROM spans AS s
    JOIN work_rows AS w ON w.row_id = s.rowid
    WHERE s.batch >= getvariable('first_batch')
),

parts AS (
    SELECT cell, TRY_CAST(unnest(places) AS BIGINT) AS text_id, generate_subscripts(places, 1) AS place, len(places) > 4 AS is_long
    FROM (SELECT cell, string_split(cell[2:], ',') AS places FROM cells)
)

-- putting few parts together one by one costs a quarter of an ordered aggregate
SELECT p.cell,
       CASE WHEN any_value(p.is_long) THEN string_agg(t.text, '' ORDER BY p.place) FILTER (WHERE p.is_long)
            ELSE concat(any_value(t.text) FILTER (WHERE p.place = 1), any_value(t.text) FILTER (WHERE p.place = 2),
                        any_value(t.text) FILTER (WHERE p.place = 3), any_value(t.text) FILTER (WHERE p.place = 4)) END AS text
FROM parts AS p
JOIN texts AS t USING (text_id)
GROUP BY p.cell
