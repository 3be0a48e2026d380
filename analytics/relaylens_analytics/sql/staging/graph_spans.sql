-- What spans of a graph say of their node, the path to it, and the agent that LangChain runs there.
-- needs: graph
WITH described AS (
    SELECT w.span, s.node_name, s.checkpoint_ns, coalesce(s.attributes['traceloop.association.properties.lc_agent_name'], s.attributes['langsmith.metadata.lc_agent_name']) AS agent_name,
           CASE WHEN s.metadata[1] = chr(1) THEN t.text ELSE s.metadata END AS metadata
    FROM spans AS s
    JOIN work_rows AS w ON w.row_id = s.rowid
    LEFT JOIN work_texts AS t ON t.cell = s.metadata
    WHERE s.batch >= getvariable('first_batch') AND coalesce(s.node_name, s.checkpoint_ns, s.metadata) IS NOT NULL
),

placed AS (
    SELECT span, metadata AS metadata_text,
           coalesce(node_name, json_text(metadata, '$.langgraph_node')) AS graph_node,
           coalesce(checkpoint_ns, json_text(metadata, '$.langgraph_checkpoint_ns'), json_text(metadata, '$.checkpoint_ns')) AS graph_ns,
           coalesce(agent_name, json_text(metadata, '$.lc_agent_name')) AS lc_agent_name
    FROM described
)

SELECT span, metadata_text, graph_node, lc_agent_name,
       string_split(string_split(graph_ns, '|')[1], ':')[1] AS graph_agent,
       list_transform(string_split(graph_ns, '|'), lambda part: string_split(part, ':')[1]) AS graph_path
FROM placed
