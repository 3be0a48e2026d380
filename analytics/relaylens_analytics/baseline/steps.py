"""Where in a run it began: how unusual each act is by itself, and the first of the most unusual ones."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from relaylens_analytics.baseline.profiles import Acts, Floats, Places, Profiles
from relaylens_analytics.baseline.views.grammar import Grammar

FEW: Final = 5
"""With fewer past calls of a tool, all tools' calls together say what is usual."""

NEARLY: Final = 0.2
"""An act this share as unusual as the run's most unusual one comes from the same cause; the first of them is where it began."""

UNSEEN: Final = 0.2
"""The weight of an act that never followed another."""


@dataclass(frozen=True, slots=True)
class UsualSteps:
    """What single acts look like in good runs."""

    results: Grammar
    arguments: Grammar
    spreads: dict[str, dict[int, tuple[float, float]]]
    """Of each measure and tool, the middle and the spread."""

    follows: dict[tuple[int, int], int]
    before: dict[int, int]
    symbols: int

    @classmethod
    def of(cls, past: Profiles) -> Self:
        """Learn them from good runs."""
        acts = past.acts
        results, arguments = Grammar.of(acts.tool, acts.form, past.forms), Grammar.of(acts.tool, acts.arguments_form, past.forms)
        measures = _measures(acts, results, arguments)
        spreads = {name: _spreads(values, acts.tool) for name, values in measures.items()}
        symbols = len(past.symbols) + 1
        # a pair as one number: whole rows are slow to sort
        pairs, counts = np.unique(_pairs(acts) @ (symbols, 1), return_counts=True)
        follows = {divmod(pair, symbols): count for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True)}
        before: dict[int, int] = {}
        for (first, _), count in follows.items():
            before[first] = before.get(first, 0) + count
        return cls(results, arguments, spreads, follows, before, symbols)

    def scores(self, acts: Acts) -> dict[str, Floats]:
        """How unusual each act is, in spreads, by each measure."""
        found = {}
        for name, values in _measures(acts, self.results, self.arguments).items():
            spreads = self.spreads[name]
            usual = np.array([spreads.get(int(tool), spreads[-1]) for tool in acts.tool]).reshape(-1, 2)
            # turns and answers have no result and no arguments: nothing of them can be unusual
            found[name] = np.where(acts.tool >= 0, np.nan_to_num((values - usual[:, 0]) / usual[:, 1]), 0.0)
        found["length"] = np.abs(found["length"])
        found["order"] = self._order(acts)
        return found

    def _order(self, acts: Acts) -> Floats:
        """Minus the logarithm of the chance that an act follows the one before it."""
        pairs = _pairs(acts)
        chances = [
            (self.follows.get((int(a), int(b)), 0) + UNSEEN) / (self.before.get(int(a), 0) + UNSEEN * self.symbols) for a, b in pairs
        ]
        return -np.log(np.array(chances)) if chances else np.zeros(0)


def began_at(scores: dict[str, Floats], acts: Acts, runs: int) -> tuple[Places, Floats]:
    """For each run the place, among all acts, of the act where it began (-1 for a run without acts), and how unusual each act is."""
    total = np.maximum.reduce([np.clip(values, 0, None) * WEIGHTS[name] for name, values in scores.items()])
    most = np.zeros(runs)
    np.maximum.at(most, acts.row, total)
    first = np.full(runs, -1, dtype=np.intp)
    candidates = np.flatnonzero((total >= NEARLY * most[acts.row]) & (total > 0))
    first[acts.row[candidates[::-1]]] = candidates[::-1]
    return first, total


WEIGHTS: Final = {"result": 1.0, "argument": 0.3, "length": 0.3, "order": 0.3}
"""How much each measure counts where it began: the form of a result tells most."""


def _measures(acts: Acts, results: Grammar, arguments: Grammar) -> dict[str, Floats]:
    return {
        "result": results.surprises(acts.tool, acts.form),
        "argument": arguments.surprises(acts.tool, acts.arguments_form),
        "length": np.where(acts.tool >= 0, np.log1p(np.nan_to_num(acts.length)), 0.0),
    }


def _spreads(values: Floats, tools: Places) -> dict[int, tuple[float, float]]:
    """Middle and spread of a measure by tool; under -1 of all of them."""
    spreads = {}
    for tool in [-1, *np.unique(tools[tools >= 0]).tolist()]:
        of_tool = values[tools == tool] if tool >= 0 else values[tools >= 0]
        if tool < 0 or len(of_tool) >= FEW:
            middle = float(np.median(of_tool)) if len(of_tool) else 0.0
            deviation = 1.4826 * float(np.median(np.abs(of_tool - middle))) if len(of_tool) else 0.0
            spreads[tool] = middle, max(deviation, 0.5 * float(of_tool.std()) if len(of_tool) else 0.0, 0.1)
    return spreads


def _pairs(acts: Acts) -> Places:
    """Each act's symbol after the one before it, -1 before the first."""
    earlier = np.concatenate([[-1], acts.symbol[:-1]]).astype(np.intp) if len(acts.symbol) else acts.symbol
    begins = np.concatenate([[True], acts.row[1:] != acts.row[:-1]]) if len(acts.row) else np.zeros(0, dtype=bool)
    return np.stack([np.where(begins, -1, earlier), acts.symbol], axis=1)
