-- The beginning of a moment's bucket of `seconds` (an hour when NULL), written as in RFC 3339.
CREATE OR REPLACE MACRO time_key(moment, seconds) AS (
    strftime(time_bucket(to_seconds(coalesce(seconds::BIGINT, 3600)), moment), '%Y-%m-%dT%H:%M:%SZ')
);
