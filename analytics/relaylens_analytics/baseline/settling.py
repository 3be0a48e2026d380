"""Judging as runs settle: each new run beside the latest good runs of its deployment, in the transaction of settling.

What good runs score among themselves is learned anew when a deployment has a tenth more runs, or verdicts have changed; a verdict also
has the latest runs judged again. A run that is itself among the good ones is judged by the others, and runs that come together do not
vouch for each other. There is no verdict before enough good runs differ from each other.
"""

from dataclasses import dataclass, replace
from typing import Final, Self
from weakref import WeakKeyDictionary

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relaylens_analytics import statements
from relaylens_analytics.baseline import verdicts
from relaylens_analytics.baseline.judging import Baseline
from relaylens_analytics.baseline.kinds import count_of, kinds_of
from relaylens_analytics.baseline.profiles import Floats, Places, Profiles

GROWTH: Final = 1.1
"""A deployment that has grown by this factor is learned anew."""

_HELD: Final = 8
"""Deployments whose good runs' profiles are held in memory, those judged last: some hundred kilobytes each."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a store sets of this detector."""

    alarm_budget: float
    least_history: int
    most_history: int

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection) -> Self:
        """Read them from the variables that settling sets."""
        ((budget, least, most),) = connection.execute(statements.read("baseline/limits").text).fetchall()
        return cls(float(budget), int(least), int(most))


@dataclass(frozen=True, slots=True)
class _Learned:
    """What was last learned of a deployment."""

    good: tuple[str, ...]
    """Its good runs."""

    known: int
    """The runs that it had."""

    kinds: Places | None = None
    """Of each good run the number of its kind; None where they are too few, or not looked at yet."""

    scores: dict[str, Floats] | None = None
    """What these score among themselves by each view; None where too few differ."""

    suspicions: Floats | None = None

    profiles: pa.Table | None = None
    """The profiles of the good runs as they are stored, while they are held."""

    def is_enough(self, least: int) -> bool:
        """Whether enough good runs differ, as far as is known."""
        return len(self.good) >= least and (self.kinds is None or count_of(self.kinds) >= least)


_memories: WeakKeyDictionary[duckdb.DuckDBPyConnection, dict[str | None, _Learned]] = WeakKeyDictionary()
"""What was learned in each store, by deployment."""


def judge_settled(connection: duckdb.DuckDBPyConnection, *, learn_anew: bool) -> None:
    """Judge the runs that settling has just derived (`new_runs`), after their conversations are replaced.

    With `learn_anew`, because verdicts have changed or something was erased, the latest runs of every deployment are judged again.
    """
    limits = Limits.of(connection)
    memory = _memories.setdefault(connection, {})
    if learn_anew:
        memory.clear()
    asked = connection.execute(statements.read("baseline/runs_to_judge").text, {"again": learn_anew, "most": limits.most_history})
    deployments: dict[str | None, set[str]] = {}
    for service, run in asked.fetchall():
        deployments.setdefault(service, set()).add(run)
    for service, runs in deployments.items():
        _judge(connection, memory, limits, service, runs)


def forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Let go of what was learned in a store: it may be of runs whose transaction was rolled back."""
    _memories.pop(connection, None)


def _judge(
    connection: duckdb.DuckDBPyConnection, memory: dict[str | None, _Learned], limits: Limits, service: str | None, runs: set[str]
) -> None:
    """Judge some runs of a deployment, and learn what is usual in it first where that is due."""
    learned = memory.pop(service, None)
    values = {"service": service, "good": list(learned.good) if learned else []}
    ((known, held),) = connection.execute(statements.read("baseline/profiled_runs").text, values).fetchall()
    if learned is None or len(learned.good) < limits.least_history or known >= GROWTH * learned.known:
        # Runs that come together do not vouch for each other where there are enough older ones.
        good = _names(connection, "good_runs", service=service, most=limits.most_history, with_new=False)
        if len(good) < limits.least_history:
            good = _names(connection, "good_runs", service=service, most=limits.most_history, with_new=True)
        learned, held = _Learned(good, known), len(good)
        if len(good) >= limits.least_history:
            runs = runs.union(_names(connection, "unjudged_runs", service=service, most=limits.most_history))
    if held < len(learned.good) or not runs.isdisjoint(learned.good):
        learned = replace(learned, profiles=None)
    if not learned.is_enough(limits.least_history):
        table = _profiles(connection, service, runs)
    elif learned.profiles is None:
        table = _profiles(connection, service, runs.union(learned.good))
        learned = replace(learned, profiles=table.filter(pc.is_in(table.column("run"), pa.array(learned.good, pa.string()))))
    else:
        table = pa.concat_tables([learned.profiles, _profiles(connection, service, runs)]).sort_by("run")
    profiles, about = Profiles.of_table(table), table.select(verdicts.OF_THE_RUN)
    asked = np.array([place for place, run in enumerate(profiles.runs) if run in runs], dtype=np.intp)
    is_member = np.isin(profiles.runs, learned.good)
    past = profiles.at(np.flatnonzero(is_member))
    if learned.is_enough(limits.least_history) and (learned.kinds is None or len(past) < len(learned.good)):
        learned = replace(_learned(past, known, limits.least_history), profiles=learned.profiles)
    memory[service] = learned
    _hold_few(memory)
    if learned.scores is None or learned.suspicions is None or learned.kinds is None:
        history = len(learned.good) if learned.kinds is None else count_of(learned.kinds)
        verdicts.store(connection, service, about.take(asked), verdicts.without_history(len(asked), history))
        return
    baseline = Baseline(past, learned.scores, learned.suspicions, learned.kinds)
    others, own = asked[~is_member[asked]], asked[is_member[asked]]
    judged: list[pa.Table] = []
    for places, judgement in (
        (others, baseline.judge(profiles.at(others))),
        (own, baseline.judge_own([past.runs.index(profiles.runs[place]) for place in own])),
    ):
        may_alarm = table.column("may_alarm").to_numpy()[places]
        judged.append(verdicts.of(baseline, profiles.at(places), judgement, limits.alarm_budget, may_alarm))
    verdicts.store(connection, service, about.take(np.concatenate([others, own])), pa.concat_tables(judged))


def _hold_few(memory: dict[str | None, _Learned]) -> None:
    """Let go of the profiles of deployments that were not judged lately; the last one of the memory was judged last."""
    for service in list(memory)[:-_HELD]:
        if memory[service].profiles is not None:
            memory[service] = replace(memory[service], profiles=None)


def _learned(past: Profiles, known: int, least: int) -> _Learned:
    """Learn what is usual among good runs, where enough of them differ."""
    learned = _Learned(past.runs, known, kinds_of(past.values))
    if not learned.is_enough(least):
        return learned
    baseline = Baseline.of(past, learned.kinds)
    return replace(learned, scores=baseline.scores, suspicions=baseline.suspicions)


def _profiles(connection: duckdb.DuckDBPyConnection, service: str | None, runs: set[str]) -> pa.Table:
    """The profiles of some runs, in order of their names."""
    values = {"service": service, "runs": sorted(runs)}
    return connection.sql(statements.read("baseline/profiles_of_runs").text, params=values).to_arrow_table()


def _names(connection: duckdb.DuckDBPyConnection, query: str, **values: object) -> tuple[str, ...]:
    """The runs that a query answers."""
    return tuple(run for (run,) in connection.execute(statements.read(f"baseline/{query}").text, values).fetchall())
