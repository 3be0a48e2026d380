"""A journal of the format before erasing is read, continued and erased from: what was acknowledged once stays readable.

`format_1` was written by the journal as it was before commit 6d1a6b8: eight requests of a span each and a label, in three segments, the
first of them compressed.
"""

import contextlib
import shutil
from pathlib import Path
from typing import Final

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from relaylens_analytics.settle import settle
from relaylens_collector.erasing.orders import perform
from relaylens_collector.ingest import Ingest
from relaylens_collector.journal import Journal
from relaylens_collector.proof import verify
from relaylens_collector.proof.findings import Verdict
from relaylens_collector.signals import Signal

_WRITTEN: Final = Path(__file__).parent / "format_1"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store of which the journal alone is there."""
    shutil.copytree(_WRITTEN, tmp_path / "store" / "journal")
    return tmp_path / "store"


def _new() -> bytes:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(trace_id=bytes(15) + b"\x63", span_id=bytes(7) + b"\x63", name="span 99")
    return request.SerializeToString()


def _names(ingest: Ingest) -> list[str]:
    ingest.flush()
    with ingest.reading() as cursor:
        return [name for (name,) in cursor.execute("SELECT name FROM spans ORDER BY batch").fetchall()]


def test_it_is_read_and_continued(store: Path) -> None:
    """Every record is applied, a new one gets the next number, and the chain verifies from the first to the last."""
    with Ingest(store, settle) as ingest:
        old = _names(ingest)
        ingest.submit(Signal.TRACES, _new())
        all_names, last = _names(ingest), ingest.status().last_seq
        with ingest.reading() as cursor:
            labels = cursor.execute("SELECT run, name, score FROM labels").fetchall()
    report = verify(store)

    assert [f"span {number}" for number in range(1, 9)] == old
    assert [*old, "span 99"] == all_names
    assert [("r", "accuracy", 1.0)] == labels
    assert (10, Verdict.WHOLE, 10) == (last, report.verdict, report.records)


@pytest.mark.parametrize("number", [2, 5, 8])
def test_it_can_be_erased_from(store: Path, number: int) -> None:
    """From a compressed segment, a plain one and the last one: the bytes are gone, and the chain still verifies."""
    with Ingest(store, settle) as ingest:
        ingest.flush()
        outcome = perform(ingest, {"order": "erase", "kind": "conversation", "subject": f"talk-{number}", "dry_run": False}, said_by="test")
        left = _names(ingest)

    assert 1 == outcome["records"]
    assert [f"span {one}" for one in range(1, 9) if one != number] == left
    assert Verdict.WHOLE is verify(store).verdict
    with contextlib.closing(Journal(store / "journal")) as journal:
        bodies = [record.body for record in journal.read()]
    gone = f"talk-{number}".encode()
    assert not any(gone in held for held in (*bodies, *(path.read_bytes() for path in store.rglob("*") if path.is_file())))
