-- How far settling has come: one row, the last batch whose traces are reflected in the nouns.
CREATE TABLE IF NOT EXISTS settled (
    batch BIGINT NOT NULL,
    settled_at TIMESTAMP NOT NULL
);
