"""Who took which value from whom: where each value of a run first stood, who held it after that, and where it changed."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from relaylens_analytics.blame import entities
from relaylens_analytics.blame.entities import Kind, Value
from relaylens_analytics.blame.record import RunRecord


class Place(IntEnum):
    """Where in a step a value stands; of one moment, in this order."""

    GIVEN = 0
    CALLED = 1
    RETURNED = 2
    SAID = 3


IN_WORDS = {
    Place.GIVEN: "was given",
    Place.CALLED: "called a tool with",
    Place.RETURNED: "got from a tool",
    Place.SAID: "said",
}
"""What a step did with a value that stands there."""

_SHORTEST_WORD = 4
"""Letters of a word that can name the value after it; shorter ones join words."""

_JOINING = frozenset(
    (
        "about",
        "above",
        "after",
        "around",
        "before",
        "below",
        "between",
        "down",
        "during",
        "early",
        "first",
        "from",
        "into",
        "last",
        "late",
        "least",
        "less",
    )
)
_JOINING |= frozenset(
    (
        "more",
        "most",
        "nearly",
        "next",
        "only",
        "over",
        "page",
        "past",
        "since",
        "step",
        "than",
        "that",
        "then",
        "this",
        "times",
        "under",
        "until",
        "upto",
        "with",
    )
)
"""Words before a value that do not say what it is."""


@dataclass(frozen=True, slots=True)
class Holding:
    """A step in which a value stands, and where in it."""

    turn: int
    place: Place
    span_id: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class Change:
    """A value that a step holds under a name under which an earlier one held another, nearly the same."""

    before: Value
    after: Value
    held: Holding
    """Where the other value stood last."""

    at: Holding
    """Where the changed value stands first."""


@dataclass
class Flow:
    """The data flow of one run."""

    holdings: dict[str, list[Holding]] = field(default_factory=dict)
    """By value, who held it, in order of time; the first is where it came from."""

    requested: set[str] = field(default_factory=set)
    """Values of the request."""

    new: dict[int, list[Value]] = field(default_factory=lambda: defaultdict(list))
    """By step, the values that it said and that stood nowhere before."""

    fed: dict[int, list[Value]] = field(default_factory=lambda: defaultdict(list))
    """By step, the values it was given that stood nowhere before: whoever fed it made them."""

    changes: list[Change] = field(default_factory=list)
    sources: dict[int, dict[int, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    """By step, the earlier steps whose values it holds, with the values."""

    def takers(self, turn: int) -> dict[int, set[str]]:
        """Give the later steps that hold values which first stood in this one, with the values."""
        return {later: held[turn] for later, held in self.sources.items() if turn in held}

    def origin(self, value: str) -> Holding | None:
        """Give where a value first stood, None for one of the request or of nowhere."""
        held = self.holdings.get(value)
        return held[0] if held and value not in self.requested else None


@dataclass(frozen=True, slots=True)
class _Event:
    moment: datetime
    holding: Holding
    text: str


def trace(record: RunRecord) -> Flow:
    """Follow every value of the run."""
    flow = Flow()
    flow.requested = {value.text for value in entities.values(record.request)}
    known = _Known()
    for value in entities.values(record.request):
        known.hold(value, None)
    read: dict[str, list[Value]] = {}
    for event in sorted(_events(record), key=lambda event: (event.moment, event.holding.turn, event.holding.place)):
        if event.text not in read:
            read[event.text] = entities.values(event.text)
        _take(flow, known, event.holding, read[event.text])
    return flow


@dataclass
class _Known:
    """What has been seen so far under each key, and by whom last."""

    under: dict[str, dict[str, tuple[Value, Holding | None]]] = field(default_factory=dict)

    def hold(self, value: Value, holding: Holding | None) -> None:
        if _named(value) and value.kind in {Kind.NUMBER, Kind.IDENTIFIER, Kind.DATE}:
            self.under.setdefault(value.key, {})[value.text] = (value, holding)

    def other(self, value: Value) -> tuple[Value, Holding] | None:
        """Give the one other value known under the key of this one, if it is nearly the same."""
        held = self.under.get(value.key)
        if held is None or len(held) != 1 or value.text in held:
            return None
        ((before, holding),) = held.values()
        return (before, holding) if holding is not None and near(before, value) else None


def _named(value: Value) -> bool:
    """Tell whether a value has a name under which another may be compared with it."""
    return value.field or (len(value.key) >= _SHORTEST_WORD and value.key.isalpha() and value.key not in _JOINING)


def near(before: Value, after: Value) -> bool:
    """Tell whether one value looks like a slip of the other: the same kind and shape, most letters the same, or a number of like size."""
    if before.kind is not after.kind or before.text == after.text or not (before.telling and after.telling):
        return False
    if before.kind is Kind.NUMBER:
        one, other = entities.number(before.text), entities.number(after.text)
        return one is not None and other is not None and one * other > 0 and 1 / 3 <= one / other <= 3  # noqa: PLR2004 - like size
    return len(before.text) == len(after.text) and [c.isdigit() for c in before.text] == [c.isdigit() for c in after.text]


def _take(flow: Flow, known: _Known, holding: Holding, found: Sequence[Value]) -> None:
    """Account for the values of one text of one step."""
    seen: set[str] = set()
    alone = Counter(value.key for value in found)
    held_here = {value.text for value in found}
    for value in found:
        if value.text in seen:
            continue
        seen.add(value.text)
        held = flow.holdings.get(value.text)
        if held is None:
            flow.holdings[value.text] = [holding]
            if value.text not in flow.requested:
                _appear(flow, known, holding, value, held_here if alone[value.key] == 1 else None)
        elif held[-1].turn != holding.turn:
            held.append(holding)
        if held is not None and value.telling and value.text not in flow.requested and held[0].turn != holding.turn:
            flow.sources[holding.turn][held[0].turn].add(value.text)
    for value in found:
        known.hold(value, holding)


def _appear(flow: Flow, known: _Known, holding: Holding, value: Value, beside: set[str] | None) -> None:
    """Note a value that stood nowhere before; `beside` are the others of its text, None where it shares its name with one of them."""
    if holding.place is Place.SAID:
        flow.new[holding.turn].append(value)
    elif holding.place is Place.GIVEN and holding.turn > 0:
        flow.fed[holding.turn].append(value)
    other = known.other(value) if beside is not None and holding.place is not Place.RETURNED else None
    if other is not None and beside is not None and other[0].text not in beside:
        flow.changes.append(Change(other[0], value, other[1], holding))


def _events(record: RunRecord) -> Iterator[_Event]:
    """Give every text of the run with when and where it stood."""
    start = min((turn.started_at for turn in record.turns if turn.started_at), default=datetime.min)  # noqa: DTZ901 - the store keeps UTC without a zone
    places = {turn.step: turn.index for turn in record.turns}
    for turn in record.turns:
        begun = turn.started_at or start
        here = turn.index, turn.span_id, turn.trace_id
        if turn.given and turn.index > 0:
            yield _Event(begun, Holding(here[0], Place.GIVEN, *here[1:]), turn.given)
        if turn.said:
            yield _Event(turn.ended_at or begun, Holding(here[0], Place.SAID, *here[1:]), turn.said)
    for call in record.calls:
        if call.step in places:
            begun = call.started_at or start
            turn_index = places[call.step]
            yield _Event(begun, Holding(turn_index, Place.CALLED, call.span_id, call.trace_id), call.arguments)
            yield _Event(call.ended_at or begun, Holding(turn_index, Place.RETURNED, call.span_id, call.trace_id), call.result)
