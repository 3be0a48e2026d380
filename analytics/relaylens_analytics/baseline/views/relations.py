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
    if not known.shape[1]:
        return np.zeros(len(asked))
    middle = known.mean(axis=0)
    spread, own = _precision(shrinkage, known - middle, asked - middle)
    errors = spread / np.sqrt(own)
    distance: Floats = np.sqrt(np.mean(np.minimum(np.abs(errors), FARTHEST) ** 2, axis=1))
    return distance


def _precision(shrinkage: float, known: Floats, asked: Floats) -> tuple[Floats, Floats]:
    """What the inverse of the shrunken covariance of centred past runs makes of others, and its diagonal."""
    runs, figures = known.shape
    weight = (1 - shrinkage) / (runs - 1)
    if runs >= figures:
        precision = np.linalg.inv(weight * known.T @ known + shrinkage * np.eye(figures))
        return asked @ precision, np.diag(precision)
    # By Woodbury's identity a matrix of the runs is inverted, where they are fewer: the time grows with the cube of its size.
    among = np.linalg.inv(known @ known.T + shrinkage / weight * np.eye(runs)) @ known
    return (asked - asked @ known.T @ among) / shrinkage, (1 - np.sum(known * among, axis=0)) / shrinkage
