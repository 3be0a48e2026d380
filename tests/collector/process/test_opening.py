"""Ingest begins with whatever it finds: no database, a damaged one, another's, or one that is not up to the journal."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.collector.process.held import names, tables

from relaylens_collector.errors import (
    JournalCorruptError,
    StoreError,
    StoreLockedError,
)
from relaylens_collector.ingest import Ingest, rebuild
from relaylens_collector.signals import Signal

MakeTraces = Callable[..., bytes]


def test_a_rebuilt_database_equals_the_original(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Every table is the same, row by row, and the old file is kept."""
    with Ingest(tmp_path) as ingest:
        for seed in range(1, 12):
            ingest.submit(Signal.TRACES, make_traces(seed, 5, bad_ids=seed % 2))
        ingest.submit(Signal.LABELS, b'{"run": "r1", "name": "accuracy", "score": 0.5, "source": "test"}')
    original = tables(tmp_path)

    assert 12 == rebuild(tmp_path)
    assert original == tables(tmp_path)
    assert 55 == len(original["spans"])
    assert 1 == len(original["labels"])
    assert 1 == len(list(tmp_path.glob("relaylens.duckdb.replaced-*")))


def _overwrite_head(path: Path) -> None:
    path.write_bytes(b"\0" * 4096 + path.read_bytes()[4096:])


def _overwrite_all(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-300_000])


@pytest.mark.parametrize("damage", [_overwrite_head, _overwrite_all, _cut])
def test_a_database_that_does_not_open_is_rebuilt(tmp_path: Path, make_traces: MakeTraces, damage: Callable[[Path], None]) -> None:
    """The damaged file is put aside, and a new one is filled from the journal."""
    with Ingest(tmp_path) as ingest:
        for seed in range(1, 6):
            ingest.submit(Signal.TRACES, make_traces(seed))
    original = tables(tmp_path)
    database = tmp_path / "relaylens.duckdb"
    damage(database)

    with Ingest(tmp_path) as ingest:
        ingest.flush()
    (aside,) = tmp_path.glob("relaylens.duckdb.unreadable-*Z")
    assert original == tables(tmp_path)
    assert aside.stat().st_size > 0


def test_a_missing_database_is_made_from_the_journal(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Deleting the file loses nothing."""
    with Ingest(tmp_path) as ingest:
        ingest.submit(Signal.TRACES, make_traces(1))
    original = tables(tmp_path)
    (tmp_path / "relaylens.duckdb").unlink()

    with Ingest(tmp_path) as ingest:
        ingest.flush()
    assert original == tables(tmp_path)


def test_a_database_without_its_journal_is_refused(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Numbers would be used twice: the error names both ends and says what to do."""
    with Ingest(tmp_path) as ingest:
        for seed in (1, 2):
            ingest.submit(Signal.TRACES, make_traces(seed))
    for path in (tmp_path / "journal").iterdir():
        path.unlink()

    with pytest.raises(JournalCorruptError, match="the journal ends with record 0, but record 2 was signed"):
        Ingest(tmp_path)
    (tmp_path / "anchors.jsonl").unlink()
    with pytest.raises(StoreError, match="holds record 2, but its journal ends with record 0"):
        Ingest(tmp_path)
    rebuild(tmp_path)
    assert [] == tables(tmp_path)["spans"]


def test_a_database_of_another_journal_is_refused(tmp_path: Path, make_traces: MakeTraces) -> None:
    """A database is never added to by a journal that is not its own."""
    for name, seed in (("one", 1), ("two", 2)):
        with Ingest(tmp_path / name) as ingest:
            ingest.submit(Signal.TRACES, make_traces(seed))
    (tmp_path / "one" / "relaylens.duckdb").replace(tmp_path / "two" / "relaylens.duckdb")

    with pytest.raises(StoreError, match="differ in record 1"):
        Ingest(tmp_path / "two")


def test_a_damaged_journal_is_reported(tmp_path: Path, make_traces: MakeTraces) -> None:
    """It is not started on, whatever the database says."""
    with Ingest(tmp_path) as ingest:
        ingest.submit(Signal.TRACES, make_traces(1))
    (segment,) = (tmp_path / "journal").glob("*.segment")
    segment.write_bytes(segment.read_bytes()[:-1] + b"?")

    with pytest.raises(JournalCorruptError, match=segment.name):
        Ingest(tmp_path)


def test_a_store_has_one_process(tmp_path: Path) -> None:
    """The second is told who holds the folder, and may have it afterwards."""
    with Ingest(tmp_path):
        pid = (tmp_path / "lock").read_text().strip()
        with pytest.raises(StoreLockedError, match=f"held by process {pid}"):
            Ingest(tmp_path)

    Ingest(tmp_path).close()


def test_a_reader_of_the_file_holds_up_the_database_alone(tmp_path: Path, make_traces: MakeTraces) -> None:
    """A database that someone has open is not taken for a damaged one: what comes is journalled, and stored once it is free."""
    Ingest(tmp_path).close()
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "relaylens.duckdb")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdin is not None
        assert b"open\n" == reader.stdout.readline()
        with Ingest(tmp_path) as ingest:
            assert 3 == ingest.submit(Signal.TRACES, make_traces(1)).accepted
            assert "set lock on file" in str(ingest.status().progress.problem)
            assert not ingest.status().progress.ready
            reader.stdin.close()
            reader.wait()
            began = time.monotonic()
            while not ingest.status().progress.ready:
                assert time.monotonic() - began < 5
                time.sleep(0.01)
            assert [f"span 1/{number}" for number in (1, 2, 3)] == sorted(names(ingest))
    assert [] == list(tmp_path.glob("*unreadable*"))
