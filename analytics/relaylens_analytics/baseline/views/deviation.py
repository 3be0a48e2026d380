"""How far a run's figures lie from the usual ones, each figure by itself and in both directions."""

import numpy as np

from relaylens_analytics.baseline.profiles import Floats
from relaylens_analytics.baseline.scale import scaled


def deviation(past: Floats, runs: Floats) -> Floats:
    """The root of the mean squared distance of each run's figures from the middle of the past ones."""
    _, distances = scaled(past, runs)
    distance: Floats = np.sqrt(np.mean(distances**2, axis=1))
    return distance
