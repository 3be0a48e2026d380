"""The price table: what a million tokens of each model cost, from our file or the user's."""

import csv
from collections.abc import Iterator
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Final, NamedTuple

import duckdb
import pyarrow as pa

from relaylens_analytics.errors import PriceFileError

COLUMNS: Final = ("place", "model_pattern", "input_usd", "cached_usd", "output_usd")
"""Columns of a price file, named in its first line that is no comment."""

_SCHEMA: Final = pa.schema(
    [
        ("place", pa.int32()),
        ("model_pattern", pa.string()),
        ("input_usd", pa.float64()),
        ("cached_usd", pa.float64()),
        ("output_usd", pa.float64()),
    ]
)


class Price(NamedTuple):
    """The price of the models whose name matches a pattern."""

    place: int
    model_pattern: str
    input_usd: float
    cached_usd: float | None
    output_usd: float


def load(connection: duckdb.DuckDBPyConnection, path: Path | None = None) -> int:
    """Replace the table `prices` as a whole by a file, ours when none is named; give the number of rows.

    Costs already settled stay as they are until their conversation changes or the store is rebuilt.
    """
    rows = read(path)
    table = pa.Table.from_pylist([row._asdict() for row in rows], schema=_SCHEMA)
    connection.register("price_file", table)
    try:
        connection.execute("DELETE FROM prices")
        connection.execute("INSERT INTO prices SELECT * FROM price_file")
    finally:
        connection.unregister("price_file")
    return len(rows)


def are_loaded(connection: duckdb.DuckDBPyConnection, rows: list[Price]) -> bool:
    """Tell whether the table is there and holds these rows."""
    try:
        found = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM prices ORDER BY ALL").fetchall()  # noqa: S608 - our own names
    except duckdb.CatalogException:
        return False
    return found == sorted(rows, key=lambda row: tuple((value is None, value) for value in row))


def read(path: Path | None = None) -> list[Price]:
    """Read a price file and check every row."""
    try:
        source = path or files("relaylens_analytics") / "prices.csv"
        lines = source.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        detail = f"{path}: {error}"
        raise PriceFileError(detail) from error
    name = str(path or "prices.csv")
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line.strip() and not line.startswith("#")]
    return list(_rows(name, numbered))


def _rows(name: str, numbered: list[tuple[int, str]]) -> Iterator[Price]:
    parsed = csv.reader(line for _, line in numbered)
    for (number, _), cells in zip(numbered, parsed, strict=False):
        values = [cell.strip() for cell in cells]
        if number == numbered[0][0]:
            if tuple(values) != COLUMNS:
                detail = f"{name}, line {number}: the first line must be {','.join(COLUMNS)}."
                raise PriceFileError(detail)
            continue
        try:
            place, pattern, input_usd, cached_usd, output_usd = values
            price = Price(int(place), pattern.lower(), _usd(input_usd), _usd(cached_usd) if cached_usd else None, _usd(output_usd))
        except ValueError as error:
            detail = f"{name}, line {number}: {error}."
            raise PriceFileError(detail) from error
        yield price


def _usd(text: str) -> float:
    value = float(text)
    if not isfinite(value) or value < 0:
        detail = f"{text!r} is no price"
        raise ValueError(detail)
    return value
