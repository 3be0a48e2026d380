"""The sentences and rounded numbers of a report, for the pages that people read."""

from datetime import datetime
from typing import Final

from relaylens_analytics.catalog import AUDIT_CHECKS, Unit
from relaylens_analytics.window import as_utc
from relaylens_dashboard import numerals
from relaylens_dashboard import wording as words
from relaylens_dashboard.report.content import Report

LONGEST_TEXT: Final = 400
"""Characters of a question or of evidence; the whole is in the store."""

_MILLISECONDS: Final = {"p50", "p95", "p99"}


def when(moment: datetime | None) -> str:
    """Write a moment in UTC."""
    return "" if moment is None else as_utc(moment).strftime("%Y-%m-%d %H:%M:%S UTC")


def day(moment: datetime) -> str:
    """Write a day."""
    return as_utc(moment).strftime("%Y-%m-%d")


def count(value: float | None) -> str:
    """Write how many."""
    return "0" if value is None else f"{value:,.0f}"


def short(text: str | None) -> str:
    """Cut a long text."""
    return "" if text is None else text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} ... ({len(text):,} characters)"


def extra(value: float | None, name: str, unit: Unit) -> str:
    """Write a metric's own column: a percentile in the metric's unit, a share as a rate, the rest as a number."""
    if value is None:
        return ""
    if name in _MILLISECONDS:
        return numerals.written(value, unit)
    if name.endswith("_share") or name in {"stated", "graded", "rule", "inferred"}:
        return numerals.written(value, Unit.RATIO)
    return count(value)


def window(report: Report) -> str:
    """Say which time the report is about."""
    if report.first is None or report.last is None:
        return "No run is recorded"
    since = when(report.first) if report.window.since is not None else f"the first run ({when(report.first)})"
    until = when(report.last) if report.window.until is not None else "now"
    return f"From {since} until {until}"


def sentences(report: Report) -> list[str]:
    """Say what matters in a few plain sentences, each with its numbers."""
    totals = {one.metric.name: one for one in report.headlines}
    said = []
    completion = totals["task_completion_rate"]
    if completion.denominator:
        said.append(
            f"{count(totals['runs'].value)} runs began; of {count(completion.denominator)} that ended, "
            f"{count(completion.numerator)} completed ({numerals.written(completion.value, Unit.RATIO)})."
        )
    handoff = totals["handoff_success_rate"]
    if handoff.denominator:
        lost = count(handoff.denominator - (handoff.numerator or 0))
        said.append(f"Of {count(handoff.denominator)} handoffs that are decided, {lost} did not succeed{_worst_edge(report)}.")
    if report.open_questions:
        oldest = max(one["pending_ms"] or 0 for one in report.open_questions)
        asked = f"{words.count(len(report.open_questions), 'question to a person is', 'questions to people are')} open"
        said.append(f"{asked}, the oldest for {numerals.duration(oldest)}.")
    silent = totals["silent_failure_rate"]
    if silent.numerator:
        said.append(f"In {count(silent.numerator)} of {count(silent.denominator)} completed runs something went wrong without an error.")
    kept = report.conformance
    if kept is not None and kept["denominator"]:
        runs = f"{count(kept['numerator'])} of {words.count(kept['denominator'], 'run')} that ended"
        said.append(f"{runs} kept to the declared network ({numerals.written(kept['value'], Unit.RATIO)}).")
    gaps = [row for row in report.rows("audit_completeness", "total") if row["value"] < 1]
    if gaps:
        worst = min(gaps, key=lambda row: row["value"])
        check = AUDIT_CHECKS[worst["part"]].partition(";")[0]
        held = f"{numerals.written(worst['value'], Unit.RATIO)}, {count(worst['numerator'])} of {count(worst['denominator'])}"
        said.append(f"The record has gaps, most of all in this: {check} ({held}).")
    return said or ["Nothing is recorded in this window."]


def _worst_edge(report: Report) -> str:
    """Name the edge that most handoffs were lost on."""
    failing = [edge for edge in report.edges if edge["kind"] == "handoff" and edge["decided"] > edge["succeeded"]]
    if not failing:
        return ""
    worst = max(failing, key=lambda edge: edge["decided"] - edge["succeeded"])
    lost = count(worst["decided"] - worst["succeeded"])
    return f", {lost} of them from {report.names.of(worst['from_agent'])} to {report.names.of(worst['to_agent']) or 'an unknown agent'}"
