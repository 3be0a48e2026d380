"""What lies outside the few directions in which good runs vary: figures each usual that do not go together."""

from typing import Final

import numpy as np

from relaylens_analytics.baseline.profiles import Floats
from relaylens_analytics.baseline.scale import scaled

EXPLAINED: Final = 0.9
"""The share of past variance that counts as usual."""


def main_directions(past: Floats, runs: Floats) -> Floats:
    """The part of each run's figures outside the main directions of past runs."""
    known, asked = scaled(past, runs)
    middle = known.mean(axis=0)
    _, strengths, directions = np.linalg.svd(known - middle, full_matrices=False)
    share = np.cumsum(strengths**2) / max(float(np.sum(strengths**2)), 1e-12)
    main = directions[: int(np.searchsorted(share, EXPLAINED)) + 1]
    away = asked - middle
    distance: Floats = np.sqrt(np.mean((away - away @ main.T @ main) ** 2, axis=1))
    return distance
