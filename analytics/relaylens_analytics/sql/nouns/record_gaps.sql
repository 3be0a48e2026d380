-- The ranges in a text such as `1-3,7`: a row each, with first and last.
CREATE OR REPLACE MACRO ranges_in(listed) AS (
    list_filter(
        list_transform(
            string_split(coalesce(listed, ''), ','),
            lambda part: {
                'first': TRY_CAST(string_split(part, '-')[1] AS BIGINT),
                'last': TRY_CAST(coalesce(string_split(part, '-')[2], part) AS BIGINT)
            }
        ),
        lambda pair: pair.first BETWEEN 1 AND pair.last AND pair.last <= 1000000000000
    )
);
-- What each process last said of its spans (log records `relaylens.account`). What was given up once stays given up.
CREATE OR REPLACE MACRO process_accounts() AS TABLE (
    WITH said AS (
        SELECT
            resources.attributes['relaylens.process.id'] AS process,
            logs.service_name,
            logs.attributes,
            logs.logged_at,
            logs.batch,
            TRY_CAST(logs.attributes['relaylens.account.number'] AS BIGINT) AS number,
            logs.attributes['relaylens.account.state'] AS state
        FROM logs
        JOIN (SELECT DISTINCT resource, attributes FROM resources) AS resources USING (resource)
        WHERE logs.event_name = 'relaylens.account' AND resources.attributes['relaylens.process.id'] IS NOT NULL
    )
    SELECT
        process,
        any_value(service_name) AS service_name,
        arg_max(state, (number, logged_at)) FILTER (WHERE state IS NOT NULL) AS state,
        max(TRY_CAST(attributes['relaylens.account.last'] AS BIGINT))
            FILTER (WHERE TRY_CAST(attributes['relaylens.account.last'] AS BIGINT) BETWEEN 1 AND 1000000000000) AS last,
        arg_max(ranges_in(attributes['relaylens.account.open']), (number, logged_at)) FILTER (WHERE state IS NOT NULL) AS open,
        arg_max(ranges_in(attributes['relaylens.account.waiting']), (number, logged_at)) FILTER (WHERE state IS NOT NULL) AS waiting,
        flatten(list(list_transform(
            list_filter(map_entries(attributes), lambda entry: starts_with(entry.key, 'relaylens.account.dropped.')),
            lambda entry: {'reason': entry.key[27:], 'ranges': ranges_in(entry.value)}
        ))) AS dropped,
        max(logged_at) AS logged_at,
        max(batch) AS batch
    FROM said
    GROUP BY process
);
-- Up to which number the record of each process can be judged at a moment: what is still open, or still on its way, is not missing.
-- A process from which nothing has come for ten minutes is judged by what it has said; while it has anything to say it does so
-- every half minute.
CREATE OR REPLACE MACRO judged_processes(moment) AS TABLE (
    WITH held AS (
        SELECT
            process,
            any_value(service_name) AS service_name,
            max(last) AS last,
            max(batch) AS batch,
            max(last_started_at) AS started_at
        FROM held_numbers()
        GROUP BY process
    ),
    known AS (
        SELECT
            coalesce(accounts.process, held.process) AS process,
            coalesce(held.service_name, accounts.service_name) AS service_name,
            accounts.state,
            coalesce(accounts.last, 0) AS accounted,
            coalesce(held.last, 0) AS held,
            coalesce(accounts.open, []) AS open,
            coalesce(accounts.waiting, []) AS waiting,
            coalesce(accounts.dropped, []) AS dropped,
            greatest(held.batch, accounts.batch) AS batch,
            coalesce(held.started_at, accounts.logged_at) AS started_at
        FROM process_accounts() AS accounts
        FULL JOIN held ON held.process = accounts.process
    )
    SELECT
        known.process,
        known.service_name,
        known.state,
        known.open,
        known.waiting,
        known.dropped,
        known.started_at,
        coalesce(known.state IN ('ended', 'died'), FALSE) OR batches.received_at < moment::TIMESTAMP - INTERVAL 10 MINUTE AS is_over,
        CASE WHEN is_over THEN greatest(known.accounted, known.held) ELSE known.accounted END AS last
    FROM known
    LEFT JOIN batches USING (batch)
);
-- What is missing in the record at a moment: of which process, which numbers, and why as far as anybody has said.
CREATE OR REPLACE MACRO record_gaps(moment) AS TABLE (
    WITH processes AS MATERIALIZED (
        SELECT * FROM judged_processes(moment)
    ),
    held AS MATERIALIZED (
        SELECT process, first, last, reached_at FROM held_numbers()
    ),
    listed AS MATERIALIZED (
        SELECT process, 0 AS rank, unnested.reason AS reason, unnest(unnested.ranges) AS range
        FROM (SELECT process, unnest(dropped) AS unnested FROM processes)
        UNION ALL
        SELECT process, 1, 'waiting', unnest(waiting)
        FROM processes
        UNION ALL
        SELECT process, 2, 'never_ended', unnest(open)
        FROM processes
    ),
    bounded AS (
        SELECT process, first, last FROM held
        UNION ALL
        SELECT process, last + 1, last + 1
        FROM processes
    ),
    missing AS MATERIALIZED (
        SELECT bounded.process, previous + 1 AS first, least(bounded.first - 1, processes.last) AS last
        FROM (
            SELECT process, first, coalesce(max(last) OVER (
                PARTITION BY process ORDER BY first, last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), 0) AS previous
            FROM bounded
        ) AS bounded
        JOIN processes USING (process)
        WHERE least(bounded.first - 1, processes.last) > previous
    ),
    -- Each stretch between two places where anything changes has one reason.
    places AS (
        SELECT process, first AS place FROM missing
        UNION
        SELECT process, last + 1
        FROM missing
        UNION
        SELECT process, range.first
        FROM listed
        UNION
        SELECT process, range.last + 1
        FROM listed
    ),
    stretches AS (
        SELECT process, place AS first, lead(place) OVER (PARTITION BY process ORDER BY place) - 1 AS last
        FROM places
    ),
    reasons AS (
        SELECT
            stretches.process,
            stretches.first,
            stretches.last,
            arg_min(listed.reason, listed.rank) AS reason
        FROM stretches
        JOIN missing ON missing.process = stretches.process AND stretches.first >= missing.first AND stretches.last <= missing.last
        LEFT JOIN listed
            ON listed.process = stretches.process AND stretches.first >= listed.range.first AND stretches.last <= listed.range.last
        GROUP BY ALL
    ),
    judged AS (
        SELECT
            reasons.process,
            processes.service_name,
            processes.started_at AS ended_at,
            reasons.first,
            reasons.last,
            coalesce(reasons.reason, CASE WHEN processes.state = 'died' THEN 'process_died' ELSE 'unknown' END) AS reason
        FROM reasons
        JOIN processes USING (process)
        -- What a process that goes on has open or still to send is not missing.
        WHERE processes.is_over OR reasons.reason IS NULL OR reasons.reason NOT IN ('waiting', 'never_ended')
    ),
    -- Stretches that touch and have the same reason are one gap.
    begun AS (
        SELECT *, coalesce(lag(last) OVER same + 1 <> first, TRUE) AS begins
        FROM judged
        WINDOW same AS (PARTITION BY process, reason ORDER BY first)
    ),
    islands AS (
        SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY process, reason ORDER BY first) AS island
        FROM begun
    ),
    gaps AS (
        SELECT process, any_value(service_name) AS service_name, reason, min(first) AS first, max(last) AS last, max(ended_at) AS ended_at
        FROM islands
        GROUP BY process, reason, island
    )
    SELECT
        gaps.process,
        gaps.service_name,
        gaps.first,
        gaps.last,
        gaps.last - gaps.first + 1 AS missing,
        gaps.reason,
        coalesce(held.reached_at, gaps.ended_at) AS after
    FROM gaps
    ASOF LEFT JOIN held ON held.process = gaps.process AND held.last <= gaps.first
);
