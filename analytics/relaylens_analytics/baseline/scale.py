"""A robust scale: how far values lie from the middle of past ones, in units of their usual spread."""

from typing import Final

import numpy as np

from relaylens_analytics.baseline.profiles import Flags, Floats

FARTHEST: Final = 6.0
"""A single figure counts for no more than this many spreads."""

SMALLEST_SPREAD: Final = 0.1
"""Of logarithms: one in ten; what never varied is not infinitely far from its first change."""


def scaled(past: Floats, runs: Floats) -> tuple[Floats, Floats]:
    """Past values and those of runs, as distances from the past's median in its spreads."""
    middle = np.median(past, axis=0)
    by_median = 1.4826 * np.median(np.abs(past - middle), axis=0)
    spread = np.maximum(np.maximum(by_median, 0.5 * past.std(axis=0)), SMALLEST_SPREAD)
    return _clipped((past - middle) / spread), _clipped((runs - middle) / spread)


def _clipped(values: Floats) -> Floats:
    return np.clip(values, -FARTHEST, FARTHEST)


def outside(runs: Floats, past: Floats) -> Flags:
    """Whether any figure of a run lies clearly outside the range of past ones."""
    beyond: Flags = (runs > np.max(past, axis=0) + SMALLEST_SPREAD) | (runs < np.min(past, axis=0) - SMALLEST_SPREAD)
    return _any(beyond)


def outside_others(past: Floats) -> Flags:
    """The same for the past runs themselves, each beside the others."""
    if len(past) < 2:  # noqa: PLR2004 - a run alone has no others
        return np.zeros(len(past), dtype=bool)
    ordered = np.sort(past, axis=0)
    above = np.where(past >= ordered[-1], past > ordered[-2] + SMALLEST_SPREAD, False)  # noqa: FBT003 - an array's value
    below = np.where(past <= ordered[0], past < ordered[1] - SMALLEST_SPREAD, False)  # noqa: FBT003 - an array's value
    return _any(above | below)


def _any(of_figures: Flags) -> Flags:
    """Whether it is so of any figure of a run."""
    found: Flags = of_figures.sum(axis=1) > 0
    return found
