"""A robust scale: how far values lie from the middle of past ones, in units of their usual spread."""

from typing import Final

import numpy as np

from relaylens_analytics.baseline.profiles import Floats

FARTHEST: Final = 6.0
"""A single figure counts for no more than this many spreads."""

SMALLEST_SPREAD: Final = 0.05
"""Of logarithms: five in a hundred; what never varied is not infinitely far from its first change."""


def scaled(past: Floats, runs: Floats) -> tuple[Floats, Floats]:
    """Past values and those of runs, as distances from the past's median in its spreads."""
    middle = np.median(past, axis=0)
    by_median = 1.4826 * np.median(np.abs(past - middle), axis=0)
    spread = np.maximum(np.maximum(by_median, 0.5 * past.std(axis=0)), SMALLEST_SPREAD)
    return _clipped((past - middle) / spread), _clipped((runs - middle) / spread)


def _clipped(values: Floats) -> Floats:
    return np.clip(values, -FARTHEST, FARTHEST)
