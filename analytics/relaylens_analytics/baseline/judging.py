"""A baseline: what is usual among a deployment's good runs, and how unlike them a run is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from relaylens_analytics.baseline.calibration import chances, excess, left_out, own_chances, parted
from relaylens_analytics.baseline.kinds import count_of, greatest_of, kinds_of
from relaylens_analytics.baseline.profiles import Flags, Floats, Places, Profiles
from relaylens_analytics.baseline.scale import outside, outside_others
from relaylens_analytics.baseline.tail import Chances, own_tail_chances, tail_chances
from relaylens_analytics.baseline.views import VIEWS, Comparison

LEAST_HISTORY: Final = 12
"""With fewer good runs that differ there is no verdict."""

ORDERING: Final = 0.02
"""What a spread adds to a view's evidence: too little to outweigh a rank, enough to order what ranks alike."""

BROKEN: Final = 0.1
"""How unlikely among good runs a run must be for a view to count that counts only when broken."""

BEYOND: Final = 0.2
"""What each spread beyond the usual adds in such a view: how far a rule is broken matters more than how often it is."""

USUAL: Final = 2.0
"""Spreads that are usual."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """How unlike the good ones some runs are."""

    suspicion: Floats
    """One number a run, greater where it is less like the good ones; comparable within a deployment only."""

    chances: Chances
    """How likely a good run is at least as suspicious, each kind of them counted once."""

    is_new: Flags
    """Whether there is anything in it that no good run had: a figure outside their range, or a rule that all of them kept better."""

    views: dict[str, Floats]
    """The same likelihood by each view alone."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Good runs of a deployment, and what each of them scores among the others."""

    past: Profiles
    scores: dict[str, Floats]
    """By view, the score of each good run by the others."""

    suspicions: Floats
    """Of the good runs themselves, each by the others."""

    kinds: Places
    """Of each good run the number of its kind."""

    @classmethod
    def of(cls, past: Profiles, kinds: Places | None = None) -> Self:
        """Learn what is usual among good runs, of which the kinds may be known."""
        kinds = kinds_of(past.values) if kinds is None else kinds
        folds = parted(past, kinds)
        scores = {view.name: left_out(view, folds) for view in VIEWS}
        return cls(past, scores, _combined(scores, scores, {name: own_chances(of_view) for name, of_view in scores.items()}), kinds)

    @property
    def history(self) -> int:
        """How many of its good runs differ: those of one kind count once."""
        return count_of(self.kinds)

    def judge(self, runs: Profiles) -> Judgement:
        """Judge runs that are not among the good ones it has learned from."""
        compared = Comparison(self.past, runs)
        found = {view.name: view.compare(compared) for view in VIEWS}
        views = {name: chances(scores, self.scores[name]) for name, scores in found.items()}
        suspicion = _combined(found, self.scores, views)
        is_new = outside(runs.values, self.past.values)
        for view in VIEWS:
            if view.only_when_broken:
                is_new |= found[view.name] > self.scores[view.name].max()
        return Judgement(suspicion, tail_chances(suspicion, greatest_of(self.kinds, self.suspicions)), is_new, views)

    def judge_own(self, places: Sequence[int]) -> Judgement:
        """Judge some of the good ones it has learned from, each by those of other kinds."""
        own = np.asarray(places, dtype=np.intp)
        views = {name: own_chances(scores)[own] for name, scores in self.scores.items()}
        of_kinds = own_tail_chances(greatest_of(self.kinds, self.suspicions))
        is_new = outside_others(self.past.values)
        for view in VIEWS:
            if view.only_when_broken:
                is_new |= (self.scores[view.name] >= self.scores[view.name].max()) & (np.ptp(self.scores[view.name]) > 0)
        return Judgement(self.suspicions[own], of_kinds.at(self.kinds[own]), is_new[own], views)

    def without(self, run: str) -> Profiles:
        """The good runs a run is compared with: all but itself."""
        if run not in self.past.runs:
            return self.past
        return self.past.at([place for place, name in enumerate(self.past.runs) if name != run])


def _combined(found: dict[str, Floats], past: dict[str, Floats], chances_by_view: dict[str, Floats]) -> Floats:
    """Fisher's sum over the views; of those that count only when broken, what goes beyond the limit."""
    evidence = np.zeros(len(next(iter(found.values()))))
    for view in VIEWS:
        surprise, spreads = -np.log(chances_by_view[view.name]), excess(found[view.name], past[view.name])
        if view.only_when_broken:
            evidence += np.maximum(surprise + np.log(BROKEN), 0.0) + BEYOND * np.maximum(spreads - USUAL, 0.0)
        else:
            evidence += surprise + ORDERING * spreads
    return evidence
