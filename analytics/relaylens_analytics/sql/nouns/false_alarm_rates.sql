-- On how many of a deployment's good runs does each detector say something? Good: its newest verdict is good or, without a verdict, it was
-- completed and no other detector's finding of severity high is shown for it.
CREATE OR REPLACE MACRO false_alarm_rates() AS TABLE (
    -- Each once by grouping: `list(DISTINCT ...)` is five times as dear.
    WITH told AS (
        SELECT conversation, run, list(detector) AS detectors, coalesce(list(detector) FILTER (is_grave), []) AS grave
        FROM (
            SELECT conversation, run, detector, bool_or(is_grave) AS is_grave
            FROM (
                SELECT conversation, run, detector, severity = 'high' AS is_grave FROM findings
                UNION ALL
                SELECT conversation, run, detector, FALSE FROM hints
            )
            GROUP BY conversation, run, detector
        )
        GROUP BY conversation, run
    ),

    candidates AS (
        SELECT runs.service_name, coalesce(told.detectors, []) AS detectors,
               CASE WHEN verdicts.verdict = 'good' THEN [] ELSE coalesce(told.grave, []) END AS grave
        FROM runs
        LEFT JOIN told ON told.conversation = runs.conversation AND told.run = runs.run
        LEFT JOIN run_verdicts() AS verdicts ON verdicts.run = runs.run
        WHERE verdicts.verdict = 'good' OR (verdicts.verdict IS NULL AND runs.outcome = 'completed')
    ),

    clean AS (
        SELECT service_name, count(*) AS runs FROM candidates WHERE len(grave) = 0 GROUP BY service_name
    ),

    flagged AS (
        SELECT service_name, detector, count(*) FILTER (WHERE len(list_filter(grave, lambda other: other <> detector)) = 0) AS runs,
               count(*) FILTER (WHERE len(grave) = 1 AND grave[1] = detector) AS own_grave
        FROM (SELECT service_name, grave, unnest(detectors) AS detector FROM candidates)
        GROUP BY service_name, detector
    )

    SELECT flagged.service_name, flagged.detector, coalesce(clean.runs, 0) + flagged.own_grave AS good_runs, flagged.runs AS flagged,
           flagged.runs / nullif(coalesce(clean.runs, 0) + flagged.own_grave, 0)::DOUBLE AS rate,
           wilson_low(flagged.runs, coalesce(clean.runs, 0) + flagged.own_grave) AS low,
           wilson_high(flagged.runs, coalesce(clean.runs, 0) + flagged.own_grave) AS high
    FROM flagged
    LEFT JOIN clean ON clean.service_name IS NOT DISTINCT FROM flagged.service_name
);
