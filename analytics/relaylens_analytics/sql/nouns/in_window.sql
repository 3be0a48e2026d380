-- Whether a moment lies in a window: from `since` on and before `until`, either of them NULL for an open end.
CREATE OR REPLACE MACRO in_window(moment, since, until) AS (
    (since IS NULL OR moment >= since::TIMESTAMP) AND (until IS NULL OR moment < until::TIMESTAMP)
);
