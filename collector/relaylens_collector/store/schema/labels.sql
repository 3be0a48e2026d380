-- What people or programs later said about a run; kept in the journal as records of their own, so that a rebuild keeps them.
CREATE TABLE IF NOT EXISTS labels (
    batch BIGINT NOT NULL,
    run VARCHAR,                         -- the run, or NULL when only the trace or conversation is known
    trace_id VARCHAR,
    finding VARCHAR,                     -- the finding it speaks of, where it is a mark and not a statement about the whole run
    name VARCHAR NOT NULL,               -- such as accuracy, outcome, category
    value VARCHAR,                       -- text value
    score DOUBLE,                        -- numeric value
    source VARCHAR,                      -- who says so
    comment VARCHAR,
    labelled_at TIMESTAMP NOT NULL
);
