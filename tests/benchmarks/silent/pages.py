"""Writes figures as markdown: a table is a heading row and rows of cells, a share is a rate with its counts and interval."""

import math
from collections.abc import Iterable, Sequence

from relaylens_analytics.evaluation.shares import Share


def table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table; cells hold no bar."""
    lines = [" | ".join(heading), " | ".join("---" for _ in heading)]
    lines += [" | ".join(str(cell).replace("|", "/") for cell in row) for row in rows]
    return ["", *(f"| {line} |" for line in lines), ""]


def told(share: Share) -> str:
    """A share in full: its rate, its counts and its interval."""
    if not share.whole:
        return "-"
    low, high = share.interval
    return f"{share.rate:.3f} ({share.part}/{share.whole}) [{low:.3f}, {high:.3f}]"


def number(value: float, interval: tuple[float, float] | None = None) -> str:
    """A figure with its interval."""
    if math.isnan(value):
        return "-"
    return f"{value:.3f}" + ("" if interval is None else f" [{interval[0]:.3f}, {interval[1]:.3f}]")
