"""Settling for tests: what spans in memory show, by the same rules as in production."""

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Final

import duckdb
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan

from relaylens.testing.seen import Escalation, Finding, Handoff, Run, Seen, Step
from relaylens_analytics.settle import settle
from relaylens_collector.mapping import decode
from relaylens_collector.records import Record
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store

SQL: Final = files("relaylens_analytics") / "sql" / "testing"


def settled(spans: Sequence[ReadableSpan]) -> Seen:
    """Everything that settling finds out from these spans, in a database that is gone afterwards."""
    store = Store(":memory:", threads=1)
    try:
        if spans:
            body = encode_spans(spans).SerializeToString()
            received = max(span.end_time or 0 for span in spans)
            record = Record(1, Signal.TRACES, received, hashlib.sha256(body).digest(), body)
            store.apply([(record.receipt, decode(Signal.TRACES, body))])
        settle(store.connection)
        return _seen(store.connection)
    finally:
        store.close()


def _seen(connection: duckdb.DuckDBPyConnection) -> Seen:
    """The nouns as plain values."""
    return Seen(
        [Run(*row) for row in _rows(connection, "runs")],
        [Step(*row) for row in _rows(connection, "steps")],
        [Handoff(*row) for row in _rows(connection, "handoffs")],
        [Escalation(*row) for row in _rows(connection, "escalations")],
        [Finding(*row) for row in _rows(connection, "findings")],
    )


def _rows(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[Any, ...]]:
    """Answer a question of `sql/testing`."""
    rows: list[tuple[Any, ...]] = connection.execute((SQL / f"{name}.sql").read_text(encoding="utf-8")).fetchall()
    return rows
