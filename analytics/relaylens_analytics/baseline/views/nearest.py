"""How far a run lies from the past runs most like it: what is done in several ways is compared with its own kind."""

from typing import Final

import numpy as np

from relaylens_analytics.baseline.profiles import Floats
from relaylens_analytics.baseline.views.comparison import Comparison
from relaylens_analytics.baseline.views.figures import of_calls, of_the_run

NEIGHBOURS: Final = 5


def nearest_run(compared: Comparison) -> Floats:
    """By the figures of the run."""
    return _mean_of_nearest(compared.runs_apart, _count(compared, calls=False))


def nearest_calls(compared: Comparison) -> Floats:
    """By these and by each tool's calls."""
    return _mean_of_nearest(compared.runs_apart + compared.apart(of_calls), _count(compared, calls=True))


def _count(compared: Comparison, *, calls: bool) -> int:
    """How many figures are looked at."""
    return sum(of_the_run(name) or (calls and of_calls(name)) for name in compared.past.names)


def _mean_of_nearest(apart: Floats, figures: int) -> Floats:
    """The mean distance of each run from its nearest past runs, over the mean of its figures' distances."""
    most = min(NEIGHBOURS, apart.shape[1])
    nearest = np.sort(np.partition(apart / max(figures, 1), most - 1, axis=1)[:, :most], axis=1)
    distance: Floats = nearest.mean(axis=1)
    return distance
