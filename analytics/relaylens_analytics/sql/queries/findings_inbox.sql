-- Which kinds of finding come from which agent: how often, since when, what is new, and how often was the detector right here?
-- $since, $until, $service, $detector, $agent, $severity: NULL for no limit. $silent: true for completed runs only.
-- $marks: list of marks, 'open' for none; NULL for any. $now: where a window without an end ends.
-- $newest: true for what changed last on top, else the gravest and most frequent. $limit: so many kinds.
WITH seen AS (
    SELECT
        findings.*,
        coalesce(findings.blamed_agent, findings.agent) AS kind_agent,
        runs.outcome,
        marks.mark,
        coalesce($until::TIMESTAMP, $now::TIMESTAMP) AS until,
        in_window(findings.found_at, $since, $until) AS counts
    FROM findings
    LEFT JOIN runs USING (conversation, run)
    LEFT JOIN finding_marks() AS marks USING (finding)
    WHERE ($service IS NULL OR runs.service_name = $service)
        AND ($detector IS NULL OR findings.detector = $detector)
        AND ($agent IS NULL OR coalesce(findings.blamed_agent, findings.agent) = $agent)
        AND ($severity IS NULL OR findings.severity = $severity)
        AND (NOT coalesce($silent::BOOLEAN, FALSE) OR runs.outcome = 'completed')
        AND ($marks IS NULL OR list_contains($marks::VARCHAR[], coalesce(marks.mark, 'open')))
),

extent AS (
    SELECT
        coalesce($since::TIMESTAMP, min(found_at) FILTER (WHERE counts)) AS begins,
        greatest(epoch(any_value(until) - coalesce($since::TIMESTAMP, min(found_at) FILTER (WHERE counts))), 1) AS seconds
    FROM seen
),

placed AS (
    SELECT
        seen.*,
        CASE WHEN seen.counts THEN greatest(0, least(11, floor(12 * epoch(seen.found_at - extent.begins) / extent.seconds)))::INTEGER END AS part,
        -- the window of the same length just before
        $since IS NOT NULL AND seen.found_at < $since::TIMESTAMP AND epoch($since::TIMESTAMP - seen.found_at) <= extent.seconds AS is_before
    FROM seen
    CROSS JOIN extent
),

kinds AS (
    SELECT
        detector,
        kind_agent AS agent,
        arg_min(severity, CASE severity WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END) FILTER (WHERE counts) AS severity,
        count(*) FILTER (WHERE counts) AS findings,
        count(DISTINCT (conversation, run)) FILTER (WHERE counts) AS runs,
        count(DISTINCT (conversation, run)) FILTER (WHERE counts AND outcome = 'completed') AS silent_runs,
        histogram(certainty) FILTER (WHERE counts) AS certainties,
        count(*) FILTER (WHERE counts AND mark IS NULL) AS unmarked,
        -- unknown where nothing was recorded before the window
        CASE
            WHEN $since IS NOT NULL AND EXISTS (SELECT 1 FROM runs WHERE started_at < $since::TIMESTAMP) THEN count(*) FILTER (WHERE is_before)
        END AS findings_before,
        $since IS NOT NULL AND min(found_at) >= $since::TIMESTAMP AS is_new,
        histogram(part) FILTER (WHERE counts) AS parts,
        min(found_at) AS first_ever_at,
        min(found_at) FILTER (WHERE counts) AS first_found_at,
        max(found_at) FILTER (WHERE counts) AS last_found_at,
        arg_max(finding, found_at) FILTER (WHERE counts) AS last_finding,
        arg_max(run, found_at) FILTER (WHERE counts) AS last_run,
        arg_max(message, found_at) FILTER (WHERE counts) AS last_message
    FROM placed
    GROUP BY detector, kind_agent
    HAVING count(*) FILTER (WHERE counts) > 0
)

SELECT
    kinds.* EXCLUDE (parts),
    list_transform(range(12), lambda place: coalesce(kinds.parts[place::INTEGER], 0)::BIGINT) AS trend,
    coalesce(here.marked_true, 0) AS marked_true,
    coalesce(here.marked_false, 0) AS marked_false,
    coalesce(here.marked_known, 0) AS marked_known,
    here.precision, here.precision_low, here.precision_high
FROM kinds
LEFT JOIN detector_precision($service) AS here USING (detector)
ORDER BY
    $newest::BOOLEAN AND kinds.is_new DESC,
    CASE WHEN $newest::BOOLEAN THEN kinds.last_found_at END DESC NULLS LAST,
    CASE kinds.severity WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END,
    kinds.findings DESC,
    kinds.detector,
    kinds.agent
LIMIT $limit
