"""What is to be settled is taken in parts that the database's memory bears."""

import hashlib
import random
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.analytics.settle.building import agent, chat

from relaylens_analytics.settle import settle
from relaylens_collector.mapping import decode
from relaylens_collector.records import Record
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store

LITTLE = "96MB"
"""Memory in which a settling works, but not on twenty megabytes of answers at once."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store in a file."""
    return Store(tmp_path / "relaylens.duckdb", memory_limit="512MB")


def add(store: Store, batch: int, answers: int, size: int) -> None:
    """Store a request with so many traces, each an agent's turn with an answer of so many characters that do not repeat."""
    chance = random.Random(batch)  # noqa: S311 - texts that do not compress, the same each time
    message = ExportTraceServiceRequest()
    spans = message.resource_spans.add().scope_spans.add().spans
    for number in range(answers):
        for span in (agent(2, "writer", 0, 5, parent=0), chat(3, 2, 1, 2, chance.randbytes(size // 2).hex())):
            span.trace_id = (batch * 1000 + number).to_bytes(16)
            spans.append(span)
    body = message.SerializeToString()
    record = Record(seq=batch, signal=Signal.TRACES, received_unix_nano=1, request_hash=hashlib.sha256(body).digest(), body=body)
    store.apply([(record.receipt, decode(Signal.TRACES, body))])


def test_what_needs_more_memory_than_there_is_settles_in_halves(store: Store) -> None:
    """Forty answers of 500,000 characters settle within 96 MB, and none is put aside."""
    for batch in range(1, 41):
        add(store, batch, answers=1, size=500_000)
    store.connection.execute(f"SET memory_limit = '{LITTLE}'")

    assert 40 == settle(store.connection)
    assert [(40,)] == store.connection.execute("SELECT count(*) FROM runs").fetchall()
    assert [(0,)] == store.connection.execute("SELECT count(*) FROM unsettled").fetchall()
    store.close()


def test_a_batch_too_large_by_itself_holds_nothing_up(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """It is put aside with the reason, what came after it settles, and under a higher limit it is settled too."""
    add(store, 1, answers=60, size=500_000)
    add(store, 2, answers=1, size=100)
    store.connection.execute(f"SET memory_limit = '{LITTLE}'")
    cursor = store.cursor()

    assert 1 == settle(cursor)
    assert [(1, 120, True)] == cursor.execute("SELECT batch, spans, reason LIKE '%Out of Memory%' FROM unsettled").fetchall()
    assert "Start with a higher --memory-limit" in caplog.text
    assert 0 == settle(cursor)

    cursor.close()
    store.connection.execute("SET memory_limit = '1GB'")
    again = store.cursor()
    assert 60 == settle(again)
    assert [(0,)] == again.execute("SELECT count(*) FROM unsettled").fetchall()
    assert [(61, 2)] == again.execute("SELECT (SELECT count(*) FROM runs), (SELECT batch FROM settled)").fetchall()
    store.close()
