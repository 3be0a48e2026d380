"""Detectors within a run: for each a run in which it finds something, and runs that only look like it."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.analytics.settle.building import agent, chat, settle_spans, span, tool
from tests.analytics.settle.captured import rows

from relaylens import semconv
from relaylens_analytics.detectors import SETTINGS_FILE, Layer, On, catalogue
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

    def found(self, *, columns: str = "detector", table: str = "findings") -> dict[str, list[str]]:
        """What is found in each run in which anything is."""
        settle_spans(self._store, *self._spans)
        self._spans.clear()
        answer: dict[str, list[str]] = {}
        for trace, value in rows(self._store.connection, f"SELECT trace_id, {columns} FROM {table} ORDER BY detector"):  # noqa: S608 - our own words
            answer.setdefault(self._names[trace], []).append(value)
        return answer

    def hinted(self) -> dict[str, list[str]]:
        """What detectors that are held back find in each run; nothing is found beside it."""
        hints = self.found(table="hints")
        assert {} == self.found()
        return hints


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


def test_evidence_keeps_one_letter_more_than_is_shown(runs: Runs) -> None:
    """Five hundred letters are shown; one more says that there were others."""
    for length in (500, 501, 900):
        said = " ".join(f"word {number}" for number in range(200))[:length].rstrip().ljust(length, ".")
        runs.add(str(length), chat(10, 2, 10, 11, said), chat(11, 2, 20, 21, said))

    assert {"500": ["500"], "501": ["501"], "900": ["501"]} == runs.found(columns="length(evidence)::VARCHAR")


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


def asked(number: int, at: float, said: str, answer: str) -> Span:
    """A model call with its prompt and its answer."""
    made = chat(number, 2, at, at + 1, answer)
    prompt = json.dumps([{"role": "user", "parts": [{"type": "text", "content": said}]}])
    made.attributes.append(KeyValue(key=semconv.GEN_AI_INPUT_MESSAGES, value=AnyValue(string_value=prompt)))
    return made


def test_a_number_that_nothing_has_given_is_a_hint(runs: Runs) -> None:
    """Stated in an answer or given to a tool; not one that the person or the tool has named, nor small numbers and years."""
    price = tool(10, "get_price", 10, 11, '{"item": "A-17-204"}', "1,250.00 EUR for 2 in 2026")
    calling = chat(9, 2, 8, 9)
    calling.attributes[2].value.string_value = json.dumps(
        [
            {
                "role": "assistant",
                "parts": [{"type": "tool_call", "id": "1", "name": "get_price", "arguments": {}}],
                "finish_reason": "tool_call",
            }
        ]
    )

    def run(name: str, said: str, answer: str) -> None:
        first, second = Span(), Span()
        first.CopyFrom(calling)
        second.CopyFrom(price)
        prompt = json.dumps([{"role": "user", "parts": [{"type": "text", "content": said}]}])
        first.attributes.append(KeyValue(key=semconv.GEN_AI_INPUT_MESSAGES, value=AnyValue(string_value=prompt)))
        runs.add(name, first, second, asked(11, 20, said, answer))

    run("given", "How much is A-17-204?", "It is 1250.00 EUR for 2 in 2026.")
    run("stated", "How much is A-17-204?", "It is 1,250.00 EUR, order number 88213.")
    run("called", "How much is the red one?", "It is 1,250.00 EUR.")

    assert {"stated": ["ungrounded_answer"], "called": ["ungrounded_argument"]} == runs.hinted()


def test_a_result_that_is_not_used_is_a_hint(runs: Runs) -> None:
    """A number that was fetched and comes nowhere later, and a calculation whose result is not said; not one that is said rounded."""
    fare, stay = ("lookup_flight", '{"to": "Osaka"}', "$516"), ("lookup_hotel", '{"city": "Osaka"}', "$42/night")
    total = ("calculator", '{"expression": "516 + 42"}', "558.004")

    def run(name: str, answer: str, *made: Call) -> None:
        runs.add(name, *calls(*made)[:-1], chat(90, 2, 800, 801, answer))

    run("used", "In all 558.00 dollars.", fare, stay, total)
    run("not used", "The flight is 516 dollars.", fare, stay)
    run("not said", "The trip is cheap, 516 and 42.", fare, stay, total)

    assert {"not used": ["unused_result"], "not said": ["ignored_calculation"]} == runs.hinted()


def test_a_claim_without_a_change_is_a_hint(runs: Runs) -> None:
    """The answer says done and nothing was changed; not after a change, nor where none was asked for, nor where the answer says no."""
    look, cancel = ("find_order", '{"id": "x"}', "found"), ("cancel_order", '{"id": "x"}', "ok")

    def run(name: str, said: str, answer: str, *made: Call) -> None:
        runs.add(name, asked(9, 5, said, "Let me see."), *calls(*made)[:-1], chat(90, 2, 800, 801, answer))

    run("claimed", "Please cancel my order.", "Your order has been cancelled.", look)
    run("done", "Please cancel my order.", "Your order has been cancelled.", look, cancel)
    run("not asked", "Where is my parcel?", "Your parcel has been delivered.", look)
    run("refused", "Please cancel my order.", "The order has been shipped, I cannot cancel it.", look)

    assert {"claimed": ["false_claim"]} == runs.hinted()


def test_a_prompt_that_shrinks_is_a_hint(runs: Runs) -> None:
    """The conversation falls to less than half within a turn; not a little, nor from little."""

    def prompted(number: int, at: float, tokens: int) -> Span:
        made = chat(number, 2, at, at + 1, f"Answer at {at}")
        made.attributes.append(KeyValue(key=semconv.GEN_AI_USAGE_INPUT_TOKENS, value=AnyValue(int_value=tokens)))
        return made

    runs.add("fell", prompted(10, 10, 4000), prompted(11, 20, 1900))
    runs.add("fell a little", prompted(10, 10, 4000), prompted(11, 20, 2100))
    runs.add("fell from little", prompted(10, 10, 900), prompted(11, 20, 100))

    assert {"fell": ["context_reset"]} == runs.hinted()


@pytest.fixture
def lenient(tmp_path: Path) -> Iterator[Runs]:
    """No runs yet, in a store that shows what was held back at a rate that few runs can prove."""
    (tmp_path / SETTINGS_FILE).write_text("[measured]\nmost_false_alarms = 0.1\n")
    store = Store(tmp_path / "relaylens.duckdb")
    yield Runs(store)
    store.close()


def test_hints_become_findings_once_false_alarms_are_known_to_be_few(lenient: Runs) -> None:
    """With few good runs they are held back; with many of which hardly any is flagged they are shown, until many are."""
    runs = lenient
    fare = ("lookup_flight", '{"to": "Osaka"}', "$516")

    def add(number: int, name: str, answer: str) -> None:
        for place in range(number):
            runs.add(f"{name} {place}", *calls(fare)[:-1], chat(90, 2, 800, 801, answer))

    add(1, "flagged", "A fine city.")
    add(20, "used", "516 dollars.")
    few = runs.found()
    add(40, "used later", "516 dollars.")
    many = runs.found(columns="detector || ' ' || (SELECT findings FROM runs WHERE runs.trace_id = findings.trace_id)")
    add(9, "flagged later", "A fine city.")
    noisy = (runs.found(), len(runs.found(table="hints")))

    assert ({}, {"flagged 0": ["unused_result 1"]}, ({}, 10)) == (few, many, noisy)


def test_rates_are_counted_anew_when_a_hundredth_of_the_runs_came_since(lenient: Runs) -> None:
    """What a detector says that is shown is shown at once, also between; one that raises more and more is held back again by and by."""
    runs = lenient
    fare = ("lookup_flight", '{"to": "Osaka"}', "$516")

    def add(name: str, answer: str) -> None:
        runs.add(name, *calls(fare)[:-1], chat(90, 2, 800, 801, answer))

    for place in range(220):
        add(f"used {place}", "516 dollars.")
    add("flagged 0", "A fine city.")
    shown = [len(runs.found())]
    for place in range(1, 31):
        add(f"flagged {place}", "A fine city.")
        shown.append(len(runs.found()))

    assert [1, 2, 3, 4, 5] == shown[:5]
    assert (0, 31) == (shown[-1], len(runs.found(table="hints")))
    assert {0} == set(shown[shown.index(0) :])


OFF = {detector.name for detector in catalogue() if detector.layer is Layer.RUN and detector.on is On.NO}


@pytest.fixture
def asked_for(tmp_path: Path) -> Iterator[Runs]:
    """No runs yet, in a store in which only the detectors are on that are off by default."""
    switched = {detector.name: "true" if detector.name in OFF else "false" for detector in catalogue()}
    (tmp_path / SETTINGS_FILE).write_text("\n".join(f"[{name}]\non = {on}" for name, on in switched.items()))
    store = Store(tmp_path / "relaylens.duckdb")
    yield Runs(store)
    store.close()


def test_calls_that_change_something_are_looked_at_when_asked_for(asked_for: Runs) -> None:
    """No agreement before a change, no look after it, much work after it, a person who gets the rest; a result that changes by itself."""
    look, cancel = ("find_order", '{"id": "x"}', "sent"), ("cancel_order", '{"id": "x"}', "cancelled")

    def run(name: str, said: str, *made: Call) -> None:
        asked_for.add(name, asked(9, 5, said, "Let me see."), *calls(*made))

    run("agreed and looked at", "Yes, cancel order x.", cancel, look)
    run("not agreed", "Cancel order x.", cancel, look)
    run("not looked at", "Yes, cancel order x.", look, cancel)
    run("went on", "Yes, cancel order x.", cancel, *[("find_order", json.dumps({"id": f"x{place}"}), "sent") for place in range(5)])
    run("changes by itself", "Where is order x?", look, ("find_order", '{"id": "x"}', "lost"))
    run("still going on", "Where is order x?", ("find_order", '{"id": "x"}', "processing"), look)
    run("left", "Yes, cancel order x.", cancel, look, ("transfer_to_human", '{"why": "order"}', "ok"))

    expected = {
        "not agreed": ["unconfirmed_change"],
        "not looked at": ["unverified_change"],
        "went on": ["work_after_change"],
        "changes by itself": ["unstable_result"],
        "left": ["escalation_after_change"],
    }
    assert expected == asked_for.found()


def test_what_a_person_says_is_looked_at_when_asked_for(asked_for: Runs) -> None:
    """A person who corrects or asks again, a call about something else, and a run that ends on a call for a tool."""

    def run(name: str, *said: str, made: Call = ("find_order", '{"id": "the red bicycle"}', "sent")) -> None:
        turns = [asked(100 + place, 5 + place, text, f"Answer {place}.") for place, text in enumerate(said)]
        asked_for.add(name, *turns, *calls(made))

    run("plain", "Where is the red bicycle?", "And when will it come here?")
    run("corrected", "Where is the red bicycle?", "No, I meant another one.", "That's wrong.")
    run("asked again", "Where is the red bicycle that I ordered?", "So where is the red bicycle that I ordered?")
    run("off topic", "Where is the red bicycle?", made=("web_search", '{"query": "holidays norway"}', "fjords"))
    calling = chat(9, 2, 8, 9)
    calling.attributes[2].value.string_value = json.dumps(
        [{"role": "assistant", "parts": [{"type": "tool_call", "id": "1", "name": "look", "arguments": {}}], "finish_reason": "tool_call"}]
    )
    asked_for.add("no answer", asked(8, 5, "Where is the red bicycle?", "Let me see."), calling, tool(10, "look", 10, 11, "{}", "red"))

    expected = {
        "corrected": ["user_correction"],
        "asked again": ["user_repeats"],
        "off topic": ["off_topic_call"],
        "no answer": ["no_answer"],
    }
    assert expected == asked_for.found()
