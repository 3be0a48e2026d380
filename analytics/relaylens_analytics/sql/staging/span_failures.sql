-- How spans failed: the last exception among their events, and whether a framework only steers by it.
-- needs: errors | events
WITH exceptions AS (
    SELECT span, arg_max(exception_type, place) AS exception_type, arg_max(exception_message, place) AS exception_message
    FROM work_events
    WHERE name = 'exception'
    GROUP BY span
)

SELECT w.span, x.exception_type, x.exception_message,
       coalesce(regexp_matches(concat_ws(' ', s.error_type, x.exception_type),
                               '(ParentCommand|GraphInterrupt|GraphBubbleUp|NodeInterrupt|WaitingForEvent|CallDeferred|ApprovalRequired|InterruptException|GeneratorExit|CancelledError|StopAsyncIteration)'), FALSE)
           OR coalesce(regexp_matches(CASE WHEN s.status_message[1] = chr(1) THEN t.text ELSE s.status_message END,
                                      '^((langgraph\.errors\.)?(ParentCommand|GraphInterrupt)|Command\(graph=|\(?Interrupt\(|abandoned stream$)'
                                      -- JavaScript's errors are written with their stack after the message
                                      || '|(^|\n)(ParentCommand|GraphInterrupt|GraphBubbleUp|NodeInterrupt)(: [^\n]*)?\n\s+at '), FALSE)
           -- LangSmith writes every exception as one of no type of its own, whose message begins with what it is
           OR coalesce(regexp_matches(x.exception_message, '^(ParentCommand|GraphInterrupt|GraphBubbleUp|NodeInterrupt)\('), FALSE)
           AS is_control_flow
FROM spans AS s
JOIN work_rows AS w ON w.row_id = s.rowid
LEFT JOIN exceptions AS x USING (span)
LEFT JOIN work_texts AS t ON t.cell = s.status_message
WHERE s.batch >= getvariable('first_batch') AND (s.error_type IS NOT NULL OR s.status_message IS NOT NULL OR x.span IS NOT NULL)
