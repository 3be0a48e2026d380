"""What frameworks send through the instrumentations of others, one shape each, as the programs of tests/frameworks were seen under them."""

import json
from collections.abc import Iterator, Mapping

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.analytics.settle.building import agent, chat, settle_spans, span, tool
from tests.analytics.settle.captured import rows

from relaylens import semconv
from relaylens_collector.store import Store

_LATER = bytes(15) + b"\x02"
_HANDOFFS = "SELECT from_agent, to_agent, ok, reason FROM handoffs WHERE NOT is_return ORDER BY offered_at"
_QUESTIONS = "SELECT agent, state FROM escalations ORDER BY requested_at"


@pytest.fixture
def store() -> Iterator[Store]:
    """A store in memory."""
    made = Store(":memory:")
    yield made
    made.close()


def task(number: int, node: str, start: float, end: float, of: str, *, parent: int) -> Span:
    """A node of a LangGraph graph as OpenLLMetry writes it."""
    attributes = {semconv.GEN_AI_OPERATION_NAME: "execute_task", "traceloop.association.properties.langgraph_node": node}
    return span(
        number, f"execute_task {node}", start, end, attributes | {"traceloop.association.properties.lc_agent_name": of}, parent=parent
    )


def chain(number: int, name: str, start: float, end: float, metadata: Mapping[str, str], *, parent: int = 0, kind: str = "CHAIN") -> Span:
    """A part of a LangChain program as OpenInference writes it."""
    attributes = {"openinference.span.kind": kind, "metadata": json.dumps(metadata)} | ({"tool.name": name} if kind == "TOOL" else {})
    return span(number, name, start, end, attributes, parent=parent)


def test_hooks_of_middleware_are_no_agents(store: Store) -> None:
    """LangChain's middleware puts nodes beside the model; they belong to the agent that they are hooks of."""
    settle_spans(
        store,
        span(1, "support.workflow", 0, 9, {"traceloop.span.kind": "workflow"}),
        span(
            2, "invoke_agent triage", 1, 1.1, {semconv.GEN_AI_OPERATION_NAME: "invoke_agent", semconv.GEN_AI_AGENT_NAME: "triage"}, parent=1
        ),
        task(3, "triage", 1, 8, "triage", parent=1),
        task(4, "Guard.before_model", 2, 2.1, "triage", parent=3),
        chat(5, 3, 3, 4),
        task(6, "Guard.after_model", 5, 5.1, "triage", parent=3),
    )

    assert [("triage",)] == rows(store.connection, "SELECT DISTINCT agent FROM steps")
    assert rows(store.connection, _HANDOFFS) == []


def test_an_agent_that_langchain_made_and_a_tool_calls_has_a_turn(store: Store) -> None:
    """Its span is a CHAIN of the agent's name, in the node of the tools of the one that called it."""
    by, inner = {"lc_agent_name": "lead"}, {"lc_agent_name": "docs", "langgraph_node": "tools"}
    settle_spans(
        store,
        chain(1, "lead", 0, 9, by),
        chain(2, "ask_docs", 1, 5, {**by, "langgraph_node": "tools"}, parent=1, kind="TOOL"),
        chain(3, "docs", 2, 4, inner, parent=2),
        chain(4, "model", 2, 4, {"lc_agent_name": "docs", "langgraph_node": "model"}, parent=3),
    )

    assert [("lead",), ("docs",)] == rows(store.connection, "SELECT agent FROM steps ORDER BY started_at")
    assert [("lead", "docs", True, None)] == rows(store.connection, _HANDOFFS)


def test_a_question_that_is_asked_again_with_its_answer_is_one(store: Store) -> None:
    """Google ADK's tool answers first that it needs a confirmation, and is called again in a trace of its own once it is there."""
    conversation = {semconv.GEN_AI_CONVERSATION_ID: "ticket-7"}
    question = '{"question": "May it be sent?"}'
    again = tool(12, "escalate_to_human", 21, 22, question, '{"result": "approved"}', parent=11)
    again.trace_id = _LATER
    settle_spans(
        store,
        agent(1, "approver", 0, 9, parent=0, **conversation),
        tool(2, "escalate_to_human", 1, 2, question, '{"error": "This call requires confirmation, please approve or reject."}', parent=1),
        span(
            11,
            "invoke_agent approver",
            20,
            23,
            conversation | {semconv.GEN_AI_OPERATION_NAME: "invoke_agent", semconv.GEN_AI_AGENT_NAME: "approver"},
            trace=_LATER,
        ),
        again,
    )

    assert [("approver", "approved")] == rows(store.connection, _QUESTIONS)


@pytest.mark.parametrize("second", [2, 3], ids=["in one call", "in a second one"])
def test_a_call_that_waits_for_an_event_is_one_question(store: Store, second: int) -> None:
    """LlamaIndex's tool raises until the person's answer is there, and gives it then: in the same span, or in the next."""
    waiting = tool(2, "escalate_to_human", 1, 2, '{"question": "May it be sent?"}', "")
    waiting.status.message = "Waiting for event <class 'HumanResponseEvent'>"
    waiting.events.add(name="exception").attributes.add(key="exception.type").value.string_value = "workflows.errors.WaitingForEvent"
    answered = tool(second, "escalate_to_human", second + 1, second + 2, '{"question": "May it be sent?"}', "approved")
    if second == 2:
        waiting.attributes[-1].value.string_value = "approved"
    settle_spans(store, agent(1, "approver", 0, 9, parent=0), *([waiting] if second == 2 else [waiting, answered]))

    assert [("approver", "approved")] == rows(store.connection, _QUESTIONS)


def test_a_question_that_nested_agents_pass_up_is_one(store: Store) -> None:
    """Each of Pydantic AI's agents ends with the calls to approve of the agent that it called."""
    result = {"final_result": json.dumps({"approvals": [{"tool_name": "send", "args": "{}", "tool_call_id": "call-7"}]})}
    settle_spans(
        store,
        agent(1, "triage", 0, 9, parent=0, **result),
        agent(2, "drafter", 1, 8, parent=1, **result),
        agent(3, "approver", 2, 7, parent=2, **result),
    )

    assert [("approver", "pending")] == rows(store.connection, _QUESTIONS)


def test_a_member_that_goes_on_after_an_answer_is_not_handed_to_again(store: Store) -> None:
    """Agno's member runs once until it needs a confirmation, and goes on in a run of its own under the same leader."""
    stopped = agent(3, "approver", 2, 4, parent=1, **{"output.value": "I have tools to execute, but I need confirmation."})
    settle_spans(
        store,
        agent(1, "triage", 0, 9, parent=0),
        tool(2, "delegate_task_to_member", 1, 1.5, '{"member_id": "approver"}', "", parent=1),
        stopped,
        agent(4, "approver", 5, 8, parent=1),
        chat(5, 4, 6, 7, "It has been sent."),
    )

    assert [("triage", "approver", True, None)] == rows(store.connection, _HANDOFFS)


@pytest.mark.parametrize(
    "said",
    [
        "ValueError: Transfer target agent 'billing' not found.",
        "Tool not found: {'tool_name': 'transfer_to_billing'}",
        "Tool transfer_to_billing not found in agent triage",
        'Unknown agent "billing"',
    ],
)
def test_an_error_that_names_a_missing_agent_is_a_failed_handoff(store: Store, said: str) -> None:
    """The error alone tells it: nothing else shows whom the work was to go to."""
    run = span(1, "run", 0, 9, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"}, failed=True)
    run.status.message = said
    settle_spans(store, run, agent(2, "triage", 1, 8), chat(3, 2, 2, 3, "I hand it over."))

    assert [("triage", "billing", False, "unknown_target")] == rows(store.connection, _HANDOFFS)


@pytest.mark.parametrize(
    "said",
    [
        "RuntimeError: agent 'billing' failed: the invoice was not found",
        "The tool transfer_to_billing raised: customer not found",
        "Asked agent 'billing' for an unknown currency",
    ],
)
def test_an_error_that_only_speaks_of_an_agent_is_no_handoff(store: Store, said: str) -> None:
    """What is missing is something else; the agent is there."""
    run = span(1, "run", 0, 9, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"}, failed=True)
    run.status.message = said
    settle_spans(store, run, agent(2, "triage", 1, 8), chat(3, 2, 2, 3, "I hand it over."))

    assert rows(store.connection, _HANDOFFS) == []


@pytest.mark.parametrize(("after", "outcome"), [(False, "failed"), (True, "completed")], ids=["nothing after it", "asked again"])
def test_a_turn_whose_last_call_ends_in_an_error_around_it_failed(store: Store, *, after: bool, outcome: str) -> None:
    """OpenAI Agents writes the model's error on the turn around its last call; the agent's own span says nothing."""
    settle_spans(
        store,
        agent(1, "triage", 0, 9, parent=0),
        span(2, "turn", 1, 4, {"openinference.span.kind": "CHAIN"}, parent=1, failed=True),
        chat(3, 2, 2, 3),
        *([chat(4, 1, 5, 6)] if after else []),
    )

    assert [(outcome,)] == rows(store.connection, "SELECT outcome FROM steps")


@pytest.mark.parametrize(
    ("arguments", "handoffs", "findings"),
    [
        ('{"task": "Take it over"}', [("triage", "billing", False, "unknown_target")], []),
        ('{"text": "Send it"}', [], [("tool_call_without_span",)]),
    ],
    ids=["with a task", "with other arguments"],
)
def test_a_member_of_a_team_that_does_not_exist_is_called_like_a_tool(
    store: Store, arguments: str, handoffs: list[tuple[object, ...]], findings: list[tuple[str]]
) -> None:
    """Members of a team of smolagents are tools that take a task; the model's call of one that there is not leaves no span."""
    call = [{"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "billing", "arguments": json.loads(arguments)}]}]
    asked = span(3, "chat", 1, 2, {semconv.GEN_AI_OPERATION_NAME: "chat", semconv.GEN_AI_OUTPUT_MESSAGES: json.dumps(call)}, parent=2)
    shown = [{"role": "assistant", "parts": [{"type": "tool_call", "id": "c2", "name": "look", "arguments": {}}]}]
    settle_spans(
        store,
        agent(2, "triage", 0, 9, parent=0, **{"smolagents.managed_agents.0.name": "docs"}),
        asked,
        span(4, "chat", 3, 4, {semconv.GEN_AI_OPERATION_NAME: "chat", semconv.GEN_AI_OUTPUT_MESSAGES: json.dumps(shown)}, parent=2),
        tool(5, "look", 4, 5, "{}", "seen", parent=2),
        chat(6, 2, 6, 7, "We have done what we could."),
    )

    assert handoffs == rows(store.connection, _HANDOFFS)
    kinds = "SELECT detector FROM findings WHERE detector = 'tool_call_without_span'"
    assert findings == rows(store.connection, kinds)
