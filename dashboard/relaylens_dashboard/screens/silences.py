"""Deployments that have gone silent, on top of the screens that people open first: where nothing comes, nothing else is told."""

from typing import Final

import streamlit as st

from relaylens_dashboard import wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import address, reading, tables
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Column, Row

_MOST: Final = 5


def show() -> None:
    """List them, the one that missed most first; nothing where all keep to their rhythm."""
    found = reading.rows("silences", now=address.now(), service=address.window().service, silent=True, limit=_MOST)
    if not found:
        return
    st.markdown("##### Gone silent")
    columns = [Column("", nowrap=True), Column("", elastic=True), Column("", right=True, nowrap=True)]
    tables.show(columns, [_row(row) for row in found], key="silences", says="Deployments from which nothing comes any more")


def _row(row: Record) -> Row:
    missed = wording.count(round(row["missed"]), "run")
    return Row(
        [
            tables.chip(row["state"], {row["state"]: colours.SEVERITIES["high"]}),
            tables.text(
                f"{row['service_name'] or 'A deployment without a name'} has sent nothing, and {missed} would have been usual in that time",
                says=f"The longest silence it came back from was one of {wording.count(round(row['longest_missed']), 'run')}",
            ),
            tables.text(wording.ago(row["seen_at"], address.now()), quiet=True),
        ],
        address.link("runs", service=row["service_name"]) if row["service_name"] else address.link("runs"),
    )
