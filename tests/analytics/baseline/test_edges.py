"""Handoffs beside their own past: an edge that takes longer, or that is used more or less often, has moved; one that does not has not."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.analytics.settle.building import SECOND, START, agent, settle_spans, span

from relaylens import semconv
from relaylens_analytics import Reader, Window, open_store
from relaylens_analytics.baseline.drift import CHANCE, Side, drift
from relaylens_collector.store import Store

EVERY = 100
"""Seconds from one run to the next."""


def run(number: int, *, slow: bool, always: bool) -> list[Span]:
    """A run in which triage asks docs, and mostly billing too; docs may be slow, and billing may be asked each time."""
    rng = random.Random(number)  # noqa: S311 - a fixed variety for the tests
    docs = rng.uniform(1, 2) * (4 if slow else 1)
    at = float(number * EVERY)
    spans = [
        span(1, "run", at, at + 60, {semconv.GEN_AI_OPERATION_NAME: "invoke_workflow"}),
        agent(2, "triage", at + 1, at + 40),
        agent(3, "docs", at + 2, at + 2 + docs, parent=2),
    ]
    if always or rng.random() < 0.5:
        spans.append(agent(4, "billing", at + 20, at + 20 + rng.uniform(1, 2), parent=2))
    for one in spans:
        one.trace_id = (number + 1).to_bytes(16)
    return spans


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Eighty usual runs, thirty in which docs is slow, and thirty in which billing is asked each time."""
    folder: Path = tmp_path_factory.mktemp("edges")
    store = Store(folder / "relaylens.duckdb", threads=1)
    runs = [run(number, slow=80 <= number < 110, always=number >= 110) for number in range(140)]
    settle_spans(store, *[one for spans in runs for one in spans], service="desk")
    store.close()
    with open_store(folder) as reader:
        yield reader


def of(first: int, last: int) -> Side:
    """The runs from a number up to another."""
    since, until = (datetime.fromtimestamp(START / SECOND + number * EVERY, UTC) for number in (first, last))
    return Side(Window(since, until))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (of(0, 40), of(40, 80), set()),
        (of(0, 80), of(80, 110), {"time in ms from triage to docs"}),
        (of(0, 80), of(110, 140), {"handoffs from triage to billing"}),
        (of(110, 140), of(0, 80), {"handoffs from triage to billing"}),
    ],
    ids=["as before", "one is slower", "one is asked more often", "one is asked less often"],
)
def test_an_edge_that_leaves_its_past_has_moved(reader: Reader, before: Side, after: Side, expected: set[str]) -> None:
    """In both directions, beyond what any figure does by chance; what follows from it in the run is not looked at here."""
    found = drift(reader, "desk", before, after)
    moved = {one.name for one in found.movements if one.p_value <= CHANCE and " from " in one.name}

    assert expected == moved


def test_how_long_it_took_is_told_in_milliseconds(reader: Reader) -> None:
    """The middle of the runs on each side."""
    found = drift(reader, "desk", of(0, 80), of(80, 110))
    (slower,) = [one for one in found.movements if one.name == "time in ms from triage to docs"]

    assert 1_000 <= slower.before <= 2_000
    assert 4_000 <= slower.after <= 8_000
    assert slower.before_interval[0] <= slower.before <= slower.before_interval[1]


def test_an_edge_of_few_runs_has_no_past(reader: Reader) -> None:
    """With eight runs over an edge on one side its times are not compared."""
    names = {one.name for one in drift(reader, "desk", of(0, 80), of(80, 93)).movements}

    assert "time in ms from triage to docs" in names
    assert "time in ms from triage to billing" not in names
