-- Each distinct OTLP InstrumentationScope once, by content.
CREATE TABLE IF NOT EXISTS scopes (
    scope UUID NOT NULL,             -- first 128 bits of the SHA-256 of the content
    batch BIGINT NOT NULL,
    name VARCHAR,
    version VARCHAR,
    attributes MAP(VARCHAR, VARCHAR),
    attribute_types VARCHAR,
    dropped_attributes_count UINTEGER,
    schema_url VARCHAR
);
