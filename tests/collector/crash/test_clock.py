"""A clock that jumps: by hours back and forth, to 1970 and to 2100. What is kept, and in which order, does not hang on it."""

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from tests.collector.crash.killing import request

from relaylens_analytics.settle import settle
from relaylens_collector.ingest import Ingest
from relaylens_collector.pace import Pace
from relaylens_collector.proof import verify
from relaylens_collector.proof.findings import Verdict
from relaylens_collector.signals import Signal

_HOUR: Final = 3600 * 10**9
_PACE: Final = Pace(quiet_seconds=0.05, settle_every_seconds=0.2)
_MOST_SECONDS: Final = 30.0


def _times() -> Iterator[int]:
    """What the clock says each time it is asked."""
    today = time.time_ns()
    year_2100 = 4_102_444_800 * 10**9
    return itertools.cycle([today, today - 3 * _HOUR, today + 5 * _HOUR, 0, 1, year_2100, today - _HOUR])


def test_a_clock_that_jumps_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """G17: requests are kept in the order in which they came, once, with whatever time it was; waiting is done by another clock."""
    times = _times()
    monkeypatch.setattr(time, "time_ns", lambda: next(times))
    monkeypatch.setattr(time, "time", lambda: next(times) / 10**9)
    expected: list[str] = []
    for start in range(3):
        with Ingest(tmp_path, settle, pace=_PACE) as ingest:
            for number in range(10):
                body, names = request("h0", 10 * start + number)
                assert len(names) == ingest.submit(Signal.TRACES, body).accepted
                assert ingest.submit(Signal.TRACES, body).duplicate
                expected += names
            began = time.monotonic()
            ingest.flush(_MOST_SECONDS)
            assert time.monotonic() - began < _MOST_SECONDS
            with ingest.reading() as cursor:
                stored = [name for (name,) in cursor.execute("SELECT name FROM spans ORDER BY batch, ordinal").fetchall()]
                years = Counter(year for (year,) in cursor.execute("SELECT year(received_at) FROM batches").fetchall())
        assert expected == stored
        assert {1970, 2100} < set(years)
    report = verify(tmp_path)

    assert Verdict.WHOLE is report.verdict, report.to_text()
