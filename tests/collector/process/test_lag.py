"""How much waits and for how long, as the collector tells it."""

import threading
from pathlib import Path

import duckdb

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.ingest import Ingest
from relaylens_collector.lag import Lag, Trail
from relaylens_collector.pace import Pace
from relaylens_collector.signals import Signal


def test_what_waits_is_told() -> None:
    """Requests exactly; bytes and seconds of the oldest mark, also when what came earlier is forgotten."""
    now = [100.0]
    trail = Trail(10, clock=lambda: now[0])
    nothing = trail.behind(10)
    for seq, moment in ((11, 101.0), (12, 101.01), (13, 103.0), (14, 104.0)):
        now[0] = moment
        trail.came(seq, 1000)
    now[0] = 110.0

    assert Lag(0, 0, 0.0) == nothing == trail.behind(14)
    assert Lag(4, 4000, 9.0) == trail.behind(10)
    assert Lag(3, 4000, 9.0) == trail.behind(11)  # 11 and 12 came within one mark
    assert Lag(2, 2000, 7.0) == trail.behind(12, forget=True)
    assert Lag(1, 1000, 6.0) == trail.behind(13)


def test_settling_lags_behind_storing(tmp_path: Path) -> None:
    """While the settler is at work the database is level and what was derived is not."""
    at_work, may_end = threading.Event(), threading.Event()

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        connection.execute("SELECT 1")
        at_work.set()
        may_end.wait(30)
        return 0

    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=0.0)) as ingest:
        body = samples.one_span(Trace.new())
        ingest.submit(Signal.TRACES, body)
        assert at_work.wait(30)
        before = ingest.status().progress
        may_end.set()
        ingest.flush(30)
        after = ingest.status().progress

    assert (1, len(body)) == (before.settle_lag.requests, before.settle_lag.bytes)
    assert 0 < before.settle_lag.seconds < 30
    assert (Lag(0, 0, 0.0), Lag(0, 0, 0.0)) == (after.apply_lag, after.settle_lag)
