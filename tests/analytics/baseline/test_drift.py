"""Which figures of a deployment's runs have moved between two times."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.analytics.baseline.agent_runs import BEGAN, SECOND, odd_calls, request, usual_calls
from tests.analytics.settle.captured import apply

from relaylens_analytics import Reader, Window, open_store
from relaylens_analytics.baseline.drift import Side, drift
from relaylens_analytics.settle import settle
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Forty usual runs, and then twenty with a search that answers in another form."""
    folder: Path = tmp_path_factory.mktemp("drifting")
    store = Store(folder / "relaylens.duckdb", threads=1)
    runs = [request(number, usual_calls(number)) for number in range(40)] + [request(number, odd_calls(number)) for number in range(40, 60)]
    apply(store, [(Signal.TRACES, body) for body in runs])
    settle(store.connection)
    store.close()
    with open_store(folder) as reader:
        yield reader


def of(first: int, last: int) -> Side:
    """The runs from a number up to another."""
    since, until = (datetime.fromtimestamp((BEGAN + number * 100 * SECOND) / SECOND, UTC) for number in (first, last))
    return Side(Window(since, until))


def test_what_moved_is_named(reader: Reader) -> None:
    """A search that answers at length is the most moved figure, and how often it is called has not moved."""
    found = drift(reader, "booking", of(0, 40), of(40, 60))
    moved = {one.name: one for one in found.movements}

    assert (40, 20) == (found.runs_before, found.runs_after)
    assert moved["result length of search"].p_value <= 0.01
    assert moved["result length of search"].after > 5 * moved["result length of search"].before
    assert moved["calls of search"].p_value > 0.05


def test_runs_alike_have_not_moved(reader: Reader) -> None:
    """Of the usual runs the later half moved in nothing."""
    found = drift(reader, "booking", of(0, 20), of(20, 40))

    assert [] == [one.name for one in found.movements if one.p_value <= 0.05]


def test_too_few_runs_say_nothing(reader: Reader) -> None:
    """With five runs on a side nothing is said."""
    found = drift(reader, "booking", of(0, 40), of(40, 45))

    assert (40, 5, ()) == (found.runs_before, found.runs_after, found.movements)
