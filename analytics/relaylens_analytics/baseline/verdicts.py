"""Verdicts of a baseline as rows: the suspicion of each run, and a finding for each that is flagged."""

from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relaylens_analytics.baseline.judging import Baseline, Judgement
from relaylens_analytics.baseline.profiles import Flags, Floats, Profiles
from relaylens_analytics.baseline.standing_out import standing_out
from relaylens_analytics.baseline.steps import UsualSteps, began_at
from relaylens_analytics.stages import statement

VERDICTS: Final = pa.schema(
    [
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
"""What a baseline says of runs, one row a run. `scores`: of a flagged run, how unusual each act is; `began_at`: which of them it is that it
began with, from 1."""

OF_THE_RUN: Final = ("run", "conversation", "ended_at")
"""Columns that are taken from the run itself."""

_DIGITS: Final = 6
"""Of what is kept of a verdict: random digits behind them take most of the room, and tell nothing."""

_DIGITS_OF_VIEWS: Final = 3
"""Of the chances by single views, which are only shown: all that a few hundred good runs can tell."""

_Told: TypeAlias = tuple[list[float] | None, int | None, str | None]
"""`scores`, `began_at` and `message` of a verdict."""

_NOT_TOLD: Final[_Told] = (None, None, None)
"""Those of a run that is not flagged."""


def without_history(runs: int, history: int) -> pa.Table:
    """No verdict, since there are too few good runs."""
    return _table({"history": np.full(runs, history), "alarm": np.zeros(runs, dtype=bool)}, runs)


def of(baseline: Baseline, runs: Profiles, judgement: Judgement, budget: float, may_alarm: Flags) -> pa.Table:
    """One verdict a run; a flag only where it may be an alarm: not for runs known to have failed, nor for those called good."""
    if not len(runs):
        return VERDICTS.empty_table()
    flagged = np.flatnonzero((judgement.chances.at_most <= budget) & judgement.is_new & may_alarm)
    is_own = np.isin(runs.runs, baseline.past.runs)
    told: dict[int, _Told] = {}
    # what is usual is learnt once for all runs that are none of the good ones, and anew for each that is one
    for places in (flagged[~is_own[flagged]], *flagged[is_own[flagged]][:, np.newaxis]):
        if len(places):
            past = baseline.without(runs.runs[places[0]])
            told.update(zip(places.tolist(), _told(past, runs.at(places), judgement.chances.p_value[places]), strict=True))
    alarm = np.zeros(len(runs), dtype=bool)
    alarm[list(told)] = True
    scores, began, messages = zip(*(told.get(place, _NOT_TOLD) for place in range(len(runs))), strict=True)
    columns = {
        "history": np.full(len(runs), baseline.history),
        "p_value": np.ceil(judgement.chances.p_value * 10**_DIGITS) / 10**_DIGITS,
        "suspicion": judgement.suspicion.round(_DIGITS),
        "alarm": alarm,
        "views": _maps(judgement.views),
        "scores": scores,
        "began_at": began,
        "message": messages,
    }
    return _table(columns, len(runs))


def _table(columns: Mapping[str, object], rows: int) -> pa.Table:
    """Verdicts of some columns, the others of which are empty."""
    arrays = [pa.array(columns[of.name], of.type) if of.name in columns else pa.nulls(rows, of.type) for of in VERDICTS]
    return pa.Table.from_arrays(arrays, schema=VERDICTS)


def _maps(views: Mapping[str, Floats]) -> pa.MapArray:
    """Of each run the chance by each view."""
    rows = len(next(iter(views.values())))
    chances = np.stack(list(views.values()), axis=1).round(_DIGITS_OF_VIEWS).ravel()
    names = pa.array(list(views)).take(pa.array(np.tile(np.arange(len(views)), rows)))
    return pa.MapArray.from_arrays(np.arange(rows + 1, dtype=np.int32) * len(views), names, chances)


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


def store(connection: duckdb.DuckDBPyConnection, service: str | None, runs: pa.Table, verdicts: pa.Table) -> None:
    """Replace what is stored of these runs of a deployment."""
    if not len(verdicts):
        return
    services = pa.array([service], pa.string()).take(pa.array(np.zeros(len(verdicts), dtype=np.intp)))
    columns = {name: runs.column(name) for name in OF_THE_RUN} | {name: verdicts.column(name) for name in VERDICTS.names}
    connection.register("verdicts", pa.table({**columns, "service_name": services}))
    try:
        ((before,),) = connection.execute(statement("baseline/judged_before.sql")).fetchall()
        if before:
            for name in ("delete_suspicions", "count_down", "delete_findings", "delete_hints"):
                connection.execute(statement(f"baseline/{name}.sql"))
        connection.execute(statement("baseline/insert_suspicions.sql"))
        if pc.any(verdicts.column("alarm")).as_py():
            connection.execute(statement("baseline/find_unusual.sql"))
            connection.execute(f"CREATE OR REPLACE TEMP VIEW found_unusual AS {statement('findings/unusual_run.sql')}")
            for name in ("insert_findings", "count_up"):
                connection.execute(statement(f"baseline/{name}.sql"))
            connection.execute("TRUNCATE unusual_runs")
    finally:
        connection.unregister("verdicts")
