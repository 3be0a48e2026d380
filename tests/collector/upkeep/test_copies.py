"""A copy of a store holds all that was acknowledged before, passes verify, and makes a store again."""

import http.client
import json
import threading
from pathlib import Path

import duckdb
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from relaylens_collector.collector import Collector
from relaylens_collector.errors import BackupError, StoreLockedError, StoreNotFoundError
from relaylens_collector.ingest import Ingest
from relaylens_collector.journal.segments import compress, list_segments
from relaylens_collector.proof import verify
from relaylens_collector.proof.findings import Verdict
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal
from relaylens_collector.store_folder import SNAPSHOT_FOLDER
from relaylens_collector.upkeep import back_up, restore


def body(number: int) -> bytes:
    """Return a request of one span."""
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(
        trace_id=number.to_bytes(16), span_id=number.to_bytes(8), name=f"span {number}"
    )
    return request.SerializeToString()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Fill a store with three requests."""
    with Ingest(tmp_path / "store") as ingest:
        for number in (1, 2, 3):
            ingest.submit(Signal.TRACES, body(number))
    return tmp_path / "store"


def names(store: Path) -> list[str]:
    """Return the spans of a store that nobody has open."""
    with duckdb.connect(str(store / "relaylens.duckdb"), read_only=True) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM spans ORDER BY batch").fetchall()]


def test_a_stopped_store_is_copied(store: Path, tmp_path: Path) -> None:
    """The copy is whole, and a store restored from it takes requests on from there."""
    for segment in list_segments(store / "journal"):
        compress(segment)
    report = back_up(store, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "restored")
    with Ingest(tmp_path / "restored") as ingest:
        ingest.submit(Signal.TRACES, body(4))

    assert (Verdict.WHOLE, 3) == (report.verdict, report.records)
    assert ["span 1", "span 2", "span 3", "span 4"] == names(tmp_path / "restored")
    assert [Verdict.WHOLE] * 3 == [verify(tmp_path / name).verdict for name in ("store", "backup", "restored")]


def test_a_running_collector_is_copied_under_load(tmp_path: Path) -> None:
    """While requests come in, copies hold everything acknowledged before they were begun, and no request fails."""
    store = tmp_path / "store"
    collector = Collector(Settings(store=store, otlp_http_port=0, otlp_grpc_port=0))
    collector.start()
    acknowledged: list[int] = []
    stop = threading.Event()

    def send() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            collector.ingest.submit(Signal.TRACES, body(number))
            acknowledged.append(number)

    def snapshot() -> Path:
        connection = http.client.HTTPConnection("127.0.0.1", collector.http_port, timeout=60)
        connection.request("POST", "/api/v1/admin/snapshot", b"{}", {"content-type": "application/json"})
        answer = connection.getresponse()
        assert (200, {"folder": SNAPSHOT_FOLDER}) == (answer.status, json.loads(answer.read()))
        connection.close()
        return store / SNAPSHOT_FOLDER

    sender = threading.Thread(target=send)
    sender.start()
    try:
        before = []
        for place in range(3):
            before.append(len(acknowledged))
            back_up(store, tmp_path / f"backup {place}", snapshot=snapshot)
    finally:
        stop.set()
        sender.join()
        collector.stop()

    assert sorted(set(acknowledged)) == acknowledged
    for place, least in enumerate(before):
        restore(tmp_path / f"backup {place}", tmp_path / f"restored {place}")
        with Ingest(tmp_path / f"restored {place}") as ingest:
            ingest.flush()
        assert {f"span {number}" for number in range(1, least + 1)} <= set(names(tmp_path / f"restored {place}"))
    assert len(acknowledged) == len(names(store))
    assert Verdict.WHOLE == verify(store).verdict


def test_a_held_store_is_not_copied_behind_the_collectors_back(store: Path, tmp_path: Path) -> None:
    """Without a snapshot the database would be torn."""
    with Ingest(store), pytest.raises(StoreLockedError):
        back_up(store, tmp_path / "backup")


def test_a_folder_that_is_not_empty_is_refused(store: Path, tmp_path: Path) -> None:
    """Neither a backup nor a restore writes over anything; told so, a restore renames what is there."""
    back_up(store, tmp_path / "backup")
    with Ingest(store) as ingest:
        ingest.submit(Signal.TRACES, body(4))
    with pytest.raises(BackupError, match="is not empty"):
        back_up(store, tmp_path / "backup")
    with pytest.raises(BackupError, match="is not empty"):
        restore(tmp_path / "backup", store)
    with Ingest(store), pytest.raises(StoreLockedError):
        restore(tmp_path / "backup", store, replace=True)
    restore(tmp_path / "backup", store, replace=True)
    [renamed] = tmp_path.glob("store.replaced-*")

    assert (3, 4) == (len(names(store)), len(names(renamed)))


def test_a_broken_backup_is_not_restored(store: Path, tmp_path: Path) -> None:
    """Verify comes first."""
    back_up(store, tmp_path / "backup")
    with duckdb.connect(str(tmp_path / "backup" / "relaylens.duckdb")) as connection:
        connection.execute("DELETE FROM spans WHERE batch = 2")

    with pytest.raises(BackupError, match="is not whole"):
        restore(tmp_path / "backup", tmp_path / "restored")
    assert not (tmp_path / "restored").exists()


def test_there_has_to_be_a_store(tmp_path: Path) -> None:
    """A wrong path is not a store that is empty."""
    with pytest.raises(StoreNotFoundError):
        back_up(tmp_path / "nothing", tmp_path / "backup")
