-- What people last said of each run as a whole: good or bad; a verdict that was taken back is none.
CREATE OR REPLACE MACRO run_verdicts() AS TABLE (
    WITH said AS (
        SELECT run, trace_id, value, source, comment, labelled_at, batch FROM labels WHERE name = 'verdict'
    ),

    trace_runs AS (
        SELECT trace_id, min(run) AS run
        FROM span_facts
        SEMI JOIN (SELECT trace_id FROM said WHERE run IS NULL) AS by_trace USING (trace_id)
        GROUP BY trace_id
    ),

    newest AS (
        SELECT coalesce(said.run, trace_runs.run) AS run, said.value AS verdict, said.source, said.comment, said.labelled_at AS said_at
        FROM said
        LEFT JOIN trace_runs ON said.run IS NULL AND trace_runs.trace_id = said.trace_id
        QUALIFY row_number() OVER (PARTITION BY coalesce(said.run, trace_runs.run) ORDER BY said.labelled_at DESC, said.batch DESC) = 1
    )

    SELECT run, verdict, source, comment, said_at FROM newest WHERE run IS NOT NULL AND verdict IN ('good', 'bad')
);
