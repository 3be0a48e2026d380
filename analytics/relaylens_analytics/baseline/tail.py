"""Chances beyond what was seen, and what they are at most: with twelve good runs, being unlike all of them may still be one in five.

How likely a good run is as suspicious as a given one is told twice. `p_value` is the best guess: the share of past good runs at least as
suspicious, the run itself counted among them. `at_most` is the upper end of the interval of that share, and never less than the guess:
runs are flagged by it, so that an alarm budget is kept and not used up.

Beyond the greatest past suspicion both fall with the distance, as an exponential does of which only a few excesses were seen (Lomax's
distribution).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from relaylens_analytics.baseline.profiles import Floats, Places

TAIL: Final = 0.2
"""The share of past suspicions whose mean excess tells how fast chances fall beyond."""

Z: Final = 0.8416212335729143
"""Of the normal distribution: the upper end holds in four of five cases."""


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely a good run is at least as suspicious as each of some runs."""

    p_value: Floats
    at_most: Floats
    """The upper end of the interval in which that likelihood lies."""

    def at(self, places: Places) -> "Chances":
        """Those of some of the runs."""
        return Chances(self.p_value[places], self.at_most[places])


def tail_chances(scores: Floats, past: Floats) -> Chances:
    """Compare runs with past good ones."""
    ordered = np.sort(past)
    above = len(ordered) - np.searchsorted(ordered, scores, side="left")
    return _falling(_by_rank(above, len(ordered)), scores, ordered)


def own_tail_chances(past: Floats) -> Chances:
    """The same for the past runs themselves, each among the others."""
    ordered = np.sort(past)
    above = len(ordered) - 1 - np.searchsorted(ordered, past, side="left")
    chances = _by_rank(above, max(len(ordered) - 1, 1))
    first = int(np.argmax(past))
    if len(past) > 1:
        falling = _falling(chances.at(np.array([first])), past[[first]], ordered[:-1])
        chances.p_value[first], chances.at_most[first] = falling.p_value[0], falling.at_most[0]
    return chances


def _by_rank(above: Places, runs: int) -> Chances:
    """The share of so many runs that are at least as suspicious, and the upper end of Wilson's interval of it."""
    share = above / runs
    middle, root = share + Z * Z / (2 * runs), np.sqrt(share * (1 - share) / runs + Z * Z / (4 * runs * runs))
    guess = (1 + above) / (runs + 1)
    return Chances(guess, np.clip((middle + Z * root) / (1 + Z * Z / runs), guess, 1.0))


def _falling(chances: Chances, scores: Floats, ordered: Floats) -> Chances:
    """The same, falling beyond the greatest of the past suspicions."""
    start = ordered[int(np.floor((1 - TAIL) * (len(ordered) - 1)))]
    excesses = ordered[ordered >= start] - start
    total = max(float(excesses.sum()), 1e-9)
    fall = (1 + np.maximum(scores - ordered[-1], 0.0) / total) ** -len(excesses)
    return Chances(chances.p_value * fall, chances.at_most * fall)
