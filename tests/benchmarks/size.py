"""Bytes on disk per span, database and journal together, against the protobuf bytes that were sent.

Single calls and conversations of 30 turns (`dialogues`) are ingested, settled and left alone until the collector has compressed its
journal and given back what is free in its database, as it does by itself; then it is ended in order. `python -m tests.benchmarks.size`
prints the figures; it ends with 1 where one is over its limit. `--records FOLDER` measures recorded traces too: files of varint
length-delimited requests, xz-compressed.
"""

import argparse
import itertools
import lzma
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
from google.protobuf.internal.decoder import _DecodeVarint32  # type: ignore[attr-defined]  # the one varint reader protobuf has
from tests.benchmarks.dialogues import TURNS, Prose, conversations, single_calls
from tests.benchmarks.ingest import machine

from relaylens_analytics.settle import settle
from relaylens_collector.errors import NotReadyError
from relaylens_collector.ingest import Ingest
from relaylens_collector.journal.segments import list_segments
from relaylens_collector.pace import Pace
from relaylens_collector.signals import Signal
from relaylens_collector.store.statements import read_statement

SINGLE: Final = 0.25
TALK: Final = 0.10

_WAIT_S: Final = 120.0
_STAYS_S: Final = 8.0
"""A journal that has not changed for so long is compressed: it takes a second or two for each segment, and again for those that were
compressed in haste."""

_QUIET_S: Final = 2.0
"""How soon the database is written anew, which it is after minutes by default."""

_SMALL: Final = 4 << 20
"""A segment that is smaller than this waits for more."""


@dataclass(frozen=True, slots=True)
class Size:
    """What came of some requests."""

    spans: int
    sent: int
    database: int
    journal: int

    @property
    def ratio(self) -> float:
        """Bytes on disk for a byte sent."""
        return (self.database + self.journal) / self.sent

    def line(self, name: str, limit: float | None) -> str:
        """Write it as a line of the table."""
        each = [f"{size / self.spans:>9,.0f}" for size in (self.sent, self.database, self.journal)]
        held = "" if limit is None else f"{limit:>8.2f}{'  over' if self.ratio > limit else ''}"
        return f"{name:<44} {self.spans:>8,} {' '.join(each)} {self.ratio:>8.3f}{held}"


def measure(bodies: Iterable[bytes], folder: Path) -> Size:
    """Ingest, settle, wait until the journal is quiet and small, end in order, and look at the files."""
    spans = sent = 0
    with Ingest(folder, settle, pace=Pace(compact_after_seconds=_QUIET_S)) as ingest:
        for body in bodies:
            spans += ingest.submit(Signal.TRACES, body).accepted
            sent += len(body)
        ingest.flush()
        deadline, journal, since = time.monotonic() + _WAIT_S, 0, time.monotonic()
        while time.monotonic() < deadline:
            time.sleep(0.2)
            if journal != (journal := _bytes(folder / "journal")):
                since = time.monotonic()
            if time.monotonic() - since >= _STAYS_S and _is_small(folder / "journal") and _is_compact(ingest):
                break
    journal = _bytes(folder / "journal")
    database = sum(path.stat().st_size for path in folder.glob("relaylens.duckdb*") if path.is_file())
    return Size(spans, sent, database, journal)


def columns(folder: Path, most: int = 12) -> Iterator[str]:
    """Say which columns take the room, as far as whole blocks tell."""
    with duckdb.connect(str(folder / "relaylens.duckdb"), read_only=True) as connection:
        [(spans, block)] = connection.execute("SELECT (SELECT count(*) FROM spans), block_size FROM pragma_database_size()").fetchall()
        held: list[tuple[int, int, str]] = []
        for (table,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            held += connection.execute(
                "SELECT block_id, block_offset, $table || '.' || column_name FROM pragma_storage_info($table) WHERE block_id >= 0",
                {"table": table},
            ).fetchall()
            for name, more in connection.execute(
                "SELECT $table || '.' || column_name, additional_block_ids FROM pragma_storage_info($table)", {"table": table}
            ).fetchall():
                held += [(one, 0, name) for one in more or []]
    sizes: dict[str, int] = {}
    for _, inside in itertools.groupby(sorted(set(held)), key=lambda one: one[0]):
        parts = list(inside)
        for (_, begin, name), end in zip(parts, [*(begin for _, begin, _ in parts[1:]), block], strict=True):
            sizes[name] = sizes.get(name, 0) + end - begin
    for name, size in sorted(sizes.items(), key=lambda one: -one[1])[:most]:
        yield f"  {size / spans:>8.1f} B a span  {name}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=200_000, help="single calls")
    parser.add_argument("--talks", type=int, default=1000, help=f"conversations of {TURNS} turns")
    parser.add_argument("--columns", action="store_true", help="say where the bytes are")
    parser.add_argument("--records", type=Path, help="a folder of recorded traces")
    asked = parser.parse_args()
    works: list[tuple[str, Iterable[bytes], float | None]] = [
        ("single calls", single_calls(asked.calls), SINGLE),
        (f"conversations of {TURNS} turns", conversations(asked.talks), TALK),
        ("single calls without instructions and tools", single_calls(asked.calls, bare=True), None),
    ]
    works += [(f"recorded: {folder.name}", _recorded(folder), None) for folder in _families(asked.records)]
    print(machine())
    print(f"texts alone: zstd leaves {_prose_ratio():.3f} of the generated ones, in blocks of 1 MiB")
    print(f"{'':<44} {'spans':>8} {'sent B':>9} {'database':>9} {'journal':>9} {'of sent':>8}{'limit':>8}")
    over = False
    for name, bodies, limit in works:
        with tempfile.TemporaryDirectory() as folder:
            size = measure(bodies, Path(folder))
            print(size.line(name, limit), flush=True)
            if asked.columns:
                print("\n".join(columns(Path(folder))))
        over |= limit is not None and size.ratio > limit
    sys.exit(over)


def _bytes(journal: Path) -> int:
    return sum(path.stat().st_size for path in list(journal.iterdir()) if path.exists())


def _is_small(journal: Path) -> bool:
    """Tell whether all segments are compressed but for a short one."""
    return all(one.compressed or one.path.stat().st_size < _SMALL for one in list_segments(journal))


def _is_compact(ingest: Ingest) -> bool:
    """Tell whether the log is brought into the database's file, and little of that is free."""
    log = ingest.folder / "relaylens.duckdb.wal"
    if log.exists() and log.stat().st_size >= _SMALL:
        return False
    try:
        with ingest.reading() as cursor:
            [(blocks, free, size)] = cursor.execute(read_statement("free_blocks")).fetchall()
    except NotReadyError:
        return False
    return bool(free * size < 2 * _SMALL or free < 0.15 * blocks)


def _prose_ratio() -> float:
    """Say how hard the generated texts are to compress."""
    prose = Prose(1)
    text = "\n".join(prose.text(30, 240) for _ in range(8000)).encode()
    blocks = [text[place : place + (1 << 20)] for place in range(0, len(text), 1 << 20)]
    return sum(len(pa.compress(block, codec="zstd")) for block in blocks) / len(text)


def _families(records: Path | None) -> list[Path]:
    """Give the folders with recorded traces in or below a folder."""
    return [] if records is None else sorted({path.parent for path in records.rglob("*.pb.xz")})


def _recorded(folder: Path) -> Iterator[bytes]:
    """Read the trace requests of a folder."""
    for path in sorted(folder.glob("*.pb.xz")):
        if path.name.endswith(".logs.pb.xz"):
            continue
        data, place = lzma.decompress(path.read_bytes()), 0
        while place < len(data):
            length, place = _DecodeVarint32(data, place)
            yield data[place : place + length]
            place += length


if __name__ == "__main__":
    main()
