"""Ingest without a network, as a share of DuckDB's own limit on this machine at this moment.

The limit is the rate at which DuckDB inserts the very same rows into the same tables when they already lie in memory as Arrow. Both are
measured in turns in the same run, each time into a new file, in the same transactions, and until the file is closed.
`python -m tests.benchmarks.ingest` prints the figures.
"""

import argparse
import hashlib
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
from tests.benchmarks.generate import SPANS_PER_REQUEST, trace_requests

from relaylens_collector.mapping import decode
from relaylens_collector.records import Record
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store
from relaylens_collector.store.statements import APPLY

REQUESTS_AT_ONCE: Final = 32
"""What the store is given in one call, as under load."""

_RECEIVED: Final = 1_790_000_000_000_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast something went."""

    spans: int
    seconds: float
    processor_seconds: float

    @property
    def spans_per_second(self) -> float:
        """Spans a second."""
        return self.spans / self.seconds

    def __str__(self) -> str:
        """Say it a second and a span."""
        wall, processor = 1e6 * self.seconds / self.spans, 1e6 * self.processor_seconds / self.spans
        return f"{self.spans_per_second:>9,.0f} spans/s  {wall:6.1f} us a span, {processor:6.1f} us of processor time"


def records_of(bodies: Iterable[bytes]) -> list[Record]:
    """Return trace requests as the journal hands them over."""
    return [Record(seq, Signal.TRACES, _RECEIVED, hashlib.sha256(body).digest(), body) for seq, body in enumerate(bodies, start=1)]


def ingest(records: Sequence[Record], path: Path) -> None:
    """Decode, map and store the records."""
    store = Store(path)
    _fill(store, records)
    store.close()


def materialised(records: Sequence[Record], path: Path) -> list[dict[str, pa.Table]]:
    """Return the rows of each transaction as Arrow tables, as a store that takes the records hands them to DuckDB."""
    store = _Watched(path)
    _fill(store, records)
    store.close()
    return store.seen


def insert(transactions: Sequence[dict[str, pa.Table]], path: Path) -> None:
    """Let DuckDB insert rows that are there already: the limit."""
    store = Store(path)
    for rows in transactions:
        for name, table in rows.items():
            store.connection.register(f"mapped_{name}", table)
        store.connection.execute("BEGIN TRANSACTION")
        for name in rows:
            store.connection.execute(APPLY[name])
        store.connection.execute("COMMIT")
        for name in rows:
            store.connection.unregister(f"mapped_{name}")
    store.close()


def best_in_turns(works: Sequence[Callable[[Path], None]], spans: int, turns: int) -> list[Rate]:
    """Do the works one after the other, several times, each with a new file, and return the best rate of each."""
    rates: list[list[Rate]] = [[] for _ in works]
    for _ in range(turns):
        for work, found in zip(works, rates, strict=True):
            with tempfile.TemporaryDirectory() as folder:
                began, processor = time.perf_counter(), time.process_time()
                work(Path(folder) / "bench.duckdb")
                found.append(Rate(spans, time.perf_counter() - began, time.process_time() - processor))
    return [max(found, key=lambda rate: rate.spans_per_second) for found in rates]


def machine() -> str:
    """Return what the figures were measured on."""
    model = next(
        (line.split(":", 1)[1].strip() for line in _lines(Path("/proc/cpuinfo")) if line.startswith("model name")), platform.machine()
    )
    versions = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}, PyArrow {pa.__version__}"
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}, {versions}"


def compare(requests: int, turns: int) -> tuple[Rate, Rate]:
    """Return the rate of ingest and the limit, for so many requests of generated spans."""
    records = records_of(trace_requests(requests))
    with tempfile.TemporaryDirectory() as folder:
        transactions = materialised(records, Path(folder) / "rows.duckdb")
    spans = requests * SPANS_PER_REQUEST
    ours, limit = best_in_turns([lambda path: ingest(records, path), lambda path: insert(transactions, path)], spans, turns)
    return ours, limit


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=160, help=f"requests of {SPANS_PER_REQUEST} spans")
    parser.add_argument("--turns", type=int, default=3, help="how often each is measured; the best counts")
    asked = parser.parse_args()
    ours, limit = compare(asked.requests, asked.turns)
    size = sum(map(len, trace_requests(4))) / 4 / SPANS_PER_REQUEST
    print(machine())
    print(f"{asked.requests} requests of {SPANS_PER_REQUEST} spans of {size:,.0f} bytes, {REQUESTS_AT_ONCE} requests at once")
    print(f"decode, map, apply   {ours}")
    print(f"limit (DuckDB alone) {limit}")
    print(f"share of the limit   {ours.spans_per_second / limit.spans_per_second:9.2f}")


def _fill(store: Store, records: Sequence[Record]) -> None:
    """Store the records, some at once."""
    for first in range(0, len(records), REQUESTS_AT_ONCE):
        group = records[first : first + REQUESTS_AT_ONCE]
        store.apply([(record.receipt, decode(record.signal, record.body)) for record in group])


def _lines(path: Path) -> list[str]:
    """Return the lines of a file, none when it is not there."""
    return path.read_text().splitlines() if path.exists() else []


class _Watched(Store):
    """A store that keeps the rows that it inserts."""

    def __init__(self, path: Path) -> None:
        """Open the file."""
        super().__init__(path)
        self.seen: list[dict[str, pa.Table]] = []

    def _insert(self, rows: dict[str, pa.Table]) -> None:
        """Keep the rows and insert them."""
        self.seen.append(rows)
        super()._insert(rows)


if __name__ == "__main__":
    main()
