"""Holds every detector against the truth of the laboratory: what it finds, whom it blames, and what it says of untouched runs."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
from tests.faults.catalogue import EXPECTED
from tests.faults.laboratory import Twin

Z: Final = 1.959964
"""Of the normal distribution, for intervals of 95 %."""


@dataclass(frozen=True)
class Found:
    """A finding, as far as it is scored."""

    detector: str
    blamed_agent: str | None


@dataclass(frozen=True)
class Share:
    """A part of a whole, with the interval in which its rate lies (Wilson, 95 %)."""

    part: int
    whole: int

    @property
    def rate(self) -> float:
        """The share itself; NaN of nothing."""
        return self.part / self.whole if self.whole else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval."""
        if not self.whole:
            return 0.0, 1.0
        n, p = self.whole, self.rate
        middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
        return max(0.0, middle - half), min(1.0, middle + half)


def findings(connection: duckdb.DuckDBPyConnection, twins: Sequence[Twin]) -> list[set[Found]]:
    """What was found in each twin."""
    by_trace: dict[str, set[Found]] = defaultdict(set)
    for trace, detector, blamed in connection.execute("SELECT trace_id, detector, blamed_agent FROM findings").fetchall():
        by_trace[trace].add(Found(detector, blamed))
    return [set[Found]().union(*(by_trace[trace] for trace in twin.traces if trace in by_trace)) for twin in twins]


def recall(twins: Sequence[Twin], found: Sequence[set[Found]], fault: str) -> Share:
    """Of the runs with a fault, those of which a detector that should say so does."""
    hits = [bool({finding.detector for finding in said} & EXPECTED[fault]) for twin, said in _pairs(twins, found) if twin.fault == fault]
    return Share(sum(hits), len(hits))


def blamed(twins: Sequence[Twin], found: Sequence[set[Found]], fault: str) -> Share:
    """Of those found, the ones that name the agent with whom the fault began."""
    hits = []
    for twin, said in _pairs(twins, found):
        names = {finding.blamed_agent for finding in said if finding.detector in EXPECTED.get(str(twin.fault), frozenset())}
        if twin.fault == fault and names:
            hits.append(twin.blamed_agent in names)
    return Share(sum(hits), len(hits))


def false_alarms(
    twins: Sequence[Twin], found: Sequence[set[Found]], detector: str | None = None, *, look_alike: str | None = None
) -> Share:
    """Of the untouched twins, or of the look-alikes of a fault, those of which a detector, or any, says something."""
    hits = [
        bool(said if detector is None else {finding for finding in said if finding.detector == detector})
        for twin, said in _pairs(twins, found)
        if twin.fault is None and not twin.is_history and twin.look_alike == look_alike
    ]
    return Share(sum(hits), len(hits))


def by_framework(twins: Sequence[Twin]) -> Mapping[str, list[int]]:
    """The places of the twins of each framework."""
    found: dict[str, list[int]] = defaultdict(list)
    for place, twin in enumerate(twins):
        found[twin.framework].append(place)
    return found


def _pairs(twins: Sequence[Twin], found: Sequence[set[Found]]) -> Iterable[tuple[Twin, set[Found]]]:
    return zip(twins, found, strict=True)
