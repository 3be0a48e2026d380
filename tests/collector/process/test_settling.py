"""What is stored is settled: when it is quiet, from time to time under load, and again after a failure."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from tests.collector.process.held import names, spans

from relaylens_collector.errors import (
    StoreError,
)
from relaylens_collector.ingest import Ingest
from relaylens_collector.pace import Pace
from relaylens_collector.signals import Signal

MakeTraces = Callable[..., bytes]


def test_settling_follows_when_it_is_quiet(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Without a flush the settler is called with the batches of a moment ago in the database."""
    seen: list[int] = []
    settled = threading.Event()

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        ((count,),) = connection.execute("SELECT count(*) FROM spans").fetchall()
        seen.append(count)
        if count:
            settled.set()
        return int(count)

    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=0.01)) as ingest:
        ingest.submit(Signal.TRACES, make_traces(1, 7))

        assert settled.wait(10)
        assert 7 == seen[-1]


def test_settling_is_not_put_off_for_ever(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Under constant load the settler is still called."""
    settled = threading.Event()

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        if connection.execute("SELECT count(*) FROM spans").fetchall() != [(0,)]:
            settled.set()
        return 0

    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=3600, settle_every_seconds=0.05)) as ingest:
        seed = 0
        while not settled.is_set() and seed < 10_000:
            seed += 1
            ingest.submit(Signal.TRACES, make_traces(seed, 1))

        assert settled.is_set()


def test_a_failing_settler_is_reported_and_called_again(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Spans are stored all the same; the flush says what failed, and the next one succeeds."""
    failures = iter([True, False])

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        if connection.execute("SELECT count(*) FROM spans").fetchall() == [(0,)]:
            return 0
        connection.execute("BEGIN TRANSACTION")
        if next(failures, False):
            connection.execute("SELECT * FROM a_table_that_is_not_there")
        connection.execute("COMMIT")
        return 1

    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=0.01, settle_every_seconds=0.05)) as ingest:
        ingest.flush()
        ingest.submit(Signal.TRACES, make_traces(1))
        with pytest.raises(StoreError, match="a_table_that_is_not_there"):
            ingest.flush()
        ingest.flush()

        assert spans((1, 3)) == names(ingest)
        assert 1 == ingest.status().progress.settle_failures
        assert ingest.status().progress.problem is None


def test_a_settler_that_breaks_its_cursor_gets_another(tmp_path: Path, make_traces: MakeTraces) -> None:
    """It costs one settling, and the database stays open."""
    breaks = iter([True])

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        if connection.execute("SELECT count(*) FROM spans").fetchall() != [(0,)] and next(breaks, False):
            connection.close()
            connection.execute("SELECT 1")
        return 1

    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=0.01, settle_every_seconds=0.05)) as ingest:
        ingest.flush()
        ingest.submit(Signal.TRACES, make_traces(1))
        with pytest.raises(StoreError, match="Settling failed"):
            ingest.flush()
        assert ingest.status().progress.ready
        ingest.flush()

        assert ingest.status().progress.problem is None
        assert 1 == ingest.status().progress.settle_failures


def test_a_database_that_dies_while_settling_is_opened_again(tmp_path: Path, make_traces: MakeTraces) -> None:
    """When the writer's connection is gone the database is opened anew, with plainer plans, brought up to the journal and settled."""
    deaths = iter([True])

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        if connection.execute("SELECT count(*) FROM spans").fetchall() != [(0,)] and next(deaths, False):
            store = ingest._applier._store  # noqa: SLF001 - what a fatal error does to it
            assert store is not None
            store.connection.close()
            connection.execute("SELECT * FROM a_table_that_is_not_there")
        plans.append(connection.execute("SELECT current_setting('disabled_optimizers')").fetchone())
        return 1

    plans: list[object] = []
    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=0.01)) as ingest:
        ingest.submit(Signal.TRACES, make_traces(1))
        with pytest.raises(StoreError):
            ingest.flush()
        ingest.submit(Signal.TRACES, make_traces(2))
        ingest.flush()

        assert spans((1, 3), (2, 3)) == names(ingest)
        assert ("join_filter_pushdown",) == plans[-1]
        assert ingest.status().progress.ready


def test_what_comes_while_it_settles_is_stored_and_settled_next(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Storing goes on beside a settling that takes long, and what came meanwhile is settled after it."""
    settles, go_on = threading.Event(), threading.Event()
    seen: list[int] = []

    def settle(connection: duckdb.DuckDBPyConnection) -> int:
        ((count,),) = connection.execute("SELECT count(*) FROM spans").fetchall()
        if count and not settles.is_set():
            settles.set()
            assert go_on.wait(30)
        seen.append(count)
        return 1

    with Ingest(tmp_path, settle, pace=Pace(quiet_seconds=0.01)) as ingest:
        ingest.flush()
        ingest.submit(Signal.TRACES, make_traces(1))
        assert settles.wait(10)
        ingest.submit(Signal.TRACES, make_traces(2))
        deadline = time.monotonic() + 10
        while ingest.status().progress.applied_seq < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        progress = ingest.status().progress
        go_on.set()
        ingest.flush()

        assert (2, 0) == (progress.applied_seq, progress.settled_seq)
        assert [0, 3, 6] == seen
        assert 2 == ingest.status().progress.settled_seq
