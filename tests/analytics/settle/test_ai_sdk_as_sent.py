"""What Vercel's AI SDK sends, in its own names (5 and 6) and in OpenTelemetry's (7)."""

import json
from collections.abc import Iterator

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.analytics.settle.building import settle_spans, span
from tests.analytics.settle.captured import rows

from relaylens import semconv
from relaylens_analytics.message_shapes import Kind
from relaylens_analytics.messages import exchange
from relaylens_collector.store import Store

_HANDOFFS = "SELECT from_agent, to_agent, ok, mode FROM handoffs WHERE NOT is_return ORDER BY offered_at"
_LATER = bytes(15) + b"\x02"


@pytest.fixture
def store() -> Iterator[Store]:
    """A store in memory."""
    made = Store(":memory:")
    yield made
    made.close()


def turn(number: int, start: float, end: float, *, agent: str | None, parent: int = 0, session: str | None = None, said: str = "") -> Span:
    """A call of `generateText`, which calls the model and tools until it has an answer."""
    attributes = {
        "ai.operationId": "ai.generateText",
        "ai.model.id": "m-1",
        "ai.prompt": json.dumps({"system": "Help.", "prompt": "Hello"}),
    }
    attributes |= {"ai.telemetry.functionId": agent} if agent else {}
    attributes |= {"ai.telemetry.metadata.sessionId": session} if session else {}
    return span(number, "ai.generateText", start, end, attributes | ({"ai.response.text": said} if said else {}), parent=parent)


def call(number: int, start: float, end: float, *, parent: int, answer: dict[str, object]) -> Span:
    """A call of the model by it."""
    attributes = {"ai.operationId": "ai.generateText.doGenerate", "ai.response.model": "m-1", "ai.usage.inputTokens": "7"}
    told = {key: value if isinstance(value, str) else json.dumps(value) for key, value in answer.items()}
    return span(number, "ai.generateText.doGenerate", start, end, attributes | told, parent=parent)


def tool(number: int, name: str, start: float, end: float, *, parent: int, failed: bool = False) -> Span:
    """A tool that it runs."""
    attributes = {"ai.operationId": "ai.toolCall", "ai.toolCall.name": name, "ai.toolCall.id": f"c{number}", "ai.toolCall.args": "{}"}
    return span(
        number, "ai.toolCall", start, end, attributes | ({} if failed else {"ai.toolCall.result": '"done"'}), parent=parent, failed=failed
    )


def asking(name: str, call_id: str) -> dict[str, object]:
    """The answer of a model that asks for a tool."""
    return {"ai.response.finishReason": "tool-calls", "ai.response.toolCalls": [{"toolCallId": call_id, "toolName": name, "input": "{}"}]}


_ANSWER: dict[str, object] = {"ai.response.finishReason": "stop", "ai.response.text": "It is on its way."}


def test_named_calls_are_the_turns_of_agents(store: Store) -> None:
    """A function's name is the agent's; calls of the model and tools lie in the turn, and a tool hands over."""
    settle_spans(
        store,
        span(1, "POST /tickets", 0, 9),
        turn(2, 1, 4, agent="triage", parent=1),
        call(3, 1, 2, parent=2, answer=asking("transfer_to_docs", "c4")),
        tool(4, "transfer_to_docs", 2, 3, parent=2),
        turn(5, 5, 8, agent="docs", parent=1, said="It is on its way."),
        call(6, 5, 6, parent=5, answer=asking("search", "c7")),
        tool(7, "search", 6, 7, parent=5, failed=True),
        call(8, 7, 8, parent=5, answer=_ANSWER),
    )

    assert [("triage", 1, 1, 7), ("docs", 2, 1, 14)] == rows(
        store.connection, "SELECT agent, model_calls, tool_calls, input_tokens FROM steps ORDER BY position"
    )
    assert [("triage", "docs", True, "pass_control")] == rows(store.connection, _HANDOFFS)
    assert [("swallowed_tool_error", "docs")] == rows(store.connection, "SELECT detector, agent FROM findings")
    assert [("completed", "Hello", "It is on its way.")] == rows(
        store.connection, "SELECT outcome, input_preview, output_preview FROM runs"
    )


def test_a_call_without_a_name_is_no_agent(store: Store) -> None:
    """Nobody has said whose it is; the model's name is not the name of an agent either."""
    named_by_model = {semconv.GEN_AI_OPERATION_NAME: "invoke_agent", semconv.GEN_AI_REQUEST_MODEL: "m-1"}
    settle_spans(
        store,
        turn(1, 0, 4, agent=None),
        call(2, 1, 2, parent=1, answer=_ANSWER),
        span(3, "invoke_agent m-1", 5, 8, named_by_model, parent=1),
    )

    assert rows(store.connection, "SELECT agent FROM steps") == []
    assert rows(store.connection, "SELECT model_calls FROM runs") == [(1,)]


def test_turns_in_traces_of_their_own_are_one_run_where_one_hands_over_to_the_next(store: Store) -> None:
    """A program without a span around its turns sends a trace for each of them; the session joins them."""
    first = (
        turn(1, 0, 3, agent="triage", session="s-7"),
        call(2, 0, 1, parent=1, answer=asking("transfer_to_docs", "c3")),
        tool(3, "transfer_to_docs", 1, 2, parent=1),
    )
    second = (turn(11, 4, 6, agent="docs", session="s-7", said="Sent."), call(12, 4, 5, parent=11, answer=_ANSWER))
    third = (turn(21, 20, 22, agent="docs", session="s-7", said="Again."), call(22, 20, 21, parent=21, answer=_ANSWER))
    for spans, trace in ((second, _LATER), (third, bytes(15) + b"\x03")):
        for one in spans:
            one.trace_id = trace
    settle_spans(store, *first, *second, *third)

    assert [("triage", "docs", True, "pass_control")] == rows(store.connection, _HANDOFFS)
    assert [(2,), (1,)] == rows(store.connection, "SELECT traces FROM runs ORDER BY started_at")
    assert rows(store.connection, "SELECT detector FROM findings") == []


def test_a_tool_that_does_not_exist_is_a_failed_handoff(store: Store) -> None:
    """The SDK runs nothing for it: only the model's answer names it."""
    settle_spans(
        store,
        turn(1, 0, 9, agent="triage", said="Nobody can help."),
        call(2, 1, 2, parent=1, answer=asking("transfer_to_billing", "c1")),
        call(3, 3, 4, parent=1, answer=_ANSWER),
    )

    assert [("triage", "billing", False, "pass_control")] == rows(store.connection, _HANDOFFS)


def test_a_call_without_a_word_and_without_a_token_is_an_empty_answer(store: Store) -> None:
    """An empty text is no attribute: that the call ended in order with no token tells it."""
    settle_spans(
        store,
        turn(1, 0, 9, agent="triage"),
        call(2, 1, 2, parent=1, answer={"ai.response.finishReason": "stop", "ai.usage.outputTokens": "0"}),
    )

    assert [("empty_output", "triage")] == rows(store.connection, "SELECT detector, agent FROM findings")


def test_turns_that_follow_within_the_clocks_slack_follow_each_other(store: Store) -> None:
    """JavaScript's SDK takes a span's beginning and its duration from two clocks: the next may seem to begin before the last has ended."""
    settle_spans(
        store,
        span(1, "POST /tickets", 0, 9),
        turn(2, 1, 2.0004, agent="planner", parent=1),
        call(3, 1, 1.5, parent=2, answer=_ANSWER),
        turn(4, 2, 3, agent="executor", parent=1),
        call(5, 2.1, 2.5, parent=4, answer=_ANSWER),
    )

    assert [("planner", "executor", True, "pass_control")] == rows(store.connection, _HANDOFFS)


def test_its_messages_are_read() -> None:
    """Prompts with parts, calls with a tool's name and identifier, and results in parts of their own."""
    prompt = [
        {"role": "system", "content": "Help."},
        {"role": "user", "content": [{"type": "text", "text": "Where is it?"}]},
        {"role": "assistant", "content": [{"type": "tool-call", "toolCallId": "c1", "toolName": "search", "input": {"q": "4711"}}]},
        {
            "role": "tool",
            "content": [{"type": "tool-result", "toolCallId": "c1", "toolName": "search", "output": {"type": "text", "value": "found"}}],
        },
    ]
    calls = [{"toolCallId": "c2", "toolName": "send", "input": "{}"}]
    read = exchange(
        {"ai.prompt.messages": json.dumps(prompt), "ai.response.text": "I send it.", "ai.response.toolCalls": json.dumps(calls)}
    )

    assert [
        ("system", Kind.TEXT, "Help.", None, None),
        ("user", Kind.TEXT, "Where is it?", None, None),
        ("assistant", Kind.TOOL_CALL, '{"q": "4711"}', "search", "c1"),
        ("tool", Kind.TOOL_RESULT, "found", "search", "c1"),
    ] == [(one.role, one.kind, one.text, one.name, one.id) for one in read.given]
    assert [("I send it.", None), ("{}", "send")] == [(one.text, one.name) for one in read.answered]
    assert [("system", "Help."), ("user", "Hello")] == [
        (one.role, one.text) for one in exchange({"ai.prompt": '{"system": "Help.", "prompt": "Hello"}'}).given
    ]
