"""Deployments from which nothing comes any more: told by the clock beside their own rhythm, and not by runs that settle."""

import math
import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from tests.analytics.rhythms import runs_of
from tests.analytics.settle.captured import apply

from relaylens.semconv import Silence
from relaylens_analytics import open_store
from relaylens_analytics.queries import lists
from relaylens_analytics.reader import Reader
from relaylens_analytics.settle import settle
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store

MONDAY = datetime(2026, 8, 3, tzinfo=UTC)
DAYS = 11
"""How long deployments are at work: until a Friday at midnight."""

Hours = Iterable[float]
"""When runs begin, in hours since the first Monday."""


def by_chance(rng: random.Random, rate: float, *, office: bool = False, days: int = DAYS) -> Hours:
    """Runs that come by chance, all day long or in office hours only."""
    at = 0.0
    while (at := at + rng.expovariate(rate)) < days * 24:
        if not office or (at // 24 % 7 < 5 and 8 <= at % 24 < 18):
            yield at


def in_bursts(rng: random.Random) -> Hours:
    """Some runs at once, a few times a day."""
    at = 0.0
    while (at := at + rng.expovariate(1 / 6)) < DAYS * 24 - 1:
        yield from sorted(at + rng.random() / 10 for _ in range(rng.randint(1, 10)))


def deployments() -> dict[str, Hours]:
    """Some rhythms, each by chance of its own."""
    rng = random.Random(7)  # noqa: S311 - seeded chance, not cryptography
    return {
        "steady": by_chance(rng, 2),
        "office": by_chance(rng, 3, office=True),
        "bursts": in_bursts(rng),
        "new": (rng.random() * 3 + DAYS * 24 - 3 for _ in range(40)),
        "rare": by_chance(rng, 0.1),
        "busy until Thursday": by_chance(rng, 2, days=DAYS - 1),
    }


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """A store with the runs of all of them."""
    folder = tmp_path_factory.mktemp("silences")
    store = Store(folder / "relaylens.duckdb")
    moments = {service: [MONDAY + timedelta(hours=at) for at in hours] for service, hours in deployments().items()}
    apply(store, [(Signal.TRACES, runs_of(moments).SerializeToString())])
    settle(store.connection)
    store.close()
    with open_store(folder) as reader:
        yield reader


def states(reader: Reader, hours_later: float) -> dict[str, str]:
    """What is said of each deployment so many hours after the last Thursday's midnight."""
    rows = lists.silences(reader, now=MONDAY + timedelta(days=DAYS, hours=hours_later)).to_pylist()
    return {row["service_name"]: row["state"] for row in rows}


def test_while_they_are_at_work_none_is_silent(reader: Reader) -> None:
    """At every third hour of a week, nights and a weekend included, judged by what was known then."""
    said = [(hour, name) for hour in range(-7 * 24, -24, 3) for name, state in states(reader, hour).items() if state == Silence.SILENT]

    assert said == []


@pytest.mark.parametrize(
    ("hours_later", "expected"),
    [
        (1, {"busy until Thursday"}),
        (8, {"busy until Thursday", "steady"}),
        # on Friday the office is closed until eight; by six in the evening it has missed a day
        (18, {"busy until Thursday", "steady", "office"}),
        # of one weekend too little is known to miss anything at the next
        (71, {"busy until Thursday", "steady", "office"}),
        (120, {"busy until Thursday", "steady", "office", "bursts", "rare"}),
    ],
)
def test_silence_is_told_by_the_rhythm_of_each(reader: Reader, hours_later: float, expected: set[str]) -> None:
    """Sooner where much was usual; never where the rhythm is not known, as of one that has just begun."""
    said = states(reader, hours_later)

    assert expected == {name for name, state in said.items() if state == Silence.SILENT}
    assert Silence.UNKNOWN == said["new"]


def test_what_ended_long_ago_is_told_no_more(reader: Reader) -> None:
    """Silent for longer than it was at work, a deployment is not missed; after four weeks nothing is known of it."""
    assert Silence.SILENT not in states(reader, DAYS * 24 + 24).values()
    assert {} == states(reader, 29 * 24)


def test_what_was_missed_is_counted(reader: Reader) -> None:
    """About as many runs as were usual at those hours, beside the longest silence before."""
    (row,) = lists.silences(reader, service="steady", now=MONDAY + timedelta(days=DAYS, hours=10)).to_pylist()

    assert math.isclose(2 * 10, row["missed"], rel_tol=0.35)
    assert row["longest_missed"] < row["missed"] / 2
