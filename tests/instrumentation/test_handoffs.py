"""Handoffs: the offer on one side, the receipt on the other, also across threads and processes."""

import asyncio
import threading
from contextvars import Context
from typing import Any

import pytest

import relaylens

from .conftest import Recording

OFFER = "00000000000000000000000000000001-{:016x}"


def receipts(recording: Recording) -> list[tuple[str, Any, Any, Any]]:
    """Name, handoff, status and what was received of every span that carries a handoff, offers apart."""
    return [
        (
            entry["name"],
            entry["attributes"]["relaylens.handoff.id"],
            entry["attributes"]["relaylens.handoff.status"],
            entry["attributes"].get("relaylens.handoff.received"),
        )
        for entry in recording.tree()
        if "relaylens.handoff.status" in entry["attributes"]
    ]


def test_the_next_step_of_the_target_receives(recording: Recording) -> None:
    """Offers go to the agent they name, oldest first, whatever the spelling of its name and whoever begins in between."""
    with relaylens.run("r"):
        with relaylens.agent("planner"):
            relaylens.handoff("Docs Agent", "first")
            relaylens.handoff("Docs Agent", "second")
        with relaylens.agent("other"):
            pass
        for _ in range(3):
            with relaylens.agent("docs"):
                pass

    assert [
        ("invoke_agent docs", OFFER.format(3), "accepted", "first"),
        ("invoke_agent docs", OFFER.format(4), "accepted", "second"),
    ] == receipts(recording)


def test_what_arrived_may_differ_from_what_was_sent(recording: Recording) -> None:
    """The receipt holds what the receiver says it got, and otherwise the payload as it is when it is received."""
    sent = {"order": 1, "facts": ["a"]}
    with relaylens.run("r"):
        with relaylens.agent("a"):
            relaylens.handoff("b", sent)
            changed = relaylens.handoff("c", sent)
        with relaylens.agent("b", payload={"order": 2}):
            pass
        sent["facts"] = []
        with relaylens.agent("c", received=changed):
            pass

    assert ['{"order": 1, "facts": ["a"]}'] * 2 == [
        entry["attributes"]["relaylens.handoff.payload"] for entry in recording.tree() if entry["name"].startswith("handoff")
    ]
    assert ['{"order": 2}', '{"order": 1, "facts": []}'] == [received for *_, received in receipts(recording)]


def test_a_refusal_is_on_the_step_of_the_one_who_refuses(recording: Recording) -> None:
    """A step refuses what it has received, with a reason."""
    with relaylens.run("r"):
        with relaylens.agent("a"):
            relaylens.handoff("b", "work")
        with relaylens.agent("b") as step:
            step.refuse("not my area")

    written = recording.attributes("invoke_agent b")
    assert ("refused", "not my area") == (written["relaylens.handoff.status"], written["relaylens.handoff.reason"])


def test_a_receipt_without_a_step_is_a_span_of_its_own(recording: Recording) -> None:
    """Where no step of the target is open, or the step is that of the one who offers, the answer is written as a span."""
    with relaylens.run("r", run_id="r"):
        with relaylens.agent("a"):
            offered = relaylens.handoff("b", "work")
            offered.refuse("queue is full")
        with relaylens.agent("b"):
            pass

    assert [("receive_handoff b", OFFER.format(3), "refused", "work")] == receipts(recording)
    refusal = recording.tree()[3]
    assert (2, [(1, 3)]) == (refusal["parent"], refusal["links"])
    assert {"gen_ai.operation.name": "receive_handoff", "gen_ai.agent.name": "b", "relaylens.run.id": "r"}.items() <= refusal[
        "attributes"
    ].items()


def test_one_step_can_take_work_off_a_queue_later(recording: Recording) -> None:
    """`accept()` inside a step writes the receipt there; a second handoff of the same step gets a span of its own."""
    with relaylens.run("r"):
        with relaylens.agent("a"):
            carried = [relaylens.handoff("b", number).headers() for number in (1, 2)]
        with relaylens.agent("b"):
            for number, headers in enumerate(carried, 1):
                relaylens.receive(headers, payload=number).accept()

    assert [
        ("invoke_agent b", OFFER.format(3), "accepted", "1"),
        ("receive_handoff b", OFFER.format(4), "accepted", "2"),
    ] == receipts(recording)


def test_a_call_that_comes_back_is_open_until_then(recording: Recording) -> None:
    """With return_to_caller the offer lasts until control is back, holds the result, and the callee's step is below it."""
    with (
        relaylens.run("r"),
        relaylens.agent("a"),
        relaylens.handoff("b", "work", mode="return_to_caller") as offered,
        relaylens.agent("b") as step,
    ):
        step.output("done")
        offered.output("done")

    offer, callee = recording.tree()[2:]
    assert ("handoff b", (3, 6), "return_to_caller", "done") == (
        offer["name"],
        offer["time"],
        offer["attributes"]["gen_ai.transfer.mode"],
        offer["attributes"]["gen_ai.tool.call.result"],
    )
    assert ("invoke_agent b", offer["id"], offer["attributes"]["relaylens.handoff.id"]) == (
        callee["name"],
        callee["parent"],
        callee["attributes"]["relaylens.handoff.id"],
    )


def test_a_call_that_nobody_closes_ends_with_its_step(recording: Recording) -> None:
    """An offer that was left open is written all the same, when the step that made it ends."""
    with relaylens.run("r"), relaylens.agent("a"):
        relaylens.handoff("b", mode="return_to_caller")

    assert ["invoke_workflow r", "invoke_agent a", "handoff b"] == [entry["name"] for entry in recording.tree()]


def test_an_error_of_the_callee_marks_the_call(recording: Recording) -> None:
    """The exception reaches the caller as it is; the open offer is an error, an offer that passed control is not."""
    failure = LookupError("gone")

    @relaylens.agent("a")
    def caller() -> None:
        relaylens.handoff("z")
        with relaylens.handoff("b", mode="return_to_caller"):
            raise failure

    with pytest.raises(LookupError) as raised, relaylens.run("r"):
        caller()

    assert failure is raised.value
    assert [("handoff z", None, None), ("handoff b", ("ERROR", "gone"), "LookupError")] == [
        (entry["name"], entry.get("status"), entry["attributes"].get("error.type"))
        for entry in recording.tree()
        if entry["name"].startswith("handoff")
    ]


def test_a_decorated_call_sends_its_arguments(recording: Recording) -> None:
    """Each call of a decorated function is a handoff that comes back, with arguments as payload and the result."""

    @relaylens.handoff("docs")
    def ask_docs(question: str, limit: int) -> str:
        with relaylens.agent("docs"):
            return f"{question} {limit}"

    @relaylens.handoff("docs", mode="pass_control")
    async def tell_docs(question: str) -> None:
        await asyncio.sleep(0, question)

    with relaylens.run("r"), relaylens.agent("a"):
        assert "why 3" == ask_docs("why", limit=3)
        asyncio.run(tell_docs("bye"))

    offers = [entry["attributes"] for entry in recording.tree() if entry["name"] == "handoff docs"]
    assert [
        ("return_to_caller", '{"question": "why", "limit": 3}', "why 3"),
        ("pass_control", "bye", None),
    ] == [(offer["gen_ai.transfer.mode"], offer["relaylens.handoff.payload"], offer.get("gen_ai.tool.call.result")) for offer in offers]
    assert [offers[0]["relaylens.handoff.id"]] == [handoff for _, handoff, *_ in receipts(recording)]


def test_headers_carry_the_run_to_another_thread(recording: Recording) -> None:
    """The receiving side goes on in the same trace, run and conversation, receives the handoff, and leaves no trace of it behind."""
    queue: list[dict[str, str]] = []

    def worker() -> None:
        with relaylens.receive(queue.pop(), payload="work") as received, relaylens.agent("b"), relaylens.tool("t"):
            assert "b" == received.target
        with relaylens.agent("b"):
            pass

    with relaylens.run("r", run_id="Bestellung ä", conversation="c, 1"), relaylens.agent("a"):
        queue.append(relaylens.handoff("b", "work").headers())
    thread = threading.Thread(target=worker)
    thread.start()
    thread.join()

    assert [("invoke_agent b", OFFER.format(3), "accepted", "work")] == receipts(recording)
    stamp = ("Bestellung ä", "c, 1")
    assert [
        ("invoke_agent b", 1, 3, stamp),
        ("execute_tool t", 1, 4, stamp),
        ("invoke_agent b", 2, None, (None, None)),
    ] == [
        (
            entry["name"],
            entry["trace"],
            entry["parent"],
            (entry["attributes"].get("relaylens.run.id"), entry["attributes"].get("gen_ai.conversation.id")),
        )
        for entry in recording.tree()[3:]
    ]


def test_a_handoff_that_is_named_brings_its_run_along(recording: Recording) -> None:
    """In a context that knows nothing, `received=` puts the step into the run of the handoff, below the offer."""
    with relaylens.run("r", run_id="r"), relaylens.agent("a"):
        offered = relaylens.handoff("b", "work")

    def elsewhere() -> None:
        with relaylens.agent("b", received=offered), relaylens.tool("t"):
            pass

    Context().run(elsewhere)

    assert [("invoke_agent b", 1, 3, "r"), ("execute_tool t", 1, 4, "r")] == [
        (entry["name"], entry["trace"], entry["parent"], entry["attributes"]["relaylens.run.id"]) for entry in recording.tree()[3:]
    ]


@pytest.mark.parametrize(
    "form",
    [
        lambda headers: {name.title(): value for name, value in headers.items()},
        lambda headers: [(name, value.encode()) for name, value in headers.items()],
        lambda headers: {name: [value] for name, value in headers.items()},
    ],
    ids=["title case", "pairs of bytes", "lists"],
)
def test_headers_come_back_in_any_form(recording: Recording, form: Any) -> None:  # noqa: ANN401 - a function of each case
    """HTTP servers change the case of names, queues hand over bytes, frameworks lists."""
    with relaylens.run("r", run_id="r"), relaylens.agent("a"):
        headers = relaylens.handoff("b").headers()

    received = relaylens.receive(form(headers))

    assert (OFFER.format(3), "b") == (received.id, received.target)
    assert received.run is not None
    assert "r" == received.run.id
    assert 3 == len(recording.tree())


def test_headers_of_strangers_bring_nothing(recording: Recording) -> None:
    """Missing or broken headers leave the program where it is."""
    with relaylens.receive({"traceparent": "nonsense", "baggage": "%%%;;"}) as received, relaylens.agent("b"):
        received.accept()

    assert received.id is None
    assert [("invoke_agent b", None)] == [(entry["name"], entry["parent"]) for entry in recording.tree()]


def test_without_a_span_nobody_hands_over(recording: Recording) -> None:
    """Outside of any span a handoff waits until it is used, and is then written once."""
    offered = relaylens.handoff("b", "work")
    assert [] == recording.tree()
    offered.headers()
    with offered:
        pass
    assert ["handoff b"] == [entry["name"] for entry in recording.tree()]
