"""`relaylens drift` and `relaylens unusual` on a store of an agent whose search answers at length after a while."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.analytics.baseline.agent_runs import BEGAN, SECOND, call_span, odd_calls, request, trace_id, usual_calls

Relaylens = Callable[..., Any]


@pytest.fixture(scope="module")
def drifted(relaylens: Relaylens, framed: Callable[..., bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty usual runs, and then fourteen that are unlike them."""
    folder = tmp_path_factory.mktemp("drifted")
    bodies = [request(number, usual_calls(number) if number < 20 else odd_calls(number)) for number in range(34)]
    (folder / "runs.pb").write_bytes(framed(*bodies))
    assert 0 == relaylens("import", folder / "runs.pb", "--store", folder / "store").code
    return folder / "store"


def moment(number: int) -> str:
    """When a run began."""
    return datetime.fromtimestamp((BEGAN + number * 100 * SECOND) / SECOND, UTC).isoformat()


def test_what_moved_is_listed_with_intervals(relaylens: Relaylens, drifted: Path) -> None:
    """The length of what search gives back moved, with its middle before and after; how often it is called did not."""
    done = relaylens("drift", "booker", "--since", moment(20), "--until", moment(40), "--format", "json", "--store", drifted)
    rows = {row["figure"]: row for row in json.loads(done.out)}
    moved = rows["result length of search"]

    assert "booking: 20 runs before, 14 after; " in done.err
    assert "calls of search" not in rows
    assert moved["before low"] <= moved["before"] <= moved["before high"] < moved["after low"] <= moved["after"] <= moved["after high"]
    assert moved["chance"] <= 0.05
    assert (20, 14) == (moved["runs before"], moved["runs after"])


def test_too_few_runs_say_so(relaylens: Relaylens, drifted: Path) -> None:
    """With four runs on a side there are no figures, but how many runs there are and how many are needed."""
    done = relaylens("drift", "--since", moment(30), "--until", moment(34), "--store", drifted)

    assert (0, "") == (done.code, done.out)
    assert "booking: 4 runs before, 4 after. Not enough history: 12 are needed on each side." in done.err


def test_what_to_compare_has_to_be_said(relaylens: Relaylens, drifted: Path) -> None:
    """Without a beginning or versions there is nothing to compare, and versions are those of an agent."""
    nothing = relaylens("drift", "--store", drifted)
    nobody = relaylens("drift", "--versions", "1", "2", "--store", drifted)
    unknown = relaylens("drift", "stranger", "--versions", "1", "2", "--store", drifted)

    assert (2, 2, 0) == (nothing.code, nobody.code, unknown.code)
    assert "--since 7d" in nothing.err
    assert "name it" in nobody.err
    assert "There are no such runs here." in unknown.err


def test_an_unusual_run_is_told_step_by_step(relaylens: Relaylens, drifted: Path) -> None:
    """Beside the other good runs the odd form of a search's result is unusual, and a usual run has nothing that is first."""
    done = relaylens("unusual", trace_id(20), "--json", "--store", drifted)
    told = json.loads(done.out)
    shown = relaylens("unusual", trace_id(20), "--store", drifted)

    assert (31, "booking") == (told["history"], told["service"])
    assert call_span(2) in {act["span_id"] for act in told["acts"] if act["unusual_in"]}
    assert all(not act["unusual_in"] or act["score"] >= 1 for act in told["acts"])
    assert f"Run {trace_id(20)} beside 31 different good runs of booking." == shown.out.splitlines()[0]


def test_an_unknown_run_is_an_error(relaylens: Relaylens, drifted: Path) -> None:
    """Exit code 1 and a sentence."""
    done = relaylens("unusual", "run-17", "--store", drifted)

    assert (1, "", "There is no run run-17 here that could be compared.\n") == (done.code, done.out, done.err)


def test_a_run_without_history_says_so(relaylens: Relaylens, network_store: Path) -> None:
    """In a store of two runs there is nothing to compare with."""
    done = relaylens("unusual", "run-1", "--store", network_store)

    assert "Run run-1: not enough history. There are 0 other good runs that differ, and 12 are needed.\n" == done.out
