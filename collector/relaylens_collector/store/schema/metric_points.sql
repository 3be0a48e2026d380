-- Every OTLP metric as received, one row a metric, its data as OTLP JSON.
CREATE TABLE IF NOT EXISTS metric_points (
    batch BIGINT NOT NULL,
    ordinal INTEGER NOT NULL,
    name VARCHAR,
    description VARCHAR,
    unit VARCHAR,
    data_type VARCHAR,                   -- gauge, sum, histogram, exponential_histogram or summary
    data VARCHAR,                        -- OTLP JSON of the metric, loss-free
    resource UUID NOT NULL,
    scope UUID NOT NULL,
    service_name VARCHAR
);
