"""In words: which figures of a run stand out, beside what is usual."""

from typing import Final

import numpy as np

from relaylens_analytics.baseline.profiles import Profiles
from relaylens_analytics.baseline.scale import scaled

MOST: Final = 3
"""Figures that are named."""

LEAST: Final = 2.0
"""Spreads from the usual below which a figure is not named."""

LONGEST_NAME: Final = 80


def standing_out(past: Profiles, runs: Profiles) -> list[list[str]]:
    """For each run the figures farthest from usual, such as `result length of search 3,400, usual 120 to 400`."""
    _, distances = scaled(past.values, runs.values)
    low, high = np.expm1(np.quantile(past.values, [0.1, 0.9], axis=0))
    said = []
    for values, away in zip(np.expm1(runs.values), np.abs(distances), strict=True):
        farthest = [place for place in np.argsort(-away, kind="stable")[: 2 * MOST] if away[place] >= LEAST]
        words: dict[str, str] = {}
        for place in farthest:
            name = runs.names[place]
            # One cause moves several figures of a kind: the first is enough.
            kind = name.removeprefix("last ").removeprefix("mean ")
            words.setdefault(kind, f"{name[:LONGEST_NAME]} {_number(values[place])}, usual {_usual(low[place], high[place])}")
        said.append(list(words.values())[:MOST])
    return said


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 or abs(value - round(value)) < 0.05 else f"{value:,.1f}"  # noqa: PLR2004 - tenths matter below ten


def _usual(low: float, high: float) -> str:
    first, last = _number(low), _number(high)
    return first if first == last else f"{first} to {last}"
