"""One handoff: whether it succeeded, and what was sent beside what was received."""

from typing import Final

import streamlit as st

from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import tables
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Cell

_TALL: Final = 900
"""Characters from which a text gets a box of its own to scroll in."""


def show(row: Record) -> None:
    """Show what was sent beside what was received."""
    left, right = st.columns(2)
    for side, title, text in ((left, "Sent", row["sent"]), (right, "Received", row["received"])):
        with side:
            st.caption(title)
            if text is None:
                st.text("not recorded")
            else:
                st.code(tables.lines(text), language=None, wrap_lines=True, height=220 if len(text) > _TALL else "content")
    if row["sent"] is not None and row["sent"] == row["received"]:
        st.caption("It was received as it was sent.")


def verdict(row: Record) -> Cell:
    """Say in a chip whether a handoff succeeded, and if not, why."""
    if row.get("is_return"):
        return tables.chip("return", {})
    if row["succeeded"]:
        return tables.chip("succeeded", {"succeeded": colours.GOOD})
    return tables.chip(row["reason"], {row["reason"]: colours.BAD}) if row["reason"] else tables.chip("not_decided", {})
