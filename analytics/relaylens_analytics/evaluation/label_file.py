"""A file of labels that somebody gives: which runs failed, and where, as far as it is known.

CSV with a header. `run` or `trace_id` names the run (one of its traces will do); `failed` is 1 or 0, yes or no, true or false.
Known beside them are `family` (figures are given by family), `onset_step` (the call of a tool, counted from 0, with which it began),
`blamed_agent` and `blamed_span_id`; other columns are left alone.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relaylens_analytics.errors import LabelFileError
from relaylens_analytics.evaluation.labels import RunLabel

EVERYTHING: Final = "all"
"""The family of runs whose label names none."""

_YES: Final = frozenset({"1", "true", "yes", "failed"})
_NO: Final = frozenset({"0", "false", "no", "good"})


@dataclass(frozen=True, slots=True)
class GivenLabel:
    """One line of the file; the run is named by one of the two."""

    line: int
    run: str
    trace_id: str
    label: RunLabel


def read_label_file(path: Path) -> list[GivenLabel]:
    """Read a file; raises LabelFileError, which names the line and what is wrong with it."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            found = list(_labels(path, csv.DictReader(file)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        detail = f"{path}: {error}."
        raise LabelFileError(detail) from error
    if not found:
        detail = f"{path} has a header and no line below it."
        raise LabelFileError(detail)
    return found


def _labels(path: Path, rows: "csv.DictReader[str]") -> Iterator[GivenLabel]:
    columns = rows.fieldnames or []
    if not columns:
        detail = f"{path} is empty."
        raise LabelFileError(detail)
    if "failed" not in columns or not {"run", "trace_id"} & set(columns):
        detail = f"{path} has the columns {', '.join(columns)}; it needs run or trace_id, and failed."
        raise LabelFileError(detail)
    seen: dict[tuple[str, str], int] = {}
    for row in rows:
        given = _label(path, rows.line_num, {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)})
        first = seen.setdefault((given.run, given.trace_id), given.line)
        if first != given.line:
            detail = f"{path}, line {given.line}: the run {given.run or given.trace_id} is labelled in line {first} already."
            raise LabelFileError(detail)
        yield given


def _label(path: Path, line: int, row: Mapping[str, str]) -> GivenLabel:
    run, trace = row.get("run", ""), row.get("trace_id", "").lower()
    if not run and not trace:
        detail = f"{path}, line {line}: neither run nor trace_id is filled in."
        raise LabelFileError(detail)
    failed = row["failed"].lower()
    if failed not in _YES | _NO:
        detail = f"{path}, line {line}: failed is {row['failed']!r}; write 1 for a run that failed and 0 for a good one."
        raise LabelFileError(detail)
    onset = row.get("onset_step", "")
    if onset and not onset.isdecimal():
        detail = f"{path}, line {line}: onset_step is {onset!r}; it is a count from 0, or empty."
        raise LabelFileError(detail)
    label = RunLabel(
        trace_id=trace,
        family=row.get("family", "") or EVERYTHING,
        deployment=row.get("deployment", ""),
        failed=failed in _YES,
        failure_class=row.get("failure_class", ""),
        onset_step=int(onset) if onset else None,
        blamed_agent=row.get("blamed_agent", ""),
        blamed_span_id=row.get("blamed_span_id", ""),
    )
    return GivenLabel(line, run, trace, label)
