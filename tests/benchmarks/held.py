"""What an open database holds on to: storing and settling in turns, and after each the C library's memory in use.

One thread, nobody asks, and before each reading the log is brought into the file and freed memory is given back: what is in use then is
held. At the end the database is closed and opened again. `python -m tests.benchmarks.held` prints the figures.
"""

import argparse
import ctypes
import hashlib
import itertools
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tests.benchmarks.generate import SPANS_PER_REQUEST
from tests.benchmarks.ingest import machine
from tests.benchmarks.memory import Rounds

from relaylens_analytics.settle import settle
from relaylens_collector.allocation import give_freed_memory_back, keep_freed_memory, leave_pandas_out
from relaylens_collector.mapping import Decoded, decode
from relaylens_collector.records import Receipt, Record
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store

_AT_ONCE: Final = 16
"""Requests of one call, as many as a transaction takes."""


class _Mallinfo(ctypes.Structure):
    """What glibc's mallinfo2 returns, in bytes, of all arenas."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")
    )


def in_use() -> float:
    """Return what the C library has given out and not got back, in MiB."""
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = _Mallinfo
    return float(mallinfo().uordblks) / (1 << 20)


def measure(settlings: int, requests: int, *, settles: bool) -> Iterator[str]:
    """Store so many requests and settle them, again and again, and say what is held after each."""
    rounds = enumerate(Rounds(), start=1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "relaylens.duckdb"
        store = Store(path, threads=1)
        cursor = store.cursor()
        for number in range(1, settlings + 1):
            for _ in range(0, requests, _AT_ONCE):
                store.apply([_received(*one) for one in itertools.islice(rounds, _AT_ONCE)])
            if settles:
                settle(cursor)
            yield _line(store, f"{store.last_batch() * SPANS_PER_REQUEST:,} spans, {number} times")
        cursor.close()
        store.close()
        store = Store(path, threads=1)
        yield _line(store, "opened again")
        store.close()


def _received(seq: int, body: bytes) -> tuple[Receipt, Decoded]:
    record = Record(seq, Signal.TRACES, time.time_ns(), hashlib.sha256(body).digest(), body)
    return record.receipt, decode(record.signal, record.body)


def _line(store: Store, what: str) -> str:
    with store.cursor() as cursor:
        cursor.execute("CHECKPOINT")
    give_freed_memory_back()
    return f"{what:32} {in_use():6.1f} MiB in use"


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settlings", type=int, default=45)
    parser.add_argument("--requests", type=int, default=48, help=f"requests of {SPANS_PER_REQUEST} spans that are stored before each")
    parser.add_argument("--only-store", action="store_true", help="settle nothing")
    asked = parser.parse_args()
    keep_freed_memory()
    leave_pandas_out()
    _print([machine()])
    _print(measure(asked.settlings, asked.requests, settles=not asked.only_store))
    return 0


if __name__ == "__main__":
    sys.exit(main())
