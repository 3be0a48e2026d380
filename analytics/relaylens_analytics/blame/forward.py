"""What took something from a step: the steps, agents and people after it, and later runs that hold a value which first stood there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from relaylens_analytics.blame import cascades
from relaylens_analytics.blame.entities import Kind
from relaylens_analytics.blame.ranking import Blame
from relaylens_analytics.blame.record import RunRecord
from relaylens_analytics.queries import runs
from relaylens_analytics.reader import Reader

_MOST_VALUES: Final = 5
_MOST_LOOKED_FOR: Final = 20
_LONG_ENOUGH: Final = 6
"""Letters of a value by which another run is recognised; shorter ones are there by chance."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A later step that something of a step has reached."""

    step: str
    agent: str
    position: int
    values: tuple[str, ...]
    """What it holds that first stood in the step; empty where it only got the work, at first hand or further."""

    direct: bool
    """Whether it got work or values from the step itself."""


@dataclass(frozen=True, slots=True)
class LaterRun:
    """A run that began later and holds a value which first stood in the step."""

    run: str
    conversation: str
    started_at: datetime | None
    agents: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Everything that took something from a step."""

    taken: tuple[Taken, ...]
    people: tuple[str, ...]
    """Questions to people asked by the step or after it, each in a few words."""

    runs: tuple[LaterRun, ...]

    @property
    def agents(self) -> tuple[str, ...]:
        """The other agents that were reached."""
        return tuple(dict.fromkeys(taken.agent for taken in self.taken))


def reach(reader: Reader, blame: Blame, step: str) -> Reach:
    """Tell what took something from a step of a run that blame has been asked about."""
    record = blame.record
    turn = record.by_step[step]
    after = cascades.downstream(record, blame.flow, blame.feeds)
    reached = cascades.reached(after, turn.index)
    held = blame.flow.takers(turn.index)
    taken = tuple(
        Taken(
            record.turns[later].step,
            record.turns[later].agent,
            later + 1,
            tuple(sorted(held.get(later, ()), key=lambda value: (-len(value), value))[:_MOST_VALUES]),
            later in after[turn.index],
        )
        for later in reached
    )
    return Reach(taken, tuple(_people(record, {turn.index, *reached})), tuple(_later_runs(reader, blame, turn.index)))


def _people(record: RunRecord, turns: set[int]) -> Iterator[str]:
    agents = {record.turns[turn].agent for turn in turns}
    begun = min((moment for turn in turns if (moment := record.turns[turn].started_at) is not None), default=None)
    for row in record.escalations:
        if row["agent"] in agents and (begun is None or row["requested_at"] is None or row["requested_at"] >= begun):
            who = row["answered_by"] or "a person"
            yield f"{row['agent']} asked {who}: {row['state']}"


def _later_runs(reader: Reader, blame: Blame, turn: int) -> Iterator[LaterRun]:
    """Look for values by which a run can be recognised: long identifiers and what was put in quotes."""
    record = blame.record
    new = [
        value for value in blame.flow.new.get(turn, []) if value.kind in {Kind.IDENTIFIER, Kind.QUOTED} and len(value.text) >= _LONG_ENOUGH
    ]
    ended = record.run["ended_at"] or record.run["started_at"]
    if not new or ended is None:
        return
    values = [value.text for value in new[:_MOST_LOOKED_FOR]]
    for row in runs.values_taken(reader, values, ended, service=record.run["service_name"]).to_pylist():
        if row["run"] != record.run["run"]:
            yield LaterRun(
                row["run"], row["conversation"], row["started_at"], tuple(row["agents"]), tuple(row["values_held"][:_MOST_VALUES])
            )
