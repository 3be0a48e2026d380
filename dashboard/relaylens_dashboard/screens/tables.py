"""Tables as most screens show them: the cells, the clicks on a row, and the sorting that the store does."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from relaylens_dashboard import components, hostile, wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import address, reading

Cell = str | dict[str, object]
"""A text, or what `table.js` knows to draw."""

_UNDER_LIMIT: Final = 160
_EVIDENCE_SHOWN: Final = 500
"""Letters of what shows a finding; detectors keep one more (`sql/findings`), so that what was cut off is known."""

_LONGEST: Final = 2_000
"""Letters of a cell that travel to the browser; a cell shows two lines."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    title: str
    sort: str | None = None
    """What the store calls it, where a click on the title sorts by it."""
    right: bool = False
    nowrap: bool = False
    elastic: bool = False
    """Takes the room that the others leave, and shows one line that fits."""
    width: str | None = None
    says: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row, and the address that a click on it opens."""

    cells: Sequence[Cell]
    link: str | None = None
    marked: bool = False


def show(columns: Sequence[Column], rows: Sequence[Row], *, key: str, says: str, sort: tuple[str, bool] | None = None) -> None:
    """Draw a table, without a head where no column has a title; `sort` is the column sorted by and whether it descends."""
    data = {
        "says": says,
        "headless": not any(one.title for one in columns),
        "sort": None if sort is None else {"by": sort[0], "descending": sort[1]},
        "columns": [_column(column, sort) for column in columns],
        "rows": [{"cells": list(row.cells), "link": row.link, "marked": row.marked} for row in rows],
    }
    components.mount("table", data, key=key)


def _column(column: Column, sort: tuple[str, bool] | None) -> dict[str, object]:
    """Give a column, with the address that sorts by it: descending first, then the other way."""
    held = asdict(column)
    if column.sort is not None:
        ascending = sort is not None and sort == (column.sort, True)
        held["link"] = address.here(sort=column.sort, order="asc" if ascending else None, page=None)
    return held


def sorting(allowed: Sequence[str], otherwise: str) -> tuple[str, bool]:
    """Give the column to sort by and whether to descend, from the URL."""
    return address.one_of("sort", allowed, otherwise), address.value("order") != "asc"


def text(value: object, *, under: object = None, quiet: bool = False, mono: bool = False, says: str | None = None) -> Cell:
    """Show a text on at most two lines, another below it in small."""
    cell: dict[str, object] = {"text": plain(value)}
    if under:
        cell["under"] = plain(under, limit=_UNDER_LIMIT)
    return cell | {name: True for name, on in (("quiet", quiet), ("mono", mono)) if on} | ({"says": says} if says else {})


def agent(key: str | None, otherwise: str | None = None, *, under: object = None, quiet: bool = False) -> Cell:
    """Show the name of an agent."""
    return text(reading.called(key, otherwise), under=under, quiet=quiet)


def name(key: str | None, otherwise: str | None = None, *, limit: int = _LONGEST) -> str:
    """Give the name of an agent, as `plain` gives a text."""
    return plain(reading.called(key, otherwise), limit=limit)


def code(value: object) -> Cell:
    """Show a text as it is, line by line."""
    return {"text": hostile.visible(str(value)), "code": True}


def chip(name: str | None, hues: Mapping[str, str], *, under: object = None, says: str | None = None) -> Cell:
    """Show a name of the vocabulary in its colour."""
    cell: dict[str, object] = {"text": wording.word(name), "chip": hues.get(name or "", colours.UNKNOWN)}
    if under:
        cell["under"] = plain(under, limit=_UNDER_LIMIT)
    return cell | ({"says": says} if says else {})


def rate(value: float | None, low: float | None, high: float | None, *, of: int | None = None, counted: int | None = None) -> Cell:
    """Show a rate as a bar with its 95 % interval; the pointer says what it is made of."""
    says = None
    if value is not None and of is not None:
        says = f"{counted:,} of {of:,}" if counted is not None else f"of {of:,}"
        if low is not None and high is not None:
            says += f"\n95 % interval: {wording.share(low)} to {wording.share(high)}"
    return {"text": wording.share(value), "share": value, "low": low, "high": high, "colour": colours.rate(value), "says": says}


def lines(value: object) -> str:
    """Give a text with its lines, control characters made visible."""
    return hostile.visible(str(value))


def evidence(text: str | None) -> str | None:
    """Give a finding's evidence, with a mark where it was cut off when it was found."""
    return f"{text[:_EVIDENCE_SHOWN].rstrip()}…" if text is not None and len(text) > _EVIDENCE_SHOWN else text


def plain(value: object, *, limit: int = _LONGEST) -> str:
    """Give a text on one line, control characters made visible, not too long."""
    line = hostile.one_line(wording.NOTHING if value is None else str(value)[: limit * 2])
    return line if len(line) <= limit else f"{line[:limit]}…"
