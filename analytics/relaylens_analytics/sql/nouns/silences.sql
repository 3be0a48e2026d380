-- How long each deployment has been silent at a moment, counted in the runs that would have been usual in that time.
-- What is usual in an hour is known from the same hour of the week before, or of working days and of weekends while less than three weeks
-- are known: nights and weekends, in which nothing runs, count for nothing, nor do hours that have not been seen three times. A deployment
-- has gone silent when it missed so many runs that chance explains it in fewer than one case in a thousand, twice as many as in the longest
-- silence it came back from, and for ten minutes. What has been silent for longer than it was at work has ended, and is told no more.
CREATE OR REPLACE MACRO silences(moment) AS TABLE (
    WITH starts AS (
        SELECT coalesce(service_name, '') AS service, time_bucket(INTERVAL 5 MINUTE, started_at) AS start, count(*) AS runs,
               max(least(coalesce(ended_at, started_at), moment::TIMESTAMP)) AS seen_at
        FROM runs
        WHERE started_at BETWEEN moment::TIMESTAMP - INTERVAL 28 DAY AND moment::TIMESTAMP
        GROUP BY ALL
    ),
    lives AS (
        SELECT service, sum(runs)::BIGINT AS runs, date_trunc('hour', min(start)) AS first, date_trunc('hour', max(start)) AS last,
               max(seen_at) AS seen_at
        FROM starts
        GROUP BY service
    ),
    hours AS (
        SELECT service, hour, hour <= last AS is_known,
               CASE WHEN last - first >= INTERVAL 21 DAY THEN isodow(hour) * 24 ELSE (isodow(hour) > 5)::INTEGER * 24 END + hour(hour) AS phase
        FROM (SELECT service, first, last, unnest(generate_series(first, date_trunc('hour', moment::TIMESTAMP), INTERVAL 1 HOUR)) AS hour FROM lives)
    ),
    usual AS (
        SELECT h.service, h.phase, coalesce(sum(c.runs), 0) / count(*) AS runs
        FROM hours AS h
        LEFT JOIN (SELECT service, date_trunc('hour', start) AS hour, sum(runs) AS runs FROM starts GROUP BY ALL) AS c USING (service, hour)
        WHERE h.is_known
        GROUP BY h.service, h.phase
        HAVING count(*) >= 3
    ),
    -- a clock that counts usual runs instead of seconds
    clock AS (
        SELECT h.service, h.hour, coalesce(u.runs, 0) AS rate,
               coalesce(sum(coalesce(u.runs, 0)) OVER (PARTITION BY h.service ORDER BY h.hour ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS until
        FROM hours AS h
        LEFT JOIN usual AS u USING (service, phase)
    ),
    read_off AS (
        SELECT s.service, s.start, c.until + c.rate * epoch(s.start - c.hour) / 3600 AS read
        FROM starts AS s
        JOIN clock AS c ON c.service = s.service AND c.hour = date_trunc('hour', s.start)
    ),
    longest AS (
        SELECT service, max(missed) AS missed
        FROM (SELECT service, read - lag(read) OVER (PARTITION BY service ORDER BY start) AS missed FROM read_off)
        GROUP BY service
    ),
    missed AS (
        SELECT l.service, (a.until + a.rate * epoch(moment::TIMESTAMP - a.hour) / 3600) - (b.until + b.rate * epoch(l.seen_at - b.hour) / 3600) AS missed
        FROM lives AS l
        JOIN clock AS a ON a.service = l.service AND a.hour = date_trunc('hour', moment::TIMESTAMP)
        JOIN clock AS b ON b.service = l.service AND b.hour = date_trunc('hour', l.seen_at)
    )
    SELECT nullif(l.service, '') AS service_name, l.runs, l.seen_at, epoch_ms(moment::TIMESTAMP) - epoch_ms(l.seen_at) AS silent_for_ms,
           CASE WHEN u.service IS NOT NULL THEN m.missed END AS missed, CASE WHEN u.service IS NOT NULL THEN g.missed END AS longest_missed,
           coalesce(m.missed >= -ln(0.001) AND m.missed >= 2 * g.missed AND silent_for_ms >= 600000 AND silent_for_ms <= epoch_ms(l.last) - epoch_ms(l.first), FALSE) AS is_silent
    FROM lives AS l
    LEFT JOIN missed AS m USING (service)
    LEFT JOIN longest AS g USING (service)
    LEFT JOIN (SELECT DISTINCT service FROM usual) AS u USING (service)
);
