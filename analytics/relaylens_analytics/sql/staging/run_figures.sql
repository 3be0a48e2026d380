-- Each run in figures, one row a figure: how much it did, of which size, by which tools; what a run is compared with others by.
WITH acts AS (
    SELECT *, max(position) FILTER (WHERE kind = 'tool') OVER (PARTITION BY run) AS last_tool,
           CASE WHEN kind = 'tool' THEN hash(name, arguments_hash) END AS call_hash
    FROM run_acts
),

sums AS (
    SELECT run,
           count(*) AS acts,
           count(*) FILTER (WHERE kind = 'tool') AS tool_calls,
           count(*) FILTER (WHERE kind = 'answer') AS model_calls,
           count(*) FILTER (WHERE kind = 'answer' AND length > 0) AS answers,
           count(*) FILTER (WHERE kind = 'turn') AS agent_turns,
           sum(length) FILTER (WHERE kind = 'answer') AS answer_length,
           avg(length) FILTER (WHERE kind = 'answer' AND length > 0) AS mean_answer_length,
           max(length) FILTER (WHERE kind = 'answer') AS longest_answer_length,
           arg_max(length, position) FILTER (WHERE kind = 'answer' AND length > 0) AS last_answer_length,
           sum(length) FILTER (WHERE kind = 'tool') AS result_length,
           avg(length) FILTER (WHERE kind = 'tool') AS mean_result_length,
           max(length) FILTER (WHERE kind = 'tool') AS longest_result_length,
           min(length) FILTER (WHERE kind = 'tool') AS shortest_result_length,
           arg_max(length, position) FILTER (WHERE kind = 'tool') AS last_result_length,
           sum(arguments_length) FILTER (WHERE kind = 'tool') AS arguments_length,
           avg(arguments_length) FILTER (WHERE kind = 'tool') AS mean_arguments_length,
           max(arguments_length) FILTER (WHERE kind = 'tool') AS longest_arguments_length,
           arg_min(input_tokens, position) AS first_input_tokens,
           max(input_tokens) AS largest_input_tokens,
           sum(output_tokens) AS output_tokens,
           max(output_tokens) AS largest_output_tokens,
           arg_max(output_tokens, position) AS last_output_tokens,
           count(DISTINCT name) FILTER (WHERE kind = 'tool') AS tools,
           count(DISTINCT call_hash) AS different_calls,
           count(call_hash) - count(DISTINCT call_hash) AS repeated_calls,
           count(call_hash) - count(DISTINCT hash(call_hash, text_hash)) FILTER (WHERE kind = 'tool') AS repeated_results,
           count(*) FILTER (WHERE kind = 'tool' AND is_error) AS tool_errors,
           count(DISTINCT agent) AS agents,
           count(*) FILTER (WHERE position = last_tool AND is_error) AS last_tool_failed,
           min(position) FILTER (WHERE kind = 'tool') AS first_tool_position,
           max(position) - any_value(last_tool) AS after_last_tool,
           count(*) FILTER (WHERE position = last_tool AND last_tool = last_position) AS ends_with_tool
    FROM (SELECT *, max(position) OVER (PARTITION BY run) AS last_position FROM acts)
    GROUP BY run
),

tools AS (
    SELECT run, name, count(*) AS calls, avg(length) AS result_length, arg_max(length, position) AS last_result_length,
           avg(arguments_length) AS arguments_length, count(DISTINCT arguments_hash) AS different_arguments, count(*) FILTER (WHERE is_error) AS errors,
           avg(number) AS result_number, arg_max(number, position) AS last_result_number
    FROM acts
    WHERE kind = 'tool'
    GROUP BY run, name
)

SELECT run, replace(feature, '_', ' ') AS feature, value::FLOAT AS value
FROM (UNPIVOT (SELECT run, COLUMNS(* EXCLUDE run)::DOUBLE FROM sums) ON COLUMNS(* EXCLUDE run) INTO NAME feature VALUE value)
UNION ALL
SELECT run, replace(feature, '_', ' ') || ' of ' || name, value::FLOAT
FROM (UNPIVOT (SELECT run, name, COLUMNS(* EXCLUDE (run, name))::DOUBLE FROM tools) ON COLUMNS(* EXCLUDE (run, name)) INTO NAME feature VALUE value)
