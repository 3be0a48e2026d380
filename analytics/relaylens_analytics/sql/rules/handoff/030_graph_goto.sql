-- A LangGraph command that goes to another node, on the tool that returned it or as a span of its own.
-- needs: graph | traceloop.association.properties.__handoff_destination | operation goto
SELECT w.span, NULL AS from_agent,
       coalesce(w.attributes['traceloop.association.properties.__handoff_destination'], w.attributes['langgraph.command.goto_node'],
                json_text(w.metadata_text, '$.__handoff_destination')) AS target,
       w.t0, w.t1, NULL AS mode, NULL AS call_id, FALSE AS failed, NULL AS sent, TRUE AS needs_agent,
       coalesce(starts_with(w.tool_name, 'transfer_back_to_'), FALSE) AS is_explicit_return
FROM work_spans AS w
JOIN work_classes AS k USING (span)
WHERE (k.span_class = 'tool' AND (w.attributes['traceloop.association.properties.__handoff_destination'] IS NOT NULL
                                  OR json_text(w.metadata_text, '$.__handoff_destination') IS NOT NULL))
   OR w.operation = 'goto'
