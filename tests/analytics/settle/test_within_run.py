"""Detectors within a run: for each a run in which it finds something, and runs that only look like it."""

import json
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.analytics.settle.building import agent, chat, settle_spans, span, tool
from tests.analytics.settle.captured import rows

from relaylens import semconv
from relaylens_collector.store import Store

Call = tuple[str, str, str]
"""A tool's name, its arguments and its result."""


class Runs:
    """Runs of one agent each, written by hand, settled together."""

    def __init__(self, store: Store) -> None:
        """Begin with none."""
        self._store = store
        self._spans: list[Span] = []
        self._names: dict[str, str] = {}

    def add(self, name: str, *spans: Span) -> None:
        """Add a run with these spans of its agent."""
        trace = (len(self._names) + 1).to_bytes(16)
        self._names[trace.hex()] = name
        frame = (span(1, "run", 0, 900, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"}), agent(2, "docs", 1, 890))
        for one in (*frame, *spans):
            one.trace_id = trace
            self._spans.append(one)

    def found(self, *, columns: str = "detector") -> dict[str, list[str]]:
        """What is found in each run in which anything is."""
        settle_spans(self._store, *self._spans)
        answer: dict[str, list[str]] = {}
        for trace, value in rows(self._store.connection, f"SELECT trace_id, {columns} FROM findings ORDER BY detector"):  # noqa: S608 - our own columns
            answer.setdefault(self._names[trace], []).append(value)
        return answer


@pytest.fixture
def runs() -> Iterator[Runs]:
    """No runs yet, in an empty store."""
    store = Store(":memory:")
    yield Runs(store)
    store.close()


def calls(*made: Call, waits: Sequence[float] = (), failed: Sequence[int] = ()) -> list[Span]:
    """Tool calls one after the other, ten seconds apart unless said, and the agent's answer."""
    spans, at = [], 10.0
    for place, (name, arguments, result) in enumerate(made):
        spans.append(tool(10 + place, name, at, at + 0.5, arguments, result, failed=place in failed))
        at += waits[place] if waits else 10
    return [*spans, chat(90, 2, 800, 801, "This is what came out of it.")]


def test_a_call_again_without_news_is_a_loop(runs: Runs) -> None:
    """The same question with the same answer; not polling, paging, a check after a change, nor a retry that waits."""
    search = ("search_docs", '{"query": "refund"}', "Refunds take five days.")
    status = ("get_job", '{"id": 7}', '{"state": "running"}')
    check = ("check_signal", "{}", "no signal")
    down = ("fetch_page", '{"url": "x"}', "upstream error")
    runs.add("again", *calls(search, search, search))
    runs.add("twice", *calls(search, search))
    runs.add("polling", *calls(status, status, status, status, ("get_job", '{"id": 7}', '{"state": "done"}')))
    runs.add("polling without a word for it", *calls(*[("get_job", '{"id": 7}', "{}")] * 4, ("get_job", '{"id": 7}', '{"total": 12}')))
    runs.add("paging", *calls(*[("list_orders", json.dumps({"page": page}), "[]") for page in range(5)]))
    runs.add("after changes", *calls(check, ("toggle_data", "{}", "on"), check, ("reboot_device", "{}", "ok"), check))
    runs.add("back-off", *calls(down, down, down, ("fetch_page", '{"url": "x"}', "the page"), waits=(1, 2, 4, 1), failed=(0, 1, 2)))

    assert {"again": ["loop"]} == runs.found()


def test_the_same_round_of_calls_is_a_cycle(runs: Runs) -> None:
    """Three rounds of the same calls with the same results, also where a call in them changes something; not two, nor with news in them."""
    on, look = ("toggle_data", "{}", "data is on"), ("check_signal", "{}", "no signal")
    runs.add("rounds", *calls(on, look, on, look, on, look))
    runs.add("two rounds", *calls(on, look, on, look))
    runs.add("news", *calls(*[one for place in range(4) for one in (on, ("check_signal", "{}", f"{place} bars"))]))
    runs.add("waiting", *calls(*[("sleep", '{"s": 5}', "ok"), ("get_job", '{"id": 7}', "still running")] * 4))

    assert {"rounds": ["cycle"]} == runs.found()


def test_an_agent_that_repeats_itself_is_found(runs: Runs) -> None:
    """The same long message twice; not a question that is asked again, nor a short word, nor the same call seen twice."""
    long = "Your order has left our warehouse and is on its way to you."
    runs.add("said again", chat(10, 2, 10, 11, long), chat(11, 2, 20, 21, long))
    runs.add(
        "asked again",
        chat(10, 2, 10, 11, "Shall I cancel the order of yesterday evening?"),
        chat(11, 2, 20, 21, "Shall I cancel the order of yesterday evening?"),
    )
    runs.add("short", chat(10, 2, 10, 11, "All right."), chat(11, 2, 20, 21, "All right."))
    runs.add("seen twice", chat(10, 2, 10, 15, long), chat(11, 10, 11, 14, long))

    assert {"said again": ["repeated_message"]} == runs.found()


def test_an_answer_that_was_cut_off_is_found(runs: Runs) -> None:
    """The last answer ended at the limit of tokens, on its span or in its message; not one before it, nor one that ended by itself."""

    def ended(number: int, at: float, reason: str) -> Span:
        made = chat(number, 2, at, at + 1, f"An answer at {at}")
        made.attributes.append(KeyValue(key=semconv.GEN_AI_RESPONSE_FINISH_REASONS, value=AnyValue(string_value=json.dumps([reason]))))
        return made

    runs.add("cut off", ended(10, 10, "stop"), ended(11, 20, "max_tokens"))
    runs.add("cut off before", ended(10, 10, "length"), ended(11, 20, "stop"))

    in_message = chat(11, 2, 20, 21, "An answer that is not")
    in_message.attributes[2].value.string_value = in_message.attributes[2].value.string_value.replace('"stop"', '"length"')
    runs.add("cut off in the message", in_message)

    assert {"cut off": ["truncated_answer"], "cut off in the message": ["truncated_answer"]} == runs.found()


def test_a_failed_tool_that_nobody_made_good_is_found(runs: Runs) -> None:
    """High at the end of a turn, medium where other tools worked later; not where it was made good or a look-up found nothing."""
    search = ("search_docs", '{"query": "a"}', "Error: index is broken")
    note = ("read_note", "{}", "a note")
    runs.add("at the end", *calls(note, search, failed=(1,)))
    runs.add("in words", *calls(note, search))
    runs.add("in between", *calls(search, note, failed=(0,)))
    runs.add("retried", *calls(search, ("search_docs", '{"query": "b"}', "found"), failed=(0,)))
    runs.add("nothing found", *calls(("find_user", '{"mail": "a"}', "Error: user not found"), note))
    runs.add("another way", *calls(("exchange_item", "{}", "Error: delivered"), ("return_item", "{}", "returned"), failed=(0,)))

    expected = {
        one: [f"swallowed_tool_error {grade}"] for one, grade in (("at the end", "high"), ("in words", "high"), ("in between", "medium"))
    }
    assert expected == runs.found(columns="detector || ' ' || severity")


def test_a_service_that_fails_in_words_is_found(runs: Runs) -> None:
    """A short result that says so and stays; not one that another result followed, nor data in which such words stand."""
    limited = ("web_search", '{"q": "a"}', "429 Too Many Requests: slow down and retry later.")
    runs.add("limited", *calls(limited))
    runs.add("retried", *calls(limited, ("web_search", '{"q": "a"}', "three pages")))
    runs.add("a document", *calls(("web_search", '{"q": "a"}', "What to do when the request timed out. " * 20)))
    runs.add("a record", *calls(("get_ticket", "{}", '{"subject": "access denied at the door"}')))

    assert {"limited": ["service_failure"]} == runs.found()


def test_a_change_that_failed_and_is_claimed_is_found(runs: Runs) -> None:
    """The agent says done after its write failed; not where it says that it failed, or where the write worked later, or of a look-up."""
    cancel = ("cancel_order", '{"id": 7}', "Error: locked")

    def run(name: str, answer: str, *made: Call, failed: Sequence[int] = (0,)) -> None:
        runs.add(name, *calls(*made, failed=failed)[:-1], chat(90, 2, 800, 801, answer))

    run("claimed", "Your order has been cancelled.", cancel)
    run("told", "I was unable to cancel, the order has been locked.", cancel)
    run("made good", "Your order has been cancelled.", cancel, ("cancel_order", '{"id": 7}', "cancelled"))
    run("a look-up", "The list has been updated by the shop.", ("find_order", '{"id": 7}', "Error: down"))

    expected = {
        "claimed": ["false_success", "swallowed_tool_error"],
        "told": ["swallowed_tool_error"],
        "a look-up": ["swallowed_tool_error"],
    }
    assert expected == runs.found()


def test_nothing_is_found_in_ordinary_work(runs: Runs) -> None:
    """Two agents side by side under a supervisor who asks each again with another request, and an answer."""
    work = [
        agent(10 + place, name, 10 + 5 * (place // 2), 14 + 5 * (place // 2), parent=2) for place, name in enumerate(("sales", "stock") * 3)
    ]
    told = [
        chat(40 + place, 10 + place, 11 + 5 * (place // 2), 12 + 5 * (place // 2), f"Part {place} of the figures for the month is ready.")
        for place in range(6)
    ]
    runs.add("supervised", *work, *told, chat(90, 2, 800, 801, "Here are the figures."))

    assert {} == runs.found()
