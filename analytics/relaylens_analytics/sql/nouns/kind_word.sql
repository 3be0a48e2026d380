-- What an instrumentation calls a span's kind, in OpenInference's words where it has one of its own for the same: upper case.
CREATE OR REPLACE MACRO kind_word(kind) AS (
    CASE
        WHEN kind IS NULL OR kind IN ('LLM', 'TOOL', 'AGENT', 'CHAIN') THEN kind
        -- MLflow writes every value as JSON
        WHEN starts_with(kind, '"') THEN CASE kind WHEN '"CHAT_MODEL"' THEN 'LLM' ELSE trim(kind, '"') END
        WHEN kind IN ('generation', 'model_generation', 'model') THEN 'LLM'
        WHEN kind IN ('tool_call', 'mcp_tool_call') THEN 'TOOL'
        WHEN kind = 'agent_run' THEN 'AGENT'
        WHEN kind = 'workflow_run' THEN 'WORKFLOW'
        WHEN kind = 'span' THEN 'CHAIN'
        WHEN NOT starts_with(kind, 'ai.') THEN upper(kind)
        WHEN kind = 'ai.toolCall' THEN 'TOOL'
        WHEN regexp_matches(kind, '\.do(Generate|Stream)$') THEN 'LLM'
        -- the calls and tools of one aim, which is an agent's turn if the program has named it
        WHEN regexp_matches(kind, '^ai\.(generate|stream)(Text|Object)$') THEN 'NAMED TURN'
        ELSE 'CHAIN'
    END
);
