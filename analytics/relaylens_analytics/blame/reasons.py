"""Reasons to suspect a step that stand in the record: findings, failed turns, broken handoffs, values that changed, judgements."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from relaylens.semconv import Detector, Outcome
from relaylens_analytics.blame.control import Feed
from relaylens_analytics.blame.flow import IN_WORDS, Change, Flow, Place
from relaylens_analytics.blame.record import Row, RunRecord, Turn
from relaylens_analytics.blame.symptoms import Symptom

CERTAINTY: Final = {"stated": 0.9, "rule": 0.8, "inferred": 0.6}
"""How much a finding says about the agent it names, by how sure the finding is."""

SEVERITY: Final = {"high": 1.0, "medium": 0.9, "low": 0.4}
"""What of that remains, by how grave the finding is."""

SHOWS_HERE: Final = 0.5
"""Of a finding that names nobody, or one of `SHOWS_ONLY`: the step where it shows."""

SHOWS_ONLY: Final = frozenset({Detector.PING_PONG, Detector.UNUSUAL_RUN})
"""Detectors that tell that something is wrong and hardly who began it: it takes two to play ping-pong."""

FAILED_TURN: Final = 0.5
SILENT_FEED: Final = 0.45
"""A step was given what its feeder did not say, nor anybody before."""

CHANGED: Final = 0.55
CHANGED_IN_PROSE: Final = 0.3
"""Where no key of an object names the value, only the word before it."""

JUDGED: Final = 0.5

_TELLING_WORD: Final = 4
"""Letters of a word of a label's name that can name what is judged."""

_PLAIN_WORDS: Final = frozenset({"correct", "right", "wrong", "quality", "score", "good", "valid", "accuracy", "answer", "verdict"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a step is suspected."""

    turn: int
    rule: str
    weight: float
    """How much it says: 0 nothing, 1 certainty; several reasons are combined as independent ones."""

    words: str
    """In plain words."""

    spans: tuple[str, ...]
    """What shows it, as trace_id:span_id."""


def from_record(record: RunRecord, flow: Flow, fed: dict[int, Feed], shown: list[Symptom]) -> Iterator[Reason]:
    """Give every reason that stands in the record."""
    for symptom in shown:
        if symptom.kind == "finding":
            yield from _of_finding(record, symptom)
        elif symptom.kind == "label":
            yield from _of_label(record, symptom)
        elif symptom.kind == "escalation" and symptom.turn is not None:
            yield Reason(symptom.turn, "asked_a_person", 0.4, symptom.words, symptom.spans)
    for turn in record.turns:
        if turn.outcome == Outcome.FAILED:
            yield Reason(turn.index, "failed_turn", FAILED_TURN, f"the turn of {turn.agent} failed", (turn.step,))
    for change in flow.changes:
        yield _of_change(record, fed, change)


def _of_finding(record: RunRecord, symptom: Symptom) -> Iterator[Reason]:
    row = symptom.row
    weight = CERTAINTY.get(row["certainty"], CERTAINTY["inferred"]) * SEVERITY.get(row["severity"], SEVERITY["low"])
    if row["blamed_agent"] is None:
        if symptom.turn is not None:
            yield Reason(symptom.turn, row["detector"], weight * SHOWS_HERE, row["message"], symptom.spans)
        return
    turn = began(record, row)
    if turn is not None:
        share = SHOWS_HERE if row["detector"] in SHOWS_ONLY else 1.0
        yield Reason(turn.index, row["detector"], weight * share, row["message"], symptom.spans)


def began(record: RunRecord, finding: Row) -> Turn | None:
    """Give the blamed agent's step in which a finding began: the one named, else one of its evidence, else its last before it showed."""
    stated = record.by_step.get(finding.get("blamed_step") or "")
    if stated is not None:
        return stated
    mine = record.turns_of.get(finding["blamed_agent"], [])
    evidence = {*(finding["span_ids"] or ()), finding["step"]}
    named = [turn for turn in mine if turn.step in evidence]
    if named:
        return named[0]
    found_at = finding["found_at"]
    before = (turn for turn in reversed(mine) if turn.started_at and found_at and turn.started_at <= found_at)
    return next(before, mine[0] if mine else None)


def _of_label(record: RunRecord, symptom: Symptom) -> Iterator[Reason]:
    """Suspect the step that first stated what a bad label is about: `correct_urgency` is about the first `urgency: ...`."""
    words = [word for word in re.split(r"[^a-z]+", symptom.row["name"].lower()) if len(word) >= _TELLING_WORD and word not in _PLAIN_WORDS]
    for word in words:
        stated = re.compile(rf"\b{word}\b[\"'*]*\s*[:=]\s*\S", re.IGNORECASE)
        if stated.search(record.request):
            continue
        turn = next((turn for turn in record.turns if stated.search(turn.said)), None)
        if turn is not None:
            yield Reason(turn.index, "judged", JUDGED, f"{turn.agent} was the first to state the {word}; {symptom.words}", (turn.step,))


def _of_change(record: RunRecord, fed: dict[int, Feed], change: Change) -> Reason:
    """Suspect who changed a value: of one that a step was given, the step that fed it, not the one that spoke it."""
    at = record.turns[change.at.turn]
    feed = fed.get(at.index)
    held = record.turns[change.held.turn]
    words = f"{change.before.text} became {change.after.text} ({change.after.key}): {held.agent} held the one, "
    words += f"{at.agent} {IN_WORDS[change.at.place]} the other"
    weight = CHANGED if change.before.field and change.after.field else CHANGED_IN_PROSE
    spans = (f"{change.held.trace_id}:{change.held.span_id}", f"{change.at.trace_id}:{change.at.span_id}")
    if change.at.place is Place.GIVEN and feed is not None:
        feeder = record.turns[feed.turn]
        return Reason(feeder.index, "changed_value", weight, f"{words}; {feeder.agent} fed it", spans)
    return Reason(at.index, "changed_value", weight, words, spans)
