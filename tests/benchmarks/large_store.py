"""A store of a million spans or more: a real one, ingested and settled, and then copied within its own tables many times over.

Every copy has ids, batches and texts of its own and lies later in time, so that each column has as many different values, and each row its
companions in the other tables, as if all of it had been sent. The base is the example network's work and generated runs, half each.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

import duckdb
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.benchmarks.generate import SPANS_PER_REQUEST, trace_requests

from relaylens_analytics.settle import NOUNS, settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal

DAYS: Final = 30
"""Over which the copies are spread."""

_BASE_RUNS: Final = 2000
_BASE_REQUESTS: Final = 80
_HOURS: Final = 24
_ROOT: Final = Path(__file__).parents[2]

_TEXTS_APART: Final = 10_000_000
"""Copies of a text have its number with the copy's number before its seven digits, so that a cell is copied by putting digits in."""
_FIRST_TEXT: Final = 1_000_000

_TABLES: Final = ("batches", "resources", "texts", "spans", "number_ranges", "logs", "labels", "trace_keys", *NOUNS)
"""What is copied: each copy is the work of other processes; scopes are the same for all."""

_SPAN_IDS: Final = {"trace_id", "span_id", "parent_span_id"}
_IDS: Final = {
    "run",
    "conversation",
    "step",
    "parent_step",
    "from_step",
    "to_step",
    "handoff",
    "escalation",
    "finding",
    "key",
    "session_id",
}

_MACROS: Final = f"""
-- Another digit for each digit: a bijection of ids, and of whatever is made of ids.
CREATE OR REPLACE TEMP MACRO other_digits(id, copy) AS translate(id, '0123456789abcdef', list_reduce(list_transform(range(16), lambda i:
    substr('0123456789abcdef', 1 + ((i * (2 * (copy % 8) + 1) + copy * 7 + copy // 8) % 16)::INTEGER, 1)), lambda a, b: a || b));
CREATE OR REPLACE TEMP MACRO other_id(id, copy) AS CASE WHEN length(id) < 32 THEN id || '-' || copy ELSE other_digits(id, copy) END;
CREATE OR REPLACE TEMP MACRO other_cell(cell, copy) AS
    CASE WHEN cell[1] = chr(1) THEN regexp_replace(cell, '([\\x01,])', '\\1' || copy, 'g') ELSE cell END;
CREATE OR REPLACE TEMP MACRO other_value(key, cell, copy) AS
    CASE WHEN key = 'relaylens.process.id' THEN cell || '-' || copy ELSE other_cell(cell, copy) END;
CREATE OR REPLACE TEMP MACRO first_cell(cell) AS CASE WHEN cell[1] = chr(1) THEN chr(1) || list_reduce(list_transform(
    string_split(cell[2:], ','), lambda x: (x::BIGINT + {_FIRST_TEXT})::VARCHAR), lambda a, b: a || ',' || b) ELSE cell END;
"""


@contextmanager
def large_store(folder: Path, spans: int) -> Iterator[Collector]:
    """Build the store in an empty folder, and leave its collector running meanwhile."""
    collector = Collector(Settings(store=folder, otlp_http_port=0, otlp_grpc_port=0, memory_limit="1GB"), settle)
    collector.start()
    try:
        _ingest_base(collector)
        _enlarge(collector, spans)
        yield collector
    finally:
        collector.stop()


def _ingest_base(collector: Collector) -> None:
    """Send the base in the usual way, and have it settled."""
    command = [sys.executable, "-m", "examples.support_network", "--runs", str(_BASE_RUNS), "--seed", "3", "--time-scale", "0"]
    command += ["--history", str(_HOURS), "--endpoint", collector.http_url, "--labels", collector.http_url]
    subprocess.run(command, cwd=_ROOT, check=True, capture_output=True)
    began = int((datetime.now().astimezone() - timedelta(hours=_HOURS)).timestamp() * 1e9)
    for body in _spread(trace_requests(_BASE_REQUESTS), began):
        collector.ingest.submit(Signal.TRACES, body)
    collector.ingest.flush()


def _spread(bodies: Iterator[bytes], began: int) -> Iterator[bytes]:
    """Give the generated spans, a millisecond apart, the hours in which the network worked."""
    requests = [ExportTraceServiceRequest.FromString(body) for body in bodies]
    spans = [span for one in requests for of in one.resource_spans for scope in of.scope_spans for span in scope.spans]
    first = min(span.start_time_unix_nano for span in spans)
    stretch = _HOURS * 3600 * 10**9 // (_BASE_REQUESTS * SPANS_PER_REQUEST * 10**6)
    for span in spans:
        span.start_time_unix_nano = began + (span.start_time_unix_nano - first) * stretch
        span.end_time_unix_nano = began + (span.end_time_unix_nano - first) * stretch
    return (one.SerializeToString() for one in requests)


def _enlarge(collector: Collector, spans: int) -> None:
    """Copy the rows of every table, one copy after the other, until there are so many spans."""
    with writer(collector) as connection:
        connection.execute(_MACROS)
        [(held, batches)] = connection.execute("SELECT count(*), max(batch) FROM spans").fetchall()
        copies = -(-spans // held)
        for table in _TABLES:
            connection.execute(f"CREATE TEMP TABLE base_{table} AS SELECT {_columns(connection, table, _based)} FROM {table}")  # noqa: S608
        for copy in range(1, copies):
            shift = round(copy * DAYS * 86400 / copies)
            connection.execute("BEGIN")
            for table in _TABLES:
                columns = _columns(connection, table, _copied)
                statement = f"INSERT INTO {table} SELECT {columns} FROM base_{table}"  # noqa: S608 - our own names
                values = {"copy": copy, "batches": copy * batches, "shift": shift}
                connection.execute(statement, {name: value for name, value in values.items() if f"${name}" in statement})
            connection.execute("COMMIT")
        connection.execute("DELETE FROM settled")
        connection.execute("INSERT INTO settled SELECT max(batch), now()::TIMESTAMP FROM batches")
        connection.execute("CHECKPOINT")


@contextmanager
def writer(collector: Collector) -> Iterator[duckdb.DuckDBPyConnection]:
    """Lend a connection that may write; the collector has nothing to do meanwhile."""
    store = cast("Any", collector.ingest)._applier._store  # noqa: SLF001 - the one database of the process
    with store.cursor() as connection:
        yield connection


def _columns(connection: duckdb.DuckDBPyConnection, table: str, change: Any) -> str:  # noqa: ANN401 - one of the two below
    """Give the columns of a table as expressions."""
    found = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = $table AND database_name = current_database() "
        "ORDER BY column_index",
        {"table": table},
    ).fetchall()
    return ", ".join(f'{change(name, kind)} AS "{name}"' for name, kind in found)


def _based(name: str, kind: str) -> str:
    """Give a column of the base, its texts numbered with seven digits."""
    if name == "text_id":
        return f"text_id + {_FIRST_TEXT}"
    if kind == "VARCHAR" and name not in _SPAN_IDS | _IDS:
        return f'first_cell("{name}")'
    if kind == "MAP(VARCHAR, VARCHAR)":
        return f'map(map_keys("{name}"), list_transform(map_values("{name}"), lambda cell: first_cell(cell)))'
    return f'"{name}"'


def _copied(name: str, kind: str) -> str:
    """Give a column of a copy."""
    by_name = {
        **dict.fromkeys(("batch", "first_batch", "last_batch"), f"{name} + $batches"),
        **dict.fromkeys(_SPAN_IDS, f"other_digits({name}, $copy)"),
        **dict.fromkeys(_IDS, f"other_id({name}, $copy)"),
        "text_id": f"text_id + $copy * {_TEXTS_APART}",
        "resource": "md5(resource::VARCHAR || $copy)::UUID",
        "text_hash": "md5(text_hash::VARCHAR || $copy)::UUID",
        "span_ids": "list_transform(span_ids, lambda id: other_id(id, $copy))",
        **dict.fromkeys(("start_time_unix_nano", "end_time_unix_nano"), f"{name} + ($shift::BIGINT * 1000000000)::UBIGINT"),
    }
    by_kind = {
        "TIMESTAMP": f"{name} + to_seconds($shift)",
        "VARCHAR": f'other_cell("{name}", $copy)',
        "MAP(VARCHAR, VARCHAR)": f'map(map_keys("{name}"), list_transform(map_entries("{name}"), '
        "lambda one: other_value(one.key, one.value, $copy)))",
    }
    return by_name.get(name) or by_kind.get(kind, f'"{name}"')
