-- Traces that belong together.
CREATE TABLE IF NOT EXISTS conversations (
    conversation VARCHAR NOT NULL,       -- the session id where there is one, else the first trace's id
    service_name VARCHAR,
    traces INTEGER NOT NULL,
    runs INTEGER NOT NULL,
    started_at TIMESTAMP,
    ended_at TIMESTAMP,
    rule VARCHAR NOT NULL
);
