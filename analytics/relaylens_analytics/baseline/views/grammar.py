"""The form of what tools were given and gave back, sign after sign: one put together as no good run's was."""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

import numpy as np

from relaylens_analytics.baseline.profiles import Floats, Places
from relaylens_analytics.baseline.views.comparison import Comparison

ORDER: Final = 3
"""How many signs before one are looked at."""

UNSEEN: Final = 0.05
"""The weight of a sign that never followed."""


@dataclass(frozen=True, slots=True)
class Grammar:
    """Which sign follows which others in the forms of each tool."""

    follows: dict[tuple[int, str], int]
    begins: dict[tuple[int, str], int]
    forms: tuple[str, ...]
    signs: int

    @classmethod
    def of(cls, tools: Places, forms: Places, words: tuple[str, ...]) -> Self:
        """Learn it from past calls: their tools and forms, as numbers, and the forms by number."""
        follows: Counter[tuple[int, str]] = Counter()
        begins: Counter[tuple[int, str]] = Counter()
        known = (tools >= 0) & (forms >= 0)
        # a pair as one number: whole rows are slow to sort
        pairs, counts = np.unique(tools[known] * len(words) + forms[known], return_counts=True)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            tool, form = divmod(pair, len(words))
            for part, before in _parts(words[form]):
                follows[tool, part] += count
                begins[tool, before] += count
        return cls(dict(follows), dict(begins), words, len({sign for word in words for sign in word}) + 1)

    def surprises(self, tools: Places, forms: Places) -> Floats:
        """For each call the mean over its signs of minus the logarithm of their chance; 0 for a tool that good runs never called."""
        surprises = np.zeros(len(tools))
        known = (tools >= 0) & (forms >= 0)
        pairs, which = np.unique(tools[known] * len(self.forms) + forms[known], return_inverse=True)
        surprises[known] = np.array([self._surprise(*divmod(pair, len(self.forms))) for pair in pairs.tolist()])[which]
        return surprises

    def _surprise(self, tool: int, form: int) -> float:
        if (tool, "") not in self.begins:
            return 0.0
        follows, begins, unseen = self.follows, self.begins, UNSEEN * self.signs
        parts = _parts(self.forms[form])
        chances = [(follows.get((tool, part), 0) + UNSEEN) / (begins.get((tool, before), 0) + unseen) for part, before in parts]
        return -float(np.mean(np.log(chances)))


@lru_cache(maxsize=512)
def _parts(form: str) -> tuple[tuple[str, str], ...]:
    """Each sign with those before it, the end among them, and those before it alone; the folds of good runs share most forms."""
    ended = f"{form}\n"
    return tuple((ended[max(0, place - ORDER) : place + 1], ended[max(0, place - ORDER) : place]) for place in range(len(ended)))


def result_forms(compared: Comparison) -> Floats:
    """How surprising the forms of a run's results are in the mean."""
    past, runs = compared.past, compared.runs
    grammar = Grammar.of(past.acts.tool, past.acts.form, past.forms)
    surprises = grammar.surprises(runs.acts.tool, runs.acts.form)
    calls = np.bincount(runs.acts.row[(runs.acts.tool >= 0) & (runs.acts.form >= 0)], minlength=len(runs))
    sums: Floats = np.bincount(runs.acts.row, surprises, minlength=len(runs)) / np.maximum(calls, 1)
    return sums


def argument_forms(compared: Comparison) -> Floats:
    """How surprising the most surprising form of a run's arguments is."""
    past, runs = compared.past, compared.runs
    grammar = Grammar.of(past.acts.tool, past.acts.arguments_form, past.forms)
    most = np.zeros(len(runs))
    np.maximum.at(most, runs.acts.row, grammar.surprises(runs.acts.tool, runs.acts.arguments_form))
    return most
