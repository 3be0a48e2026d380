"""What commands print: results on standard output, talk on standard error."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from relaylens_dashboard import hostile, tabular
from relaylens_dashboard.cli.options import Format

_WORD: Final = 12
"""Letters of a word, or of a day, that a column has room for."""

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
    """Draw a table: as wide as the terminal, with less air where that is narrow, or as its cells where there is none."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _UNBOUNDED)
    columns = [[name, *(tabular.short(row[place]) for row in rows.values)] for place, name in enumerate(rows.columns)]
    numeric = [tabular.is_numeric(rows, place) for place in range(len(rows.columns))]
    most = [max(map(cell_len, cells)) for cells in columns]
    if sum(most) + 3 * (len(most) - 1) <= console.width:
        console.print(_table(columns, numeric, most, air=1))
        return
    words = [max((cell_len(word) for cell in cells for word in cell.split()), default=1) for cells in columns]
    least = [full if right else min(word, _WORD) for full, word, right in zip(most, words, numeric, strict=True)]
    # Where even that does not fit the terminal breaks the lines: a column that is left out would be missed.
    width = max(console.width, sum(least) + len(least) - 1)
    left, lacking = width - sum(least) - len(least) + 1, [full - few for full, few in zip(most, least, strict=True)]
    widths = [few + min(lack, left * lack // (sum(lacking) or 1)) for few, lack in zip(least, lacking, strict=True)]
    Console(highlight=False, width=width, height=console.height).print(_table(columns, numeric, widths, air=0))


def _table(columns: Sequence[Sequence[str]], numeric: Sequence[bool], widths: Sequence[int], *, air: int) -> Table:
    """Make a table of columns with their heads; a number is never broken."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, air))
    for (head, *_), right, width in zip(columns, numeric, widths, strict=True):
        table.add_column(Text(head), justify="right" if right else "left", no_wrap=right, overflow="fold", width=width)
    for row in zip(*(cells[1:] for cells in columns), strict=True):
        table.add_row(*map(Text, row))
    return table
