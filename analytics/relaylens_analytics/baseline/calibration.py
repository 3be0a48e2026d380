"""Calibration: what a good run scores among the others when it is no part of what it is compared with."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from relaylens_analytics.baseline.profiles import Floats, Places, Profiles
from relaylens_analytics.baseline.views import Comparison, View

FOLDS: Final = 10
"""Good runs are scored a tenth of their kinds at a time by the other nine."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Some good runs, and those that judge them."""

    places: Places
    """Which they are among all."""

    beside: Comparison
    """The same beside the others."""


def parted(past: Profiles, kinds: Places) -> list[Fold]:
    """Part good runs into folds, those of one kind together; where all are of one kind, run by run."""
    firsts = np.unique(kinds, return_index=True)[1]
    of_kinds = folds_of([past.runs[place] for place in firsts])
    folds = of_kinds[kinds] if len(firsts) > 1 else folds_of(past.runs)
    inside = [folds == fold for fold in np.unique(folds)]
    return [Fold(np.flatnonzero(own), Comparison(past.at(np.flatnonzero(~own)), past.at(np.flatnonzero(own)))) for own in inside]


def left_out(view: View, folds: Sequence[Fold]) -> Floats:
    """The scores of good runs, each by good runs without it."""
    scores = np.zeros(sum(len(fold.places) for fold in folds))
    for fold in folds:
        scores[fold.places] = view.compare(fold.beside)
    return scores


def folds_of(runs: Sequence[str]) -> Places:
    """The fold of each run: even in size, and the same whatever the order of the runs."""
    digests = [zlib.crc32(run.encode()) for run in runs]
    order = np.argsort(digests, kind="stable")
    folds = np.empty(len(runs), dtype=np.intp)
    folds[order] = np.arange(len(runs)) % min(FOLDS, max(len(runs), 1))
    return folds


def chances(scores: Floats, past: Floats) -> Floats:
    """How likely a good run scores as much: the share of past scores at least as great, the run itself counted among them."""
    ordered = np.sort(past)
    return (1 + len(ordered) - np.searchsorted(ordered, scores, side="left")) / (len(ordered) + 1)


def own_chances(past: Floats) -> Floats:
    """The same for the past scores themselves, each among the others."""
    ordered = np.sort(past)
    return (len(ordered) - np.searchsorted(ordered, past, side="left")) / len(ordered)


def excess(scores: Floats, past: Floats) -> Floats:
    """How far scores lie beyond the middle of past ones, in their spreads: tells apart what is beyond all of them."""
    middle = np.median(past)
    spread = max(1.4826 * float(np.median(np.abs(past - middle))), 0.5 * float(past.std()), 1e-3)
    return np.clip((scores - middle) / spread, -3.0, 20.0)
