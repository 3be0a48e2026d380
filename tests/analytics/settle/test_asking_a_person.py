"""Questions to a person that tools put: what is an answer to them, and where it stands."""

import json

import pytest
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
