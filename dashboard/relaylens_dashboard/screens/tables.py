"""Tables as most screens show them: the cells, the clicks on a row, and the sorting that the store does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import streamlit as st

from relaylens_dashboard import components, hostile, wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import address

Cell = str | dict[str, object]
"""A text, or what `table.js` knows to draw."""

_UNDER_LIMIT: Final = 160
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
    """One row, and the view that a click on it opens."""

    cells: Sequence[Cell]
    screen: str | None = None
    filters: Mapping[str, str | int | None] = field(default_factory=dict)
    marked: bool = False


def show(columns: Sequence[Column], rows: Sequence[Row], *, key: str, says: str, sort: tuple[str, bool] | None = None) -> None:
    """Draw a table, without a head where no column has a title; `sort` is the column sorted by and whether it descends."""
    data = {
        "says": says,
        "headless": not any(one.title for one in columns),
        "sort": None if sort is None else {"by": sort[0], "descending": sort[1]},
        "columns": [
            {
                "title": one.title,
                "sort": one.sort,
                "right": one.right,
                "nowrap": one.nowrap,
                "elastic": one.elastic,
                "width": one.width,
                "says": one.says,
            }
            for one in columns
        ],
        "rows": [_row(row) for row in rows],
    }
    chosen = components.mount("table", data, key=key)
    if chosen is None:
        return
    if "sort" in chosen:
        by = str(chosen["sort"])
        descending = not sort[1] if sort is not None and sort[0] == by else True
        address.write(sort=by, order="desc" if descending else "asc", page=None)
        st.rerun()
    row = rows[int(chosen["row"])] if int(chosen.get("row", -1)) in range(len(rows)) else None
    if row is not None and row.screen is not None:
        address.go(row.screen, **row.filters)


def sorting(allowed: Sequence[str], otherwise: str) -> tuple[str, bool]:
    """Give the column to sort by and whether to descend, from the URL."""
    return address.one_of("sort", allowed, otherwise), address.value("order") != "asc"


def text(value: object, *, under: object = None, quiet: bool = False, mono: bool = False, says: str | None = None) -> Cell:
    """Show a text on at most two lines, another below it in small."""
    cell: dict[str, object] = {"text": plain(value)}
    if under:
        cell["under"] = plain(under, limit=_UNDER_LIMIT)
    return cell | {name: True for name, on in (("quiet", quiet), ("mono", mono)) if on} | ({"says": says} if says else {})


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


def plain(value: object, *, limit: int = _LONGEST) -> str:
    """Give a text on one line, control characters made visible, not too long."""
    line = hostile.one_line(wording.NOTHING if value is None else str(value)[: limit * 2])
    return line if len(line) <= limit else f"{line[:limit]}…"


def _row(row: Row) -> dict[str, object]:
    opens = row.screen is not None
    return {
        "cells": list(row.cells),
        "opens": opens,
        "marked": row.marked,
        "link": address.link(row.screen, **row.filters) if row.screen is not None else None,
    }
