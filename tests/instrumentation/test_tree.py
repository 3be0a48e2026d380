"""The spans of a whole run, written down."""

import relaylens

from .conftest import Recording


def test_a_run_with_everything_in_it(recording: Recording) -> None:
    """Each call of the API writes the span that docs/instrumentation.md says, under its run, with ids and times."""
    with relaylens.run("answer a ticket", run_id="run-1", conversation="ticket-17", user="u1") as run:
        run.input("Where is my parcel?")
        with relaylens.agent("triage", version="3", agent_id="t-1", description="Sorts tickets") as step:
            with relaylens.model_call("small-1", provider="scripted") as call:
                call.system("You sort tickets.").messages([{"role": "user", "content": "Where is my parcel?"}]).tools([])
                call.answer("normal", model="small-1-2026").usage(12, 1, cached_tokens=4)
            step.output("normal")
            relaylens.handoff("docs", {"ticket": 17}, reason="needs facts")
        with relaylens.agent("docs"), relaylens.tool("search", call_id="call-1") as tool:
            tool.input({"query": "parcel"}).output(["page 4"])
        with relaylens.agent("approver"):
            escalation = relaylens.escalate("Send it?")
        escalation.answer("edited", "Add the date.", by="Ann")
        with relaylens.agent("checker"):
            relaylens.validation("docs", "rejected", "no date")
        relaylens.feedback("helpful", 1, source="customer", comment="thanks")
        run.output("Tomorrow.")
        relaylens.outcome("completed", "sent")

    stamp = {"relaylens.run.id": "run-1", "gen_ai.conversation.id": "ticket-17"}
    offered = "00000000000000000000000000000001-0000000000000004"
    asked = "00000000000000000000000000000001-0000000000000008"
    text = '"parts": [{"type": "text", "content"'
    assert [
        {
            "name": "invoke_workflow answer a ticket",
            "id": 1,
            "trace": 1,
            "parent": None,
            "time": (1, 18),
            "attributes": stamp
            | {
                "gen_ai.operation.name": "invoke_workflow",
                "gen_ai.workflow.name": "answer a ticket",
                "user.id": "u1",
                "gen_ai.input.messages": f'[{{"role": "user", {text}: "Where is my parcel?"}}]}}]',
                "gen_ai.output.messages": f'[{{"role": "assistant", {text}: "Tomorrow."}}], "finish_reason": "stop"}}]',
                "relaylens.run.outcome": "completed",
                "relaylens.run.outcome.evidence": "stated",
                "relaylens.run.outcome.reason": "sent",
            },
        },
        {
            "name": "invoke_agent triage",
            "id": 2,
            "trace": 1,
            "parent": 1,
            "time": (2, 6),
            "attributes": stamp
            | {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": "triage",
                "gen_ai.agent.version": "3",
                "gen_ai.agent.id": "t-1",
                "gen_ai.agent.description": "Sorts tickets",
                "gen_ai.output.messages": f'[{{"role": "assistant", {text}: "normal"}}], "finish_reason": "stop"}}]',
            },
        },
        {
            "name": "chat small-1",
            "id": 3,
            "trace": 1,
            "parent": 2,
            "time": (3, 4),
            "attributes": stamp
            | {
                "gen_ai.operation.name": "chat",
                "gen_ai.agent.name": "triage",
                "gen_ai.provider.name": "scripted",
                "gen_ai.request.model": "small-1",
                "gen_ai.response.model": "small-1-2026",
                "gen_ai.response.finish_reasons": ("stop",),
                "gen_ai.usage.input_tokens": 12,
                "gen_ai.usage.output_tokens": 1,
                "gen_ai.usage.cache_read.input_tokens": 4,
                "gen_ai.system_instructions": '[{"type": "text", "content": "You sort tickets."}]',
                "gen_ai.input.messages": f'[{{"role": "user", {text}: "Where is my parcel?"}}]}}]',
                "gen_ai.output.messages": f'[{{"role": "assistant", {text}: "normal"}}], "finish_reason": "stop"}}]',
                "gen_ai.tool.definitions": "[]",
            },
        },
        {
            "name": "handoff docs",
            "id": 4,
            "trace": 1,
            "parent": 2,
            "time": (5, 5),
            "attributes": stamp
            | {
                "gen_ai.operation.name": "handoff",
                "gen_ai.agent.name": "triage",
                "gen_ai.transfer.target.name": "docs",
                "gen_ai.transfer.target.type": "agent",
                "gen_ai.transfer.mode": "pass_control",
                "relaylens.handoff.id": offered,
                "relaylens.handoff.reason": "needs facts",
                "relaylens.handoff.payload": '{"ticket": 17}',
            },
        },
        {
            "name": "invoke_agent docs",
            "id": 5,
            "trace": 1,
            "parent": 1,
            "time": (7, 10),
            "attributes": stamp
            | {
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": "docs",
                "relaylens.handoff.id": offered,
                "relaylens.handoff.status": "accepted",
                "relaylens.handoff.received": '{"ticket": 17}',
            },
            "links": [(1, 4)],
        },
        {
            "name": "execute_tool search",
            "id": 6,
            "trace": 1,
            "parent": 5,
            "time": (8, 9),
            "attributes": stamp
            | {
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.agent.name": "docs",
                "gen_ai.tool.name": "search",
                "gen_ai.tool.type": "function",
                "gen_ai.tool.call.id": "call-1",
                "gen_ai.tool.call.arguments": '{"query": "parcel"}',
                "gen_ai.tool.call.result": '["page 4"]',
            },
        },
        {
            "name": "invoke_agent approver",
            "id": 7,
            "trace": 1,
            "parent": 1,
            "time": (11, 13),
            "attributes": stamp | {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "approver"},
        },
        {
            "name": "escalate human",
            "id": 8,
            "trace": 1,
            "parent": 7,
            "time": (12, 12),
            "attributes": stamp
            | {
                "gen_ai.operation.name": "escalate",
                "gen_ai.agent.name": "approver",
                "gen_ai.transfer.target.name": "human",
                "gen_ai.transfer.target.type": "human",
                "relaylens.escalation.id": asked,
                "relaylens.escalation.state": "requested",
                "relaylens.escalation.question": "Send it?",
            },
        },
        {
            "name": "answer human",
            "id": 9,
            "trace": 1,
            "parent": 1,
            "time": (14, 14),
            "attributes": stamp
            | {
                "gen_ai.operation.name": "escalate",
                "relaylens.escalation.id": asked,
                "relaylens.escalation.state": "edited",
                "relaylens.escalation.answer": "Add the date.",
                "relaylens.escalation.answered_by": "Ann",
            },
            "links": [(1, 8)],
        },
        {
            "name": "invoke_agent checker",
            "id": 10,
            "trace": 1,
            "parent": 1,
            "time": (15, 17),
            "attributes": stamp | {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "checker"},
        },
        {
            "name": "validate docs",
            "id": 11,
            "trace": 1,
            "parent": 10,
            "time": (16, 16),
            "attributes": stamp
            | {
                "gen_ai.operation.name": "validate",
                "gen_ai.agent.name": "checker",
                "relaylens.validation.subject": "docs",
                "relaylens.validation.verdict": "rejected",
                "relaylens.validation.reason": "no date",
            },
        },
        {
            "name": "feedback helpful",
            "id": 12,
            "trace": 1,
            "parent": 1,
            "time": (18, 18),
            "attributes": stamp
            | {
                "gen_ai.operation.name": "feedback",
                "relaylens.feedback.name": "helpful",
                "relaylens.feedback.value": "1",
                "relaylens.feedback.source": "customer",
                "relaylens.feedback.comment": "thanks",
                "gen_ai.evaluation.score.value": 1.0,
            },
        },
    ] == [entry | ({"time": (1, 18)} if entry["id"] == 1 else {}) for entry in recording.tree()]


def test_a_run_without_an_id_takes_that_of_its_trace(recording: Recording) -> None:
    """The id of a run is its trace where the run is the trace's root, and is on the run's own span too."""
    with relaylens.run("first") as run, relaylens.tool("search"):
        pass
    with recording.provider.get_tracer("web").start_as_current_span("GET /ticket"), relaylens.run("second"):
        pass

    assert "00000000000000000000000000000001" == run.id
    assert [
        ("invoke_workflow first", "00000000000000000000000000000001"),
        ("execute_tool search", "00000000000000000000000000000001"),
        ("GET /ticket", None),
        ("invoke_workflow second", "00000000000000000000000000000002-0000000000000004"),
    ] == [(entry["name"], entry["attributes"].get("relaylens.run.id")) for entry in recording.tree()]


def test_an_inner_run_is_a_run_of_its_own_in_the_same_conversation(recording: Recording) -> None:
    """Work asked of another network inside a run has its own id and keeps the conversation."""
    with relaylens.run("outer", run_id="a", conversation="c"), relaylens.run("inner", run_id="b"), relaylens.agent("x"):
        pass

    assert [("a", "c"), ("b", "c"), ("b", "c")] == [
        (entry["attributes"]["relaylens.run.id"], entry["attributes"]["gen_ai.conversation.id"]) for entry in recording.tree()
    ]


def test_prompts_and_answers_in_the_forms_people_have_them(recording: Recording) -> None:
    """Messages of OpenAI's form, tool calls, tool results and empty answers are written in OpenTelemetry's form."""
    with relaylens.model_call("m") as call:
        call.messages(
            [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "name": "ann", "parts": [{"type": "text", "content": "Hi"}]},
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "c1", "function": {"name": "search", "arguments": '{"query": "x"}'}}],
                },
                {"role": "tool", "tool_call_id": "c1", "content": "found"},
            ]
        )
        call.answer(tool_calls=[{"id": "c2", "name": "send", "arguments": {"to": "ann"}}])
    with relaylens.model_call("n") as call:
        call.answer("")

    written = recording.attributes("chat m")
    assert (
        '[{"role": "system", "parts": [{"type": "text", "content": "Be brief."}]}, '
        '{"role": "user", "name": "ann", "parts": [{"type": "text", "content": "Hi"}]}, '
        '{"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "search", "arguments": {"query": "x"}}]}, '
        '{"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "found"}]}]'
    ) == written["gen_ai.input.messages"]
    assert (
        '[{"role": "assistant", "parts": [{"type": "tool_call", "id": "c2", "name": "send", "arguments": {"to": "ann"}}], '
        '"finish_reason": "tool_calls"}]'
    ) == written["gen_ai.output.messages"]
    assert ("tool_calls",) == written["gen_ai.response.finish_reasons"]
    assert (
        '[{"role": "assistant", "parts": [{"type": "text", "content": ""}], "finish_reason": "stop"}]'
        == (recording.attributes("chat n")["gen_ai.output.messages"])
    )
