"""Questions to a person, answered later and elsewhere."""

from contextvars import Context
from typing import Any

import pytest

import relaylens
from relaylens import escalations

from .conftest import Recording

ASKED = "00000000000000000000000000000001-0000000000000003"


def states(recording: Recording) -> list[tuple[str, Any, Any]]:
    """Name, id and state of every span about an escalation."""
    return [
        (entry["name"], entry["attributes"]["relaylens.escalation.id"], entry["attributes"]["relaylens.escalation.state"])
        for entry in recording.tree()
        if entry["attributes"]["gen_ai.operation.name"] == "escalate"
    ]


def test_an_answer_after_the_run_finds_its_run(recording: Recording) -> None:
    """This process remembers what it has asked: an answer out of nowhere lands under the question, in its run."""
    with relaylens.run("r", run_id="r", conversation="c"), relaylens.agent("a"):
        asked = relaylens.escalate({"refund": 40}, to="cashier")

    Context().run(relaylens.answer, asked.id, "denied", "too much", by="Bo")

    answer = recording.tree()[-1]
    assert [("escalate cashier", ASKED, "requested"), ("answer cashier", ASKED, "denied")] == states(recording)
    assert (1, 3, "r", "c", "too much", "Bo") == (
        answer["trace"],
        answer["parent"],
        answer["attributes"]["relaylens.run.id"],
        answer["attributes"]["gen_ai.conversation.id"],
        answer["attributes"]["relaylens.escalation.answer"],
        answer["attributes"]["relaylens.escalation.answered_by"],
    )


def test_an_answer_in_a_process_that_never_asked(recording: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without memory of the question the id alone joins the two, with the run where it is given."""
    with relaylens.run("r", run_id="r"), relaylens.agent("a"):
        asked = relaylens.escalate("Send?")
    monkeypatch.setattr(escalations, "_asked", type(escalations._asked)())  # noqa: SLF001 - another process has none

    relaylens.answer(asked.id, "approved", run="r", conversation="c")

    answer = recording.tree()[-1]
    assert ("answer human", ASKED, "approved") == states(recording)[-1]
    assert (2, None, "r", "c") == (
        answer["trace"],
        answer["parent"],
        answer["attributes"]["relaylens.run.id"],
        answer["attributes"]["gen_ai.conversation.id"],
    )


def test_headers_go_on_with_the_run_after_the_answer(recording: Recording) -> None:
    """Another process that got the headers works in the run of the question."""
    with relaylens.run("r", run_id="r"), relaylens.agent("a"):
        headers = relaylens.escalate("Send?").headers()

    def elsewhere() -> None:
        with relaylens.receive(headers), relaylens.agent("a"):
            pass

    Context().run(elsewhere)

    resumed = recording.tree()[-1]
    assert ("invoke_agent a", 3, "r") == (resumed["name"], resumed["parent"], resumed["attributes"]["relaylens.run.id"])


@pytest.mark.parametrize(
    ("returned", "state", "reply"),
    [
        (True, "approved", None),
        (False, "denied", None),
        ("timed_out", "timed_out", None),
        (("edited", "Dear Ann"), "edited", "Dear Ann"),
        ("yes, send it", "approved", "yes, send it"),
    ],
)
def test_a_decorated_question_is_answered_by_its_result(recording: Recording, returned: object, state: str, reply: object) -> None:
    """What the function returns becomes the person's answer."""

    @relaylens.escalate("Send?")
    def ask() -> object:
        return returned

    with relaylens.run("r"), relaylens.agent("a"):
        assert returned == ask()

    assert [("escalate human", ASKED, "requested"), ("answer human", ASKED, state)] == states(recording)
    assert reply == recording.attributes("answer human").get("relaylens.escalation.answer")


def test_a_question_without_an_answer_stays_a_question(recording: Recording) -> None:
    """A block that ends, or a function that returns nothing, answers nothing."""
    with relaylens.run("r"), relaylens.agent("a"), relaylens.escalate("Send?"):
        pass

    assert [("escalate human", ASKED, "requested")] == states(recording)
