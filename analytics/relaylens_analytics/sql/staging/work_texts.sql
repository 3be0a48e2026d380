-- The full texts behind the cells that the rules read; prompts are left where they are, since history repeats in them.
WITH cells AS (
    SELECT DISTINCT cell
    FROM (
        SELECT unnest([
            s.name, s.status_message, s.output, s.tool_arguments, s.tool_result, s.metadata,
            CASE WHEN s.operation IS DISTINCT FROM 'chat' AND kind_word(s.instrumentation_kind) IS DISTINCT FROM 'LLM' THEN s.input END,
            CASE WHEN occurs('gen_ai.tool.definitions') THEN s.attributes['gen_ai.tool.definitions'] END
        ]) AS cell
        FROM spans AS s
        JOIN work_rows AS w ON w.row_id = s.rowid
        WHERE s.batch >= getvariable('first_batch')
        UNION ALL
        SELECT unnest([
            s.attributes['relaylens.handoff.payload'], s.attributes['relaylens.handoff.received'],
            s.attributes['relaylens.escalation.question'], s.attributes['relaylens.escalation.answer'],
            s.attributes['relaylens.run.outcome.reason'], s.attributes['relaylens.validation.reason'], s.attributes['relaylens.feedback.comment'],
            s.attributes['crewai.crew.agents'], s.attributes['crew_agents'],
            s.attributes['crew_tasks'], s.attributes['crewai.crew.tasks'], s.attributes['crewai.crew.tasks_output'],
            s.attributes['ai.response.toolCalls'], s.attributes['ag2.human_input.prompt'], s.attributes['ag2.human_input.response']
        ])
        FROM spans AS s
        JOIN work_rows AS w ON w.row_id = s.rowid
        WHERE s.batch >= getvariable('first_batch') AND list_has_any(map_keys(s.attributes), getvariable('asked_attributes'))
        UNION ALL
        SELECT unnest(list_transform(list_filter(map_entries(s.attributes), lambda e: starts_with(e.key, 'llm.output_messages.') OR starts_with(e.key, 'gen_ai.completion.')), lambda e: e.value))
        FROM spans AS s
        JOIN work_rows AS w ON w.row_id = s.rowid
        WHERE (occurs('gen_ai.completion.') OR occurs('llm.output_messages.') AND s.instrumentation_kind IS NOT NULL) AND s.batch >= getvariable('first_batch')
        UNION ALL
        SELECT unnest(flatten(list_transform(s.events, lambda e: map_values(e.attributes))))
        FROM spans AS s
        JOIN work_rows AS w ON w.row_id = s.rowid
        WHERE occurs('events') AND s.batch >= getvariable('first_batch') AND len(s.events) > 0
    )
    WHERE starts_with(cell, chr(1))
),

places AS MATERIALIZED (
    SELECT cell, len(places) AS places, TRY_CAST(places[1] AS BIGINT) AS first, TRY_CAST(places[2] AS BIGINT) AS second,
           TRY_CAST(places[3] AS BIGINT) AS third, CASE WHEN len(places) > 3 THEN places END AS many
    FROM (SELECT cell, string_split(cell[2:], ',') AS places FROM cells)
),

-- nearly all are one text, or a list of one message between its brackets: the brackets are few texts, and the rest is read as it is joined
ends AS (
    SELECT text_id, text
    FROM texts
    WHERE text_id IN (SELECT first FROM places WHERE places BETWEEN 2 AND 3 UNION SELECT third FROM places WHERE places = 3)
)

SELECT p.cell, CASE WHEN p.places = 1 THEN t.text ELSE concat(a.text, t.text, c.text) END AS text
FROM (SELECT *, CASE WHEN places = 1 THEN first ELSE second END AS middle FROM places WHERE many IS NULL) AS p
JOIN texts AS t ON t.text_id = p.middle
LEFT JOIN ends AS a ON p.places > 1 AND a.text_id = p.first
LEFT JOIN ends AS c ON c.text_id = p.third
UNION ALL
SELECT p.cell, string_agg(t.text, '' ORDER BY p.place)
FROM (SELECT cell, TRY_CAST(unnest(many) AS BIGINT) AS text_id, generate_subscripts(many, 1) AS place FROM places WHERE many IS NOT NULL) AS p
JOIN texts AS t USING (text_id)
GROUP BY p.cell
