-- An agent's name as one key: lower case, words joined by `_`, without the suffix `_agent` that frameworks add or leave out.
CREATE OR REPLACE MACRO agent_key(name) AS (
    nullif(regexp_replace(trim(regexp_replace(lower(name), '[^\p{L}\p{N}]+', '_', 'g'), '_'), '(.)_agents?$', '\1'), '')
);
-- The same of a name that is a key already (`tool_key`), which is cheaper: no classes of Unicode are compiled.
CREATE OR REPLACE MACRO agent_of_key(key) AS (
    nullif(regexp_replace(key, '(.)_agents?$', '\1'), '')
);
