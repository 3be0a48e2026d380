"""Answers of the store as an assistant gets them: plain values, few rows, short texts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from relaylens_dashboard import hostile, tabular

MOST_LETTERS: Final = 1_000
"""Longer texts are cut off and say so: an assistant's memory is short."""

Answer = dict[str, Any]
"""What a tool gives."""


def listed(table: pa.Table, columns: Iterable[str] | None = None, *, most: int | None = None) -> Answer:
    """Give the rows of a table, some of its columns, and whether there are more than `most`."""
    wanted = list(columns or table.column_names)
    rows = [{name: plain(row[name]) for name in wanted} for row in table.slice(0, most).to_pylist(maps_as_pydicts="lossy")]
    return {"rows": rows, "more": most is not None and table.num_rows > most}


def plain(value: object) -> Any:  # noqa: ANN401 - JSON
    """Bring a value into JSON: moments are ISO 8601 in UTC, texts hold no control characters and are cut off."""
    match tabular.to_cell(value):
        case str(text):
            return short(text)
        case datetime() as moment:
            return moment.isoformat()
        case Mapping() as several:
            return {short(str(key)): plain(one) for key, one in several.items()}
        case list() as several:
            return [plain(one) for one in several]
        case other:
            return other


def short(text: str) -> str:
    """Cut a text off, and show what hides in it."""
    cut = len(text) - MOST_LETTERS
    return hostile.visible(text if cut <= 0 else f"{text[:MOST_LETTERS]} [{cut:,} more characters]")


def compact(rows: Sequence[Answer]) -> list[Answer]:
    """Leave out what is empty."""
    return [{name: value for name, value in row.items() if value not in (None, "", [], {})} for row in rows]
