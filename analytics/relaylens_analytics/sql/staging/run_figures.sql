-- Each run in figures, as a map: how much it did, of which size, by which tools; what a run is compared with others by.
WITH sums AS (
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
           count(*) FILTER (WHERE kind = 'tool' AND is_error) AS tool_errors,
           min(position) FILTER (WHERE kind = 'tool') AS first_tool_position,
           max(position) FILTER (WHERE kind = 'tool') AS last_tool,
           max(position) - last_tool AS after_last_tool,
           coalesce(arg_max(is_error, position) FILTER (WHERE kind = 'tool'), FALSE)::INTEGER AS last_tool_failed,
           coalesce(last_tool = max(position), FALSE)::INTEGER AS ends_with_tool,
           -- lists of a few, instead of an aggregate of its own for each that is counted once
           list(name) FILTER (WHERE kind = 'tool') AS names,
           list(hash(name, arguments_hash)) FILTER (WHERE kind = 'tool') AS calls,
           list(hash(hash(name, arguments_hash), text_hash)) FILTER (WHERE kind = 'tool') AS results,
           list(agent) AS agents
    FROM run_acts
    GROUP BY run
),

of_tools AS (
    SELECT run, name, count(*) AS calls, avg(length) AS result_length, arg_max(length, position) AS last_result_length,
           avg(arguments_length) AS arguments_length, list_unique(list(arguments_hash)) AS different_arguments, count(*) FILTER (WHERE is_error) AS errors,
           avg(number) AS result_number, arg_max(number, position) AS last_result_number
    FROM run_acts
    WHERE kind = 'tool'
    GROUP BY run, name
),

tools AS (
    SELECT run, flatten(list([
               'arguments length of ' || name, 'calls of ' || name, 'different arguments of ' || name, 'errors of ' || name,
               'last result length of ' || name, 'last result number of ' || name, 'result length of ' || name, 'result number of ' || name
           ] ORDER BY name)) AS names, flatten(list([
               arguments_length, calls, different_arguments, errors, last_result_length, last_result_number, result_length, result_number
           ]::FLOAT[] ORDER BY name)) AS figures
    FROM of_tools
    WHERE name IS NOT NULL
    GROUP BY run
),

whole AS (
    SELECT s.run,
           list_concat([
               'acts', 'after last tool', 'agent turns', 'agents', 'answer length', 'answers', 'arguments length', 'different calls',
               'ends with tool', 'first input tokens', 'first tool position', 'largest input tokens', 'largest output tokens',
               'last answer length', 'last output tokens', 'last result length', 'last tool failed', 'longest answer length',
               'longest arguments length', 'longest result length', 'mean answer length', 'mean arguments length', 'mean result length',
               'model calls', 'output tokens', 'repeated calls', 'repeated results', 'result length', 'shortest result length',
               'tool calls', 'tool errors', 'tools'
           ], coalesce(t.names, [])) AS names,
           list_concat([
               s.acts, s.after_last_tool, s.agent_turns, list_unique(s.agents), s.answer_length, s.answers, s.arguments_length,
               coalesce(list_unique(s.calls), 0), s.ends_with_tool, s.first_input_tokens, s.first_tool_position, s.largest_input_tokens,
               s.largest_output_tokens, s.last_answer_length, s.last_output_tokens, s.last_result_length, s.last_tool_failed,
               s.longest_answer_length, s.longest_arguments_length, s.longest_result_length, s.mean_answer_length, s.mean_arguments_length,
               s.mean_result_length, s.model_calls, s.output_tokens, coalesce(len(s.calls) - list_unique(s.calls), 0),
               coalesce(len(s.calls) - list_unique(s.results), 0), s.result_length, s.shortest_result_length, s.tool_calls, s.tool_errors,
               coalesce(list_unique(s.names), 0)
           ]::FLOAT[], coalesce(t.figures, [])) AS figures
    FROM sums AS s
    LEFT JOIN tools AS t USING (run)
)

SELECT run, map(list_where(names, is_known), list_where(figures, is_known)) AS features
FROM (SELECT *, list_transform(figures, lambda figure: figure IS NOT NULL) AS is_known FROM whole)
