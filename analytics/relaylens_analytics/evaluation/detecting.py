"""How often each detector is right on labelled runs: recall, false alarms and precision with their counts, and whom it blames.

with open_store("store") as reader:
found = match(reader, read_label_file(Path("labels.csv")))
for row in detector_figures(reader, found.labels):
row.family, row.detector, row.recall.rate, row.false_alarms.rate, row.precision.interval
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from relaylens_analytics import statements
from relaylens_analytics.evaluation.label_file import GivenLabel
from relaylens_analytics.evaluation.labels import RunLabel
from relaylens_analytics.evaluation.shares import Share
from relaylens_analytics.reader import Reader

ANY: Final = "any finding"
"""The row of runs in which anything was found that is shown; hints are none."""


@dataclass(frozen=True, slots=True)
class Matched:
    """Labels by run, and the lines of the file whose run the store does not hold."""

    labels: Mapping[str, RunLabel]
    """By the name of the run; `trace_id` is its first trace."""

    missing: Sequence[GivenLabel]


@dataclass(frozen=True, slots=True)
class DetectorFigures:
    """What one detector does on the labelled runs of a family."""

    family: str
    detector: str
    recall: Share
    """Of the runs that failed, those in which it found something."""

    false_alarms: Share
    """Of the good runs, those in which it did."""

    precision: Share
    """Of the runs in which it found something, those that failed."""

    blamed: Share
    """Of the failed runs in which it found something and the agent to blame is known, those in which it blames that one."""


def match(reader: Reader, given: Iterable[GivenLabel]) -> Matched:
    """Find the run that each line of a file of labels is about."""
    table = reader.query(statements.read("evaluation/labelled_runs").text).to_pylist()
    by_trace = {row["trace_id"]: row["run"] for row in table}
    first = {row["run"]: row["trace_id"] for row in reversed(table)}
    service = {row["run"]: row["service_name"] or "" for row in table}
    labels: dict[str, RunLabel] = {}
    missing: list[GivenLabel] = []
    for one in given:
        run = one.run if one.run in first else by_trace.get(one.trace_id)
        if run is None:
            missing.append(one)
        else:
            labels[run] = replace(one.label, trace_id=one.trace_id or first[run], deployment=one.label.deployment or service[run])
    return Matched(labels, missing)


def detector_figures(reader: Reader, labels: Mapping[str, RunLabel]) -> list[DetectorFigures]:
    """Score each detector that found anything, and all of them together, by family; labels are by run."""
    blamed: dict[str, dict[str, set[str]]] = defaultdict(dict)
    for row in reader.query(statements.read("evaluation/found_in_runs").text).to_pylist():
        if row["run"] in labels:
            agents = {_key(agent) for agent in row["blamed_agents"] or ()}
            blamed[row["run"]][row["detector"]] = agents
            if not row["is_hint"]:
                blamed[row["run"]][ANY] = blamed[row["run"]].get(ANY, set()) | agents
    found: list[DetectorFigures] = []
    for family in sorted({label.family for label in labels.values()}):
        of_family = {run: label for run, label in labels.items() if label.family == family}
        detectors = sorted({detector for run in of_family for detector in blamed.get(run, {})} - {ANY})
        found += [_figures(family, detector, of_family, blamed) for detector in [ANY, *detectors]]
    return found


def _figures(family: str, detector: str, labels: Mapping[str, RunLabel], blamed: Mapping[str, Mapping[str, set[str]]]) -> DetectorFigures:
    hits = {run for run in labels if detector in blamed.get(run, {})}
    failed = {run for run, label in labels.items() if label.failed}
    told = [run for run in hits & failed if labels[run].blamed_agent]
    right = [run for run in told if _key(labels[run].blamed_agent) in blamed[run][detector]]
    return DetectorFigures(
        family,
        detector,
        recall=Share(len(hits & failed), len(failed)),
        false_alarms=Share(len(hits - failed), len(labels) - len(failed)),
        precision=Share(len(hits & failed), len(hits)),
        blamed=Share(len(right), len(told)),
    )


def _key(name: str) -> str:
    """An agent's name as the store writes it."""
    return re.sub(r"(.)_agents?$", r"\1", re.sub(r"[^\w]+", "_", name.lower()).strip("_"))
