"""The story of a run in time order: what agents were given, asked, called, handed over and produced, and what people answered."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from relaylens_analytics.errors import QueryLimitError
from relaylens_analytics.message_shapes import Message, parsed, written
from relaylens_analytics.messages import Event, Exchange, exchange
from relaylens_analytics.queries import limits, runs, spans
from relaylens_analytics.queries.runs import RunKey
from relaylens_analytics.queries.spans import SpanKey
from relaylens_analytics.queries.together import together
from relaylens_analytics.reader import Reader

MOST_CALLS: Final = 200
"""So many model calls are read at once where the caller does not say."""

_CALLS_AT_ONCE: Final = 20
_NOTHING: Final = Exchange((), ())

Row = Mapping[str, Any]


class EntryKind(StrEnum):
    """What an entry tells; of entries of one moment, in this order."""

    GIVEN = "given"
    MODEL = "model"
    TOOL = "tool"
    HANDOFF = "handoff"
    QUESTION = "question"
    ANSWER = "answer"
    VERDICT = "verdict"
    FINDING = "finding"
    PRODUCED = "produced"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened in a run."""

    kind: EntryKind
    moment: datetime | None
    agent: str | None
    step: str | None
    trace_id: str
    span_id: str | None
    text: str | None
    """What was given, asked, sent, found or produced; a tool's arguments."""

    answer: str | None
    """What came of it: a tool's result, what the target of a handoff received."""

    messages: tuple[Message, ...]
    """For a model call: what the model was told that this agent's earlier calls were not told."""

    answered: tuple[Message, ...]
    """For a model call: what the model answered."""

    repeated: int
    """For a model call: how many messages it was told again."""

    row: Row
    """The row of the question it comes from, with everything else."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """The entries of a run, and how many of its model calls they hold."""

    entries: tuple[Entry, ...]
    calls: int
    calls_shown: int
    calls_too_large: int
    """Model calls whose messages are larger than a collector gives in one answer; they stand there without messages."""


def transcript(reader: Reader, key: RunKey, *, calls: int = MOST_CALLS, calls_from: int = 0, text_limit: int = limits.TEXT) -> Transcript:
    """Tell the story of a run; of its model calls, `calls` from the `calls_from`-th on."""
    model_calls, handoffs, steps, tool_calls, escalations, validations, findings = together(
        lambda: runs.model_calls(reader, key, limit=calls, offset=calls_from),
        lambda: runs.handoffs(reader, key),
        lambda: runs.steps(reader, key, text_limit=text_limit),
        lambda: runs.tool_calls(reader, key, text_limit=text_limit),
        lambda: runs.escalations(reader, key),
        lambda: runs.validations(reader, key),
        lambda: runs.findings(reader, key),
    )
    exchanges, too_large = _exchanges(reader, [SpanKey(row["trace_id"], row["span_id"]) for row in model_calls])
    entries = [
        *_model_entries(model_calls, exchanges),
        *_step_entries(steps),
        *_tool_entries(tool_calls, handoffs),
        *(
            _entry(EntryKind.HANDOFF, row, row["offered_at"], agent=row["from"], text=row["sent"], answer=row["received"])
            for row in handoffs
        ),
        *_people_entries(escalations),
        *(_entry(EntryKind.VERDICT, row, row["judged_at"], agent=row["validator"], text=row["reason"]) for row in validations),
        *(_entry(EntryKind.FINDING, row, row["found_at"], text=row["message"]) for row in findings),
    ]
    order = list(EntryKind)
    entries.sort(key=lambda entry: (entry.moment or datetime.max, order.index(entry.kind)))  # noqa: DTZ901 - the store keeps UTC without a zone
    total = model_calls[0]["total"] if model_calls else 0
    return Transcript(tuple(entries), total, len(model_calls), too_large)


def exchange_of(reader: Reader, key: SpanKey) -> Exchange:
    """Read what one span was told and what it answered."""
    exchanges, _ = _exchanges(reader, [key])
    return exchanges.get(key, _NOTHING)


def _step_entries(rows: Iterable[Row]) -> list[Entry]:
    entries = []
    for row in rows:
        if row["has_input"]:
            entries.append(_entry(EntryKind.GIVEN, row, row["started_at"], text=row["input"]))
        if row["has_output"]:
            entries.append(_entry(EntryKind.PRODUCED, row, row["ended_at"], text=row["output"]))
    return entries


def _model_entries(rows: Iterable[Row], exchanges: Mapping[SpanKey, Exchange]) -> list[Entry]:
    """Show of each call what is new: a model is told the whole conversation again on every call."""
    told: dict[str | None, Counter[Message]] = {}
    entries = []
    for row in rows:
        found = exchanges.get(SpanKey(row["trace_id"], row["span_id"]), _NOTHING)
        known = told.setdefault(row["agent"], Counter())
        left = known.copy()
        new = []
        for message in found.given:
            if left[message] > 0:
                left[message] -= 1
            else:
                new.append(message)
        known.update(new)
        known.update(found.answered)
        repeated = len(found.given) - len(new)
        entries.append(_entry(EntryKind.MODEL, row, row["started_at"], messages=tuple(new), answered=found.answered, repeated=repeated))
    return entries


def _tool_entries(rows: Iterable[Row], handoffs: Iterable[Row]) -> list[Entry]:
    """Leave out the calls that are shown as handoffs."""
    shown = {(row["trace_id"], row["span_id"]) for row in handoffs}
    return [
        _entry(EntryKind.TOOL, row, row["started_at"], text=row["arguments"], answer=row["result"])
        for row in rows
        if (row["trace_id"], row["span_id"]) not in shown
    ]


def _people_entries(rows: Iterable[Row]) -> list[Entry]:
    entries = []
    for row in rows:
        entries.append(_entry(EntryKind.QUESTION, row, row["requested_at"], text=row["question"]))
        if row["answered_at"] is not None:
            entries.append(_entry(EntryKind.ANSWER, row, row["answered_at"], agent=row["answered_by"], text=row["answer"]))
    return entries


def _entry(  # noqa: PLR0913 - one keyword a field of the entry
    kind: EntryKind,
    row: Row,
    moment: datetime | None,
    *,
    agent: str | None = None,
    text: str | None = None,
    answer: str | None = None,
    messages: tuple[Message, ...] = (),
    answered: tuple[Message, ...] = (),
    repeated: int = 0,
) -> Entry:
    actor = agent or row.get("agent")
    return Entry(kind, moment, actor, row.get("step"), row["trace_id"], row.get("span_id"), text, answer, messages, answered, repeated, row)


def _exchanges(reader: Reader, keys: Sequence[SpanKey]) -> tuple[dict[SpanKey, Exchange], int]:
    """Read the messages of spans, a few at once; an answer over the collector's limit is asked for in halves."""
    found: dict[SpanKey, Exchange] = {}
    too_large = 0
    waiting = [keys[place : place + _CALLS_AT_ONCE] for place in range(0, len(keys), _CALLS_AT_ONCE)]
    while waiting:
        some = waiting.pop()
        try:
            found |= _read(reader, some)
        except QueryLimitError:
            if len(some) == 1:
                too_large += 1
            else:
                waiting.extend((some[: len(some) // 2], some[len(some) // 2 :]))
    return found, too_large


def _read(reader: Reader, keys: Sequence[SpanKey]) -> dict[SpanKey, Exchange]:
    told, happened, logged = together(
        lambda: spans.message_attributes(reader, keys),
        lambda: spans.events(reader, keys, limit=limits.SPANS),
        lambda: spans.logs(reader, keys, limit=limits.SPANS),
    )
    attributes: dict[SpanKey, dict[str, str]] = {}
    for row in told:
        attributes.setdefault(SpanKey(row["trace_id"], row["span_id"]), {})[row["key"]] = row["value"]
    events, logs = _events(happened, "name"), _events(logged, "event_name")
    return {key: exchange(attributes.get(key, {}), events.get(key, ()), logs.get(key, ())) for key in keys}


def _events(rows: Iterable[Row], name: str) -> dict[SpanKey, list[Event]]:
    found: dict[SpanKey, list[Event]] = {}
    for row in rows:
        held = parsed(row["attributes"])
        attributes = {str(key): written(value) for key, value in held.items()} if isinstance(held, dict) else {}
        event = Event(row[name] or "", attributes, row.get("body"))
        found.setdefault(SpanKey(row["trace_id"], row["span_id"]), []).append(event)
    return found
