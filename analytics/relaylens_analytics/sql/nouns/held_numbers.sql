-- The numbers of each process (relaylens.sequence) that spans in the store have, as stretches without a gap.
CREATE OR REPLACE MACRO held_numbers() AS TABLE (
    WITH processes AS (
        SELECT DISTINCT resource, attributes['relaylens.process.id'] AS process
        FROM resources
        WHERE attributes['relaylens.process.id'] IS NOT NULL
    ),
    ranges AS (
        SELECT
            processes.process,
            number_ranges.*,
            max(last) OVER (PARTITION BY process ORDER BY first, last, batch ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
        FROM number_ranges
        JOIN processes USING (resource)
    ),
    joined AS (
        SELECT
            *,
            count(*) FILTER (WHERE before IS NULL OR first > before + 1)
                OVER (PARTITION BY process ORDER BY first, last, batch ROWS UNBOUNDED PRECEDING) AS stretch
        FROM ranges
    )
    SELECT
        process,
        any_value(service_name) AS service_name,
        min(first) AS first,
        max(last) AS last,
        sum(spans)::BIGINT AS spans,  -- more than numbers, where a number came twice
        min(first_started_at) AS first_started_at,
        max(last_started_at) AS last_started_at,
        arg_max(reached_at, last) AS reached_at,
        max(batch) AS batch
    FROM joined
    GROUP BY process, stretch
);
