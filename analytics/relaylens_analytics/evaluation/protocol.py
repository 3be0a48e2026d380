"""The protocol: judge the runs of each deployment by good runs of the other folds, and count how well that tells failed from good.

    with open_store("store") as reader:                       # runs imported from files of OTLP requests, `relaylens import`
        result = evaluate(reader, read_labels(Path("labels.csv")), seeds=(0,))
    for row in result.rows:                                   # one row a family and scorer
        row.family, row.scorer, row.figures.auc, row.intervals.auc, row.runs, row.failed

Scorers are `baseline` (the product's suspicion), `baseline, a tenth of the past failed unnoticed`, and `steps only` (how many acts a run
has, without any past). `result.alarms` holds what the product's own threshold gives at the alarm budget, and `result.onsets` where the
fault entered, beside where the baseline says that it began. Labels reach a scorer only as which of the past runs are good.
"""

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from relaylens_analytics import statements
from relaylens_analytics.baseline.judging import LEAST_HISTORY, Baseline
from relaylens_analytics.baseline.profiles import Floats, Places, Profiles
from relaylens_analytics.baseline.steps import UsualSteps, began_at
from relaylens_analytics.evaluation.figures import Figures, Flags, Intervals, Scored, figures, intervals
from relaylens_analytics.evaluation.labels import RunLabel
from relaylens_analytics.reader import Reader

FOLDS: Final = 5
LEAST_FAILED: Final = 3
BUDGET: Final = 0.05
CONTAMINATION: Final = 0.1

BASELINE: Final = "baseline"
CONTAMINATED: Final = "baseline, a tenth of the past failed unnoticed"
STEPS: Final = "steps only"


@dataclass(frozen=True, slots=True)
class Row:
    """What one scorer reaches on one family of deployments."""

    family: str
    scorer: str
    deployments: int
    runs: int
    failed: int
    figures: Figures
    """The mean over the seeds."""

    intervals: Intervals
    """Those of the first seed."""

    by_seed: tuple[Figures, ...]


@dataclass(frozen=True, slots=True)
class Alarms:
    """What the product's own threshold gives at the alarm budget."""

    family: str
    budget: float
    good: int
    false_alarms: int
    failed: int
    detected: int


@dataclass(frozen=True, slots=True)
class Onsets:
    """Where faults entered, beside where the baseline says that they began."""

    family: str
    faults: int
    exact: int
    within_one: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that was measured."""

    rows: tuple[Row, ...]
    alarms: tuple[Alarms, ...]
    onsets: tuple[Onsets, ...]
    left_out: tuple[str, ...]
    """Deployments with too few good or failed runs."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The runs of a deployment with their labels."""

    name: str
    family: str
    profiles: Profiles
    labels: tuple[RunLabel, ...]

    @property
    def failed(self) -> Flags:
        """Which of them failed."""
        return np.array([label.failed for label in self.labels], dtype=bool)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A deployment judged once."""

    deployment: Deployment
    suspicions: Mapping[str, Floats]
    at_most: Floats
    onset: Places
    """The call of a tool, counted from 0, where the baseline says that it began; -1 for none."""


def evaluate(reader: Reader, labels: Mapping[str, RunLabel], *, seeds: Sequence[int] = (0,)) -> Evaluation:
    """Judge every labelled run in a store by the protocol; several seeds are several foldings, whose figures are averaged."""
    found: list[Deployment] = []
    left_out: list[Deployment] = []
    for deployment in deployments(reader, labels):
        failed = deployment.failed
        enough = (~failed).sum() >= LEAST_HISTORY and failed.sum() >= LEAST_FAILED
        (found if enough else left_out).append(deployment)
    judged = {seed: [_judged(deployment, seed) for deployment in found] for seed in seeds}
    families = list(dict.fromkeys(deployment.family for deployment in found))
    rows = [_row(family, scorer, judged) for family in families for scorer in (BASELINE, CONTAMINATED, STEPS)]
    first = judged[seeds[0]]
    return Evaluation(
        tuple(rows),
        tuple(_alarms(family, first) for family in families),
        tuple(onsets for family in families if (onsets := _onsets(family, first)).faults),
        tuple(deployment.name for deployment in left_out),
    )


def deployments(reader: Reader, labels: Mapping[str, RunLabel]) -> Iterator[Deployment]:
    """The labelled runs of a store, deployment by deployment."""
    services = reader.query("SELECT DISTINCT service_name FROM run_profiles ORDER BY ALL").column(0).to_pylist()
    for service in services:
        table = reader.query(statements.read("baseline/profiles_of_service").text, {"service": service})
        traces = table.column("trace_id").to_pylist()
        known = [place for place, trace in enumerate(traces) if trace in labels]
        if known:
            of_runs = tuple(labels[traces[place]] for place in known)
            yield Deployment(service or "", of_runs[0].family, Profiles.of_table(table).at(known), of_runs)


def _judged(deployment: Deployment, seed: int) -> _Judged:
    """Judge each fold by the good runs of the others."""
    profiles, failed = deployment.profiles, deployment.failed
    rng = np.random.default_rng([seed, zlib.crc32(deployment.name.encode())])
    fold = np.empty(len(profiles), dtype=np.intp)
    fold[rng.permutation(len(profiles))] = np.arange(len(profiles)) % FOLDS
    suspicions = {
        BASELINE: np.zeros(len(profiles)),
        CONTAMINATED: np.zeros(len(profiles)),
        STEPS: profiles.values[:, profiles.names.index("acts")],
    }
    at_most, onset = np.ones(len(profiles)), np.full(len(profiles), -1, dtype=np.intp)
    for number in range(FOLDS):
        asked = np.flatnonzero(fold == number)
        good, bad = np.flatnonzero((fold != number) & ~failed), np.flatnonzero((fold != number) & failed)
        runs = profiles.at(asked)
        judgement = Baseline.of(profiles.at(good)).judge(runs)
        suspicions[BASELINE][asked], at_most[asked] = judgement.suspicion, judgement.chances.at_most
        onset[asked] = _began(profiles.at(good), runs)
        unnoticed = rng.permutation(bad)[: round(CONTAMINATION / (1 - CONTAMINATION) * len(good))]
        suspicions[CONTAMINATED][asked] = Baseline.of(profiles.at(np.sort(np.concatenate([good, unnoticed])))).judge(runs).suspicion
    return _Judged(deployment, suspicions, at_most, onset)


def _began(past: Profiles, runs: Profiles) -> Places:
    """For each run, which of its tool calls the baseline names as where it began."""
    first, _ = began_at(UsualSteps.of(past).scores(runs.acts), runs.acts, len(runs))
    calls = np.cumsum(runs.acts.tool >= 0)
    before = np.array([calls[runs.acts.row < row][-1] if (runs.acts.row < row).any() else 0 for row in range(len(runs))])
    return np.where(first >= 0, calls[np.maximum(first, 0)] - before - 1, -1)


def _row(family: str, scorer: str, judged: Mapping[int, Sequence[_Judged]]) -> Row:
    """The figures of a scorer over the deployments of a family, the mean over the seeds."""
    scored = {
        seed: [
            Scored(one.deployment.name, one.deployment.failed, one.suspicions[scorer]) for one in ones if one.deployment.family == family
        ]
        for seed, ones in judged.items()
    }
    first = next(iter(scored.values()))
    rng = np.random.default_rng(0)
    by_seed = tuple(figures(ones, rng) for ones in scored.values())
    return Row(
        family,
        scorer,
        len(first),
        sum(len(one.failed) for one in first),
        int(sum(one.failed.sum() for one in first)),
        Figures.mean(by_seed),
        intervals(first, rng),
        by_seed,
    )


def _alarms(family: str, judged: Sequence[_Judged]) -> Alarms:
    failed = np.concatenate([one.deployment.failed for one in judged if one.deployment.family == family])
    alarm = np.concatenate([one.at_most for one in judged if one.deployment.family == family]) <= BUDGET
    return Alarms(family, BUDGET, int((~failed).sum()), int((alarm & ~failed).sum()), int(failed.sum()), int((alarm & failed).sum()))


def _onsets(family: str, judged: Sequence[_Judged]) -> Onsets:
    pairs = [
        (label.onset_step, int(onset))
        for one in judged
        if one.deployment.family == family
        for label, onset in zip(one.deployment.labels, one.onset, strict=True)
        if label.failed and label.onset_step is not None
    ]
    return Onsets(family, len(pairs), sum(a == b for a, b in pairs), sum(b >= 0 and abs(a - b) <= 1 for a, b in pairs))
