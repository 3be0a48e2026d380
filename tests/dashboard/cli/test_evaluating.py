"""`relaylens evaluate`: figures on one's own labels, and what is said of files that cannot be used."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Relaylens = Callable[..., Any]


@pytest.fixture
def labels(relaylens: Relaylens, network_store: Path, tmp_path: Path) -> Path:
    """The run in which a handoff failed is named by its trace, the other one by its name; a third one is not in the store."""
    rows = json.loads(relaylens("runs", "--store", network_store, "--format", "json").out)
    good = next(row["run"] for row in rows if row["outcome"] == "completed")
    lines = [["run", "trace_id", "failed", "blamed_agent"], ["", f"{2:032x}", "yes", "Triage Agent"], [good, "", "0", ""]]
    lines.append(["nobody-knows", "", "1", ""])
    with (tmp_path / "given.csv").open("w", newline="") as out:
        csv.writer(out).writerows(lines)
    return tmp_path / "given.csv"


def test_detectors_are_counted_on_labelled_runs(relaylens: Relaylens, network_store: Path, labels: Path) -> None:
    """A detector that speaks of the failed run alone has recall and precision of one, no false alarm, and the right agent."""
    done = relaylens("evaluate", "--labels", labels, "--store", network_store, "--format", "json")
    rows = {(row["name"], row["figure"]): row for row in json.loads(done.out) if row["kind"] == "detector"}

    assert 0 == done.code
    assert [(1, 1), (0, 1), (1, 1), (1, 1)] == [
        (rows["failed_handoff", figure]["part"], rows["failed_handoff", figure]["whole"])
        for figure in ("recall", "false alarms", "precision", "right agent")
    ]
    assert 0.2 < rows["failed_handoff", "recall"]["low"] < rows["failed_handoff", "recall"]["high"] == 1
    assert "2 labelled runs, 1 of them failed. 1 lines name runs that the store does not hold, such as nobody-knows in line 4." in done.err


def test_blame_is_counted_beside_heuristics(relaylens: Relaylens, network_store: Path, labels: Path) -> None:
    """The agent that the label blames is looked for among the suspects."""
    done = relaylens("evaluate", "--labels", labels, "--store", network_store, "--format", "json")
    rows = {(row["name"], row["figure"]): row for row in json.loads(done.out) if row["kind"] == "blame"}

    assert (1.0, 1) == (rows["blame", "right agent first"]["value"], rows["blame", "right agent first"]["whole"])
    assert ("last step", "right agent first") in rows


def test_figures_can_be_exported(relaylens: Relaylens, network_store: Path, labels: Path, tmp_path: Path) -> None:
    """As a file of CSV with the same rows."""
    done = relaylens("evaluate", "--labels", labels, "--store", network_store, "--out", tmp_path / "figures.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "figures.csv").read_text(encoding="utf-8"))))

    assert 0 == done.code
    assert {"family", "kind", "name", "figure", "value", "low", "high", "part", "whole"} == set(rows[0])
    assert "recall" in {row["figure"] for row in rows}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "labels.csv is empty"),
        ("run,outcome\nr1,1\n", "has the columns run, outcome; it needs run or trace_id, and failed"),
        ("run,failed\n", "has a header and no line below it"),
        ("run,failed\nr1,maybe\n", "line 2: failed is 'maybe'; write 1 for a run that failed and 0 for a good one"),
        ("run,failed\n,1\n", "line 2: neither run nor trace_id is filled in"),
        ("run,failed,onset_step\nr1,1,third\n", "line 2: onset_step is 'third'; it is a count from 0, or empty"),
        ("run,failed\nr1,1\nr1,0\n", "line 3: the run r1 is labelled in line 2 already"),
        ("run,failed\nr1,1\n", "None of the 1 labelled runs is in the store"),
    ],
    ids=["empty", "columns", "no line", "failed", "no run", "onset", "twice", "unknown"],
)
def test_a_file_that_cannot_be_used_is_refused(relaylens: Relaylens, network_store: Path, tmp_path: Path, text: str, says: str) -> None:
    """With a sentence that says what to mend, and no figure."""
    (tmp_path / "labels.csv").write_text(text)

    done = relaylens("evaluate", "--labels", tmp_path / "labels.csv", "--store", network_store)

    assert (1, "") == (done.code, done.out)
    assert says in done.err
