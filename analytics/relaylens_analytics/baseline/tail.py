"""Chances beyond what was seen: with twenty good runs, being worse than all of them is not one in twenty only."""

from typing import Final

import numpy as np

from relaylens_analytics.baseline.calibration import chances
from relaylens_analytics.baseline.profiles import Floats

TAIL: Final = 0.2
"""The share of past scores whose mean excess tells how fast chances fall beyond."""


def tail_chances(scores: Floats, past: Floats) -> Floats:
    """The share of past scores at least as great; beyond the greatest of them, falling exponentially by the mean excess of the tail."""
    ordered = np.sort(past)
    start = ordered[int(np.floor((1 - TAIL) * (len(ordered) - 1)))]
    mean_excess = max(float(np.mean(ordered[ordered >= start] - start)), 1e-9)
    beyond = np.maximum(scores - ordered[-1], 0.0)
    likely: Floats = chances(scores, past) * np.exp(-beyond / mean_excess)
    return likely
