"""The rows of `relaylens evaluate`: one figure each, with its interval and the counts it is made of."""

from collections.abc import Iterator, Mapping
from typing import Final

from relaylens_analytics.blame import scoreboard
from relaylens_analytics.evaluation.detecting import DetectorFigures, Matched, detector_figures
from relaylens_analytics.evaluation.labels import RunLabel
from relaylens_analytics.evaluation.protocol import evaluate
from relaylens_analytics.evaluation.shares import Share
from relaylens_analytics.reader import Reader
from relaylens_dashboard.cli.output import say
from relaylens_dashboard.tabular import Cell, Rows

_COLUMNS: Final = ("family", "kind", "name", "figure", "value", "low", "high", "part", "whole")


def figures(reader: Reader, found: Matched) -> Rows:
    """Every figure that the labels allow."""
    return Rows(_COLUMNS, tuple(_figures(reader, found)))


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
