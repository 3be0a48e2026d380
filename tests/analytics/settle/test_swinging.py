"""Two agents that take turns far more often than they used to, where what they say is not recorded."""

from collections.abc import Iterator

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.analytics.settle.building import SECOND, agent, settle_spans, span
from tests.analytics.settle.captured import rows

from relaylens import semconv
from relaylens_collector.store import Store

DAY = 86_400 * SECOND
PAIRS = {"writer": ("writer", "critic"), "buyer": ("buyer", "seller")}
USUAL = {"writer": 2, "buyer": 8}


def turns(number: int, pair: str, times: int) -> list[Span]:
    """A run on a day of its own in which two agents take so many turns."""
    spans = [span(1, "run", 0, 90, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"})]
    spans += [agent(10 + place, PAIRS[pair][place % 2], 1 + 2 * place, 2 + 2 * place) for place in range(times)]
    for one in spans:
        one.trace_id = number.to_bytes(16)
        one.start_time_unix_nano += number * DAY
        one.end_time_unix_nano += number * DAY
    return spans


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """Fifteen days of two deployments, of which one takes many turns each day, and a day on which both do."""
    store = Store(":memory:")
    past = [one for day in range(15) for place, pair in enumerate(PAIRS) for one in turns(100 * place + day + 1, pair, USUAL[pair])]
    settle_spans(store, *past)
    settle_spans(store, *turns(50, "writer", 8), *turns(150, "buyer", 8))
    yield store
    store.close()


def test_more_turns_than_ever_are_told_and_usual_ones_are_not(store: Store) -> None:
    """The one who was first to hand over is named; as many turns of a pair that always takes them are none."""
    found = rows(store.connection, "SELECT trace_id, blamed_agent, certainty FROM findings WHERE detector = 'ping_pong'")

    assert [((50).to_bytes(16).hex(), "writer", "inferred")] == found
