"""Deployments that fall wholly silent: rhythms played by chance, each at work for four weeks and then stopped."""

import math
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from tests.analytics.rhythms import runs_of
from tests.benchmarks.silent.pages import table, told
from tests.faults.places import apply

from relaylens.semconv import Silence
from relaylens_analytics import open_store
from relaylens_analytics.evaluation.shares import Share
from relaylens_analytics.queries import lists
from relaylens_analytics.reader import Reader
from relaylens_analytics.settle import settle
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store

MONDAY: Final = datetime(2026, 8, 3, tzinfo=UTC)
HOURS: Final = 28 * 24
STOPPED: Final = 10 * 24
"""Hours for which is looked on after all have stopped, in steps of one."""

STEP: Final = 3
"""Hours from one look to the next while they are at work."""

DAY: Final = 24
WEEK: Final = 7 * DAY
WORKING_DAYS: Final = 5

Hours = Iterable[float]


def _by_chance(rng: random.Random, rate: Callable[[float], float], most: float) -> Iterator[float]:
    at = 0.0
    while (at := at + rng.expovariate(most)) < HOURS:
        if rng.random() * most < rate(at):
            yield at


def _in_the_office(at: float) -> bool:
    return at % WEEK < WORKING_DAYS * DAY and 8 <= at % DAY < 18


def _in_bursts(rng: random.Random) -> Iterator[float]:
    at = 0.0
    while (at := at + rng.expovariate(1 / 5)) < HOURS - 1:
        yield from sorted(at + rng.random() / 5 for _ in range(rng.randint(1, 12)))


def _with_days_off(rng: random.Random) -> Iterator[float]:
    off = {day for day in range(HOURS // DAY) if rng.random() < 0.1}
    return (at for at in _by_chance(rng, lambda _: 2.0, 2.0) if at // DAY not in off)


RHYTHMS: Final[dict[str, Callable[[random.Random], Hours]]] = {
    "2 runs an hour": lambda rng: _by_chance(rng, lambda _: 2.0, 2.0),
    "5 runs a day": lambda rng: _by_chance(rng, lambda _: 0.2, 0.2),
    "office hours, 3 an hour": lambda rng: _by_chance(rng, lambda at: 3.0 * _in_the_office(at), 3.0),
    "office hours, and few beside": lambda rng: _by_chance(rng, lambda at: 3.0 if _in_the_office(at) else 0.15, 3.0),
    "by day more than by night": lambda rng: _by_chance(rng, lambda at: 1.7 + 1.5 * math.sin((at % DAY - 6) / DAY * 2 * math.pi), 3.2),
    "bursts": _in_bursts,
    "every hour": lambda rng: (hour + rng.random() / 10 for hour in range(HOURS)),
    "once a night": lambda rng: (day * DAY + 2 + rng.random() / 10 for day in range(HOURS // DAY)),
    "three on Mondays": lambda rng: (day * DAY + 9 + number + rng.random() for day in range(0, HOURS // DAY, 7) for number in range(3)),
    "one day in ten off": _with_days_off,
}
"""When runs begin, in hours since a Monday."""


def page(*, seeds: int) -> list[str]:
    """How often silence is told of deployments that are at work, and how soon of those that have stopped."""
    played: dict[str, list[float]] = {}
    for seed in range(seeds):
        for name, play in RHYTHMS.items():
            rng = random.Random(f"{name} {seed}")  # noqa: S311 - seeded chance, not cryptography
            played[f"{name} #{seed}"] = sorted(play(rng))
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "relaylens.duckdb")
        try:
            for name, hours in played.items():
                request = runs_of({name: [MONDAY + timedelta(hours=at) for at in hours]})
                apply(store, [(Signal.TRACES, request.SerializeToString())])
                settle(store.connection)
        finally:
            store.close()
        with open_store(folder) as reader:
            at_work = _looks(reader, range(DAY, HOURS, STEP))
            # each stops with its last run
            stopped = _looks(reader, range(HOURS, HOURS + STOPPED))
    return _page(played, at_work, stopped)


def _looks(reader: Reader, hours: range) -> dict[str, list[int]]:
    """At which of these hours each deployment is told to be silent, by what was there then."""
    found: dict[str, list[int]] = defaultdict(list)
    for hour in hours:
        for row in lists.silences(reader, now=MONDAY + timedelta(hours=hour)).to_pylist():
            if row["state"] == Silence.SILENT:
                found[row["service_name"]].append(hour)
    return found


def _page(played: dict[str, list[float]], at_work: dict[str, list[int]], stopped: dict[str, list[int]]) -> list[str]:
    rows = []
    for rhythm in RHYTHMS:
        mine = [name for name in played if name.rpartition(" #")[0] == rhythm]
        # hours that are told between the same two runs are one silence
        false = [sum(any(before < hour <= after for hour in at_work[name]) for before, after in pairwise(played[name])) for name in mine]
        late = [stopped[name][0] - played[name][-1] for name in mine if stopped[name]]
        rows.append(
            (
                rhythm,
                sum(len(played[name]) for name in mine) // len(mine),
                sum(false),
                told(Share(len(late), len(mine))),
                f"{median(late):.0f} h, {max(late):.0f} h" if late else "-",
            )
        )
    return [
        "## Deployments gone silent",
        "",
        f"{len(played)} deployments with runs by chance for four weeks from a Monday to a Sunday, after which nothing comes any more.",
        f"While they are at work each is looked at every {STEP} hours from the second day on; a silence told there is a false alarm.",
        f"Then every hour for {STOPPED // DAY} days.",
        *table(
            ("rhythm", "runs each", "false alarms in four weeks, of all", "told after it stopped", "how late: middle, latest"),
            rows,
        ),
    ]
