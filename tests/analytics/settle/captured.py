"""Real captures of agent frameworks, read from the folder beside the repository."""

import hashlib
import json
import lzma
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
from google.protobuf.internal.decoder import _DecodeVarint32  # type: ignore[attr-defined]  # the one varint reader protobuf has
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from relaylens_analytics.settle import NOUNS, settle
from relaylens_collector.mapping import decode
from relaylens_collector.records import Record
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store

CAPTURES = Path(__file__).parents[4] / "shared" / "captures"
MISSING = "the captures lie beside the repository, in ../shared/captures"


@cache
def truth() -> dict[str, dict[str, Any]]:
    """What the agents of each capture were scripted to do; empty where the captures are not there."""
    file = CAPTURES / "truth.json"
    return dict(json.loads(file.read_text())) if file.exists() else {}


def bodies(path: Path) -> Iterator[bytes]:
    """The requests of one capture file, in order."""
    data, place = lzma.decompress(path.read_bytes()), 0
    while place < len(data):
        size, place = _DecodeVarint32(data, place)
        yield data[place : place + size]
        place += size


def requests(name: str) -> list[tuple[Signal, bytes]]:
    """The trace and log requests of a capture."""
    found = [(Signal.TRACES, body) for body in bodies(CAPTURES / f"{name}.pb.xz")]
    logs = CAPTURES / f"{name}.logs.pb.xz"
    return found + ([(Signal.LOGS, body) for body in bodies(logs)] if logs.exists() else [])


def single_span_requests(name: str) -> list[tuple[Signal, bytes]]:
    """The spans of a capture, each in a request of its own."""
    singles: list[tuple[Signal, bytes]] = []
    for body in bodies(CAPTURES / f"{name}.pb.xz"):
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    request = ExportTraceServiceRequest()
                    group = request.resource_spans.add(resource=resource.resource, schema_url=resource.schema_url)
                    group.scope_spans.add(scope=scope.scope, schema_url=scope.schema_url, spans=[span])
                    singles.append((Signal.TRACES, request.SerializeToString()))
    return singles


def apply(store: Store, messages: Sequence[tuple[Signal, bytes]]) -> None:
    """Store requests as the collector does, numbered after those that are there."""
    first = store.last_batch() + 1
    store.apply(
        [
            (
                Record(seq=seq, signal=signal, received_unix_nano=1, request_hash=hashlib.sha256(body).digest(), body=body).receipt,
                decode(signal, body),
            )
            for seq, (signal, body) in enumerate(messages, first)
        ]
    )


def settled(messages: Sequence[tuple[Signal, bytes]]) -> Store:
    """A store in memory with the requests applied and settled."""
    store = Store(":memory:")
    apply(store, messages)
    settle(store.connection)
    return store


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return connection.execute(query).fetchall()


def nouns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Every row of every noun as text, in a fixed order, with texts in full and without what depends on when it arrived."""
    in_full = {
        "conversation_traces": "* EXCLUDE (first_batch)",
        "steps": "* REPLACE (text_of(input) AS input, text_of(output) AS output)",
        "span_facts": "* EXCLUDE (batch, ordinal) REPLACE (text_of(tool_arguments) AS tool_arguments, text_of(tool_result) AS tool_result)",
    }
    found = {}
    for noun in NOUNS:
        columns = in_full.get(noun, "*")
        found[noun] = sorted(str(row) for row in rows(connection, f"SELECT {columns} FROM {noun}"))  # noqa: S608 - our own table names
    return found
