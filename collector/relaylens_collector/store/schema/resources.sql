-- Each distinct OTLP Resource once, by content.
CREATE TABLE IF NOT EXISTS resources (
    resource UUID NOT NULL,          -- first 128 bits of the SHA-256 of the content
    batch BIGINT NOT NULL,               -- where it was first seen
    service_name VARCHAR,
    attributes MAP(VARCHAR, VARCHAR),    -- cells, see spans.sql
    attribute_types VARCHAR,
    dropped_attributes_count UINTEGER,
    entity_refs VARCHAR,                 -- JSON list of EntityRef
    schema_url VARCHAR
);
