"""The inbox of findings: grouped, marked, what is new, and how often each detector was right here."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from relaylens_analytics import Reader, Window, metrics, open_store
from relaylens_analytics.labels import Label, add_labels
from relaylens_analytics.queries import lists, runs
from relaylens_analytics.queries.lists import FindingFilter

DAY = datetime(2026, 11, 2)  # noqa: DTZ001 - the store keeps UTC without a zone
ALL = Window()
NOON = Window(since=DAY + timedelta(hours=11), until=DAY + timedelta(hours=13))
MARKS = {"f1": "true", "f2": "known", "f4": "false", "f5": "true"}


@pytest.fixture(scope="module")
def reader(network_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """The network with all but one of its findings marked, one of them judged, and a run called bad."""
    folder = Path(shutil.copytree(network_folder, tmp_path_factory.mktemp("marked") / "store"))
    run_of = {"f1": "r2", "f2": "r2", "f4": "r3", "f5": "r6"}
    labels = [Label(run=run_of[finding], finding=finding, name="finding", value=mark, source="ann") for finding, mark in MARKS.items()]
    judged = Label(run="r3", finding="f3", name="judgement", value="false", score=0.2, source="judge", comment="It did answer.")
    add_labels(folder, [*labels, judged, Label(run="r2", name="verdict", value="bad", source="ann")])
    with open_store(folder) as opened:
        yield opened


def kinds(reader: Reader, window: Window, **options: Any) -> dict[tuple[str, str], dict[str, Any]]:  # noqa: ANN401 - any control
    """Give the groups of the inbox by detector and agent."""
    return {(row["detector"], row["agent"]): row for row in lists.findings_inbox(reader, window, **options).to_pylist()}


def test_findings_show_their_marks_and_what_a_judge_said(reader: Reader) -> None:
    """The mark of a person and the judgement stand side by side; a judgement is no mark."""
    found = {row["finding"]: row for row in lists.findings(reader, ALL).to_pylist()}

    assert {**MARKS, "f3": None} == {finding: row["mark"] for finding, row in found.items()}
    assert ("ann", None) == (found["f1"]["marked_by"], found["f1"]["judgement"])
    assert ("false", 0.2, "It did answer.") == tuple(found["f3"][name] for name in ("judgement", "judge_score", "judge_comment"))
    assert "bad" == runs.verdict(reader, "r2")["verdict"][0].as_py()


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (FindingFilter(marks=("open",)), ["f3"]),
        (FindingFilter(marks=("open", "true", "false")), ["f5", "f4", "f3", "f1"]),
        (FindingFilter(marks=("known",)), ["f2"]),
        (FindingFilter(finding="f4"), ["f4"]),
        (FindingFilter(new=True), ["f5", "f4", "f3", "f1", "f2"]),
    ],
)
def test_findings_are_filtered_by_mark(reader: Reader, wanted: FindingFilter, expected: list[str]) -> None:
    """`open` stands for no mark; without a beginning of the window every kind is new."""
    assert expected == lists.findings(reader, ALL, wanted)["finding"].to_pylist()


def test_what_is_new_in_a_window(network_folder: Path, tmp_path: Path) -> None:
    """A kind that the same agent had before is not new, and the window of the same length before is counted apart."""
    folder = Path(shutil.copytree(network_folder, tmp_path / "store"))
    with duckdb.connect(str(folder / "relaylens.duckdb")) as connection:
        connection.execute(
            "INSERT INTO findings SELECT * REPLACE ('f6' AS finding, found_at + INTERVAL 100 MINUTES AS found_at) FROM findings "
            "WHERE finding = 'f1'"
        )
    later = Window(since=DAY + timedelta(hours=11, seconds=5), until=DAY + timedelta(hours=13))

    with open_store(folder) as opened:
        assert ["f5", "f4"] == lists.findings(opened, later, FindingFilter(new=True))["finding"].to_pylist()
        assert {
            ("failed_handoff", "docs"): (True, 0),
            ("failed_handoff", "triage"): (False, 1),
            ("empty_output", "drafter"): (True, 0),
        } == {key: (row["is_new"], row["findings_before"]) for key, row in kinds(opened, later).items()}
        assert ("failed_handoff", "triage") not in kinds(opened, later, wanted=FindingFilter(new=True))


def test_each_kind_says_how_often_its_detector_was_right_here(reader: Reader) -> None:
    """True of true and false, with counts and interval; nothing where nobody marked one."""
    found = kinds(reader, ALL)
    failed, empty, error = (found[key] for key in (("failed_handoff", "docs"), ("empty_output", "triage"), ("llm_error", "triage")))

    assert (2, 0, 0, 1.0) == tuple(failed[name] for name in ("marked_true", "marked_false", "marked_known", "precision"))
    assert (0, 1, 0, 0.0) == tuple(empty[name] for name in ("marked_true", "marked_false", "marked_known", "precision"))
    assert (0, 0, 1, None) == tuple(error[name] for name in ("marked_true", "marked_false", "marked_known", "precision"))
    assert pytest.approx((0.3424, 1.0), abs=1e-4) == (failed["precision_low"], failed["precision_high"])
    assert (1, 0) == (empty["unmarked"], failed["unmarked"])


def test_precision_is_measured_for_one_deployment(reader: Reader) -> None:
    """A mark counts for the service of its run only."""
    sales = lists.detector_precision(reader, service="sales").to_pylist()

    assert [("failed_handoff", 1, 0)] == [(row["detector"], row["marked_true"], row["marked_false"]) for row in sales]


def test_the_newest_change_stands_first(reader: Reader) -> None:
    """On the screen; reports begin with what is gravest."""
    newest = [row["last_finding"] for row in lists.findings_inbox(reader, ALL, newest=True).to_pylist()]

    assert ["f5", "f4", "f3", "f1", "f2"] == newest


def test_the_trend_has_twelve_parts(reader: Reader) -> None:
    """They cover the window, and their sum is the number of findings."""
    found = kinds(reader, NOON)

    assert [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0] == found["failed_handoff", "docs"]["trend"]
    assert [1, *[0] * 11] == found["empty_output", "drafter"]["trend"]


def test_known_ones_are_folded_away(reader: Reader) -> None:
    """A kind of which all are known is not there."""
    assert ("llm_error", "triage") not in kinds(reader, ALL, wanted=FindingFilter(marks=("open", "true", "false")))


def test_precision_is_a_metric(reader: Reader) -> None:
    """With its counts and its interval, by detector, agent, severity and service; where nothing is marked there is no row."""

    def measured(by: str) -> dict[str, tuple[float, float, float]]:
        rows = metrics.compute(reader, "finding_precision", by=by).to_pylist()
        return {row["key"]: (row["numerator"], row["denominator"], row["known"]) for row in rows}

    assert {"total": (2, 3, 1)} == measured("total")
    assert {"failed_handoff": (2, 2, 0), "empty_output": (0, 1, 0)} == measured("detector")
    assert {"support": (1, 2, 1), "sales": (1, 1, 0)} == measured("service")
    assert {"triage": (1, 1, 1), "docs": (1, 1, 0), "drafter": (0, 1, 0)} == measured("agent")
