-- The runs that serve as examples of good work, and how many grave findings of which detectors are shown for them.
-- A run is good when its newest verdict is good or, without a verdict, when it was completed and nothing grave is shown for it; `grave` leaves
-- it to the reader to take out a detector that is to be judged itself.
CREATE OR REPLACE VIEW run_verdicts AS (
    WITH said AS (
        SELECT r.conversation, r.run, arg_max(l.value, (l.labelled_at, l.batch)) AS verdict
        FROM labels AS l
        JOIN runs AS r ON r.run = l.run OR (l.run IS NULL AND r.trace_id = l.trace_id)
        WHERE l.name = 'verdict' AND l.finding IS NULL
        GROUP BY r.conversation, r.run
    ),

    found AS (
        SELECT conversation, run, list_sort(list(DISTINCT detector)) AS grave FROM findings WHERE severity = 'high' GROUP BY conversation, run
    )

    SELECT r.conversation, r.run, r.service_name, r.started_at, r.outcome, nullif(s.verdict, 'open') AS verdict, coalesce(f.grave, []) AS grave
    FROM runs AS r
    LEFT JOIN said AS s ON s.conversation = r.conversation AND s.run = r.run
    LEFT JOIN found AS f ON f.conversation = r.conversation AND f.run = r.run
);
CREATE OR REPLACE VIEW good_runs AS (
    SELECT * FROM run_verdicts WHERE verdict = 'good' OR (verdict IS NULL AND outcome = 'completed' AND len(grave) = 0)
);
