"""Labels of runs: which of them failed, and where, as a table beside a store."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from relaylens_analytics.errors import LabelFileError


@dataclass(frozen=True, slots=True)
class RunLabel:
    """What is known of one run."""

    trace_id: str
    family: str
    deployment: str
    failed: bool
    failure_class: str
    onset_step: int | None
    """The call of a tool at which a fault entered, counted from 0."""

    blamed_agent: str
    blamed_span_id: str


def read_labels(path: Path) -> dict[str, RunLabel]:
    """Read a table with the columns `trace_id` and `failed`, and any of the others; the key is the trace's id."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {label.trace_id: label for label in _labels(csv.DictReader(file))}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, ValueError) as error:
        detail = f"{path}: {error!r}"
        raise LabelFileError(detail) from error


def _labels(rows: Iterable[dict[str, str]]) -> Iterable[RunLabel]:
    for row in rows:
        yield RunLabel(
            row["trace_id"],
            row.get("family") or "all",
            row.get("deployment") or "",
            {"0": False, "1": True}[row["failed"]],
            row.get("failure_class") or "",
            int(row["onset_step"]) if row.get("onset_step") else None,
            row.get("blamed_agent") or "",
            row.get("blamed_span_id") or "",
        )
