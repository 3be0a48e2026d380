"""The labelled families: how detectors and the baseline tell failed runs from good ones, and how blame finds where it began."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Final

from tests.benchmarks.silent.pages import number, table, told
from tests.faults.places import apply
from tests.faults.sources import bodies

from relaylens_analytics import open_store
from relaylens_analytics.blame import scoreboard
from relaylens_analytics.evaluation.detecting import detector_figures, match
from relaylens_analytics.evaluation.figures import Figures
from relaylens_analytics.evaluation.label_file import GivenLabel, read_label_file
from relaylens_analytics.evaluation.protocol import BASELINE, evaluate
from relaylens_analytics.reader import Reader
from relaylens_analytics.settle import settle
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store

SEEDS: Final = tuple(range(5))
"""Foldings. The tables show the first, and what the others make of it."""

MEMORY: Final = "1GB"
LABELS: Final = "labels.csv"


@contextmanager
def stored(data: Path) -> Iterator[Reader]:
    """The runs of a folder in the format of the labelled families, in a store of their own."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "relaylens.duckdb", memory_limit=MEMORY)
        try:
            for path in sorted(data.rglob("*.pb.xz")):
                apply(store, [(Signal.TRACES, body) for body in bodies(path)])
                settle(store.connection)
        finally:
            store.close()
        with open_store(folder) as reader:
            yield reader


def page(reader: Reader, data: Path) -> list[str]:
    """All that is measured on the labelled families."""
    file = next(data.rglob(LABELS))
    given = read_label_file(file)
    return [*_families(reader, given), *_detectors(reader, given), *_blame(reader, file)]


def _families(reader: Reader, given: list[GivenLabel]) -> list[str]:
    result = evaluate(reader, {one.trace_id: one.label for one in given}, seeds=SEEDS)
    rows = [
        (
            row.family,
            row.scorer,
            row.deployments,
            f"{row.runs} ({row.failed / row.runs:.3f})",
            number(row.by_seed[0].auc, row.intervals.auc),
            number(row.by_seed[0].detected, row.intervals.detected),
            number(row.by_seed[0].precision, row.intervals.precision),
        )
        for row in result.rows
    ]
    lines = [
        "## Families of labelled runs",
        "",
        "Protocol: per deployment five folds (seeded); a scorer sees the good runs of the other folds and scores the rest; a good run is",
        "never among its own past. AUC within deployments, weighted by pairs; detection at 5 % false alarms, the threshold on good runs;",
        "precision in the most suspicious tenth of each deployment, ties broken at random. Intervals of 95 % by bootstrap over runs.",
        *table(("family", "scorer", "deployments", "runs (base rate)", "AUC", "detection at 5 %", "precision in the top 10 %"), rows),
        f"How much the folding matters: the baseline's mean over {len(SEEDS)} foldings, with the least and the greatest of them.",
        *table(
            ("family", "AUC", "detection at 5 %", "precision in the top 10 %"),
            [(row.family, *_spread(row.by_seed)) for row in result.rows if row.scorer == BASELINE],
        ),
        "At the product's own threshold, an alarm budget of 5 %:",
        *table(
            ("family", "good runs flagged", "failed runs flagged"),
            [
                (
                    one.family,
                    f"{one.false_alarms / one.good:.3f} ({one.false_alarms}/{one.good})",
                    f"{one.detected / one.failed:.3f} ({one.detected}/{one.failed})",
                )
                for one in result.alarms
            ],
        ),
    ]
    if result.onsets:
        lines += [
            "Where the fault entered, as the baseline names it, of all runs with a fault:",
            *table(
                ("family", "faults", "the very call", "within one call"),
                [(one.family, one.faults, f"{one.exact / one.faults:.3f}", f"{one.within_one / one.faults:.3f}") for one in result.onsets],
            ),
        ]
    if result.left_out:
        lines += [f"Left out, with fewer than 12 good or 3 failed runs: {', '.join(result.left_out)}.", ""]
    return lines


def _spread(by_seed: Sequence[Figures]) -> Iterator[str]:
    """Of each figure the mean, the least and the greatest."""
    for ones in zip(*map(astuple, by_seed), strict=True):
        yield number(fmean(ones), (min(ones), max(ones)))


def _detectors(reader: Reader, given: list[GivenLabel]) -> list[str]:
    found = match(reader, given)
    rows = [
        (
            row.family,
            f"`{row.detector}`" if "_" in row.detector or " " not in row.detector else row.detector,
            told(row.recall),
            told(row.false_alarms),
            told(row.precision),
        )
        for row in detector_figures(reader, found.labels)
        if row.false_alarms.whole
    ]
    return [
        "## Detectors on the same runs",
        "",
        "Each detector as it is set by default, on all labelled runs of a family that has good ones. Recall is of the failed runs, the",
        "false-alarm rate of the good ones; a detector that is not named found nothing. Intervals are Wilson's, 95 %.",
        *table(("family", "detector", "recall", "false alarms", "precision"), rows),
    ]


def _blame(reader: Reader, file: Path) -> list[str]:
    rows = [
        (
            score.deployment,
            score.method,
            score.runs,
            *(f"{value / score.runs:.3f}" for value in (score.step, score.step_in_top, score.agent, score.agent_in_top, score.named)),
        )
        for score in scoreboard.scores(reader, scoreboard.labelled(file))
    ]
    if not rows:
        return []
    return [
        "## Blame",
        "",
        "Runs of which it is known in which step the mistake was made, and by whom; nothing is trained on these labels. Beside blame stand",
        "heuristics that know nothing of the run, since position alone decides much here.",
        *table(("deployment", "method", "runs", "step, first", "step, first three", "agent, first", "agent, first three", "named"), rows),
    ]
