"""What the network says it did is what its spans say."""

from collections import Counter, defaultdict
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from .conftest import Played, play

FAULTS = [
    "approval_never_answered",
    "corrupted_context",
    "dropped_handoff",
    "empty_answer",
    "model_error_with_fallback",
    "ping_pong",
    "refused_handoff",
    "swallowed_tool_error",
    "wrong_urgency",
]


def attributes(span: ReadableSpan) -> dict[str, Any]:
    """Attributes of a span."""
    return dict(span.attributes or {})


def of(spans: list[ReadableSpan], operation: str) -> list[dict[str, Any]]:
    """Attributes of all spans of an operation, by time."""
    return [attributes(span) for span in spans if attributes(span)["gen_ai.operation.name"] == operation]


def handoffs_of(spans: list[ReadableSpan]) -> list[tuple[Any, ...]]:
    """From, to, mode, whether somebody took it, refused it, and got what was sent."""
    receipts = {
        attributes(span)["relaylens.handoff.id"]: attributes(span) for span in spans if "relaylens.handoff.status" in attributes(span)
    }
    seen = []
    for offer in of(spans, "handoff"):
        receipt = receipts.get(offer["relaylens.handoff.id"])
        whole = receipt is not None and receipt["relaylens.handoff.received"] == offer["relaylens.handoff.payload"]
        status = receipt["relaylens.handoff.status"] if receipt is not None else None
        seen.append((offer["gen_ai.agent.name"], offer["gen_ai.transfer.target.name"], offer["gen_ai.transfer.mode"], status, whole))
    return seen


def test_every_handoff_is_on_the_spans_as_it_was(played: Played) -> None:
    """Edges, order and modes are equal; unanswered ones have no receipt, refused ones say so, garbled ones differ in what arrived."""
    expected = {}
    for row in played.rows:
        status = {"unanswered": None, "refused": "refused"}
        expected[row["run"]] = [
            (
                handoff["from"],
                handoff["to"],
                handoff["mode"],
                status.get(handoff["reason"], "accepted"),
                handoff["reason"] not in {"unanswered", "context_lost"},
            )
            for handoff in row["handoffs"]
        ]
    assert expected == {run: handoffs_of(spans) for run, spans in played.spans.items()}


def test_outcomes_are_stated_as_they_were(played: Played) -> None:
    """Every run states its outcome, and it is that of the truth; a run that was parked has two traces."""
    assert {row["run"]: (row["outcome"], row["traces"]) for row in played.rows} == {
        run: (
            [attributes(span)["relaylens.run.outcome"] for span in spans if "relaylens.run.outcome" in attributes(span)][-1],
            len({span.context.trace_id for span in spans if span.context is not None}),
        )
        for run, spans in played.spans.items()
    }


def test_the_work_of_each_agent_is_counted_alike(played: Played) -> None:
    """Steps, model calls, tool calls and tokens by agent."""
    seen = {}
    for run, spans in played.spans.items():
        agents: dict[str, Counter[str]] = defaultdict(Counter)
        for step in of(spans, "invoke_agent"):
            agents[step["gen_ai.agent.name"]]["steps"] += 1
        for call in of(spans, "chat"):
            account = agents[call["gen_ai.agent.name"]]
            account["model_calls"] += 1
            account["input_tokens"] += call.get("gen_ai.usage.input_tokens", 0)
            account["output_tokens"] += call.get("gen_ai.usage.output_tokens", 0)
        for call in of(spans, "execute_tool"):
            agents[call["gen_ai.agent.name"]]["tool_calls"] += 1
        seen[run] = {name: dict(+counts) for name, counts in agents.items()}
    assert {
        row["run"]: {name: {key: value for key, value in counts.items() if value} for name, counts in row["agents"].items()}
        for row in played.rows
    } == seen


def test_escalations_and_validations_are_alike(played: Played) -> None:
    """Questions with their last state, and verdicts in order."""
    seen = {}
    for run, spans in played.spans.items():
        states = {span["relaylens.escalation.id"]: span["relaylens.escalation.state"] for span in of(spans, "escalate")}
        verdicts = [(span["gen_ai.agent.name"], span["relaylens.validation.verdict"]) for span in of(spans, "validate")]
        seen[run] = ([{"requested": "pending"}.get(state, state) for state in states.values()], verdicts)
    assert {
        row["run"]: (
            [escalation["state"] for escalation in row["escalations"]],
            [(validation["validator"], validation["verdict"]) for validation in row["validations"]],
        )
        for row in played.rows
    } == seen


def test_errors_and_retries_are_alike(played: Played) -> None:
    """Errors of models and tools, and calls of the same name after one in the same step."""
    seen = {}
    for run, spans in played.spans.items():
        errors: Counter[str] = Counter()
        retries = 0
        failed: set[tuple[object, str]] = set()
        for span in spans:
            operation = attributes(span)["gen_ai.operation.name"]
            if operation not in {"chat", "execute_tool"}:
                continue
            call = (span.parent.span_id if span.parent is not None else None, span.name)
            retries += call in failed
            failed.discard(call)
            if span.status.status_code is StatusCode.ERROR:
                errors[operation] += 1
                failed.add(call)
        seen[run] = (errors["chat"], errors["execute_tool"], retries)
    assert {row["run"]: (row["model_errors"], row["tool_errors"], row["retries"]) for row in played.rows} == seen


def test_times_are_those_of_the_spans(played: Played) -> None:
    """A run lasts, in the truth, as long as its first and last span say, to a hundredth of a second."""
    for row in played.rows:
        spans = played.spans[row["run"]]
        seen = (max(span.end_time or 0 for span in spans) - min(span.start_time or 0 for span in spans)) / 1e6
        assert seen == pytest.approx(row["duration_ms"], abs=10)


def test_each_fault_occurs_and_shows(played: Played) -> None:
    """Every named fault has happened, and does to its run what the issue says it does."""
    by_fault = defaultdict(list)
    for row in played.rows:
        by_fault[row["fault"]].append(row)
    assert FAULTS == sorted(fault for fault in by_fault if fault is not None)

    def looks(fault: str) -> set[Any]:
        return {
            (
                row["outcome"],
                tuple(row["findings"]),
                tuple(sorted({handoff["reason"] for handoff in row["handoffs"] if handoff["reason"]})),
                tuple(escalation["state"] for escalation in row["escalations"]),
            )
            for row in by_fault[fault]
        }

    assert {
        "approval_never_answered": {("escalated", ("approval_pending",), (), ("pending",))},
        "corrupted_context": {("completed", ("context_lost",), ("context_lost",), ())},
        "dropped_handoff": {("abandoned", ("failed_handoff",), ("unanswered",), ())},
        "empty_answer": {("completed", ("empty_output",), (), ())},
        "model_error_with_fallback": {("completed", ("llm_error",), (), ())},
        "ping_pong": {("failed", ("loop",), ("looped",), ())},
        "refused_handoff": {("failed", ("bounced_handoff",), ("refused",), ())},
        "swallowed_tool_error": {("completed", ("swallowed_tool_error",), (), ())},
        "wrong_urgency": {("completed", (), (), ())},
    } == {fault: looks(fault) for fault in FAULTS}


def test_runs_without_a_fault_have_no_findings_but_rework(played: Played) -> None:
    """What goes well has nothing to find; a team whose validator sends work back has done it again."""
    assert {(): True, ("rework",): True} == {
        tuple(row["findings"]): row["fault"] is None
        and (row["rework"] > 0) == bool(row["findings"])
        and all(handoff["succeeded"] for handoff in row["handoffs"])
        for row in played.rows
        if row["fault"] is None
    }


def test_labels_say_what_the_business_thinks(played: Played) -> None:
    """The urgency is wrong exactly where that was the fault, and answers that went out have an accuracy."""
    for row in played.rows:
        labels = {label["name"]: label["value"] for label in row["labels"]}
        if row["kind"] == "support":
            assert str(row["fault"] != "wrong_urgency").lower() == labels["correct_urgency"]
            assert ("answer_accuracy" in labels) == (row["outcome"] == "completed")


def test_the_same_seed_gives_the_same_truth(played: Played) -> None:
    """Every word of it; another seed gives another one."""
    assert played.rows == play(80, 7).rows
    assert played.rows[:20] != play(20, 8).rows


def test_faults_can_be_chosen() -> None:
    """By name, or none at all."""
    assert ["ping_pong", "empty_answer"] * 3 == [row["fault"] for row in play(6, 1, "empty_answer, ping_pong").rows]
    assert {None} == {row["fault"] for row in play(10, 1, "none").rows}


def test_the_tickets_are_varied_and_in_conversations(played: Played) -> None:
    """Many kinds of tickets by many customers, and some of them write again."""
    asked = [
        attributes(span)["gen_ai.input.messages"]
        for spans in played.spans.values()
        for span in spans
        if span.parent is None and "gen_ai.input.messages" in attributes(span)
    ]
    conversations = Counter(row["conversation"] for row in played.rows)
    assert len(set(asked)) > 60
    assert 1 < max(conversations.values()) < 10
