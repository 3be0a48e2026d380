"""What changed in the runs of an agent between two times, or between its last two versions."""

from collections.abc import Sequence
from typing import Final

import streamlit as st

from relaylens_analytics import Window
from relaylens_analytics.baseline.drift import LEAST_RUNS, Drift, Movement, Side
from relaylens_dashboard import wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import address, frame, reading, tables
from relaylens_dashboard.screens.tables import Column, Row

_MOST: Final = 12
_BY: Final = {"time": "Time", "versions": "Versions"}


def show(agent: str, versions: Sequence[str]) -> None:
    """Draw what moved, of how many figures and runs; or how many runs are missing for saying so."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("##### What changed", width="content")
        by = frame.switch("Compared by", "changed", _BY, otherwise="time") if len(versions) > 1 else "time"
    sides = _versions(agent, versions) if by == "versions" else _times(agent)
    if sides is None:
        st.caption("Choose a range with a beginning: its runs are compared with those of as long a time before.")
        return
    before, after, said = sides
    found = reading.drifts(before, after)
    if not found:
        st.text(f"{said}: no runs that could be compared.")
    for one in found:
        _deployment(one, said)


def _times(agent: str) -> tuple[Side, Side, str] | None:
    window = address.window()
    earlier = window.previous()
    if earlier is None:
        return None
    return Side(Window(earlier.since, earlier.until, window.service), agent), Side(window, agent), "Beside as long a time before"


def _versions(agent: str, versions: Sequence[str]) -> tuple[Side, Side, str]:
    window = address.window()
    old, new = versions[-2:]
    said = f"Version {tables.plain(new, limit=60)} beside {tables.plain(old, limit=60)}"
    return Side(window, agent, old), Side(window, agent, new), said


def _deployment(one: Drift, said: str) -> None:
    """Draw one deployment; its name and the versions come from traces, so that they are text and never markdown."""
    runs = f"{said}, {tables.plain(one.service or 'no service name', limit=60)}: {one.runs_before:,} and {one.runs_after:,} runs"
    if not one.is_enough:
        st.text(f"{runs}. Not enough history: {LEAST_RUNS} are needed on each side.")
        return
    st.text(f"{runs}; {len(one.moved)} of {wording.count(len(one.movements), 'figure')} of a run moved.")
    if not one.moved:
        return
    columns = [
        Column("Figure", width="30%"),
        Column("Before", right=True, says="The middle among the earlier runs, and where the middle of all such runs lies (95 %)"),
        Column("After", right=True, says="The same among the later runs"),
        Column("Difference", width="22%", says="The greatest difference of the two distributions, from 0 to 1"),
        Column("By chance", right=True, says="How likely any figure moves as much by chance"),
    ]
    rows = [_row(moved) for moved in one.moved[:_MOST]]
    tables.show(columns, rows, key=f"agent.drift.{one.service}", says="What changed")
    if len(one.moved) > _MOST:
        st.caption(f"and {len(one.moved) - _MOST:,} more; `relaylens drift` lists them all.")


def _row(moved: Movement) -> Row:
    return Row(
        [
            tables.text(moved.name),
            tables.text(_number(moved.before), under=_interval(moved.before_interval)),
            tables.text(_number(moved.after), under=_interval(moved.after_interval)),
            {"text": f"{moved.difference:.2f}", "share": moved.difference, "colour": colours.WEAK},
            f"{moved.p_value:.1%}",
        ]
    )


def _interval(bounds: tuple[float, float]) -> str:
    return f"{_number(bounds[0])} to {_number(bounds[1])}"


def _number(value: float) -> str:
    rounded = round(value, 1)
    return f"{rounded:,.0f}" if rounded == round(value) else f"{rounded:,.1f}"
