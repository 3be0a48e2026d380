"""What is wrong with a run, as far as the record says: findings, its outcome, questions left open, bad judgements."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from relaylens.semconv import EscalationState, LabelName, Mark, Outcome
from relaylens_analytics.blame.record import Row, RunRecord

GOOD_ENOUGH: Final = 0.5
"""A label's score below this says that something was wrong."""

_BAD: Final = frozenset({"bad", "false", "no", "wrong", "incorrect", "fail", "failed", "unresolved", "denied"})
_ENDED_BADLY: Final = frozenset({Outcome.FAILED, Outcome.ABANDONED, Outcome.ESCALATED})
_LEFT_OPEN: Final = frozenset({EscalationState.REQUESTED, EscalationState.PENDING, EscalationState.TIMED_OUT, EscalationState.ABANDONED})


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that is wrong, and where it shows."""

    kind: str
    """`finding`, `outcome`, `escalation` or `label`."""

    words: str
    turn: int | None
    """The step where it shows."""

    spans: tuple[str, ...]
    """Its evidence, as trace_id:span_id."""

    row: Row
    """The finding, run, escalation or label that it is."""


def symptoms(record: RunRecord) -> list[Symptom]:
    """List what is wrong with the run, findings first, each kind in order of time."""
    return [*_findings(record), *_outcome(record), *_escalations(record), *_labels(record)]


def _findings(record: RunRecord) -> Iterator[Symptom]:
    """Give what was found, apart from what people have marked as false."""
    marked = {row["finding"]: row["value"] for row in record.labels if row["name"] == LabelName.FINDING and row["finding"]}
    for row in record.findings:
        if marked.get(row["finding"]) == Mark.FALSE:
            continue
        turn = record.by_step.get(row["step"])
        yield Symptom("finding", row["message"], turn.index if turn else None, tuple(row["span_ids"] or ()), row)


def _outcome(record: RunRecord) -> Iterator[Symptom]:
    if record.run["outcome"] in _ENDED_BADLY:
        reason = f": {record.run['outcome_reason']}" if record.run["outcome_reason"] else ""
        last = record.turns[-1].index if record.turns else None
        yield Symptom("outcome", f"The run ended as {record.run['outcome']}{reason}", last, (), record.run)


def _escalations(record: RunRecord) -> Iterator[Symptom]:
    for row in record.escalations:
        if row["state"] in _LEFT_OPEN:
            turn = next((turn.index for turn in reversed(record.turns) if turn.agent == row["agent"]), None)
            spans = (f"{row['trace_id']}:{row['span_id']}",) if row["span_id"] else ()
            yield Symptom("escalation", f"A question of {row['agent'] or 'an agent'} to a person is {row['state']}", turn, spans, row)


def _labels(record: RunRecord) -> Iterator[Symptom]:
    """Give what was judged bad, by the last word of each source; of a verdict on the run by the last word of all."""
    last = {(row["name"], None if row["name"] == LabelName.VERDICT else row["source"], row["finding"]): row for row in record.labels}
    for row in last.values():
        if bad(row):
            said = row["value"] if row["value"] is not None else f"{row['score']:g}"
            yield Symptom("label", f"{row['source'] or 'Somebody'} says of the run: {row['name']} is {said}", None, (), row)


def bad(label: Row) -> bool:
    """Tell whether a label says that something was wrong; the score of a person's feedback is a measure of its own."""
    if label["finding"] is not None:
        return False
    if label["value"] is not None and label["value"].strip().lower() in _BAD:
        return True
    return label["given"] == "label" and label["score"] is not None and 0 <= label["score"] < GOOD_ENOUGH
