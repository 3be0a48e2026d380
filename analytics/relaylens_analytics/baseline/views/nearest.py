"""How far a run lies from the past runs most like it: what is done in several ways is compared with its own kind."""

from typing import Final

import numpy as np

from relaylens_analytics.baseline.profiles import Floats
from relaylens_analytics.baseline.scale import scaled

NEIGHBOURS: Final = 5


def nearest(past: Floats, runs: Floats) -> Floats:
    """The mean distance of each run from its nearest past runs, over the mean of its figures' distances."""
    known, asked = scaled(past, runs)
    distances = np.empty((len(asked), len(known)))
    # one room for all differences: to ask the system for it anew for each run takes as long as the sums
    apart = np.empty_like(known)
    for run, of_run in zip(asked, distances, strict=True):
        np.abs(np.subtract(known, run, out=apart), out=apart)
        np.add.reduce(apart, axis=1, out=of_run)
    distances /= max(known.shape[1], 1)
    most = min(NEIGHBOURS, len(known))
    distance: Floats = np.sort(np.partition(distances, most - 1, axis=1)[:, :most], axis=1).mean(axis=1)
    return distance
