"""Turns that begin with a model call, questions that are named by their framework, and what a person's answer comes to."""

from dataclasses import replace

import pytest
from opentelemetry import context as otel_context

import relaylens
from relaylens.frameworks.recording import Pauses
from relaylens.frameworks.verdicts import verdict
from relaylens.scope import Step, current_scope, with_scope
from relaylens.semconv import EscalationState

from .conftest import Recording


class FirstCall:
    """A place that becomes an agent's turn with the first span of a model client."""

    def __init__(self) -> None:
        """No turn yet."""
        self.agent = relaylens.agent("docs")
        self.step: Step | None = None

    def model_call(self, instrumentation: str, name: str) -> None:
        """Begin with the first call."""
        if instrumentation == "a client" and name != "embeddings":
            with self.agent as step:
                self.step = step


def test_a_turn_begins_with_its_first_model_call(recording: Recording) -> None:
    """What is done before the call belongs to no agent, the call and what follows belong to the turn that it begins."""
    client, other = recording.provider.get_tracer("a client"), recording.provider.get_tracer("another library")
    with relaylens.run("r"):
        scope = replace(current_scope(), turn=FirstCall())
        token = otel_context.attach(with_scope(scope))
        client.start_span("embeddings").end()
        other.start_span("before").end()
        before = current_scope().agent
        client.start_span("chat").end()
        other.start_span("after").end()
        during = current_scope().agent
        otel_context.detach(token)

    assert (None, "docs") == (before, during)
    spans = {span.name: span for span in recording.spans()}
    step = spans["invoke_agent docs"].get_span_context()
    within = {name for name, span in spans.items() if step is not None and span.parent is not None and span.parent.span_id == step.span_id}
    assert {"chat", "after"} == within


def test_a_turn_inside_of_an_agent_is_that_agents(recording: Recording) -> None:
    """An agent's step within such a place is no part of the turn."""
    turn = FirstCall()
    with relaylens.run("r"):
        token = otel_context.attach(with_scope(replace(current_scope(), turn=turn)))
        with relaylens.agent("drafter"):
            recording.provider.get_tracer("a client").start_span("chat").end()
            seen = current_scope().agent
        otel_context.detach(token)

    assert ("drafter", None) == (seen, turn.step)


def test_a_question_keeps_its_frameworks_name(recording: Recording) -> None:
    """A question is asked once under its own id, by which anyone can answer it."""
    pauses = Pauses()
    with relaylens.run("r"):
        first = pauses.ask("thread", "interrupt", "May I?", own_id="interrupt-17")
        again = pauses.ask("thread", "interrupt", "May I?", own_id="interrupt-17")
    relaylens.answer("interrupt-17", "approved")

    assert first is again
    assert [("interrupt-17", "requested"), ("interrupt-17", "approved")] == [
        (entry["attributes"]["relaylens.escalation.id"], entry["attributes"]["relaylens.escalation.state"])
        for entry in recording.tree()
        if "relaylens.escalation.id" in entry["attributes"]
    ]


@pytest.mark.parametrize(
    ("said", "state"),
    [
        (True, EscalationState.APPROVED),
        (False, EscalationState.DENIED),
        ("No.", EscalationState.DENIED),
        ("No parcel is missing", EscalationState.APPROVED),
        ("edit", EscalationState.EDITED),
        ({"approved": False, "why": "not today"}, EscalationState.DENIED),
        ({"decisions": [{"type": "approve"}, {"type": "edit"}]}, EscalationState.EDITED),
        ({"decisions": [{"type": "approve"}, {"type": "reject"}]}, EscalationState.DENIED),
        ([{"type": "accept"}], EscalationState.APPROVED),
        ({"name": "Ann"}, EscalationState.APPROVED),
        (None, EscalationState.APPROVED),
    ],
)
def test_what_an_answer_comes_to(said: object, state: EscalationState) -> None:
    """Plain words and LangChain's decisions are told apart; a sentence that only begins with "no" is no refusal."""
    assert state == verdict(said)[0]
