"""The story of a run in time order: what agents were given, asked, called, handed over and produced, and what people answered."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from relaylens_analytics.errors import QueryLimitError
from relaylens_analytics.message_shapes import Message
from relaylens_analytics.messages import Event, Exchange, exchange
from relaylens_analytics.queries import limits, runs, spans
from relaylens_analytics.queries.runs import RunKey
from relaylens_analytics.queries.spans import SpanKey
from relaylens_analytics.reader import Reader

MOST: Final = 200
"""So many entries are read at once where the caller does not say."""

_CALLS_AT_ONCE: Final = 20
_NOTHING: Final = Exchange((), ())

Row = Mapping[str, Any]


class EntryKind(StrEnum):
    """What an entry tells."""

    TURN = "turn"
    MODEL = "model"
    TOOL = "tool"
    HANDOFF = "handoff"
    QUESTION = "question"
    ANSWER = "answer"
    VERDICT = "verdict"
    FINDING = "finding"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened in a run."""

    kind: EntryKind
    row: Row
    """Of `queries.runs.events`. `said`: what was given, asked, sent, or is the evidence; `came_back`: what was produced or received."""

    messages: tuple[Message, ...] = ()
    """For a model call: what the model was told that this agent's earlier calls were not told."""

    answered: tuple[Message, ...] = ()
    """For a model call: what the model answered."""

    repeated: int = 0
    """For a model call: how many messages it was told again."""


@dataclass(slots=True)
class _Held:
    """What an event or a log record holds."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    body: str | None = None


@dataclass(slots=True)
class _Carried:
    """What a span carries that can hold messages; events and log records by their place."""

    attributes: dict[str, str] = field(default_factory=dict)
    events: dict[int, _Held] = field(default_factory=dict)
    logs: dict[int, _Held] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transcript:
    """Entries of a run, and how many there are in all."""

    entries: tuple[Entry, ...]
    total: int
    calls_too_large: int
    """Model calls whose messages are larger than a collector gives in one answer; they stand there without messages."""


def transcript(  # noqa: PLR0913 - one keyword a control of the page
    reader: Reader,
    key: RunKey,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = MOST,
    offset: int = 0,
    text_limit: int = limits.TEXT,
) -> Transcript:
    """Tell the story of a run, or of what happened in a part of its time: `limit` entries from the `offset`-th on."""
    rows = runs.events(reader, key, since=since, until=until, limit=limit, offset=offset, text_limit=text_limit).to_pylist()
    said, too_large = _exchanges(reader, [_span(row) for row in rows if row["kind"] == EntryKind.MODEL])
    return Transcript(tuple(_entries(rows, said)), rows[0]["total"] if rows else 0, too_large)


def exchange_of(reader: Reader, key: SpanKey) -> Exchange:
    """Read what one span was told and what it answered."""
    said, _ = _exchanges(reader, [key])
    return said.get(key, _NOTHING)


def _entries(rows: Iterable[Row], said: Mapping[SpanKey, Exchange]) -> Iterable[Entry]:
    """Show of each model call what is new: a model is told the whole conversation again on every call."""
    told: dict[str | None, Counter[Message]] = {}
    for row in rows:
        kind = EntryKind(row["kind"])
        if kind is not EntryKind.MODEL:
            yield Entry(kind, row)
            continue
        found = said.get(_span(row), _NOTHING)
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
        yield Entry(kind, row, tuple(new), found.answered, len(found.given) - len(new))


def _span(row: Row) -> SpanKey:
    return SpanKey(row["trace_id"], row["span_id"])


def _exchanges(reader: Reader, keys: Sequence[SpanKey]) -> tuple[dict[SpanKey, Exchange], int]:
    """Read the messages of spans, a few at once; an answer over the collector's limit is asked for in halves."""
    found: dict[SpanKey, Exchange] = {}
    too_large = 0
    waiting = [keys[place : place + _CALLS_AT_ONCE] for place in range(0, len(keys), _CALLS_AT_ONCE)]
    while waiting:
        some = waiting.pop()
        try:
            found |= _read(spans.said(reader, some).to_pylist())
        except QueryLimitError:
            if len(some) == 1:
                too_large += 1
            else:
                waiting.extend((some[: len(some) // 2], some[len(some) // 2 :]))
    return found, too_large


def _read(rows: Iterable[Row]) -> dict[SpanKey, Exchange]:
    """Read the messages of spans from the rows of `queries.spans.said`; a span that carries nothing is left out."""
    carried = dict[SpanKey, _Carried]()
    for row in rows:
        own = carried.setdefault(_span(row), _Carried())
        if row["carrier"] == "span":
            own.attributes[row["key"]] = row["value"] or ""
            continue
        is_log = row["carrier"] == "log"
        event = (own.logs if is_log else own.events).setdefault(row["place"], _Held(name=row["log_name"] or ""))
        if row["key"] is not None:
            event.attributes[row["key"]] = row["value"] or ""
        elif is_log:
            event.body = row["value"]
        else:
            event.name = row["value"] or ""
    return {key: exchange(own.attributes, _events(own.events), _events(own.logs)) for key, own in carried.items()}


def _events(held: Mapping[int, _Held]) -> list[Event]:
    return [Event(one.name, one.attributes, one.body) for one in held.values()]
