"""Kinds of runs: good runs of which each looks like another tell one thing many times.

A deployment whose good runs are all copies of a few has shown nothing of how much runs differ. So copies do not vouch for each other: a run
is never compared with its copies when it is asked how unusual a good run is, each kind counts once in how likely something is, and the
history that a verdict needs is counted in kinds.
"""

from typing import Final

import numpy as np

from relaylens_analytics.baseline.profiles import Floats, Places

ALIKE: Final = 0.2
"""Of logarithms: runs of which no figure differs by more than about a fifth are of one kind."""


def kinds_of(values: Floats) -> Places:
    """For each run the number of its kind: that of the first run which it is like in every figure, else one of its own."""
    first: list[int] = []
    kinds = np.empty(len(values), dtype=np.intp)
    for place, run in enumerate(values):
        like = np.flatnonzero(np.abs(values[first] - run).max(axis=1, initial=0.0) <= ALIKE)
        if not len(like):
            first.append(place)
        kinds[place] = like[0] if len(like) else len(first) - 1
    return kinds


def count_of(kinds: Places) -> int:
    """How many kinds there are."""
    return int(kinds.max(initial=-1)) + 1


def greatest_of(kinds: Places, scores: Floats) -> Floats:
    """The greatest score of each kind."""
    greatest = np.full(count_of(kinds), -np.inf)
    np.maximum.at(greatest, kinds, scores)
    return greatest
