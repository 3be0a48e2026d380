"""The numbers at the top of the home screen, with their change against the window before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from relaylens_analytics import catalog, metrics
from relaylens_analytics.catalog import Better, Metric
from relaylens_analytics.reader import Reader
from relaylens_analytics.window import Window

DEFAULT: Final = (
    "runs",
    "task_completion_rate",
    "handoff_success_rate",
    "escalation_rate",
    "silent_failure_rate",
    "run_latency",
    "error_rate",
    "cost_per_completed_run",
)
"""The metrics shown where none are named."""


@dataclass(frozen=True, slots=True)
class Headline:
    """One metric over the whole window, and over the window of the same length before."""

    metric: Metric
    value: float | None
    numerator: float | None
    denominator: float | None
    low: float | None
    high: float | None
    before: float | None
    """Its value in the window before; None where there was nothing to count, or where this window has no beginning."""

    @property
    def change(self) -> float | None:
        """What it rose by, in the metric's own unit."""
        return None if self.value is None or self.before is None else self.value - self.before

    @property
    def improved(self) -> bool | None:
        """Whether the change is for the better; None where there is none or where neither way is better."""
        if not self.change or self.metric.better is Better.NEITHER:
            return None
        return (self.change > 0) == (self.metric.better is Better.HIGHER)


def headlines(reader: Reader, window: Window, names: Sequence[str] = DEFAULT) -> list[Headline]:
    """Compute metrics over a window and over the one before."""
    return [_headline(reader, window, catalog.metric(name)) for name in names]


def _headline(reader: Reader, window: Window, entry: Metric) -> Headline:
    now = _total(reader, window, entry)
    previous = window.previous()
    before = _total(reader, previous, entry) if previous is not None else {}
    return Headline(
        entry,
        now.get("value"),
        now.get("numerator"),
        now.get("denominator"),
        now.get("low"),
        now.get("high"),
        before.get("value"),
    )


def _total(reader: Reader, window: Window, entry: Metric) -> dict[str, Any]:
    rows: list[dict[str, Any]] = metrics.compute(reader, entry.name, window, by="total").to_pylist()
    return rows[0] if rows else {}
