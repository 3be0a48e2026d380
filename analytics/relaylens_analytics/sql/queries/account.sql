-- Does what each process has sent add up: begun = stored + missing, by name, and what a process that goes on has still to send?
-- $now: the moment to judge at. $since, $until, $service, $process, $limit: NULL for no limit.
WITH processes AS MATERIALIZED (
    SELECT process, service_name, state, is_over, started_at, last FROM judged_processes($now)
),
held AS MATERIALIZED (
    SELECT
        process,
        sum(last - first + 1)::BIGINT AS stored,
        (sum(spans) - sum(last - first + 1))::BIGINT AS duplicates,
        max(last) AS last,
        min(first_started_at) AS first_at,
        max(last_started_at) AS last_at
    FROM held_numbers()
    GROUP BY process
),
gaps AS MATERIALIZED (
    SELECT * FROM record_gaps($now)
),
named AS (
    SELECT
        process,
        sum(missing)::BIGINT AS missing,
        coalesce(sum(missing) FILTER (WHERE reason = 'export_refused'), 0)::BIGINT AS refused,
        coalesce(sum(missing) FILTER (WHERE reason IN ('queue_full', 'spool_full', 'spool_failed', 'unencodable', 'shutdown')), 0)::BIGINT
            AS dropped,
        coalesce(sum(missing) FILTER (WHERE reason IN ('never_ended', 'process_died')), 0)::BIGINT AS died,
        coalesce(sum(missing) FILTER (WHERE reason = 'waiting'), 0)::BIGINT AS waiting,
        coalesce(sum(missing) FILTER (WHERE reason = 'unknown'), 0)::BIGINT AS unknown,
        string_agg(reason || ' ' || first || CASE WHEN last > first THEN '-' || last ELSE '' END, ', ' ORDER BY first) AS ranges
    FROM gaps
    GROUP BY process
),
places AS (
    SELECT
        attributes['relaylens.process.id'] AS process,
        any_value(coalesce(attributes['service.instance.id'], attributes['host.name'])) AS instance
    FROM resources
    WHERE attributes['relaylens.process.id'] IS NOT NULL
    GROUP BY ALL
),
accounts AS (
    SELECT
        processes.service_name,
        places.instance,
        processes.process,
        coalesce(processes.state, 'silent') AS state,
        coalesce(held.first_at, processes.started_at) AS first_at,
        coalesce(held.last_at, processes.started_at) AS last_at,
        greatest(processes.last, coalesce(held.last, 0)) AS begun,
        coalesce(held.stored, 0) AS stored,
        coalesce(held.duplicates, 0) AS duplicates,
        coalesce(named.refused, 0) AS refused,
        coalesce(named.dropped, 0) AS dropped,
        coalesce(named.died, 0) AS died,
        coalesce(named.waiting, 0) AS waiting,
        coalesce(named.unknown, 0) AS unknown,
        coalesce(named.missing, 0) AS missing,
        named.ranges,
        processes.is_over
    FROM processes
    LEFT JOIN held USING (process)
    LEFT JOIN named USING (process)
    LEFT JOIN places USING (process)
)
SELECT
    * EXCLUDE (is_over, ranges),
    begun - stored - missing AS pending,
    -- Of a process that is over nothing is pending: every number is stored or named.
    CASE WHEN is_over THEN begun = stored + missing ELSE begun >= stored + missing END
        AND refused + dropped + died + waiting + unknown = missing AS fits,
    ranges
FROM accounts
WHERE in_window(last_at, $since, $until)
    AND ($service IS NULL OR service_name = $service)
    AND ($process IS NULL OR process = $process)
QUALIFY $limit IS NULL OR row_number() OVER (ORDER BY last_at DESC NULLS LAST, process DESC) <= $limit
ORDER BY last_at NULLS FIRST, process
