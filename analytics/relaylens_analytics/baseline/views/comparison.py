"""Runs beside past ones: what several views look at is found once for all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from relaylens_analytics.baseline.profiles import Floats, Places, Profiles
from relaylens_analytics.baseline.scale import scaled
from relaylens_analytics.baseline.views.figures import of_the_run


@dataclass(frozen=True)
class Comparison:
    """Past good runs and runs to judge."""

    past: Profiles
    runs: Profiles

    @cached_property
    def _scaled(self) -> tuple[Floats, Floats]:
        """All figures of past runs and of those to judge, as distances from the past's median in its spreads."""
        return scaled(self.past.values, self.runs.values)

    def figures(self, chosen: Callable[[str], bool]) -> tuple[Floats, Floats]:
        """Those of the figures whose names are chosen."""
        known, asked = self._scaled
        places = _places(chosen, self.past.names)
        return (known, asked) if len(places) == len(self.past.names) else (known[:, places], asked[:, places])

    def apart(self, chosen: Callable[[str], bool]) -> Floats:
        """For each run to judge and each past one, the sum of the distances of the figures chosen."""
        known, asked = self.figures(chosen)
        distances = np.empty((len(asked), len(known)))
        # one room for all differences: to ask the system for it anew for each run takes as long as the sums
        apart = np.empty_like(known)
        for run, of_run in zip(asked, distances, strict=True):
            np.abs(np.subtract(known, run, out=apart), out=apart)
            np.add.reduce(apart, axis=1, out=of_run)
        return distances

    @cached_property
    def runs_apart(self) -> Floats:
        """The same of the figures of the runs as a whole."""
        return self.apart(of_the_run)


@lru_cache(maxsize=64)
def _places(chosen: Callable[[str], bool], names: tuple[str, ...]) -> Places:
    return np.flatnonzero([chosen(name) for name in names])
