"""Validations, outcomes and feedback, said at once or taken from a block."""

import asyncio

import pytest

import relaylens
from relaylens.semconv import Outcome

from .conftest import Recording


def test_a_validation_around_its_work(recording: Recording) -> None:
    """The model call of a validator lies inside its validation, whose verdict is said along the way."""
    with relaylens.agent("checker"), relaylens.validation("drafter") as check:
        with relaylens.model_call("m"):
            pass
        check.passed("complete")

    validation, call = recording.tree()[1:]
    assert ("validate drafter", (2, 5), "passed", "complete", "checker") == (
        validation["name"],
        validation["time"],
        validation["attributes"]["relaylens.validation.verdict"],
        validation["attributes"]["relaylens.validation.reason"],
        validation["attributes"]["gen_ai.agent.name"],
    )
    assert validation["id"] == call["parent"]


@pytest.mark.parametrize(
    ("returned", "verdict", "reason"),
    [
        (True, "passed", None),
        (False, "rejected", None),
        ("rejected", "rejected", None),
        ((False, "no date"), "rejected", "no date"),
        ("something else", None, None),
    ],
)
def test_a_decorated_validation_answers_with_its_result(
    recording: Recording, returned: object, verdict: str | None, reason: str | None
) -> None:
    """A function that judges answers with a truth value, a verdict, or a pair with the reason."""

    @relaylens.validation("drafter")
    def check(_: str) -> object:
        return returned

    assert returned == check("text")
    written = recording.attributes("validate drafter")
    assert (verdict, reason) == (written.get("relaylens.validation.verdict"), written.get("relaylens.validation.reason"))


def test_the_last_outcome_counts_and_is_on_the_run(recording: Recording) -> None:
    """Outcomes stated from deep inside are on the run's span while it is open."""
    with relaylens.run("r") as run, relaylens.agent("a") as step:
        relaylens.outcome("escalated", "asked a person")
        run.outcome("completed", evidence="graded")
        step.outcome("failed")

    written = recording.attributes("invoke_workflow r")
    assert ("completed", "graded") == (written["relaylens.run.outcome"], written["relaylens.run.outcome.evidence"])
    assert "failed" == recording.attributes("invoke_agent a")["relaylens.step.outcome"]


def test_an_outcome_after_the_run_is_a_span(recording: Recording) -> None:
    """A run that is over, or runs in another process, gets its outcome by its id."""
    with relaylens.run("r", run_id="r") as run:
        pass
    relaylens.outcome("failed", "customer called", run="r")
    run.outcome("abandoned")
    with relaylens.receive(run.headers()):
        relaylens.outcome("completed")

    assert [("r", "failed"), ("r", "abandoned"), ("r", "completed")] == [
        (entry["attributes"]["relaylens.run.id"], entry["attributes"]["relaylens.run.outcome"])
        for entry in recording.tree()
        if entry["name"] == "outcome"
    ]


def test_the_outcome_of_a_block(recording: Recording) -> None:
    """Without a state it is taken from what the block does: its end, its result, its exception, its cancellation."""

    @relaylens.outcome
    def fine() -> str:
        return "text"

    @relaylens.outcome()
    async def stated() -> Outcome:
        return Outcome.ESCALATED

    @relaylens.outcome()
    def broken() -> None:
        message = "no model"
        raise RuntimeError(message)

    @relaylens.outcome()
    async def stopped() -> None:
        raise asyncio.CancelledError

    with relaylens.run("fine"):
        fine()
    with relaylens.run("stated"):
        asyncio.run(stated())
    with relaylens.run("broken"), pytest.raises(RuntimeError, match="no model"):
        broken()
    with relaylens.run("stopped"), pytest.raises(asyncio.CancelledError):
        asyncio.run(stopped())

    assert [("completed", None), ("escalated", None), ("failed", "RuntimeError: no model"), ("abandoned", None)] == [
        (entry["attributes"]["relaylens.run.outcome"], entry["attributes"].get("relaylens.run.outcome.reason"))
        for entry in recording.tree()
    ]


def test_feedback_of_all_kinds(recording: Recording) -> None:
    """Numbers are scores, words are words; a block gives it when it knows; a run that is over is named."""
    with relaylens.run("r", run_id="r"), relaylens.agent("a"):
        relaylens.feedback("stars", 4)
        relaylens.feedback("tone", "warm", score=0.5)
        with relaylens.feedback("length", source="editor") as opinion:
            opinion.give(0.5, comment="too long")
    relaylens.feedback("solved", value=True, run="r", agent="b")

    @relaylens.feedback("grade")
    def grade() -> float:
        return 0.25

    grade()

    assert [
        ("stars", "4", 4.0, "a", "r"),
        ("tone", "warm", 0.5, "a", "r"),
        ("length", "0.5", 0.5, "a", "r"),
        ("solved", "true", 1.0, "b", "r"),
        ("grade", "0.25", 0.25, None, None),
    ] == [
        (
            entry["attributes"]["relaylens.feedback.name"],
            entry["attributes"]["relaylens.feedback.value"],
            entry["attributes"]["gen_ai.evaluation.score.value"],
            entry["attributes"].get("gen_ai.agent.name"),
            entry["attributes"].get("relaylens.run.id"),
        )
        for entry in recording.tree()
        if entry["name"].startswith("feedback")
    ]
