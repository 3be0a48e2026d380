"""`relaylens findings`, `detectors` and `mark` on a store that was made from OTLP."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from relaylens.semconv import Detector

Relaylens = Callable[..., Any]


@pytest.fixture
def store(network_store: Path, tmp_path: Path) -> Path:
    """A store of one's own, to mark in."""
    return Path(shutil.copytree(network_store, tmp_path / "store"))


def listed(relaylens: Relaylens, store: Path, *arguments: str) -> list[dict[str, Any]]:
    """Give what a list says, by its columns."""
    done = relaylens(*arguments, "--store", store, "--format", "json")
    assert 0 == done.code, done.err
    rows: list[dict[str, Any]] = json.loads(done.out)
    return rows


def test_a_mark_is_shown_measured_and_kept(relaylens: Relaylens, store: Path) -> None:
    """Beside the finding, as the detector's precision here, and also after the database is made anew; open takes it back."""
    finding = next(one["finding"] for one in listed(relaylens, store, "findings") if one["detector"] == "failed_handoff")
    assert 0 == relaylens("mark", finding, "false", "--source", "ann", "--comment", "a drill", "--store", store).code
    assert 0 == relaylens("rebuild", "--store", store).code

    (marked,) = listed(relaylens, store, "findings", "--marks", "false")
    assert (finding, "false", "ann", "a drill") == tuple(marked[name] for name in ("finding", "mark", "marked_by", "mark_comment"))
    (measured,) = listed(relaylens, store, "detectors", "failed_handoff")
    assert (0, 1, 0.0) == tuple(measured[name] for name in ("marked_true", "marked_false", "precision"))
    assert "0 of 1 (0 % to 79 %)" in relaylens("findings", "--kinds", "--store", store).out
    relaylens("mark", finding, "open", "--store", store)
    assert [] == listed(relaylens, store, "findings", "--marks", "false")


def test_several_findings_are_marked_at_once(relaylens: Relaylens, store: Path) -> None:
    """The last word says what they are."""
    every = [one["finding"] for one in listed(relaylens, store, "findings")]
    relaylens("mark", *every, "known", "--store", store)

    assert sorted(every) == sorted(one["finding"] for one in listed(relaylens, store, "findings", "--marks", "known"))
    assert [] == listed(relaylens, store, "findings", "--marks", "open")


def test_a_run_is_marked(relaylens: Relaylens, store: Path) -> None:
    """As an example of good work, or as none."""
    assert 0 == relaylens("mark", "--run", "run-1", "bad", "--store", store).code

    assert [{"run": "run-1", "verdict": "bad"}] == listed(relaylens, store, "sql", "SELECT run, verdict FROM run_verdicts()")


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-finding", "true"),
        ("true",),
        ("finding", "maybe"),
        ("--run", "no-such-run", "good"),
        ("--run", "run-1", "true"),
        ("--run", "run-1", "finding", "good"),
    ],
    ids=["no finding", "nothing", "no word", "no run", "no verdict", "both"],
)
def test_what_cannot_be_marked_is_wrong_use(relaylens: Relaylens, network_store: Path, arguments: tuple[str, ...]) -> None:
    """It is refused before anything is written."""
    assert 2 == relaylens("mark", *arguments, "--store", network_store).code


def test_new_kinds_only(relaylens: Relaylens, network_store: Path) -> None:
    """What the same agent showed before the time that is asked for is not new."""
    every = listed(relaylens, network_store, "findings")
    last = max((one["found_at"] for one in every), key=datetime.fromisoformat)

    assert every == listed(relaylens, network_store, "findings", "--new", "--since", "2000-01-01")
    assert {one["detector"] for one in every if one["found_at"] == last} == {
        one["detector"] for one in listed(relaylens, network_store, "findings", "--new", "--since", last)
    }


def test_every_detector_is_listed_with_what_it_means(relaylens: Relaylens, network_store: Path) -> None:
    """The catalogue, whether each is on in this store, and for a person its parameters."""
    rows = listed(relaylens, network_store, "detectors")

    assert set(Detector) == {row["detector"] for row in rows}
    assert all(row["means"] and row["on"] in {"yes", "no", "measured"} for row in rows)
    shown = relaylens("detectors", "loop", "--store", network_store)
    assert "not measured here yet" in shown.out
    assert "least_times = " in shown.err


def test_a_detector_that_is_loud_on_a_deployment_is_shown_as_such(relaylens: Relaylens, store: Path) -> None:
    """Beside a detector stands of how many good runs it speaks, on the deployment where it does so most; of a run called bad it may."""
    run = next(one["run"] for one in listed(relaylens, store, "findings") if one["detector"] == "failed_handoff")
    shown = []
    for verdict in ("good", "bad"):
        relaylens("mark", "--run", run, verdict, "--store", store)
        (row,) = listed(relaylens, store, "detectors", "failed_handoff")
        shown.append((row["loudest_on"], bool(row["good_runs"]), row["good_runs_flagged"] or 0))

    assert [("support", True, 1), (None, False, 0)] == shown
    assert "none flagged" in relaylens("detectors", "failed_handoff", "--store", store).out


def test_what_a_store_switches_off_is_listed_as_off(relaylens: Relaylens, store: Path) -> None:
    """By its detectors.toml."""
    (store / "detectors.toml").write_text("[loop]\non = false\n", encoding="utf-8")

    assert "no" == listed(relaylens, store, "detectors", "loop")[0]["on"]
