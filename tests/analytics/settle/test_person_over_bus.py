"""Questions to a person that go over AutoGen's bus: who asked, and whether the run waits."""

import json

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.analytics.settle.building import agent, settle_spans, span
from tests.analytics.settle.captured import rows

from relaylens import semconv
from relaylens_collector.store import Store


def message(number: int, at: float, source: str, target: str, content: str) -> Span:
    """The receipt of a handoff message on the bus, outside of any agent's turn."""
    said = {"id": f"message-{source}", "type": "HandoffMessage", "source": source, "target": target, "content": content}
    received = span(number, "autogen process SwarmGroupChatManager", at, at + 0.1, {"message": json.dumps({"message": said})}, parent=1)
    received.kind = Span.SPAN_KIND_CONSUMER
    return received


def resumed(at: float) -> Span:
    """A later turn of the asking agent in a trace of its own, as the messages of a bus begin."""
    later = agent(30, "approver_of_refunds", at, at + 1, parent=0, **{semconv.GEN_AI_CONVERSATION_ID: "team-7"})
    later.trace_id = bytes(15) + b"\x02"
    return later


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([], ("approver_of_refunds", "pending", "waiting_for_person")),
        ([message(20, 5, "human", "approver_of_refunds", "Approved by Sam")], ("approver_of_refunds", "approved", "ended_in_order")),
        ([resumed(5)], ("approver_of_refunds", "pending", "waiting_for_person")),
    ],
    ids=["nobody answers", "Sam answers", "the team goes on alone"],
)
def test_a_message_to_a_person_pauses_the_run_until_one_comes_back(answer: list[Span], expected: tuple[str, str, str]) -> None:
    """The sender asks, though the message is received outside of its turn; without an answer the run waits."""
    store = Store(":memory:")
    opening = span(1, "run", 0, 10, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow", semconv.GEN_AI_CONVERSATION_ID: "team-7"})
    asking = message(10, 3, "approver_of_refunds", "human", "May I send it?")
    settle_spans(store, opening, agent(2, "approver_of_refunds", 1, 2.9), asking, *answer)
    found = rows(store.connection, "SELECT e.agent, e.state, r.outcome_rule FROM escalations AS e JOIN runs AS r USING (run)")
    store.close()

    assert [expected] == found
