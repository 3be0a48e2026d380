"""What settling makes of recordings: the steps, handoffs and calls among which a fault finds its place."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb
from tests.faults.recordings import Key, Recording

from relaylens_analytics.settle import settle
from relaylens_collector.mapping import decode
from relaylens_collector.records import Record
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store

AT_ONCE: Final = 250
"""How many recordings are settled at once."""


@dataclass(frozen=True)
class Step:
    """An agent's turn."""

    key: Key
    agent: str
    parent: Key | None
    start: int
    end: int


@dataclass(frozen=True)
class Handoff:
    """Work that went from one agent to another, and came back if `returns`."""

    span: Key
    source: str
    target: str
    returns: bool
    rule: str
    from_step: Key | None
    to_step: Key | None


@dataclass(frozen=True)
class Call:
    """A call of a model or a tool, or any other span that settling has placed."""

    key: Key
    kind: str
    step: Key | None
    agent: str | None
    tool: str | None
    result: str | None
    hands_over: bool
    """It is a tool made for handing work to somebody."""


@dataclass(frozen=True)
class Question:
    """A question to a person, and the answer if there is one."""

    span: Key
    agent: str | None
    state: str
    answered: int | None
    answer: str | None


@dataclass
class Places:
    """The nouns of one run."""

    steps: list[Step] = field(default_factory=list)
    handoffs: list[Handoff] = field(default_factory=list)
    calls: dict[Key, Call] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)

    def step(self, key: Key | None) -> Step | None:
        """The step of that name."""
        return next((step for step in self.steps if step.key == key), None)

    def spans_of(self, step: Step) -> set[Key]:
        """The spans of a step, those of steps within it included."""
        inside, grown = {step.key}, True
        while grown:
            more = {other.key for other in self.steps if other.parent in inside} - inside
            inside |= more
            grown = bool(more)
        return {call.key for call in self.calls.values() if call.step in inside} | inside


def apply(store: Store, messages: Sequence[tuple[Signal, bytes]]) -> None:
    """Store requests as the collector does, numbered after those that are there."""
    first = store.last_batch() + 1
    store.apply(
        [
            (
                Record(seq=seq, signal=signal, received_unix_nano=1, request_hash=hashlib.sha256(body).digest(), body=body).receipt,
                decode(signal, body),
            )
            for seq, (signal, body) in enumerate(messages, first)
        ]
    )


@contextmanager
def settled(recordings: Sequence[Recording]) -> Iterator[Store]:
    """A store with the recordings applied and settled, in the order given."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "relaylens.duckdb")
        try:
            for first in range(0, len(recordings), AT_ONCE):
                apply(store, [request for recording in recordings[first : first + AT_ONCE] for request in recording.requests()])
                settle(store.connection)
            yield store
        finally:
            store.close()


def places(recordings: Sequence[Recording]) -> list[Places]:
    """The nouns of each recording; no two of them may share a trace."""
    with settled(recordings) as store:
        return _read(store.connection, recordings)


def _read(connection: duckdb.DuckDBPyConnection, recordings: Sequence[Recording]) -> list[Places]:
    """Sort the rows of a store by the recording that their trace belongs to."""
    found: dict[int, Places] = defaultdict(Places)
    owner = {span.trace_id.hex(): place for place, recording in enumerate(recordings) for span in recording.spans()}
    for trace, span, agent, parent, start, end in _rows(
        connection,
        "SELECT trace_id, span_id, agent, parent_step, epoch_ns(started_at), epoch_ns(coalesce(ended_at, started_at)) FROM steps"
        " ORDER BY run, position",
    ):
        found[owner[trace]].steps.append(Step((trace, span), agent, _key(parent), start, end))
    for trace, span, source, target, mode, rule, from_step, to_step in _rows(
        connection,
        "SELECT trace_id, span_id, from_agent, to_agent, mode, rule, from_step, to_step FROM handoffs"
        " WHERE NOT is_return AND ok AND target_type = 'agent' AND to_step IS NOT NULL ORDER BY run, position",
    ):
        found[owner[trace]].handoffs.append(
            Handoff((trace, span), source, target, mode == "return_to_caller", rule, _key(from_step), _key(to_step))
        )
    for trace, span, kind, step, agent, tool, result, hands_over in _rows(
        connection,
        "SELECT trace_id, span_id, span_class, step, agent, tool_name, text_of(tool_result),"
        " coalesce(is_generic_transfer(tool_name) OR named_target(tool_name) IS NOT NULL, FALSE) FROM span_facts"
        " ORDER BY started_at, span_id",
    ):
        found[owner[trace]].calls[trace, span] = Call((trace, span), kind, _key(step), agent, tool, result, hands_over)
    for trace, span, agent, state, answered, answer in _rows(
        connection, "SELECT trace_id, span_id, agent, state, epoch_ns(answered_at), answer FROM escalations ORDER BY requested_at"
    ):
        found[owner[trace]].questions.append(Question((trace, span), agent, state, answered, answer))
    return [found[place] for place in range(len(recordings))]


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def _key(text: str | None) -> Key | None:
    if text is None:
        return None
    trace, _, span = text.partition(":")
    return trace, span
