"""How far a run lies from the past runs most like it: what is done in several ways is compared with its own kind."""

from typing import Final

import numpy as np

from relaylens_analytics.baseline.profiles import Floats
from relaylens_analytics.baseline.scale import scaled

NEIGHBOURS: Final = 5


def nearest(past: Floats, runs: Floats) -> Floats:
    """The mean distance of each run from its nearest past runs, over the mean of its figures' distances."""
    known, asked = scaled(past, runs)
    distances = np.stack([np.mean(np.abs(known - run), axis=1) for run in asked]) if len(asked) else np.zeros((0, len(known)))
    most = min(NEIGHBOURS, len(known))
    distance: Floats = np.sort(np.partition(distances, most - 1, axis=1)[:, :most], axis=1).mean(axis=1)
    return distance
