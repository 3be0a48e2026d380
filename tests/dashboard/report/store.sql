-- Three runs of a small network, with names that mean something to a browser, a sheet and a markdown page.
INSERT INTO runs (run, conversation, trace_id, traces, service_name, name, started_at, ended_at, duration_ms, work_ms, wait_ms, outcome,
    outcome_evidence, outcome_rule, agents, steps, handoffs, handoffs_failed, escalations, model_calls, tool_calls, errors, soft_errors,
    retries, rework, findings, input_tokens, output_tokens, cost_usd, spans)
VALUES
    ('run-1', 'c1', '11', 1, 'support', 'answer', '2026-03-01 10:00:00', '2026-03-01 10:00:04', 4000, 3000, 1000, 'completed',
        'stated', 'stated', 2, 2, 1, 0, 0, 2, 0, 0, 0, 0, 0, 1, 300, 30, 0.03, 8),
    ('run-2', 'c2', '22', 1, 'support', 'answer', '2026-03-01 10:10:00', '2026-03-01 10:10:01', 1000, 1000, 0, 'failed',
        'rule', 'error', 1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 100, 10, 0.01, 4),
    ('run-3', 'c3', '33', 1, 'support', 'answer', '2026-03-01 10:20:00', '2026-03-01 10:20:02', 2000, 500, 1500, 'escalated',
        'rule', 'question_open', 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 200, 20, NULL, 4);

INSERT INTO steps (step, run, conversation, trace_id, span_id, position, agent, agent_rule, agent_version, service_name, started_at, ended_at,
    duration_ms, outcome, outcome_evidence, outcome_rule, model, model_calls, tool_calls, errors, soft_errors, input_tokens, output_tokens,
    cost_usd, has_input, has_output, empty_output)
VALUES
    ('s1', 'run-1', 'c1', '11', '1', 1, 'triage', 'attribute', 'v1', 'support', '2026-03-01 10:00:00', '2026-03-01 10:00:01', 1000,
        'completed', 'inferred', 'ended', 'gpt-5-mini', 1, 0, 0, 0, 100, 10, 0.01, true, true, false),
    ('s2', 'run-1', 'c1', '11', '2', 2, 'docs', 'attribute', NULL, 'support', '2026-03-01 10:00:01', '2026-03-01 10:00:04', 3000,
        'completed', 'inferred', 'ended', 'gpt-5-mini', 1, 0, 0, 0, 200, 20, 0.02, true, true, true),
    ('s3', 'run-2', 'c2', '22', '3', 1, 'triage', 'attribute', 'v1', 'support', '2026-03-01 10:10:00', '2026-03-01 10:10:01', 1000,
        'failed', 'rule', 'error', 'gpt-5-mini', 1, 0, 1, 0, 100, 10, 0.01, true, false, false),
    ('s4', 'run-3', 'c3', '33', '4', 1, 'triage', 'attribute', 'v1', 'support', '2026-03-01 10:20:00', '2026-03-01 10:20:02', 2000,
        'escalated', 'rule', 'question_open', 'gpt-5-mini', 1, 0, 0, 0, 200, 20, NULL, true, false, false);

INSERT INTO agents (agent, display_name, service_name, kind, conversation, first_seen_at, last_seen_at)
VALUES
    ('triage', '<b>Triage</b> | [x](http://evil.example)', 'support', 'agent', 'c1', '2026-03-01 10:00:00', '2026-03-01 10:20:02'),
    ('docs', '=HYPERLINK("http://evil.example")', 'support', 'agent', 'c1', '2026-03-01 10:00:01', '2026-03-01 10:00:04');

INSERT INTO handoffs (handoff, conversation, run, trace_id, position, from_agent, to_agent, target_type, mode, is_return, state, ok, succeeded,
    reason, rule, service_name, offered_at, accepted_at, wait_ms, to_step, received)
VALUES
    ('h1', 'c1', 'run-1', '11', 1, 'triage', 'docs', 'agent', 'pass_control', false, 'closed', true, true, NULL, 'transfer_tool', 'support',
        '2026-03-01 10:00:00.5', '2026-03-01 10:00:01', 500, 's2', 'the ticket'),
    ('h2', 'c2', 'run-2', '22', 1, 'triage', '-billing', 'agent', 'pass_control', false, 'offered', false, false, 'unknown_target',
        'transfer_tool', 'support', '2026-03-01 10:10:00.5', NULL, NULL, NULL, NULL),
    ('h3', 'c3', 'run-3', '33', 1, 'triage', 'human', 'human', 'return_to_caller', false, 'offered', true, false, NULL, 'transfer_tool',
        'support', '2026-03-01 10:20:01', NULL, NULL, NULL, NULL);

INSERT INTO escalations (escalation, conversation, run, trace_id, agent, service_name, state, rule, requested_at, question)
VALUES ('e1', 'c3', 'run-3', '33', 'triage', 'support', 'pending', 'tool_name', '2026-03-01 10:20:01',
    '<script>alert(1)</script>' || chr(27) || '[2J' || repeat(' really', 80));

INSERT INTO findings (finding, detector, severity, conversation, run, trace_id, span_id, agent, blamed_agent, certainty, message, evidence, found_at)
VALUES
    ('f1', 'failed_handoff', 'high', 'c2', 'run-2', '22', '3', 'triage', NULL, 'stated', 'The handoff to `-billing` failed: unknown_target',
        '{"to": "-billing"}', '2026-03-01 10:10:00.5'),
    ('f2', 'empty_output', 'medium', 'c1', 'run-1', '11', '2', 'docs', 'triage', 'rule', 'Docs answered with nothing', '@SUM(A1)',
        '2026-03-01 10:00:04');

INSERT INTO labels (batch, run, finding, name, value, source, labelled_at)
VALUES
    (1, 'run-2', 'f1', 'finding', 'false', 'ann', '2026-03-01 10:30:00'),
    (2, 'run-2', 'f1', 'finding', 'true', 'ann', '2026-03-01 10:40:00');

INSERT INTO validations (conversation, run, trace_id, validator, subject, verdict, rule, service_name, judged_at)
VALUES ('c1', 'run-1', '11', 'triage', 'docs', 'rejected', 'validation_span', 'support', '2026-03-01 10:00:04');

INSERT INTO specification (service_name, part, name, target)
VALUES
    ('support', 'agent', 'triage', NULL),
    ('support', 'agent', 'docs', NULL),
    ('support', 'agent', '=cmd|'' /C calc''!A1<img src=x>', NULL),
    ('support', 'handoff', 'triage', 'docs');
