"""An answer's rows as Arrow, JSON or CSV."""

import base64
import csv
import io
import json
import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import pyarrow as pa

from relaylens_collector.errors import QueryError
from relaylens_collector.read_api.sql import Rows
from relaylens_collector.receive.exchange import JSON, Answer

ARROW: Final = "application/vnd.apache.arrow.stream"
CSV: Final = "text/csv; charset=utf-8; header=present"

CUT_OFF: Final = "relaylens-cut-off"
"""Header that is `true` when there were more rows than `max_rows`."""

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def _arrow(rows: Rows) -> bytes:
    """An IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as stream:
        for batch in rows.batches:
            stream.write_batch(batch)
    return bytes(sink.getvalue())


def _json(rows: Rows) -> bytes:
    """Column names and types once, then a list per row; what JSON cannot hold is text."""
    columns = [{"name": field.name, "type": str(field.type)} for field in rows.schema]
    values = [[_plain(value) for value in row] for row in _lines(rows)]
    document = {"columns": columns, "rows": values, "row_count": len(values), "cut_off": rows.cut_off}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")


def _csv(rows: Rows) -> bytes:
    """A header, then a line per row; a text that a spreadsheet would take for a formula gets an apostrophe before it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_disarmed(field.name) for field in rows.schema])
    for row in _lines(rows):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue().encode("utf-8", "replace")


_FORMATS: Final[dict[str, tuple[str, Callable[[Rows], bytes]]]] = {
    "arrow": (ARROW, _arrow),
    "json": (JSON, _json),
    "csv": (CSV, _csv),
}

FORMATS: Final = tuple(_FORMATS)
"""What a query may ask for."""


def answer(rows: Rows, wanted: str) -> Answer:
    """Write the rows in one of `FORMATS`."""
    content_type, write = _FORMATS[wanted]
    return Answer(200, content_type, write(rows), ((CUT_OFF, "true"),) if rows.cut_off else ())


def _lines(rows: Rows) -> list[tuple[Any, ...]]:
    """Return the rows as tuples: columns may have the same name."""
    lines: list[tuple[Any, ...]] = []
    try:
        for batch in rows.batches:
            lines += zip(*(column.to_pylist(maps_as_pydicts="lossy") for column in batch.columns), strict=True)
    except (OverflowError, ValueError) as error:
        message = "A moment or an interval in the answer is beyond Python (years 1 to 9999); cast it to VARCHAR, or ask for Arrow."
        raise QueryError(message) from error
    return lines


def _plain(value: Any) -> Any:  # noqa: ANN401, PLR0911 - whatever a column holds, one return for each kind
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal | UUID):
        return str(value)
    return str(value)


def _cell(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    plain = _plain(value)
    if isinstance(plain, dict | list):
        return _disarmed(json.dumps(plain, ensure_ascii=False))
    return _disarmed(plain) if isinstance(plain, str) and not isinstance(value, Decimal) else plain


def _disarmed(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
