"""kill -9 at random moments: nothing acknowledged is lost, nothing is stored twice."""

import os
from pathlib import Path
from typing import Final

import pytest
from tests.collector.crash.killing import run

_LONGEST_STOP: Final = 10.0


def _check(kills: int, store: Path, *, in_order: bool = False) -> list[str]:
    result = run(kills, store, in_order=in_order)

    assert (0, 0, 0) == (result.lost_spans, result.doubled_spans, result.spans_not_erased), result
    assert result.journal_records == result.applied_records == result.acknowledged_requests, result
    assert result.acknowledged_requests > kills, result
    assert 0 == result.faults_found_by_verify, result
    assert (0, 0) == (result.unreadable_databases, result.exit_code), result
    assert result.longest_stop_seconds <= _LONGEST_STOP, result
    return result.lines()


def test_five_kills(tmp_path: Path) -> None:
    """The short form, at every run of the tests."""
    _check(5, tmp_path)


@pytest.mark.crash
@pytest.mark.timeout(0)
def test_many_kills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The long form, by `make crash`; the variable KILLS says how many."""
    lines = _check(int(os.environ.get("KILLS", "200")), tmp_path)
    with capsys.disabled():
        print("", *lines, sep="\n")  # noqa: T201 - the figures are what it is run for


def test_a_stop_under_load_costs_nothing(tmp_path: Path) -> None:
    """G34, the short form: what was acknowledged is there after a stop in order, which ends well and soon."""
    _check(2, tmp_path, in_order=True)


@pytest.mark.crash
@pytest.mark.timeout(0)
def test_many_stops_under_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """G34, the long form: twenty stops, each within ten seconds."""
    lines = _check(20, tmp_path, in_order=True)
    with capsys.disabled():
        print("", *lines, sep="\n")  # noqa: T201 - the figures are what it is run for
