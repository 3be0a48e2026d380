"""What is free in the database's file is given back when nothing comes."""

import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from tests.collector.process.test_ingest import MakeTraces

from relaylens_collector.errors import CollectorError
from relaylens_collector.ingest import Ingest
from relaylens_collector.pace import Pace
from relaylens_collector.proof.findings import Verdict
from relaylens_collector.proof.verifying import verify
from relaylens_collector.signals import Signal
from relaylens_collector.store.statements import read_statement


def _blocks(ingest: Ingest) -> tuple[int, int]:
    """How many blocks the file has, and how many of them are free."""
    with ingest.reading() as cursor:
        [(blocks, free, _)] = cursor.execute(read_statement("free_blocks")).fetchall()
    return blocks, free


def _until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if holds():
                return True
        except (CollectorError, duckdb.InterruptException):
            pass  # it is closed for the moment, or was just now
        time.sleep(0.01)
    return False


def _fill(ingest: Ingest, make_traces: MakeTraces) -> None:
    """Store spans, and have each checkpoint write the last rows of every table anew, so that blocks become free."""
    for seed in range(1, 7):
        ingest.submit(Signal.TRACES, make_traces(seed, 500))
        ingest.flush()
        with ingest.reading() as cursor:
            cursor.execute("CHECKPOINT")


def test_free_blocks_are_given_back_when_nothing_comes(
    tmp_path: Path, make_traces: MakeTraces, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Everything is there afterwards, more is taken, and the store verifies."""
    monkeypatch.setattr("relaylens_collector.compacting._LEAST", 1)
    monkeypatch.setattr("relaylens_collector.compacting._SHARE", 0.01)
    caplog.set_level("INFO", logger="relaylens_collector.compacting")
    with Ingest(tmp_path, pace=Pace(compact_after_seconds=3600)) as ingest:
        _fill(ingest, make_traces)
        blocks, free = _blocks(ingest)
        assert free > 0
    (tmp_path / "relaylens.duckdb.compacting").write_bytes(b"left by a process that was killed")

    with Ingest(tmp_path, pace=Pace(compact_after_seconds=0.05)) as ingest:
        assert not (tmp_path / "relaylens.duckdb.compacting").exists()
        ingest.submit(Signal.TRACES, make_traces(7))
        assert _until(lambda: "given back" in caplog.text and _blocks(ingest)[0] < blocks and ingest.spans() == 3003)
        ingest.submit(Signal.TRACES, make_traces(8))
        ingest.flush()
        assert 3006 == ingest.spans()
    assert Verdict.WHOLE == verify(tmp_path).verdict


def test_a_file_that_could_not_be_written_anew_is_tried_again(
    tmp_path: Path, make_traces: MakeTraces, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A transaction that writes elsewhere forbids the checkpoint; when it has ended the file becomes smaller without anything coming."""
    monkeypatch.setattr("relaylens_collector.compacting._LEAST", 1)
    monkeypatch.setattr("relaylens_collector.compacting._SHARE", 0.01)
    with Ingest(tmp_path, pace=Pace(compact_after_seconds=0.05)) as ingest:
        with ingest.reading() as writer:
            _fill(ingest, make_traces)
            blocks, _ = _blocks(ingest)
            writer.execute("BEGIN")
            writer.execute("CREATE TABLE held (i INTEGER)")
            assert _until(lambda: "tried again" in caplog.text)
            writer.execute("ROLLBACK")
        assert _until(lambda: _blocks(ingest)[0] < blocks)
