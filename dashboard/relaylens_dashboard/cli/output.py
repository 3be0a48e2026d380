"""What commands print: results on standard output, talk on standard error."""

import sys
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from relaylens_dashboard import hostile, tabular
from relaylens_dashboard.cli.options import Format

_UNBOUNDED: Final = 10_000
"""Columns of a terminal that is none: a pipe gets whole cells."""

_WRITERS: Final = {Format.JSON: tabular.to_json, Format.CSV: tabular.to_csv, Format.MARKDOWN: tabular.to_markdown}


def show(rows: tabular.Rows, form: Format, *, none: str) -> None:
    """Print rows on standard output; a person who gets none is told so on standard error."""
    if form is not Format.TABLE:
        sys.stdout.write(_WRITERS[form](rows))
    elif rows.values:
        _draw(rows)
    else:
        say(none)


def write(text: str, out: Path | None) -> None:
    """Write a result to its file, or to standard output where none is named."""
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8", newline="")
        say(f"Wrote {out}")


def say(sentence: str) -> None:
    """Tell the person at the terminal something; it is no result."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(hostile.visible(sentence)))


def progress() -> Progress:
    """Give a progress bar on standard error; away from a terminal it draws nothing."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def _draw(rows: tabular.Rows) -> None:
    """Draw a table: as wide as the terminal, or as its cells where there is none."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _UNBOUNDED)
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, name in enumerate(rows.columns):
        numeric = tabular.is_numeric(rows, place)
        table.add_column(Text(name), justify="right" if numeric else "left", no_wrap=numeric, overflow="fold")
    for row in rows.values:
        table.add_row(*(Text(tabular.short(cell)) for cell in row))
    console.print(table)
