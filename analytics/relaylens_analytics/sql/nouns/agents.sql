-- Every agent and person seen.
CREATE TABLE IF NOT EXISTS agents (
    agent VARCHAR NOT NULL,              -- normalised name
    display_name VARCHAR NOT NULL,       -- as the framework writes it
    service_name VARCHAR,
    kind VARCHAR NOT NULL,               -- agent or human
    agent_version VARCHAR,
    conversation VARCHAR NOT NULL,       -- one row per conversation it was seen in; group by agent for the registry
    first_seen_at TIMESTAMP,
    last_seen_at TIMESTAMP
);
