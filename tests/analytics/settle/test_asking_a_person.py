"""Questions to a person that tools put: what is an answer to them, and where it stands."""

import json

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.analytics.settle.building import agent, chat, settle_spans, span, tool
from tests.analytics.settle.captured import rows

from relaylens import semconv
from relaylens_collector.store import Store

ASKING = [
    {"role": "assistant", "parts": [{"type": "tool_call", "id": "call-17", "name": "escalate_to_human", "arguments": {"why": "4,200 EUR"}}]}
]
STATES = "SELECT e.agent, e.state, e.answer, r.outcome_rule FROM escalations AS e JOIN runs AS r USING (run)"


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("Approved by Sam", ("approved", "Approved by Sam", "ended_in_order")),
        (
            "Denied: the request was sent twice",
            ("denied", "Denied: the request was sent twice", "ended_in_order"),
        ),
        ("human took over", ("approved", "human took over", "ended_in_order")),
        ('{"status": "pending", "ticket": 3}', ("pending", None, "waiting_for_person")),
        ("Request sent to the duty desk, not yet approved", ("pending", None, "waiting_for_person")),
        ("waiting to be approved by a manager", ("pending", None, "waiting_for_person")),
        ("", ("pending", None, "waiting_for_person")),
    ],
)
def test_a_result_that_leaves_the_question_open_is_no_answer(result: str, expected: tuple[str, str | None, str]) -> None:
    """Nobody has decided while the tool says that the request waits, or says nothing."""
    store = Store(":memory:")
    opening = span(1, "run", 0, 10, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"})
    settle_spans(store, opening, agent(2, "approver", 1, 5), tool(3, "escalate_to_human", 2, 3, '{"why": "4,200 EUR"}', result))
    found = rows(store.connection, STATES)
    store.close()

    assert [("approver", *expected)] == found


@pytest.mark.parametrize("as_parts", [True, False], ids=["parts", "plain messages"])
@pytest.mark.parametrize(
    ("result", "expected"),
    [("Approved by Sam", ("approved", "Approved by Sam")), ("queued for review", ("pending", None)), (None, ("pending", None))],
)
def test_an_answer_that_no_tool_span_shows_is_read_from_the_next_prompt(
    result: str | None, expected: tuple[str, str | None], *, as_parts: bool
) -> None:
    """Where only the model's calls are recorded, what the asking call gave back is told to the model by the call's id."""
    store = Store(":memory:")
    told: list[dict[str, object]] = [{"role": "user", "content": "Refund 4,200 EUR"}]
    if result is not None and as_parts:
        told.append({"role": "tool", "parts": [{"type": "tool_call_response", "id": "call-17", "response": result}]})
    elif result is not None:
        told.append({"role": "tool", "tool_call_id": "call-17", "content": result})
    asking = chat(10, 2, 2, 3)
    asking.attributes[-1].value.string_value = json.dumps(ASKING)
    going_on = chat(11, 2, 4, 5, "I have looked into it.")
    going_on.attributes.add(key=semconv.GEN_AI_INPUT_MESSAGES).value.string_value = json.dumps(told)
    opening = span(1, "run", 0, 10, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"})
    settle_spans(store, opening, agent(2, "approver", 1, 6), asking, going_on)
    found = rows(store.connection, STATES)
    store.close()

    assert [("approver", *expected)] == [row[:3] for row in found]


def turn_of(number: int, start: float, result: str | None, *, goes_on: bool = False) -> list[Span]:
    """A run that asks a person, or with `goes_on` one that begins with the question and is told the answer."""
    trace = number.to_bytes(16)
    call = tool(3, "escalate_to_human", start + 2, start + 3, '{"why": "4,200 EUR"}', result or "")
    spans = [agent(2, "approver", start + 1, start + 6, parent=0 if goes_on else 1), call]
    if goes_on:
        spans.append(chat(5, 2, start + 4, start + 5, "It is approved."))
    else:
        spans.append(span(1, "run", start, start + 10, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"}))
        spans.append(chat(4, 2, start + 1.1, start + 1.5))
    for one in spans:
        one.trace_id = trace
    return spans


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ([turn_of(2, 20, "Approved by Sam", goes_on=True)], []),
        ([turn_of(2, 20, "Approved by Sam")], [1]),
        ([turn_of(2, 20, None), turn_of(3, 40, "Approved by Sam", goes_on=True)], [2]),
        ([turn_of(2, 20, None), turn_of(3, 40, "Approved by Sam", goes_on=True), turn_of(4, 60, "Denied", goes_on=True)], []),
    ],
    ids=["goes on elsewhere", "another run asks the same", "two wait and one goes on", "both go on"],
)
def test_an_answer_elsewhere_is_that_of_one_question(others: list[list[Span]], told: list[int]) -> None:
    """A run that begins with the question goes on after the answer; another one that asked the same itself says nothing of the first."""
    store = Store(":memory:")
    settle_spans(store, *turn_of(1, 0, None), *[one for spans in others for one in spans])
    found = rows(store.connection, "SELECT trace_id FROM findings WHERE detector = 'approval_pending' ORDER BY 1")
    store.close()

    assert [(f"{number:032x}",) for number in told] == found


CALL_ID = "tooluse_q7Zk41xV9s"


def named(call_id: str, *runs: list[Span]) -> list[Span]:
    """The runs with an id of its own for the call that asks."""
    spans = [one for spans in runs for one in spans]
    for one in spans:
        if one.name.startswith("execute_tool"):
            one.attributes.add(key=semconv.GEN_AI_TOOL_CALL_ID).value.string_value = call_id
    return spans


@pytest.mark.parametrize(
    ("call_id", "runs", "expected"),
    [
        (CALL_ID, [turn_of(1, 0, None), turn_of(2, 20, "Approved by Sam", goes_on=True)], [("approved", "Approved by Sam", 1)]),
        ("call_1", [turn_of(1, 0, None), turn_of(2, 20, "Denied", goes_on=True)], [("denied", "Denied", 2), ("pending", None, 1)]),
        (
            CALL_ID,
            [turn_of(1, 0, None), turn_of(2, 20, "Denied", goes_on=True), turn_of(3, 40, "Denied", goes_on=True)],
            [("denied", "Denied", 2), ("denied", "Denied", 3), ("pending", None, 1)],
        ),
    ],
    ids=["one call", "an id that only counts", "three calls"],
)
@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one after the other"])
def test_an_answer_in_another_trace_is_found_by_the_id_of_the_call(
    call_id: str, runs: list[list[Span]], expected: list[tuple[str, str | None, int]], *, at_once: bool
) -> None:
    """Two traces of a service that show one call of a tool that asks a person are one conversation; what several share joins none."""
    store = Store(":memory:")
    requests = [named(call_id, *copies(runs))] if at_once else [named(call_id, run) for run in copies(runs)]
    for request in requests:
        settle_spans(store, *request, service="desk")
    found = rows(store.connection, "SELECT state, answer, trace_id FROM escalations ORDER BY ALL")
    conversations = rows(store.connection, "SELECT DISTINCT rule FROM conversation_traces")
    store.close()

    assert [(state, answer, f"{number:032x}") for state, answer, number in expected] == found
    assert [("call" if len(expected) == 1 else "trace",)] == conversations


def test_the_id_of_a_call_joins_nothing_across_services() -> None:
    """Two services may well name their calls alike."""
    store = Store(":memory:")
    settle_spans(store, *named(CALL_ID, turn_of(1, 0, None)), service="desk")
    settle_spans(store, *named(CALL_ID, turn_of(2, 20, "Denied", goes_on=True)), service="shop")
    found = rows(store.connection, "SELECT state, service_name FROM escalations ORDER BY ALL")
    store.close()

    assert [("denied", "shop"), ("pending", "desk")] == found


@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one after the other"])
def test_the_id_of_a_call_joins_no_traces_of_different_sessions(*, at_once: bool) -> None:
    """A model's answer that is played again has the id of the first time; what the traces say of themselves is what holds."""
    store = Store(":memory:")
    requests = [named(CALL_ID, turn_of(1, 0, None)), named(CALL_ID, turn_of(2, 20, "Denied", goes_on=True))]
    for number, request in enumerate(requests):
        for one in request:
            one.attributes.add(key=semconv.GEN_AI_CONVERSATION_ID).value.string_value = f"session {number}"
    for request in [[*requests[0], *requests[1]]] if at_once else requests:
        settle_spans(store, *request, service="desk")
    found = rows(store.connection, "SELECT state, conversation FROM escalations ORDER BY ALL")
    store.close()

    assert [("denied", "session 1"), ("pending", "session 0")] == found


def copies(runs: list[list[Span]]) -> list[list[Span]]:
    """The runs again, so that what is added stays out of the parameters."""
    made = []
    for run in runs:
        copied = [Span() for _ in run]
        for one, old in zip(copied, run, strict=True):
            one.CopyFrom(old)
        made.append(copied)
    return made
