-- A tool's name as one key: lower case, words joined by `_`.
CREATE OR REPLACE MACRO tool_key(name) AS (
    trim(regexp_replace(lower(name), '[^\p{L}\p{N}]+', '_', 'g'), '_')
);
