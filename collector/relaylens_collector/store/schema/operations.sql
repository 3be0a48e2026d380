-- What was done to the record itself, as the journal says: erasures, and the holds that keep from them.
CREATE TABLE IF NOT EXISTS operations (
    batch BIGINT NOT NULL,               -- the journal record that says so
    operation VARCHAR,                   -- erase, hold or release
    rule VARCHAR,                        -- why something was erased: the setting, or subject
    hold VARCHAR,                        -- the hold's name
    kind VARCHAR,                        -- what is held or erased: conversation, run, trace, user or window
    subject VARCHAR,                     -- which one; of what was erased only a hash
    said_by VARCHAR,                     -- who asked for it
    reason VARCHAR,
    records BIGINT NOT NULL,             -- records of which something was erased
    rows_removed BIGINT NOT NULL,
    done_at TIMESTAMP NOT NULL
);
