"""Gives a recorded run an entity of its own that all its texts carry, as an order's number would run through the work on it.

The scripted captures are short, and their agents pass on little that could be lost. So the texts that people and agents say, and what
agents are asked to do, each end with a mark; a twin puts an entity in its place, or takes it away where a fault has swallowed it. A text
that occurs again in later prompts, in whatever attribute, event or log record, is the same text and carries the same mark; system prompts
carry none. Which texts are said is read by the product's own reader of messages, so that no framework is special here.
"""

import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.faults.places import Places
from tests.faults.recordings import Key, Recording, key_of, plain, texts_of

from relaylens_analytics.message_shapes import Kind, Message, parsed
from relaylens_analytics.messages import Event, Exchange, exchange

MARK: Final = re.compile(r"~E(\d+)~")
LEAST_WORDS: Final = 4
LONGEST: Final = 2_000
CODE: Final = re.compile(r'[{}=<\\"]|~E')

FORMS: Final = (
    " (order {letter}-{id}, {amount} EUR)",
    " (ticket ref {letter}{letter2}{id}, {amount} USD)",
    " [invoice INV-{id}, total {amount}]",
    " for account {id}-{small}, amount {amount}",
)
"""How people name what they talk about."""


@dataclass(frozen=True)
class Entity:
    """An identifier and a number, as a text says them."""

    text: str
    identifier: str
    amount: str


@dataclass
class Planted:
    """A recording whose texts carry marks, and when each text was first said."""

    recording: Recording
    places: Places
    texts: dict[int, str] = field(default_factory=dict)
    """The marked texts by their number."""

    said: dict[int, int] = field(default_factory=dict)
    """When each marked text can have been known first."""

    results: frozenset[int] = frozenset()
    """The marked texts that a tool has answered, too."""

    def known_at(self, moment: int) -> set[int]:
        """The texts that had been said by then."""
        return {number for number, said in self.said.items() if said <= moment}


def entity(rng: random.Random) -> Entity:
    """An identifier and an amount as any deployment has them."""
    form = rng.choice(FORMS)
    amount = f"{rng.randint(100, 9_999)}.{rng.randint(10, 99)}"
    number = str(rng.randint(10_000, 99_999))
    letters = rng.sample("ABCDEFGHKLMNPRSTUVWXYZ", 2)
    text = form.format(letter=letters[0], letter2=letters[1], id=number, amount=amount, small=rng.randint(100, 999))
    return Entity(text, number, amount)


def fill(recording: Recording, choose: Callable[[Span | LogRecord, int], str]) -> None:
    """Put what is chosen for each span and text in the place of the marks."""
    recording.rewrite(
        lambda owner, text: MARK.sub(lambda found: choose(owner, int(found[1])), text) if "~E" in text else text,
    )


def plant(recording: Recording, places: Places) -> Planted:
    """Mark the texts of a recording; places are those of the recording as it was."""
    heard, results, system = _heard(recording, places)
    atoms: list[str] = []
    for text in sorted(heard, key=len):
        if not any(text in told for told in system) and not any(atom in text for atom in atoms):
            atoms.append(text)
    forms = [(number, spelled) for number, atom in enumerate(atoms) for spelled in spellings(atom)]
    forms.sort(key=lambda form: len(form[1]), reverse=True)

    def marked(_owner: Span | LogRecord, text: str) -> str:
        for number, spelled in forms:
            if spelled in text:
                text = text.replace(spelled, f"{spelled}~E{number}~")
        return text

    recording.rewrite(marked)
    planted = Planted(recording, places, dict(enumerate(atoms)), results=frozenset(n for n, atom in enumerate(atoms) if atom in results))
    planted.said = _said(recording, places)
    return planted


def marks_in(texts: Iterable[str]) -> set[int]:
    """The numbers of the marks in some texts."""
    return {int(found) for text in texts for found in MARK.findall(text)}


def all_texts(recording: Recording) -> Iterator[tuple[Span | LogRecord, str]]:
    """Every text of a recording with the span or record it belongs to."""
    seen: list[tuple[Span | LogRecord, str]] = []

    def note(owner: Span | LogRecord, text: str) -> str:
        seen.append((owner, text))
        return text

    recording.rewrite(note)
    return iter(seen)


def texts_by_span(recording: Recording) -> dict[Key, list[str]]:
    """The texts of each span, those of its log records included."""
    found: dict[Key, list[str]] = {}
    for owner, text in all_texts(recording):
        found.setdefault(key_of(owner), []).append(text)
    return found


def exchanges(recording: Recording) -> Iterator[tuple[Key, Exchange]]:
    """What each span was given and answered, as the product reads it."""
    logs: dict[Key, list[Event]] = {}
    for record in recording.records():
        logs.setdefault(key_of(record), []).append(Event(record.event_name, texts_of(record.attributes), _body(record)))
    for span in recording.spans():
        events = [Event(event.name, texts_of(event.attributes)) for event in span.events]
        yield key_of(span), exchange(texts_of(span.attributes), events, logs.get(key_of(span), ()))


def _heard(recording: Recording, places: Places) -> tuple[set[str], set[str], set[str]]:
    """What people and agents said or asked for, what tools answered, and what stands in system prompts."""
    heard: set[str] = set()
    results = {text for call in places.calls.values() if call.kind == "tool" and call.result for text in leaves(call.result)}
    system: set[str] = set()
    for key, spoken in exchanges(recording):
        call = places.calls.get(key)
        if call is not None and call.kind == "tool":
            continue
        for message in (*spoken.given, *spoken.answered):
            _sort(message, heard, system)
    return heard, results, system


def _body(record: LogRecord) -> str | None:
    """The body of a log record as the store holds it: a text, or JSON."""
    if record.body.HasField("string_value"):
        return record.body.string_value
    return json.dumps(plain(record.body), ensure_ascii=False) if record.HasField("body") else None


def _sort(message: Message, heard: set[str], system: set[str]) -> None:
    if message.role in {"system", "developer"}:
        system.add(message.text)
    elif message.kind in {Kind.TEXT, Kind.TOOL_CALL}:
        heard.update(text for text in leaves(message.text) if len(text.split()) >= LEAST_WORDS and not CODE.search(text))


def leaves(text: str) -> Iterator[str]:
    """The single texts within a text that may be JSON."""
    value = parsed(text)
    waiting: list[object] = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str) and item.strip() and len(item) <= LONGEST:
            yield item.strip()
        elif isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list | tuple):
            waiting.extend(item)


def spellings(text: str) -> list[str]:
    """A text as it stands, as JSON writes it, and as JSON within JSON does."""
    found = [text]
    for ascii_only in (True, False):
        once = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        found += [once, json.dumps(once, ensure_ascii=ascii_only)[1:-1]]
    return list(dict.fromkeys(found))


def _said(recording: Recording, places: Places) -> dict[int, int]:
    """The earliest end of a span that holds each text; the outermost span's own input was there before all others."""
    said: dict[int, int] = {}
    first = min((span.start_time_unix_nano for span in recording.spans()), default=0)
    opening = next((step for step in places.steps), None)
    for owner, text in all_texts(recording):
        for number in marks_in([text]):
            end = owner.end_time_unix_nano if isinstance(owner, Span) else owner.time_unix_nano or owner.observed_time_unix_nano
            said[number] = min(said.get(number, end), end)
    if opening is not None:
        for number in _asked_of(recording, opening.key):
            said[number] = first
    return said


def _asked_of(recording: Recording, opening: Key) -> set[int]:
    """The marks in what the first step was asked: its first message by a person."""
    for span in recording.spans():
        if key_of(span) == opening or not span.parent_span_id:
            given = exchange(texts_of(span.attributes)).given
            asked = next((message for message in given if message.role == "user" and MARK.search(message.text)), None)
            if asked is not None:
                return marks_in([asked.text])
    return set()
