"""A store of a million spans or more: a real one, ingested and settled, and then copied within its own tables many times over.

Every copy has ids, batches and texts of its own and lies later in time, so that each column has as many different values, and each row its
companions in the other tables, as if all of it had been sent. The base is the example network's work and generated runs, half each.
"""

import argparse
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.benchmarks.generate import SPANS_PER_REQUEST, trace_requests

from relaylens_analytics.settle import NOUNS, settle
from relaylens_collector.collector import Collector
from relaylens_collector.journal import Journal, request_hash
from relaylens_collector.journal.segments import list_segments
from relaylens_collector.read_api.labels import read_label
from relaylens_collector.records import Record
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal
from relaylens_collector.store_folder import DATABASE_FILE, JOURNAL_FOLDER

DAYS: Final = 30
"""Over which the copies are spread."""

_BASE_RUNS: Final = 2000
_BASE_REQUESTS: Final = 80
_HOURS: Final = 24
_MEMORY: Final = "1GB"
_ROOT: Final = Path(__file__).parents[2]

_TEXTS_APART: Final = 10_000_000
"""Copies of a text have its number with the copy's number before its seven digits, so that a cell is copied by putting digits in."""
_FIRST_TEXT: Final = 1_000_000

_TABLES: Final = ("batches", "resources", "texts", "spans", "number_ranges", "logs", "labels", "trace_keys", *NOUNS, "suspicions")
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

_OTHER_IDS: Final = "struct_update(one, trace_id := other_digits(one.trace_id), span_id := other_digits(one.span_id))"

_MACROS: Final = f"""
CREATE OR REPLACE TEMP MACRO other_digits(id) AS translate(id, '0123456789abcdef', getvariable('digits'));
CREATE OR REPLACE TEMP MACRO other_id(id, copy) AS CASE WHEN length(id) < 32 THEN id || '-' || copy ELSE other_digits(id) END;
CREATE OR REPLACE TEMP MACRO other_cell(cell, copy) AS
    CASE WHEN cell[1] = chr(1) THEN regexp_replace(cell, '([\\x01,])', '\\1' || copy, 'g') ELSE cell END;
CREATE OR REPLACE TEMP MACRO other_value(key, cell, copy) AS
    CASE WHEN key = 'relaylens.process.id' THEN cell || '-' || copy ELSE other_cell(cell, copy) END;
CREATE OR REPLACE TEMP MACRO first_cell(cell) AS CASE WHEN cell[1] = chr(1) THEN chr(1) || list_reduce(list_transform(
    string_split(cell[2:], ','), lambda x: (x::BIGINT + {_FIRST_TEXT})::VARCHAR), lambda a, b: a || ',' || b) ELSE cell END;
"""


def build(folder: Path, spans: int) -> None:
    """Build the store in an empty folder: the base through a collector, its copies in the closed store."""
    with running(folder, memory_limit=_MEMORY) as collector:
        _ingest_base(collector)
    base = _numbers(folder)
    copies = _enlarge(folder / DATABASE_FILE, spans)
    _lengthen_journal(folder, base, copies)


@contextmanager
def running(folder: Path, *, memory_limit: str = Settings.memory_limit) -> Iterator[Collector]:
    """Run a collector on the store, as in use, once it is level with its journal."""
    collector = Collector(Settings(store=folder, otlp_http_port=0, otlp_grpc_port=0, memory_limit=memory_limit), settle)
    collector.start()
    try:
        collector.ingest.flush()
        yield collector
    finally:
        collector.stop()


def _ingest_base(collector: Collector) -> None:
    """Send the base in the usual way, have it settled, and say of some runs and findings what a person thinks."""
    command = [sys.executable, "-m", "examples.support_network", "--runs", str(_BASE_RUNS), "--seed", "3", "--time-scale", "0"]
    command += ["--history", str(_HOURS), "--endpoint", collector.http_url, "--labels", collector.http_url]
    subprocess.run(command, cwd=_ROOT, check=True, capture_output=True)
    began = int((datetime.now().astimezone() - timedelta(hours=_HOURS)).timestamp() * 1e9)
    for body in _spread(trace_requests(_BASE_REQUESTS), began):
        collector.ingest.submit(Signal.TRACES, body)
    collector.ingest.flush()
    with collector.ingest.reading() as cursor:
        runs = cursor.execute("SELECT run FROM runs ORDER BY hash(run)").fetchall()
        findings = cursor.execute("SELECT run, finding FROM findings WHERE run IS NOT NULL ORDER BY hash(finding)").fetchall()
    verdicts, marks = itertools.cycle(["good", "bad"]), itertools.cycle(["true", "false", "known"])
    said = [{"run": run, "name": "verdict", "value": next(verdicts)} for (run,) in runs[: len(runs) // 10]]
    said += [{"run": run, "finding": finding, "name": "finding", "value": next(marks)} for run, finding in findings[::3]]
    for label in said:
        collector.ingest.submit(Signal.LABELS, read_label(json.dumps(label | {"source": "a person"}).encode()))
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


def _enlarge(database: Path, spans: int) -> int:
    """Copy the rows of every table, one copy after the other, until there are so many spans; return how many copies there are then."""
    with duckdb.connect(database, config={"memory_limit": _MEMORY, "threads": 2}) as connection:
        connection.execute(_MACROS)
        [(held, batches)] = connection.execute("SELECT count(*), (SELECT max(batch) FROM batches) FROM spans").fetchall()
        copies: int = -(-spans // held)
        for table in _TABLES:
            connection.execute(f"CREATE TEMP TABLE base_{table} AS SELECT {_columns(connection, table, _based)} FROM {table}")  # noqa: S608
        for copy in range(1, copies):
            shift = round(copy * DAYS * 86400 / copies)
            connection.execute("SET VARIABLE digits = $digits", {"digits": _other_digits(copy)})
            connection.execute("BEGIN")
            for table in _TABLES:
                columns = _columns(connection, table, _copied)
                statement = f"INSERT INTO {table} SELECT {columns} FROM base_{table}"  # noqa: S608 - our own names
                values = {"copy": copy, "batches": copy * batches, "shift": shift}
                connection.execute(statement, {name: value for name, value in values.items() if f"${name}" in statement})
            connection.execute("COMMIT")
            print(f"{copy + 1} of {copies} copies", file=sys.stderr, flush=True)
        connection.execute("DELETE FROM settled")
        connection.execute("INSERT INTO settled SELECT max(batch), now()::TIMESTAMP FROM batches")
        connection.execute("CHECKPOINT")
    return copies


def _numbers(folder: Path) -> int:
    """Tell how many records the journal has."""
    journal = Journal(folder / JOURNAL_FOLDER)
    journal.close()
    return journal.last_seq


def _lengthen_journal(folder: Path, base: int, copies: int) -> None:
    """Write each record of the base once for each copy, and note the hashes; ids in them are those of the base."""
    journal = Journal(folder / JOURNAL_FOLDER)
    records = list(journal.read())[:base]
    hashes: list[bytes] = []
    for copy in range(1, copies):
        bodies = [(record.signal, _other_body(record, copy)) for record in records]
        written = [journal.submit(signal, body, request_hash(signal, body)) for signal, body in bodies]
        hashes += [one.result().request_hash for one in written]
        while copy % 8 == 0 and any(not one.compressed for one in list_segments(folder / JOURNAL_FOLDER)[:-2]):
            time.sleep(1)
    while any(not one.compressed for one in list_segments(folder / JOURNAL_FOLDER)[:-2]):
        time.sleep(1)
    journal.close()
    noted = pa.table({"batch": pa.array(range(base + 1, base * copies + 1), pa.int64()), "request_hash": hashes})
    with duckdb.connect(folder / DATABASE_FILE) as connection:
        connection.register("noted", noted)
        connection.execute("CREATE TEMP TABLE kept AS FROM batches")
        connection.execute("BEGIN")
        connection.execute("DELETE FROM batches")
        connection.execute(
            "INSERT INTO batches SELECT kept.* REPLACE (coalesce(noted.request_hash, kept.request_hash) AS request_hash) "
            "FROM kept LEFT JOIN noted USING (batch) ORDER BY batch"
        )
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT")


def _other_body(record: Record, copy: int) -> bytes:
    """Give a request that says the same in other bytes: a field of protobuf that nobody knows, or spaces behind JSON."""
    return record.body + (b" " * copy if record.signal is Signal.LABELS else b"\xc0\x3e" + _varint(copy))


def _varint(number: int) -> bytes:
    """Write a number as protobuf does."""
    return (number if number < 128 else (number & 127 | 128) + (number >> 7 << 8)).to_bytes(1 if number < 128 else 2, "little")


def _other_digits(copy: int) -> str:
    """Another digit for each digit: a bijection of ids, and of whatever is made of ids."""
    return "".join("0123456789abcdef"[(digit * (2 * (copy % 8) + 1) + copy * 7 + copy // 8) % 16] for digit in range(16))


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
        **dict.fromkeys(_SPAN_IDS, f"other_digits({name})"),
        **dict.fromkeys(_IDS, f"other_id({name}, $copy)"),
        "text_id": f"text_id + $copy * {_TEXTS_APART}",
        "resource": "md5(resource::VARCHAR || $copy)::UUID",
        "text_hash": "md5(text_hash::VARCHAR || $copy)::UUID",
        "span_ids": "list_transform(span_ids, lambda id: other_id(id, $copy))",
        **dict.fromkeys(("start_time_unix_nano", "end_time_unix_nano"), f"{name} + ($shift::BIGINT * 1000000000)::UBIGINT"),
    }
    if kind.startswith("STRUCT(trace_id VARCHAR, span_id VARCHAR") and name != "links":
        return f'list_transform("{name}", lambda one: {_OTHER_IDS})'
    by_kind = {
        "TIMESTAMP": f"{name} + to_seconds($shift)",
        "VARCHAR": f'other_cell("{name}", $copy)',
        "MAP(VARCHAR, VARCHAR)": f'map(map_keys("{name}"), list_transform(map_entries("{name}"), '
        "lambda one: other_value(one.key, one.value, $copy)))",
    }
    return by_name.get(name) or by_kind.get(kind, f'"{name}"')


def main() -> None:
    """Build a store and leave it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--spans", type=int, default=1_000_000)
    asked = parser.parse_args()
    build(asked.folder, asked.spans)


if __name__ == "__main__":
    main()
