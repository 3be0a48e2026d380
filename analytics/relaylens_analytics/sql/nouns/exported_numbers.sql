-- The numbers that processes gave to their spans (relaylens.sequence), as far as these are in the store.
-- A number that no process can have reached is not believed.
CREATE OR REPLACE MACRO exported_numbers() AS TABLE (
    WITH numbered AS (
        SELECT
            resources.attributes['relaylens.process.id'] AS process,
            spans.service_name,
            TRY_CAST(spans.attributes['relaylens.sequence'] AS BIGINT) AS number,
            spans.started_at,
            spans.batch
        FROM spans
        JOIN (
            SELECT DISTINCT resource, attributes FROM resources WHERE attributes['relaylens.process.id'] IS NOT NULL
        ) AS resources USING (resource)
    )
    SELECT
        process,
        any_value(service_name) AS service_name,
        number,
        min(started_at) AS started_at,
        max(batch) AS batch,
        count(*) AS copies  -- more than one: the same span was stored again
    FROM numbered
    WHERE number BETWEEN 1 AND 1000000000000
    GROUP BY process, number
);
