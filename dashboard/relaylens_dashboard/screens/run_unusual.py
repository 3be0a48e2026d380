"""How unlike the good runs of its deployment a run is: in which figures, and which of its steps are unusual in what."""

from collections.abc import Mapping
from itertools import groupby
from typing import Final

import streamlit as st

from relaylens_analytics.baseline.judging import LEAST_HISTORY
from relaylens_analytics.baseline.suspicion import NOTABLE, Act, RunSuspicion
from relaylens_dashboard import wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import address, frame, reading, tables
from relaylens_dashboard.screens.tables import Column, Row

_MOST: Final = 200


def show(key: Mapping[str, str]) -> None:
    """Draw what stands out in the run, and its steps with how unusual each is."""
    found = reading.suspicion(key["run"], key["conversation"])
    if found is None:
        frame.empty("This run cannot be compared.", "Nothing that its agents did is recorded.", wider=False)
        return
    if not found.is_enough:
        frame.empty(
            "Not enough history.",
            f"There are {found.history} other good runs of this deployment that differ, and {LEAST_HISTORY} are needed.",
            wider=False,
        )
        return
    st.markdown("##### Beside the good runs of its deployment")
    st.caption(_judged(found))
    for figure in found.figures:
        st.text(f"· {tables.plain(figure, limit=300)}", width="content")
    if not found.figures:
        st.caption("No figure of the run as a whole stands out.")
    st.markdown("##### Step by step")
    st.caption(f"How unusual the most unusual act of each step is, and in what; from {NOTABLE:g} on it is worth a look. It is no proof.")
    _steps(found)


def _judged(found: RunSuspicion) -> str:
    service = tables.plain(found.service or "no service name", limit=80)
    said = f"Compared with {wording.count(found.history, 'different good run')} of {service}, as they are now."
    if found.p_value is None:
        return f"{said} When it settled there was not enough history."
    flagged = "it was flagged" if found.alarm else "it was not flagged"
    return f"{said} When it settled, {wording.share(found.p_value)} of good runs were as unusual; {flagged}."


def _steps(found: RunSuspicion) -> None:
    most = max([NOTABLE, *(act.score for act in found.acts)])
    began = found.acts[found.began].step if found.began is not None else None
    by_step = sorted((act for act in found.acts if act.step is not None), key=lambda act: (act.position or 0, act.step or ""))
    steps = [(step, list(acts)) for step, acts in groupby(by_step, key=lambda act: act.step)]
    columns = [
        Column("Step", right=True, width="60px"),
        Column("Agent", width="20%"),
        Column("How unusual", width="22%"),
        Column("What is unusual"),
    ]
    rows = [_row(acts, most, first=step == began) for step, acts in steps[:_MOST]]
    tables.show(columns, rows, key="run.unusual", says="How unusual each step is")
    if len(steps) > _MOST:
        st.caption(f"and {len(steps) - _MOST:,} more steps; `relaylens unusual` lists all that are unusual.")


def _row(acts: list[Act], most: float, *, first: bool) -> Row:
    top = max(acts, key=lambda act: act.score)
    unusual = [act for act in acts if act.unusual_in]
    colour = colours.WEAK if unusual else colours.UNKNOWN
    words = "; ".join(dict.fromkeys(f"{act.what}: {' and '.join(act.unusual_in)}" for act in unusual))
    what = tables.text(words or "nothing", quiet=not words, under="the first that is unusual" if first and words else None)
    return Row(
        [
            f"{top.position or 0:,}",
            tables.agent(top.agent),
            {"text": f"{top.score:.1f}", "share": top.score / most, "colour": colour},
            what,
        ],
        address.here(view="spans", span=f"{top.trace_id}:{top.span_id}", handoff=None, finding=None),
    )
