"""Holds every detector against the truth of the laboratory: what it finds, whom it blames, and what it says of untouched runs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb
from tests.faults.catalogue import EXPECTED, RIGHTLY
from tests.faults.laboratory import Twin

from relaylens_analytics.evaluation.shares import Share


@dataclass(frozen=True)
class Found:
    """A finding, as far as it is scored."""

    detector: str
    blamed_agent: str | None


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


def precision(twins: Sequence[Twin], found: Sequence[set[Found]], fault: str) -> Share:
    """Of the broken twins and their untouched ones of which a detector of the fault says so, the broken ones."""
    said = {}
    for twin, findings_of in _pairs(twins, found):
        hit = bool({finding.detector for finding in findings_of} & EXPECTED[fault])
        if twin.fault == fault or (twin.fault is None and not twin.is_history and not twin.look_alike):
            said[twin.name, twin.fault] = hit
    broken = [name for name, kind in said if kind == fault]
    true = sum(said[name, fault] for name in broken)
    return Share(true, true + sum(said[name, None] for name in broken))


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
    rightly = RIGHTLY.get(str(look_alike), frozenset())
    hits = [
        any(finding.detector not in rightly and detector in {None, finding.detector} for finding in said)
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
