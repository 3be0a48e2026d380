"""A database that dies under the collector is opened or made again by itself, while the journal takes what comes."""

import os
import resource
import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

import duckdb
import pytest
from tests.collector.crash.killing import request

from relaylens_analytics.settle import settle
from relaylens_collector.errors import CollectorError
from relaylens_collector.ingest import Ingest
from relaylens_collector.pace import Pace
from relaylens_collector.signals import Signal

_LONGEST: Final = 5.0
_PACE: Final = Pace(quiet_seconds=0.05, settle_every_seconds=0.2)
_BLOCK: Final = 256 << 10
_HEADERS: Final = 12 << 10


def _longest() -> float:
    """Five seconds on a machine that does nothing else."""
    return _LONGEST * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def _remove(store: Path) -> None:
    (store / "relaylens.duckdb").unlink()


def _remove_with_log(store: Path) -> None:
    for file in store.glob("relaylens.duckdb*"):
        file.unlink()


def _replace_by_another(store: Path) -> None:
    other = store / "other"
    with duckdb.connect(str(other)) as connection:
        connection.execute("CREATE TABLE spans (name VARCHAR)")
    other.replace(store / "relaylens.duckdb")


def _replace_by_a_copy(store: Path) -> None:
    """Bring back an older state, as a person who restores a file does."""
    shutil.copy(store / "relaylens.duckdb", store / "copy")
    (store / "copy").replace(store / "relaylens.duckdb")


def _replace_by_nothing(store: Path) -> None:
    (store / "empty").touch()
    (store / "empty").replace(store / "relaylens.duckdb")


def _cut(store: Path) -> None:
    os.truncate(store / "relaylens.duckdb", _HEADERS + _BLOCK)


def _cut_headers(store: Path) -> None:
    os.truncate(store / "relaylens.duckdb", 100)


def _flip_every_block(store: Path) -> None:
    with (store / "relaylens.duckdb").open("r+b") as file:
        for start in range(_HEADERS, file.seek(0, os.SEEK_END), _BLOCK):
            file.seek(start + _BLOCK // 2)
            file.write(b"\xff" * 16)


def _remove_log(store: Path) -> None:
    (store / "relaylens.duckdb.wal").unlink(missing_ok=True)


def _move_away(store: Path) -> None:
    (store / "relaylens.duckdb").rename(store / "moved")


_FAULTS: Final = (
    _remove,
    _remove_with_log,
    _replace_by_another,
    _replace_by_a_copy,
    _replace_by_nothing,
    _cut,
    _cut_headers,
    _flip_every_block,
    _remove_log,
    _move_away,
)


def _names(ingest: Ingest) -> Counter[str]:
    with ingest.reading() as cursor:
        cursor.sql("SELECT count(hash(COLUMNS(*))) FROM spans").fetchall()
        return Counter(name for (name,) in cursor.execute("SELECT name FROM spans").fetchall())


def _seconds_until_whole(ingest: Ingest, expected: Counter[str]) -> float:
    """Ask until everything is there again, as a screen that is looked at does."""
    began = time.monotonic()
    found: Counter[str] = Counter()
    while found != expected or not ingest.status().progress.ready:
        seconds = time.monotonic() - began
        assert seconds < _longest(), (ingest.status(), (expected - found).total(), (found - expected).total())
        time.sleep(0.02)
        try:
            found = _names(ingest)
        except (CollectorError, duckdb.Error):
            continue
    return time.monotonic() - began


@pytest.mark.parametrize("fault", _FAULTS, ids=lambda fault: fault.__name__.strip("_"))
@pytest.mark.parametrize(
    "is_fresh", [pytest.param(True, id="nothing read yet"), pytest.param(False, id="in memory", marks=pytest.mark.crash)]
)
def test_a_database_that_is_hurt_while_it_is_open_is_mended(tmp_path: Path, fault: Callable[[Path], None], *, is_fresh: bool) -> None:
    """G05: what comes meanwhile is taken, and all of it is there within seconds, and after the next start."""
    expected: Counter[str] = Counter()
    with Ingest(tmp_path, settle, pace=_PACE) as ingest:
        for number in range(10):
            body, names = request("h0", number)
            expected.update(names)
            ingest.submit(Signal.TRACES, body)
        ingest.flush()
    with Ingest(tmp_path, settle, pace=_PACE) as ingest:
        if not is_fresh:
            ingest.flush()
            assert expected == _names(ingest)
        fault(tmp_path)
        body, names = request("h0", 10)
        expected.update(names)
        assert len(names) == ingest.submit(Signal.TRACES, body).accepted
        _seconds_until_whole(ingest, expected)
    with Ingest(tmp_path, settle, pace=_PACE) as ingest:
        _seconds_until_whole(ingest, expected)


def test_a_checkpoint_that_fails_costs_a_moment(tmp_path: Path) -> None:
    """G05: DuckDB declares itself dead when a checkpoint fails; readers, settling and applying all get a new one."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    expected: Counter[str] = Counter()

    def settle_and_checkpoint(connection: duckdb.DuckDBPyConnection) -> int:
        settled = settle(connection)
        connection.execute("FORCE CHECKPOINT")
        return settled

    with Ingest(tmp_path, settle_and_checkpoint, pace=_PACE) as ingest:
        for number in range(12):
            body, names = request("h0", number)
            expected.update(names)
            if number == 10:
                ingest.flush()
                resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "relaylens.duckdb").stat().st_size + 1, limit[1]))
            ingest.submit(Signal.TRACES, body)
        try:
            deadline = time.monotonic() + _longest()
            while ingest.status().progress.problem is None:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert not ingest.status().progress.ready
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        _seconds_until_whole(ingest, expected)


def test_a_record_missing_in_the_middle_is_found(tmp_path: Path) -> None:
    """A database that lost a batch among others is made anew from the journal at the next start."""
    expected: Counter[str] = Counter()
    with Ingest(tmp_path, settle, pace=_PACE) as ingest:
        for number in range(5):
            body, names = request("h0", number)
            expected.update(names)
            ingest.submit(Signal.TRACES, body)
            ingest.flush()
    with duckdb.connect(str(tmp_path / "relaylens.duckdb")) as connection:
        connection.execute("DELETE FROM spans WHERE batch = 3")
        connection.execute("DELETE FROM batches WHERE batch = 3")
    with Ingest(tmp_path, settle, pace=_PACE) as ingest:
        _seconds_until_whole(ingest, expected)
    assert 1 == len(list(tmp_path.glob("*.damaged-*")))
