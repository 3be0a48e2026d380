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


def offer(name: str, rows: Callable[[], Sequence[Record]], total: int) -> None:
    """Offer a list as a file; it is read when someone takes it."""
    with st.popover("Export", icon=":material/download:", key=f"export.{name}"):
        if total > reading.MOST_ROWS:
            st.caption(f"The first {reading.MOST_ROWS:,} of {total:,} rows.")
        _buttons(name, lambda: as_rows(rows()))


def table(name: str, answer: pa.Table) -> None:
    """Offer an answer of the store as a file."""
    with st.popover("Export", icon=":material/download:", key=f"export.{name}"):
        _buttons(name, lambda: tabular.Rows.from_arrow(answer))


def _buttons(name: str, rows: Callable[[], tabular.Rows]) -> None:
    """Draw a button for each form; the file is made when it is pressed."""
    for form, (title, mime, write) in _FORMS.items():
        st.download_button(title, _made(rows, write), f"{name}.{form}", mime, on_click="ignore", key=f"export.{name}.{form}")


def _made(rows: Callable[[], tabular.Rows], write: Callable[[tabular.Rows], str | bytes]) -> Callable[[], str | bytes]:
    return lambda: write(rows())


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


_FORMS: Final[dict[str, tuple[str, str, Callable[[tabular.Rows], str | bytes]]]] = {
    "csv": ("CSV", "text/csv", tabular.to_csv),
    "json": ("JSON", "application/json", tabular.to_json),
    "parquet": ("Parquet", "application/vnd.apache.parquet", _parquet),
}
"""Each form by the ending of its file: what it is called, its type, and what writes it."""
