"""Context that grows from one handoff to the next, beside its like: what is long for another reason, and runs without a past."""

import json
from collections.abc import Iterator

import pytest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.analytics.settle.building import SECOND, agent, chat, settle_spans, span
from tests.analytics.settle.captured import rows

from relaylens import semconv
from relaylens_collector.store import Store

NAMES = ("triage", "retriever", "drafter", "approver")
USUAL = (300, 400, 500, 350)
DAY = 86_400 * SECOND

Finding = tuple[str, str | None]
"""The agent that was given too much, and the one with whom it began."""


def run(number: int, sizes: tuple[int, ...], *, beside: bool = False, counted: bool = True) -> list[Span]:
    """A run of agents one after the other, or of some that one asks at once, each with tokens in its model's prompt, counted or not."""
    spans = [span(1, "run", 0, 90, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"})]
    for place, (name, size) in enumerate(zip(NAMES, sizes, strict=True)):
        start = 10 + 10 * place if not beside or not place else 12 + 0.1 * place
        end = 85 if beside and not place else start + 9
        parent = 10 if beside and place else 1
        turn = agent(10 * place + 10, name, start, end, parent=parent)
        call = chat(10 * place + 11, 10 * place + 10, start + 0.05, start + 1)
        for key, tokens in ((semconv.GEN_AI_USAGE_INPUT_TOKENS, size), (semconv.GEN_AI_USAGE_OUTPUT_TOKENS, 20)) if counted else ():
            call.attributes.append(KeyValue(key=key, value=AnyValue(int_value=tokens)))
        prompt = json.dumps([{"role": "user", "parts": [{"type": "text", "content": f"{name} {number}: " + 4 * size * "x"}]}])
        if not counted:
            call.attributes.append(KeyValue(key=semconv.GEN_AI_INPUT_MESSAGES, value=AnyValue(string_value=prompt)))
        spans += [turn, call]
    for one in spans:
        one.trace_id = number.to_bytes(16)
        one.start_time_unix_nano += number * DAY
        one.end_time_unix_nano += number * DAY
    return spans


CASES: dict[str, tuple[list[Span], list[Finding]]] = {
    "as usual": (run(21, USUAL), []),
    "it grows with every hop": (run(22, (300, 800, 2000, 2800)), [("approver", "triage")]),
    "the request is long": (run(23, (5300, 5400, 5500, 5350)), []),
    "one agent reads a lot": (run(24, (300, 400, 2500, 350)), []),
    "all that was said goes along": (run(25, (300, 330, 355, 380)), []),
    "they work beside each other": (run(26, (300, 800, 2000, 2800), beside=True), []),
}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Twenty days of usual runs, settled before the runs of the cases."""
    store = Store(":memory:")
    settle_spans(store, *[one for number in range(1, 21) for one in run(number, USUAL)])
    settle_spans(store, *[one for case, _ in CASES.values() for one in case])
    yield store
    store.close()


@pytest.mark.parametrize("case", CASES)
def test_growth_is_found_and_its_like_is_not(store: Store, case: str) -> None:
    """A run is told of that is handed more at each hop than the hop's own past, and more than what its source had."""
    trace = CASES[case][0][0].trace_id.hex()
    query = f"SELECT agent, blamed_agent FROM findings WHERE trace_id = '{trace}' AND detector = 'context_growth'"  # noqa: S608 - our own

    assert CASES[case][1] == rows(store.connection, query)


def test_without_a_past_only_a_flood_is_told_of() -> None:
    """Prompts of agents differ; three that are each more than twice what the one before had, up to many tokens, do not by themselves."""
    store = Store(":memory:")
    settle_spans(store, *run(1, (300, 800, 2000, 2800)), *run(2, (300, 1000, 3000, 9000)))

    found = rows(store.connection, "SELECT trace_id, agent FROM findings WHERE detector = 'context_growth'")

    assert [((2).to_bytes(16).hex(), "approver")] == found
    store.close()


def test_where_no_tokens_are_counted_the_prompts_tell() -> None:
    """Their lengths are held to those of the same handoffs before."""
    store = Store(":memory:")
    settle_spans(store, *[one for number in range(1, 16) for one in run(number, USUAL, counted=False)])
    settle_spans(store, *run(21, USUAL, counted=False), *run(22, (300, 800, 2000, 2800), counted=False))

    found = rows(store.connection, "SELECT trace_id, agent, blamed_agent FROM findings WHERE detector = 'context_growth'")

    assert [((22).to_bytes(16).hex(), "approver", "triage")] == found
    store.close()
