"""Agents that have gone quiet: known to a deployment, and for longer than by their own rhythm without a turn in its runs.

Time is counted in runs of the deployment and by their clocks: nights and weekends, in which nothing runs, are no silence, nor is a burst
of runs of another kind; and the same runs give the same findings whenever they are settled. What is known of the latest runs stays in
memory, so that a settling asks only for its own.
"""

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Final, Self
from weakref import WeakKeyDictionary

import duckdb

from relaylens_analytics import statements

_PRIOR: Final = 0.5
"""Jeffreys' prior of a share: of either outcome half a run."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a store sets of this detector."""

    least_history: int
    most_history: int
    least_share: float
    chance: float
    times_longest: float

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection) -> Self:
        """Read them from the variables that settling sets."""
        (values,) = connection.execute(statements.read("rhythm/limits").text).fetchall()
        return cls(*values)

    @property
    def remembered(self) -> int:
        """How many runs have to be known to judge one: the past of an agent, and its longest silence."""
        return self.most_history + 2 * math.ceil(math.log(self.chance) / math.log(1 - self.least_share)) + self.most_history


@dataclass(frozen=True, slots=True)
class Run:
    """A run that ended, with the last turn of each agent in it."""

    began: int
    run: str
    turns: Mapping[str, str]

    @property
    def place(self) -> tuple[int, str]:
        """Its place among the runs of its deployment."""
        return self.began, self.run


@dataclass(frozen=True, slots=True)
class Silence:
    """An agent that has gone quiet by the end of a run."""

    run: str
    agent: str
    silent: int
    """Runs without it, this one included."""

    took_part: int
    of: int
    """Runs before, and in how many of them it had a turn."""

    last_turn: str


_memories: WeakKeyDictionary[duckdb.DuckDBPyConnection, dict[str | None, dict[str, Run]]] = WeakKeyDictionary()
"""The latest runs of each deployment, by store."""


def listen(connection: duckdb.DuckDBPyConnection) -> bool:
    """Fill `quiet_agents` from the runs at work beside the latest ones of their deployments; whether there is any."""
    limits = Limits.of(connection)
    memory = _memories.setdefault(connection, {})
    asked = _at_work(connection)
    found: list[Silence] = []
    for service, runs in asked.items():
        known = memory.get(service)
        if known is None:
            stored = connection.execute(statements.read("rhythm/latest_runs").text, {"service": service, "most": limits.remembered})
            known = {run: Run(began, run, turns) for run, began, turns in stored.fetchall()}
        known |= {name: run for name, run in runs.items() if run is not None}
        in_order = sorted((run for name, run in known.items() if runs.get(name, run) is not None), key=lambda run: run.place)
        found += [silence for silence in silences(in_order, limits) if silence.run in runs]
        memory[service] = {run.run: run for run in in_order[-limits.remembered :]}
    for one in found:
        values = [one.run, one.agent, one.silent, one.took_part, one.of, one.last_turn]
        connection.execute("INSERT INTO quiet_agents VALUES (?, ?, ?, ?, ?, ?)", values)
    return bool(found)


def _at_work(connection: duckdb.DuckDBPyConnection) -> Mapping[str | None, Mapping[str, Run | None]]:
    """The runs at work by deployment and name; nothing of those that may lack agents because they go on or failed."""
    found: dict[str | None, dict[str, Run | None]] = defaultdict(dict)
    for service, run, began, agent, step, is_whole in connection.execute(statements.read("rhythm/runs_at_work").text).fetchall():
        known = found[service].get(run)
        turns = {agent: step} if known is None else {**known.turns, agent: step}
        found[service][run] = Run(began if known is None else min(began, known.began), run, turns) if is_whole else None
    return found


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Let go of what is known of a store: it may be of runs whose transaction was rolled back."""
    _memories.pop(connection, None)


def _surprise(took_part: int, of: int, silent: int) -> float:
    """Minus the logarithm of the chance that an agent lacks a turn in so many runs, of which as little is known as its past tells.

    The share of runs in which it has a turn is not known but estimated, from few runs badly: the chance is that of a beta-binomial
    distribution. The past begins with a turn by its definition, which tells nothing.
    """
    turns, others = took_part - 1 + _PRIOR, of - took_part + _PRIOR
    return _log_beta(turns, others) - _log_beta(turns, others + silent)


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)


def silences(runs: list[Run], limits: Limits) -> Iterator[Silence]:
    """Each agent's silences, told at the run in which they become longer than chance and the agent's own rhythm explain."""
    present: dict[str, list[int]] = defaultdict(list)
    for place, run in enumerate(runs):
        for agent in run.turns:
            present[agent].append(place)
    for agent, places in present.items():
        for number, (last, following) in enumerate(pairwise([*places, len(runs)])):
            if following - last <= 1:
                continue
            first = max(places[0], last + 1 - limits.most_history)
            past = places[bisect_left(places, first) : number + 1]
            of = last + 1 - first
            if of < limits.least_history or (len(past) + 0.5) / (of + 1) < limits.least_share:
                continue
            if _surprise(len(past), of, following - last - 1) < -math.log(limits.chance):
                continue
            longest = max((after - before - 1 for before, after in pairwise(past)), default=0)
            hours = max((runs[after].began - runs[before].began for before, after in pairwise(past)), default=0)
            lengths = range(1, following - last)
            by_chance = 1 + bisect_left(lengths, -math.log(limits.chance), key=partial(_surprise, len(past), of))
            enough = max(by_chance, math.floor(limits.times_longest * longest) + 1)
            late = runs[last].began + limits.times_longest * hours
            told = next((run for run in runs[last + enough : following] if run.began >= late), None)
            if told is not None:
                silent = bisect_left(runs, told.place, key=lambda run: run.place) - last
                yield Silence(told.run, agent, silent, len(past), of, runs[last].turns[agent])
