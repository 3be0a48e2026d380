"""What became of each failure in a run: contained by a retry, a fallback or a limit, or spread to the steps after it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from relaylens.semconv import Detector, HandoffReason, Outcome
from relaylens_analytics.blame.control import Feed
from relaylens_analytics.blame.flow import Flow
from relaylens_analytics.blame.record import Row, RunRecord
from relaylens_analytics.queries import runs
from relaylens_analytics.queries.runs import RunKey
from relaylens_analytics.reader import Reader

_LIMITS: Final = ("breaker", "circuit", "limit", "exhausted", "max_", "too many", "budget", "quota")
"""Words of an error that a guard raised on purpose."""

_CAUGHT: Final = frozenset({Detector.REWORK})
"""What these detectors find, the network has found itself."""

_LOST: Final = frozenset({Outcome.FAILED, Outcome.ABANDONED})


class Fate(StrEnum):
    """What became of a failure."""

    RETRIED = "retried"
    FALLBACK = "fallback"
    LIMITED = "limited"
    """A breaker or a limit ended it."""

    SPREAD = "spread"
    """A later step that got its work or its values from there went wrong as well, or the run was lost."""

    ABSORBED = "absorbed"
    """Nothing after it went wrong, and nothing shows why."""


CONTAINED: Final = frozenset({Fate.RETRIED, Fate.FALLBACK, Fate.LIMITED, Fate.ABSORBED})
"""What did not spread."""


@dataclass(frozen=True, slots=True)
class Cascade:
    """One failure and what became of it."""

    step: str | None
    agent: str | None
    what: str
    fate: Fate
    words: str
    reached: tuple[str, ...]
    """The steps that it spread to."""

    spans: tuple[str, ...]
    """The failure, and what contained it."""


def cascades(reader: Reader, record: RunRecord, flow: Flow, fed: dict[int, Feed]) -> Iterator[Cascade]:
    """Give each failure of the run, calls first, then handoffs."""
    key = RunKey(record.run["run"], record.run["conversation"])
    after = downstream(record, flow, fed)
    found = [_of_call(row, record, after) for row in runs.failures(reader, key).to_pylist()]
    found += [_of_handoff(row, record, after) for row in record.handoffs if not row["succeeded"] and not row["return"]]
    shown = {span for one in found for span in one.spans}
    yield from found
    for row in record.findings:
        if not shown & {f"{row['trace_id']}:{row['span_id']}", *(row["span_ids"] or ())}:
            yield _of_finding(row, record, after)


def downstream(record: RunRecord, flow: Flow, fed: dict[int, Feed]) -> dict[int, set[int]]:
    """Give for each step the later steps that got their work or their values from it, at first hand."""
    found: dict[int, set[int]] = {turn.index: set() for turn in record.turns}
    for later, sources in flow.sources.items():
        for earlier in sources:
            if earlier < later:
                found[earlier].add(later)
    for later, feed in fed.items():
        if feed.turn < later:
            found[feed.turn].add(later)
    return found


def reached(after: dict[int, set[int]], start: int) -> list[int]:
    """Give every step that something of a step has reached, at first hand or further."""
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        for later in after.get(waiting.pop(), ()):
            if later not in seen:
                seen.add(later)
                waiting.append(later)
    return sorted(seen - {start})


def _of_call(row: Row, record: RunRecord, after: dict[int, set[int]]) -> Cascade:
    span = f"{row['trace_id']}:{row['span_id']}"
    what = f"{row['what']} failed" + (f" ({row['error_type']})" if row["error_type"] else "")
    if row["again"] is not None:
        return Cascade(row["step"], row["agent"], what, Fate.RETRIED, "the same call went well later in the turn", (), (span, row["again"]))
    if row["instead"] is not None:
        return Cascade(row["step"], row["agent"], what, Fate.FALLBACK, "another model answered in its place", (), (span, row["instead"]))
    turn = record.by_step.get(row["step"] or "")
    swallowed = any(span in (one["span_ids"] or ()) for one in record.findings)
    spread = _went_on(turn.index, record, after, all_of_them=swallowed) if turn is not None else ()
    guarded = any(word in (row["error_type"] or "").lower() for word in _LIMITS)
    return _ended(_Failure(row["step"], row["agent"], what, (span,)), record, spread, guarded=guarded)


def _of_handoff(row: Row, record: RunRecord, after: dict[int, set[int]]) -> Cascade:
    span = f"{row['trace_id']}:{row['span_id']}" if row["span_id"] else row["from_step"]
    what = f"the handoff from {row['from']} to {row['to'] or 'an unknown agent'} did not succeed ({row['reason']})"
    spans = (span,) if span else ()
    later = [one for one in record.handoffs if one["succeeded"] and not one["return"] and _later(one, row)]
    same = next((one for one in later if one["to"] == row["to"]), None)
    other = next((one for one in later if one["from"] == row["from"]), None)
    for taken, fate, words in (
        (same, Fate.RETRIED, "the same agent took the work later"),
        (other, Fate.FALLBACK, "another took the work later"),
    ):
        if taken is not None:
            return Cascade(row["from_step"], row["from"], what, fate, words, (), (*spans, f"{taken['trace_id']}:{taken['span_id']}"))
    turn = record.by_step.get(row["to_step"] or "")
    spread = (turn.step, *_went_on(turn.index, record, after, all_of_them=True)) if turn is not None else ()
    looped = row["reason"] == HandoffReason.LOOPED and record.run["outcome"] in _LOST
    return _ended(_Failure(row["from_step"], row["from"], what, spans), record, spread, guarded=looped)


def _of_finding(row: Row, record: RunRecord, after: dict[int, set[int]]) -> Cascade:
    turn = record.by_step.get(row["step"] or "")
    if row["detector"] in _CAUGHT:
        words = "a check caught it and sent the work back"
        return Cascade(row["step"], row["blamed_agent"], row["message"], Fate.RETRIED, words, (), tuple(row["span_ids"] or ()))
    spread = _went_on(turn.index, record, after, all_of_them=True) if turn is not None else ()
    failure = _Failure(row["step"], row["blamed_agent"] or row["agent"], row["message"], tuple(row["span_ids"] or ()))
    return _ended(failure, record, spread, guarded=False)


def _later(one: Row, other: Row) -> bool:
    return one["offered_at"] is not None and other["offered_at"] is not None and one["offered_at"] > other["offered_at"]


def _went_on(start: int, record: RunRecord, after: dict[int, set[int]], *, all_of_them: bool) -> tuple[str, ...]:
    """Give the steps reached from one: all where what failed is known to have been used, else those in which something is wrong too."""
    wrong = {turn.index for turn in record.turns if turn.outcome in _LOST or turn.empty}
    wrong |= {record.by_step[row["step"]].index for row in record.findings if row["step"] in record.by_step}
    return tuple(record.turns[turn].step for turn in reached(after, start) if all_of_them or turn in wrong)


@dataclass(frozen=True, slots=True)
class _Failure:
    step: str | None
    agent: str | None
    what: str
    spans: tuple[str, ...]


def _ended(failure: _Failure, record: RunRecord, spread: tuple[str, ...], *, guarded: bool) -> Cascade:
    """Tell what became of a failure that was not made good."""
    if guarded:
        fate, words = Fate.LIMITED, "a breaker or a limit ended it"
    elif record.run["outcome"] in _LOST:
        fate, words = Fate.SPREAD, f"the run ended as {record.run['outcome']}"
    elif spread:
        fate, words = Fate.SPREAD, f"{len(spread)} later step{'s' * (len(spread) != 1)} went on with what came of it"
    else:
        fate, words = Fate.ABSORBED, "nothing after it went wrong"
    return Cascade(failure.step, failure.agent, failure.what, fate, words, spread, failure.spans)
