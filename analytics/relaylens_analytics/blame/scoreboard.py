"""How often blame names the right step and agent on runs whose truth is known, beside heuristics that look at next to nothing."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relaylens_analytics.blame import ranking, signs
from relaylens_analytics.blame.record import RunRecord
from relaylens_analytics.queries import runs
from relaylens_analytics.queries.runs import RunKey
from relaylens_analytics.reader import Reader

TOP: Final = 3
"""Suspects among which the right one counts for the second figure."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Where a run went wrong, as somebody who knows has said."""

    trace_id: str
    deployment: str
    agent: str
    span_id: str


@dataclass(frozen=True, slots=True)
class Score:
    """How often one way of blaming was right on the runs of one deployment; `runs` is the denominator of each count."""

    deployment: str
    method: str
    runs: int
    step: float
    """Runs in which the first suspect is the right step; a fraction of a run where chance decides."""

    step_in_top: float
    """Runs in which one of the first three is."""

    agent: float
    agent_in_top: float
    named: int
    """Runs in which anybody was named."""


Guess = Callable[[RunRecord], list[int]]


def labelled(path: Path) -> list[Truth]:
    """Read the runs with a known step from a table of labels: trace_id, deployment, blamed_agent and blamed_span_id."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row.get("blamed_span_id")]
    return [Truth(row["trace_id"], row["deployment"], row["blamed_agent"], row["blamed_span_id"]) for row in rows]


def scores(reader: Reader, truths: Iterable[Truth]) -> list[Score]:
    """Score blame and each heuristic on every deployment; runs that the store does not hold are left out."""
    tallies: dict[tuple[str, str], _Tally] = {}
    for truth in truths:
        found = runs.of_trace(reader, truth.trace_id).to_pylist()
        result = ranking.blame(reader, RunKey(found[0]["run"], found[0]["conversation"])) if found else None
        if result is None:
            continue
        for method, guess in _guesses(result):
            tallies.setdefault((truth.deployment, method), _Tally()).add(result.record, truth, guess)
    return [tally.score(*key) for key, tally in sorted(tallies.items(), key=lambda pair: pair[0][0])]


@dataclass
class _Tally:
    runs: int = 0
    step: float = 0.0
    step_in_top: float = 0.0
    agent: float = 0.0
    agent_in_top: float = 0.0
    named: int = 0

    def add(self, record: RunRecord, truth: Truth, guess: list[int] | None) -> None:
        """Count one run; None guesses by chance."""
        right = [turn.index for turn in record.turns if turn.span_id == truth.span_id]
        agent = _key(truth.agent)
        mine = [turn.index for turn in record.turns if agent in {turn.agent, turn.family}]
        self.runs += 1
        if guess is None:
            self.named += 1
            count = len(record.turns)
            self.step += len(right) / count
            self.step_in_top += len(right) * min(TOP, count) / count
            self.agent += len(mine) / count
            self.agent_in_top += 1 - _all_miss(count, len(mine))
            return
        self.named += bool(guess)
        self.step += guess[:1] == right[:1] and bool(right)
        self.step_in_top += bool(set(guess[:TOP]) & set(right))
        families = list(dict.fromkeys(record.turns[turn].family for turn in guess))
        names = [record.turns[turn].agent for turn in guess[:1]] + families[:1]
        self.agent += agent in names
        self.agent_in_top += agent in names + families[:TOP]

    def score(self, deployment: str, method: str) -> Score:
        return Score(deployment, method, self.runs, self.step, self.step_in_top, self.agent, self.agent_in_top, self.named)


def _all_miss(count: int, hits: int) -> float:
    """Give the chance that none of the steps drawn is one of so many."""
    chance = 1.0
    for drawn in range(min(TOP, count)):
        chance *= max(count - hits - drawn, 0) / (count - drawn)
    return chance


def _guesses(result: ranking.Blame) -> Iterator[tuple[str, list[int] | None]]:
    yield "blame", [suspect.position - 1 for suspect in result.suspects]
    for name, guess in HEURISTICS.items():
        yield name, guess(result.record)
    yield "random step", None


def _before_error(record: RunRecord) -> list[int]:
    return [turn.index - 1 for turn in record.turns[1:] if signs.shows_error(turn.said)][:1]


def _before_error_or_last(record: RunRecord) -> list[int]:
    return _before_error(record) or [len(record.turns) - 1]


def _first_of_most_frequent(record: RunRecord) -> list[int]:
    ((agent, _),) = Counter(turn.family for turn in record.turns if not turn.person).most_common(1) or [("", 0)]
    return [turn.index for turn in record.turns if turn.family == agent][:1]


HEURISTICS: Final[Mapping[str, Guess]] = {
    "step before the first error text": _before_error,
    "step before the first error text, else the last step": _before_error_or_last,
    "last step": lambda record: [len(record.turns) - 1],
    "first step": lambda _: [0],
    "second step": lambda record: [min(1, len(record.turns) - 1)],
    "first step of the most frequent agent": _first_of_most_frequent,
}
"""Ways of blaming that know nothing of what happened; each names one step."""


def _key(name: str) -> str:
    """Write an agent's name as the store does."""
    words = re.sub(r"[^\w]+", "_", name.lower()).strip("_")
    return re.sub(r"(.)_agents?$", r"\1", words)
