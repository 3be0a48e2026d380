"""The figures of the protocol: how well suspicions tell failed runs from good ones, within deployments."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from relaylens_analytics.baseline.profiles import Floats

Flags = NDArray[np.bool_]

FALSE_ALARMS: Final = 0.05
TOP: Final = 0.1
DRAWS: Final = 400


@dataclass(frozen=True, slots=True)
class Scored:
    """The runs of one deployment with their suspicions."""

    deployment: str
    failed: Flags
    suspicion: Floats


@dataclass(frozen=True, slots=True)
class Figures:
    """What a scorer reaches on some deployments."""

    auc: float
    """Of all pairs of a failed and a good run of the same deployment, the share in which the failed one is more suspicious."""

    detected: float
    """The share of failed runs more suspicious than all but 5 % of their deployment's good ones."""

    precision: float
    """The share of failed runs among the most suspicious tenth of each deployment, ties broken at random."""

    @classmethod
    def mean(cls, several: Sequence[Self]) -> Self:
        """The mean of each figure."""
        return cls(*np.mean([astuple(one) for one in several], axis=0).tolist())


@dataclass(frozen=True, slots=True)
class Intervals:
    """The 95 % intervals of the figures."""

    auc: tuple[float, float]
    detected: tuple[float, float]
    precision: tuple[float, float]


def intervals(deployments: Sequence[Scored], rng: np.random.Generator) -> Intervals:
    """Bootstrap: failed and good runs of each deployment drawn anew, with replacement."""
    drawn = [figures([_redrawn(one, rng) for one in deployments], rng) for _ in range(DRAWS)]
    low, high = np.quantile([astuple(one) for one in drawn], [0.025, 0.975], axis=0)
    return Intervals(*((float(a), float(b)) for a, b in zip(low, high, strict=True)))


def _redrawn(one: Scored, rng: np.random.Generator) -> Scored:
    failed, good = np.flatnonzero(one.failed), np.flatnonzero(~one.failed)
    drawn = np.concatenate([rng.choice(failed, len(failed)), rng.choice(good, len(good))])
    return Scored(one.deployment, one.failed[drawn], one.suspicion[drawn])


def figures(deployments: Sequence[Scored], rng: np.random.Generator) -> Figures:
    """Compute the figures over deployments that each have failed and good runs."""
    better = pairs = detected = failed = hits = looked = 0.0
    for one in deployments:
        bad, good = one.suspicion[one.failed], one.suspicion[~one.failed]
        if not len(bad) or not len(good):
            continue
        weight = len(bad) * len(good)
        better += auc(bad, good) * weight
        pairs += weight
        detected += float((bad > threshold(good)).sum())
        failed += len(bad)
        order = np.lexsort((rng.random(len(one.failed)), -one.suspicion))
        top = order[: max(1, round(TOP * len(order)))]
        hits += float(one.failed[top].sum())
        looked += len(top)
    return Figures(better / pairs, detected / failed, hits / looked)


def auc(bad: Floats, good: Floats) -> float:
    """The share of pairs in which the bad one is greater; half for ties."""
    ordered = np.sort(good)
    below, upto = np.searchsorted(ordered, bad, side="left"), np.searchsorted(ordered, bad, side="right")
    return float((below + upto).sum() / 2 / (len(bad) * len(good)))


def threshold(good: Floats) -> float:
    """The least suspicion that at most 5 % of good runs exceed."""
    ordered = np.sort(good)[::-1]
    return float(ordered[min(int(np.floor(FALSE_ALARMS * len(ordered))), len(ordered) - 1)])
