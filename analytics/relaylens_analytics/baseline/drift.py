"""Drift: which figures of a deployment's runs have moved between two times or two versions of an agent.

Each figure is compared by the greatest difference of its two distributions (Kolmogorov and Smirnov). How great such a difference comes by
chance is found by dealing the runs anew into two heaps; the greatest difference of any figure in each dealing corrects for looking at many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from relaylens_analytics import statements
from relaylens_analytics.baseline.edges import edges_of
from relaylens_analytics.baseline.profiles import Floats, Profiles
from relaylens_analytics.evaluation.shares import Z
from relaylens_analytics.reader import Reader
from relaylens_analytics.window import Window

DEALINGS: Final = 500
LEAST_RUNS: Final = 12
MOST_RUNS: Final = 200

CHANCE: Final = 0.05
"""A figure has moved when any figure at all would move as much by chance in fewer cases than this."""


@dataclass(frozen=True, slots=True)
class Side:
    """Some runs of a deployment: those of a time, those with an agent or a version of it, or both."""

    window: Window = Window()  # noqa: RUF009 - a frozen value
    agent: str | None = None
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Movement:
    """How one figure moved."""

    name: str
    before: float
    """Its middle among the earlier runs."""

    before_interval: tuple[float, float]
    """Where the middle of all such runs lies, with 95 % certainty."""

    after: float
    after_interval: tuple[float, float]
    difference: float
    """The greatest difference of the two distributions, from 0 to 1."""

    p_value: float
    """How likely any figure at all moves as much by chance."""


@dataclass(frozen=True, slots=True)
class Drift:
    """What was compared, and every figure, the most moved first; none where a side has too few runs."""

    service: str | None
    runs_before: int
    runs_after: int
    movements: tuple[Movement, ...]

    @property
    def is_enough(self) -> bool:
        """Whether both sides have enough runs to be compared."""
        return min(self.runs_before, self.runs_after) >= LEAST_RUNS

    @property
    def moved(self) -> tuple[Movement, ...]:
        """The figures that moved further than any figure does by chance."""
        return tuple(one for one in self.movements if one.p_value <= CHANCE)


def drifts(reader: Reader, before: Side, after: Side, *, service: str | None = None) -> tuple[Drift, ...]:
    """Compare two sides in each deployment that has such runs, or in one; several deployments are never thrown together."""
    asked = {"agent": after.agent, "service": service}
    found = reader.query(statements.read("baseline/deployments").text, asked).column("service_name").to_pylist()
    compared = (drift(reader, one, before, after) for one in found)
    return tuple(one for one in compared if one.runs_before or one.runs_after)


def drift(reader: Reader, service: str | None, before: Side, after: Side) -> Drift:
    """Compare two sides of a deployment's runs."""
    sides = [_places(reader, service, side) for side in (before, after)]
    both = sorted(set(sides[0]) | set(sides[1]))
    if min(map(len, sides)) < LEAST_RUNS:
        return Drift(service, len(sides[0]), len(sides[1]), ())
    values = {"service": service, "runs": list(both)}
    table = reader.query(statements.read("baseline/profiles_of_runs").text, values)
    profiles = Profiles.of_table(table)
    names, edges = edges_of(reader, service, list(zip(profiles.runs, table.column("conversation").to_pylist(), strict=True)))
    figures = np.hstack([profiles.values, edges])
    earlier, later = (figures[[run in set(side) for run in profiles.runs]] for side in sides)
    return Drift(service, len(earlier), len(later), movements((*profiles.names, *names), earlier, later))


def movements(names: Sequence[str], before: Floats, after: Floats) -> tuple[Movement, ...]:
    """How far each figure moved, the most moved first; not a number stands where a run has no such figure.

    Of a figure that too few runs have on either side nothing is said.
    """
    enough = np.flatnonzero(np.minimum((~np.isnan(before)).sum(axis=0), (~np.isnan(after)).sum(axis=0)) >= LEAST_RUNS)
    before, after = before[:, enough], after[:, enough]
    together = np.concatenate([before, after])
    is_after = np.arange(len(together)) >= len(before)
    order = np.argsort(together, axis=0, kind="stable")
    ordered = np.take_along_axis(together, order, axis=0)
    is_there = ~np.isnan(ordered)
    # Within equal values the distributions are not looked at: a difference counts after the last of them.
    ends = np.concatenate([ordered[1:] != ordered[:-1], np.ones((1, ordered.shape[1]), dtype=bool)]) & is_there
    found, weights = _differences(is_after, order, ends, is_there)
    rng = np.random.default_rng(0)
    greatest = np.array([np.multiply(*_differences(rng.permutation(is_after), order, ends, is_there)).max() for _ in range(DEALINGS)])
    chance = (1 + (greatest[:, None] >= (found * weights)[None, :]).sum(axis=0)) / (DEALINGS + 1)
    sides = _middles(before), _middles(after)
    moved = [
        Movement(names[figure], *_at(sides[0], place), *_at(sides[1], place), float(found[place]), float(chance[place]))
        for place, figure in enumerate(enough.tolist())
    ]
    return tuple(sorted(moved, key=lambda one: (one.p_value, -one.difference, one.name)))


def _middles(values: Floats) -> tuple[Floats, Floats, Floats]:
    """The middle of each figure, and the values between which the middle of all such runs lies: by rank, whatever the distribution."""
    ordered, runs = np.expm1(np.sort(values, axis=0)), (~np.isnan(values)).sum(axis=0)
    reach = Z * np.sqrt(runs) / 2
    low = np.maximum(np.floor(runs / 2 - reach), 0).astype(np.intp)
    high = np.minimum(np.ceil(runs / 2 + reach), runs - 1).astype(np.intp)
    every = np.arange(ordered.shape[1])
    return np.nanmedian(ordered, axis=0), ordered[low, every], ordered[high, every]


def _at(side: tuple[Floats, Floats, Floats], place: int) -> tuple[float, tuple[float, float]]:
    """The middle of one figure with its interval."""
    middle, low, high = (float(values[place]) for values in side)
    return middle, (low, high)


def _differences(
    is_after: NDArray[np.bool_], order: NDArray[np.intp], ends: NDArray[np.bool_], is_there: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """The greatest difference of the two distributions of each figure, and what makes those of figures that fewer runs have as telling."""
    later, earlier = is_after[order] & is_there, ~is_after[order] & is_there
    of_later, of_earlier = np.maximum(later.sum(axis=0), 1), np.maximum(earlier.sum(axis=0), 1)
    share = np.cumsum(later, axis=0) / of_later - np.cumsum(earlier, axis=0) / of_earlier
    greatest: Floats = np.max(np.abs(share) * ends, axis=0)
    weights: Floats = np.sqrt(of_later * of_earlier / (of_later + of_earlier))
    return greatest, weights


def _places(reader: Reader, service: str | None, side: Side) -> list[str]:
    """The runs of a side."""
    values = {
        "service": service,
        "since": side.window.since,
        "until": side.window.until,
        "agent": side.agent,
        "version": side.version,
        "most": MOST_RUNS,
    }
    runs: list[str] = reader.query(statements.read("baseline/runs_between").text, values).column("run").to_pylist()
    return runs
