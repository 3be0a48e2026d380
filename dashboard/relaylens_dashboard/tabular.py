"""Rows as JSON, CSV and markdown: read once, and the same in every face.

Machine formats (JSON, CSV) hold every digit; markdown, like the terminal, rounds for the eye.
"""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Self

import pyarrow as pa

from relaylens_dashboard import hostile

Cell = None | bool | int | float | str | datetime | list["Cell"] | dict[str, "Cell"]
"""A value of a row, in the few types that every format can write."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A result to be shown: named columns and the values below them."""

    columns: tuple[str, ...]
    values: tuple[tuple[Cell, ...], ...]

    @classmethod
    def from_arrow(cls, table: pa.Table) -> Self:
        """Take an answer of the store; two columns of one name stay two."""
        columns = [column.to_pylist(maps_as_pydicts="lossy") for column in table.columns]
        return cls(_distinct(table.column_names), tuple(tuple(map(to_cell, row)) for row in zip(*columns, strict=True)))

    def select(self, names: Mapping[str, str]) -> Self:
        """Keep the columns named, in this order, under the names given for them."""
        places = [self.columns.index(name) for name in names]
        return type(self)(tuple(names.values()), tuple(tuple(row[place] for place in places) for row in self.values))


def to_cell(value: object) -> Cell:
    """Bring a value of Arrow or DuckDB into the few types that every format can write; a moment without zone is UTC."""
    match value:
        case None | bool() | int() | str():
            return value
        case datetime():
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        case float():
            return value if math.isfinite(value) else None
        case Mapping() | list() | tuple():
            return _nested(value)
        case _:
            return _scalar(value)


def _nested(value: Mapping[str, object] | Sequence[object]) -> Cell:
    """Take a struct or map as an object and a list as a list."""
    if isinstance(value, pa.MonthDayNano):
        return {"months": value.months, "seconds": value.days * 86_400 + value.nanoseconds / 1e9}
    if isinstance(value, Mapping):
        return {str(key): to_cell(item) for key, item in value.items()}
    return [to_cell(item) for item in value]


def _scalar(value: object) -> Cell:
    """Take the rarer types of DuckDB as numbers or text."""
    match value:
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case bytes():
            return value.hex()
        case _:
            return str(value)


def to_plain(value: object) -> object:
    """Bring whatever rows and lists hold into what JSON can write."""
    return _json(to_cell(value))


def to_json(rows: Rows) -> str:
    """Write a JSON list of objects."""
    records = [dict(zip(rows.columns, map(_json, row), strict=True)) for row in rows.values]
    return hostile.for_json(json.dumps(records, indent=2, ensure_ascii=False)) + "\n"


def to_csv(rows: Rows) -> str:
    """Write CSV with a header; no text in it can be a formula."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([hostile.for_spreadsheet(column) for column in rows.columns])
    writer.writerows([[_csv(cell) for cell in row] for row in rows.values])
    return buffer.getvalue()


def to_markdown(rows: Rows) -> str:
    """Write a markdown table; no text in it can be mark-up."""
    numeric = [is_numeric(rows, place) for place in range(len(rows.columns))]
    lines = [
        [hostile.for_markdown(column) for column in rows.columns],
        ["---:" if right else "---" for right in numeric],
        *([_markdown(cell) for cell in row] for row in rows.values),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def short(cell: Cell) -> str:
    """Write a value for the eye: rounded, on one line."""
    match cell:
        case None:
            text = ""
        case bool():
            text = "yes" if cell else "no"
        case float():
            text = f"{cell:.0f}" if cell.is_integer() else f"{Decimal(f'{cell:.4g}'):f}" if abs(cell) < 1 else f"{cell:.2f}"
        case datetime():
            text = cell.strftime("%Y-%m-%d %H:%M:%S")
        case list() | dict():
            text = json.dumps(_json(cell), ensure_ascii=False)
        case _:
            text = str(cell)
    return hostile.one_line(text)


def _markdown(cell: Cell) -> str:
    """Give the value as a cell of a markdown table; a number is never a formula."""
    return short(cell) if isinstance(cell, int | float) else hostile.for_markdown(cell if isinstance(cell, str) else short(cell))


def is_numeric(rows: Rows, place: int) -> bool:
    """Whether a column holds numbers and nothing else, to be set to the right."""
    cells = [row[place] for row in rows.values if row[place] is not None]
    return bool(cells) and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in cells)


def _json(cell: Cell) -> object:
    """Give the value as `json` writes it: a moment in ISO 8601."""
    match cell:
        case datetime():
            return _moment(cell)
        case list():
            return [_json(item) for item in cell]
        case dict():
            return {key: _json(item) for key, item in cell.items()}
        case _:
            return cell


def _csv(cell: Cell) -> str:
    """Give the value as a cell of CSV: every digit of a number, JSON for what is nested, nothing for NULL."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case int() | float():
            return repr(cell)
        case str():
            return hostile.for_spreadsheet(cell)
        case _:
            written = _json(cell)
            return hostile.for_spreadsheet(written if isinstance(written, str) else json.dumps(written, ensure_ascii=False))


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Number the columns that share a name, as DuckDB does: `a`, `a_1`."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        count = seen.get(name, 0)
        seen[name] = count + 1
        distinct.append(name if count == 0 else f"{name}_{count}")
    return tuple(distinct)
