"""kill -9 at random moments: nothing acknowledged is lost, nothing is stored twice."""

import os
from pathlib import Path

import pytest
from tests.collector.crash.killing import run


def _check(kills: int, store: Path) -> list[str]:
    result = run(kills, store)

    assert (0, 0) == (result.lost_spans, result.doubled_spans), result
    assert result.journal_records == result.applied_records == result.acknowledged_requests, result
    assert result.acknowledged_requests > kills, result
    assert (0, 0) == (result.unreadable_databases, result.exit_code), result
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
