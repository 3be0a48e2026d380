"""How far a run's figures lie from the usual ones, each figure by itself and in both directions."""

from collections.abc import Callable

import numpy as np

from relaylens_analytics.baseline.profiles import Floats
from relaylens_analytics.baseline.views.comparison import Comparison


def deviation(chosen: Callable[[str], bool]) -> Callable[[Comparison], Floats]:
    """The root of the mean squared distance of each run's figures of some names from the middle of the past ones."""

    def compare(compared: Comparison) -> Floats:
        _, distances = compared.figures(chosen)
        return np.sqrt(np.mean(distances**2, axis=1)) if distances.shape[1] else np.zeros(len(distances))

    return compare
