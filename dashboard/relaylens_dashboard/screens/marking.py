"""The buttons with which a person says whether a finding is true, and whether a run was good."""

import time
from collections.abc import Sequence
from typing import Final

import streamlit as st

from relaylens.semconv import LabelName, Mark, RunVerdict
from relaylens_analytics.errors import RelaylensAnalyticsError
from relaylens_analytics.labels import Label, add_label
from relaylens_dashboard import hostile
from relaylens_dashboard.screens import reading
from relaylens_dashboard.screens.reading import Record

SOURCE: Final = "dashboard"
"""Who gave a mark with a button here."""

_PATIENCE_S: Final = 3.0
"""A label is on disk at once and in the tables a moment later; so long the screen waits for it."""

_TROUBLE: Final = "marking.trouble"
_NOT_ALLOWED: Final = "The dashboard's token may only read. Start it with a token of the scope label to mark findings here."
_MARKS: Final = {
    Mark.TRUE: ("True", "It is as the finding says"),
    Mark.FALSE: ("False", "A false alarm; it counts against the detector"),
    Mark.KNOWN: ("Known", "Fold it away; it says nothing about the detector"),
}
_VERDICTS: Final = {
    RunVerdict.GOOD: ("Good", ":material/thumb_up:", "An example of good work: later runs are compared with it"),
    RunVerdict.BAD: ("Bad", ":material/thumb_down:", "Not good work, whatever its outcome: no later run is compared with it"),
}


def trouble() -> None:
    """Say what became of the last click, where it was not taken."""
    said = st.session_state.pop(_TROUBLE, None)
    if said is not None:
        with st.container(border=True, key="marking.trouble"):
            st.text(f"The mark was not taken. {said}")


def finding(row: Record) -> None:
    """Offer the marks for a finding; a click on the one it has takes it back."""
    allowed = reading.may_label()
    with st.container(horizontal=True, horizontal_alignment="right", gap="xsmall", key=f"marks.{row['finding']}"):
        for mark, (word, means) in _MARKS.items():
            is_set = row["mark"] == mark
            st.button(
                word,
                key=f"mark.{mark}.{row['finding']}",
                help=_help(means, allowed=allowed, is_set=is_set),
                type="primary" if is_set else "secondary",
                disabled=not allowed,
                on_click=_mark,
                args=(row["finding"], row["run"], row["trace_id"], Mark.OPEN if is_set else mark),
            )


def run(name: str) -> None:
    """Offer the verdicts on a run; a click on the one it has takes it back."""
    allowed = reading.may_label()
    said = reading.row("run_verdict", run=name)
    for verdict, (word, icon, means) in _VERDICTS.items():
        is_set = said is not None and said["verdict"] == verdict
        st.button(
            word,
            icon=icon,
            key=f"verdict.{verdict}",
            help=_help(means, allowed=allowed, is_set=is_set),
            type="primary" if is_set else "secondary",
            disabled=not allowed,
            on_click=_judge,
            args=(name, RunVerdict.OPEN if is_set else verdict),
        )


def _help(means: str, *, allowed: bool, is_set: bool) -> str:
    return (f"{means}. Click again to take it back." if is_set else f"{means}.") if allowed else _NOT_ALLOWED


def _mark(name: str, of_run: str | None, trace_id: str, mark: Mark) -> None:
    label = Label(run=of_run, trace_id=None if of_run else trace_id, finding=name, name=LabelName.FINDING, value=mark, source=SOURCE)
    shown = "SELECT 1 FROM finding_marks() WHERE finding = $about AND mark = $said"
    gone = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM finding_marks() WHERE finding = $about)"
    _give(label, gone if mark is Mark.OPEN else shown, (name, mark))


def _judge(name: str, verdict: RunVerdict) -> None:
    label = Label(run=name, name=LabelName.VERDICT, value=verdict, source=SOURCE)
    shown = "SELECT 1 FROM run_verdicts() WHERE run = $about AND verdict = $said"
    gone = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM run_verdicts() WHERE run = $about)"
    _give(label, gone if verdict is RunVerdict.OPEN else shown, (name, verdict))


def _give(label: Label, question: str, about: Sequence[str]) -> None:
    """Send a label and wait until the tables show it, so that the screen drawn next does."""
    try:
        add_label(reading.url(), label, token=reading.token(), timeout_s=30)
        deadline = time.monotonic() + _PATIENCE_S
        params = {name: value for name, value in zip(("about", "said"), about, strict=True) if f"${name}" in question}
        while not reading.answer(question, params, max_rows=1).num_rows and time.monotonic() < deadline:
            time.sleep(0.05)
    except RelaylensAnalyticsError as error:
        st.session_state[_TROUBLE] = hostile.visible(str(error))
    reading.forget()
