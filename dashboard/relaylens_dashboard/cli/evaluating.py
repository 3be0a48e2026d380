"""`relaylens evaluate`: how often detectors, suspicion and blame are right on runs that somebody has labelled."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from relaylens_analytics.blame import scoreboard
from relaylens_analytics.evaluation.detecting import DetectorFigures, Matched, detector_figures, match
from relaylens_analytics.evaluation.label_file import read_label_file
from relaylens_analytics.evaluation.labels import RunLabel
from relaylens_analytics.evaluation.protocol import evaluate
from relaylens_analytics.evaluation.shares import Share
from relaylens_analytics.reader import Reader
from relaylens_dashboard import tabular
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say, show, write
from relaylens_dashboard.tabular import Cell

_COLUMNS: Final = ("family", "kind", "name", "figure", "value", "low", "high", "part", "whole")
_WRITERS: Final = {
    options.Format.CSV: tabular.to_csv,
    options.Format.JSON: tabular.to_json,
    options.Format.MARKDOWN: tabular.to_markdown,
}

Labels = Annotated[
    Path,
    typer.Option(
        "--labels",
        exists=True,
        dir_okay=False,
        readable=True,
        help="CSV with the columns run or trace_id, and failed (1 or 0); family, onset_step, blamed_agent and blamed_span_id where known.",
    ),
]


def evaluate_labels(
    *,
    labels: Labels,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
    form: options.Form = options.Format.TABLE,
    out: options.Out = None,
) -> None:
    """Prints, for runs that are labelled as failed or good, how often each detector, the suspicion and blame are right, with intervals.

    Detectors: recall, false alarms, precision, and the right agent where it is known (Wilson's 95 %). Suspicion, beside a count of steps:
    AUC, detection at 5 % false alarms and precision in the top 10 %, within deployments, fitted on the good runs of other folds
    (bootstrap); a deployment needs 12 good and 3 failed runs. Blame: the right agent or step first, or among the first three.
    """
    given = read_label_file(labels)
    with options.reader(store, url, token) as reader:
        found = match(reader, given)
        if not found.labels:
            say(f"None of the {len(given)} labelled runs is in the store: check the ids in {labels}, or name another --store.")
            raise typer.Exit(1)
        rows = tabular.Rows(_COLUMNS, tuple(_figures(reader, found)))
    say(_summary(found))
    if out is None:
        show(rows, form, none="Nothing to count.")
    else:
        write(_WRITERS[options.Format.CSV if form is options.Format.TABLE else form](rows), out)


def _figures(reader: Reader, found: Matched) -> Iterator[tuple[Cell, ...]]:
    """Every figure as a row."""
    for row in detector_figures(reader, found.labels):
        yield from _of_detector(row)
    yield from _of_suspicion(reader, found.labels)
    yield from _of_blame(reader, found.labels)


def _of_detector(row: DetectorFigures) -> Iterator[tuple[Cell, ...]]:
    for figure, share in (
        ("recall", row.recall),
        ("false alarms", row.false_alarms),
        ("precision", row.precision),
        ("right agent", row.blamed),
    ):
        if share.whole:
            yield row.family, "detector", row.detector, figure, *_of_share(share)


def _of_share(share: Share) -> tuple[Cell, ...]:
    return share.rate, *share.interval, share.part, share.whole


def _of_suspicion(reader: Reader, labels: Mapping[str, RunLabel]) -> Iterator[tuple[Cell, ...]]:
    result = evaluate(reader, {label.trace_id: label for label in labels.values()})
    for row in result.rows:
        for figure, value, (low, high), whole in (
            ("AUC", row.figures.auc, row.intervals.auc, row.runs),
            ("detection at 5 % false alarms", row.figures.detected, row.intervals.detected, row.failed),
            ("precision in the top 10 %", row.figures.precision, row.intervals.precision, row.runs),
        ):
            yield row.family, "suspicion", row.scorer, figure, value, low, high, None, whole
    if result.left_out:
        say(f"Too few good or failed runs to judge suspicion in: {', '.join(result.left_out)}.")


def _of_blame(reader: Reader, labels: Mapping[str, RunLabel]) -> Iterator[tuple[Cell, ...]]:
    truths = [
        scoreboard.Truth(label.trace_id, label.family, label.blamed_agent, label.blamed_span_id)
        for label in labels.values()
        if label.failed and (label.blamed_agent or label.blamed_span_id)
    ]
    by_step = any(truth.span_id for truth in truths)
    for score in scoreboard.scores(reader, truths):
        figures = [("right agent first", score.agent), ("right agent in the first three", score.agent_in_top)]
        figures += [("right step first", score.step), ("right step in the first three", score.step_in_top)] if by_step else []
        for figure, value in figures:
            low, high = Share(round(value), score.runs).interval
            yield score.deployment, "blame", score.method, figure, value / score.runs, low, high, value, score.runs


def _summary(found: Matched) -> str:
    failed = sum(label.failed for label in found.labels.values())
    said = f"{len(found.labels)} labelled runs, {failed} of them failed."
    if found.missing:
        first = found.missing[0]
        named = f"{first.run or first.trace_id} in line {first.line}"
        said += f" {len(found.missing)} lines name runs that the store does not hold, such as {named}."
    return said
