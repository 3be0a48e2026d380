"""What can be taken away: the rows of a view as CSV, JSON or Parquet. A cell of CSV is never a formula."""

import io
from collections.abc import Callable, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
import streamlit as st

from relaylens_dashboard import tabular
from relaylens_dashboard.screens import reading
from relaylens_dashboard.screens.reading import Record

_FORMS: Final = {"csv": "text/csv", "json": "application/json", "parquet": "application/vnd.apache.parquet"}


def offer(name: str, rows: Callable[[], Sequence[Record]], total: int) -> None:
    """Offer a list as a file; it is read again only when someone opens the offer."""
    with st.popover("Export", icon=":material/download:", key=f"export.{name}", on_change="rerun") as opened:
        if not opened.open:
            return
        held = rows()
        if total > len(held):
            st.caption(f"The first {min(len(held), reading.MOST_ROWS):,} of {total:,} rows.")
        _buttons(name, as_rows(held))


def table(name: str, answer: pa.Table) -> None:
    """Offer an answer of the store as a file."""
    with st.popover("Export", icon=":material/download:", key=f"export.{name}"):
        _buttons(name, tabular.Rows.from_arrow(answer))


def _buttons(name: str, rows: tabular.Rows) -> None:
    st.download_button("CSV", tabular.to_csv(rows), f"{name}.csv", _FORMS["csv"], on_click="ignore", key=f"export.{name}.csv")
    st.download_button("JSON", tabular.to_json(rows), f"{name}.json", _FORMS["json"], on_click="ignore", key=f"export.{name}.json")
    st.download_button("Parquet", _parquet(rows), f"{name}.parquet", _FORMS["parquet"], on_click="ignore", key=f"export.{name}.parquet")


def as_rows(records: Sequence[Record]) -> tabular.Rows:
    """Take records as rows to write."""
    columns = tuple(records[0]) if records else ()
    return tabular.Rows(columns, tuple(tuple(record.values()) for record in records))


def _parquet(rows: tabular.Rows) -> bytes:
    buffer = io.BytesIO()
    columns = [list(column) for column in zip(*rows.values, strict=True)] or [[] for _ in rows.columns]
    pq.write_table(pa.table({name: _column(column) for name, column in zip(rows.columns, columns, strict=True)}), buffer)
    return buffer.getvalue()


def _column(values: list[tabular.Cell]) -> pa.Array:
    """Take a column as it is; values of several kinds are written as text."""
    try:
        return pa.array(values)
    except pa.ArrowException:
        return pa.array([None if value is None else str(value) for value in values])
