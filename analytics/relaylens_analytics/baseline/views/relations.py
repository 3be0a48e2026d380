"""What each figure is expected to be from the others: a total that does not follow from the parts, a search without its reads."""

from collections.abc import Callable
from functools import partial

import numpy as np

from relaylens_analytics.baseline.profiles import Floats
from relaylens_analytics.baseline.scale import FARTHEST
from relaylens_analytics.baseline.views.comparison import Comparison


def relations(shrinkage: float, chosen: Callable[[str], bool]) -> Callable[[Comparison], Floats]:
    """The comparison of figures with a given weight, from 0 to 1, of the belief that they have nothing to do with each other."""
    return partial(_relations, shrinkage, chosen)


def _relations(shrinkage: float, chosen: Callable[[str], bool], compared: Comparison) -> Floats:
    """The root of the mean squared error of foretelling each figure from all others, by ridge regression over past runs.

    With the inverse P of the covariance, the error of foretelling figure j from the others is (P x)_j / P_jj, of variance 1 / P_jj.
    """
    known, asked = compared.figures(chosen)
    figures = known.shape[1]
    if not figures:
        return np.zeros(len(asked))
    covariance = (1 - shrinkage) * np.atleast_2d(np.cov(known, rowvar=False)) + shrinkage * np.eye(figures)
    precision = np.linalg.inv(covariance)
    errors = (asked - known.mean(axis=0)) @ precision / np.sqrt(np.diag(precision))
    distance: Floats = np.sqrt(np.mean(np.minimum(np.abs(errors), FARTHEST) ** 2, axis=1))
    return distance
