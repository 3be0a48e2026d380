"""Verdicts of a baseline as rows: the suspicion of each run, and a finding for each that is flagged."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa

from relaylens_analytics.baseline.judging import Baseline, Judgement
from relaylens_analytics.baseline.profiles import Floats, Profiles
from relaylens_analytics.baseline.standing_out import standing_out
from relaylens_analytics.baseline.steps import UsualSteps, began_at
from relaylens_analytics.stages import statement

ROWS: Final = pa.schema(
    [
        ("run", pa.string()),
        ("conversation", pa.string()),
        ("service_name", pa.string()),
        ("ended_at", pa.timestamp("us")),
        ("history", pa.int32()),
        ("p_value", pa.float64()),
        ("suspicion", pa.float64()),
        ("alarm", pa.bool_()),
        ("views", pa.map_(pa.string(), pa.float64())),
        ("scores", pa.list_(pa.float64())),
        ("began_at", pa.int32()),
        ("message", pa.string()),
    ]
)
"""What is written of each run before its acts are looked up."""


_SAID: Final = ("history", "p_value", "suspicion", "alarm", "scores", "began_at", "message")
"""Columns that a verdict has under the same name."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a baseline says of one run."""

    history: int
    p_value: float | None
    suspicion: float | None
    alarm: bool
    views: dict[str, float]
    scores: list[float] | None
    """Of a flagged run, how unusual each act is."""

    began_at: int | None
    """Which of them it is that it began with, from 1."""

    message: str | None


_DIGITS: Final = 6
"""Of what is kept of a verdict: random digits behind them take most of the room, and tell nothing."""

_DIGITS_OF_VIEWS: Final = 3
"""Of the chances by single views, which are only shown: all that a few hundred good runs can tell."""

_Told: TypeAlias = tuple[list[float], int | None, str]
"""Of a flagged run: `scores`, `began_at` and `message` of its verdict."""


def without_history(runs: int, history: int) -> list[Verdict]:
    """No verdict, since there are too few good runs."""
    return [Verdict(history, None, None, alarm=False, views={}, scores=None, began_at=None, message=None)] * runs


def of(baseline: Baseline, runs: Profiles, judgement: Judgement, budget: float, may_alarm: Sequence[bool]) -> list[Verdict]:
    """One verdict a run; a flag only where it may be an alarm: not for runs known to have failed, nor for those called good."""
    flagged = np.flatnonzero((judgement.chances.at_most <= budget) & judgement.is_new & np.array(may_alarm, dtype=bool))
    is_own = np.isin(runs.runs, baseline.past.runs)
    told: dict[int, _Told] = {}
    # what is usual is learnt once for all runs that are none of the good ones, and anew for each that is one
    for places in (flagged[~is_own[flagged]], *flagged[is_own[flagged]][:, np.newaxis]):
        if len(places):
            past = baseline.without(runs.runs[places[0]])
            told.update(zip(places.tolist(), _told(past, runs.at(places), judgement.chances.p_value[places]), strict=True))
    views = [[round(value, _DIGITS_OF_VIEWS) for value in of_view.tolist()] for of_view in judgement.views.values()]
    found = []
    for place, (p_value, suspicion, *of_views) in enumerate(
        zip(judgement.chances.p_value.tolist(), judgement.suspicion.tolist(), *views, strict=True)
    ):
        found.append(
            Verdict(
                baseline.history,
                math.ceil(p_value * 10**_DIGITS) / 10**_DIGITS,
                round(suspicion, _DIGITS),
                place in told,
                dict(zip(judgement.views, of_views, strict=True)),
                *told.get(place, (None, None, None)),
            )
        )
    return found


def _told(past: Profiles, runs: Profiles, p_values: Floats) -> Iterator[_Told]:
    """How unusual each act of flagged runs is, with which each began, and a sentence of what stands out."""
    first, scores = began_at(UsualSteps.of(past).scores(runs.acts), runs.acts, len(runs))
    bounds = np.searchsorted(runs.acts.row, np.arange(len(runs) + 1))
    for place, reasons in enumerate(standing_out(past, runs)):
        began = int(first[place])
        if began >= 0 and runs.acts.tool[began] >= 0:
            reasons.append(f"from a call of {runs.tools[runs.acts.tool[began]][:80]} on")
        p_value = p_values[place]
        chance = "less than 1 in 1,000" if p_value < 0.001 else f"{p_value:.1%}"  # noqa: PLR2004 - a bound that reads well
        said = "; ".join(reasons) or "nothing by itself, but its figures do not go together"
        message = f"Unlike the last {len(past)} good runs ({chance} of them are as unusual): {said}"
        of_acts = scores[bounds[place] : bounds[place + 1]].tolist()
        yield of_acts, None if began < 0 else began - int(bounds[place]) + 1, message


def store(connection: duckdb.DuckDBPyConnection, service: str | None, runs: pa.Table, verdicts: Sequence[Verdict]) -> None:
    """Replace what is stored of these runs of a deployment."""
    if not verdicts:
        return
    views = [one.views if one.p_value is not None else None for one in verdicts]
    said = {
        "service_name": [service] * len(verdicts),
        "views": [None if of_run is None else list(of_run.items()) for of_run in views],
        **{name: [getattr(one, name) for one in verdicts] for name in _SAID},
    }
    columns = {**{name: runs.column(name) for name in ("run", "conversation", "ended_at")}, **said}
    connection.register("verdicts", pa.table({name: columns[name] for name in ROWS.names}, schema=ROWS))
    try:
        ((before,),) = connection.execute(statement("baseline/judged_before.sql")).fetchall()
        if before:
            for name in ("delete_suspicions", "count_down", "delete_findings", "delete_hints"):
                connection.execute(statement(f"baseline/{name}.sql"))
        connection.execute(statement("baseline/insert_suspicions.sql"))
        if any(one.alarm for one in verdicts):
            connection.execute(statement("baseline/find_unusual.sql"))
            connection.execute(f"CREATE OR REPLACE TEMP VIEW found_unusual AS {statement('findings/unusual_run.sql')}")
            for name in ("insert_findings", "count_up"):
                connection.execute(statement(f"baseline/{name}.sql"))
            connection.execute("TRUNCATE unusual_runs")
    finally:
        connection.unregister("verdicts")
