-- The network as the store's network.toml declares it, one row a thing that is declared (relaylens_analytics.specification).
CREATE TABLE IF NOT EXISTS specification (
    service_name VARCHAR NOT NULL,
    part VARCHAR NOT NULL,               -- relaylens.semconv.SpecificationPart
    name VARCHAR NOT NULL,               -- an agent; or the tool that needs an approval; or the workflow that requires a turn
    target VARCHAR,                      -- to whom the agent may hand work; which tool it may use; whose turn the workflow requires
    held_from TIMESTAMP                  -- runs that ended by then had settled before the service was declared so; NULL: all are held to it
);
