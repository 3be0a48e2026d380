"""The DuckDB file and its one writer."""

import contextlib
import itertools
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from relaylens_collector.allocation import MUCH_MEMORY, give_freed_memory_back
from relaylens_collector.errors import StoreError, StoreOutdatedError, StoreVersionError
from relaylens_collector.mapping import Decoded
from relaylens_collector.records import Receipt
from relaylens_collector.store.block_check import BlockCheck
from relaylens_collector.store.intervals import Intervals
from relaylens_collector.store.known_origins import KnownOrigins
from relaylens_collector.store.known_requests import KnownRequests
from relaylens_collector.store.known_texts import KnownTexts
from relaylens_collector.store.rows import Known, Prepared, divide, prepare, received_at
from relaylens_collector.store.statements import APPLY, NOTE_VERSION, SET_ASIDE, TAKEN_BACK, read_statement, schema_statements

SCHEMA_VERSION: Final = 3
"""Raised with every release that changes a table of the schema."""

STORAGE_VERSION: Final = "v1.5.0"
"""Storage format of new files: DuckDB 1.5 and 2.0 both open it."""

CHECKPOINT_BYTES: Final = 128 << 20
"""How long the write-ahead log is when it is checkpointed, beside the transactions that follow; each checkpoint writes the last row group
of every table anew, so that frequent ones cost more than the rows themselves."""

CHECKPOINT_THRESHOLD: Final = "512MB"
"""How long it may become before a commit waits for a checkpoint."""

_VERSIONED: Final = "schema_version"
"""The table that is created first."""

TRANSACTION_BYTES: Final = 8 << 20
"""Request bytes mapped together and stored in one transaction: more are mapped no faster, and take more memory."""


class Store:
    """The database of one collector. One thread applies; readers use `cursor()`."""

    def __init__(self, path: Path | str, *, memory_limit: str = "176MiB", threads: int | None = None) -> None:
        """Open the file, or create it, and create the tables that are not there; DuckDB uses all processors unless told how many."""
        self.path = Path(path)
        self._inserter = ThreadPoolExecutor(1, "relaylens-insert")
        self._checkpointer = ThreadPoolExecutor(1, "relaylens-checkpoint")
        self._checkpointing: Future[None] | None = None
        self._inserting: tuple[Prepared, Future[None]] | None = None
        self.connection = duckdb.connect(
            str(path),
            config={
                "storage_compatibility_version": STORAGE_VERSION,
                "checkpoint_threshold": CHECKPOINT_THRESHOLD,
                "memory_limit": memory_limit,
                **({} if threads is None else {"threads": threads}),
            },
        )
        self._file = _identity(self.path)
        self.check: BlockCheck | None = None
        try:
            self._create()
            self._recall()
        except duckdb.Error as error:
            self.connection.close()
            detail = f"Opening {self.path}: {error}"
            raise StoreError(detail) from error
        except BaseException:
            self.connection.close()
            raise

    def _create(self) -> None:
        """Create the tables and macros that are not there; StoreError when those that are there have another schema."""
        tables = {name for (name,) in self.connection.execute(read_statement("table_names")).fetchall()}
        if tables and _VERSIONED not in tables:
            # CREATE TABLE IF NOT EXISTS would take any table of that name for ours.
            detail = f"{self.path} holds tables that are not Relaylens'."
            raise StoreOutdatedError(detail)
        for _, statement in schema_statements():
            self.connection.execute(statement)
        self.connection.execute(NOTE_VERSION, {"version": SCHEMA_VERSION})
        [(version,)] = self.connection.execute(read_statement("schema_version")).fetchall()
        if version != SCHEMA_VERSION:
            detail = f"{self.path} has schema {version}, this Relaylens has {SCHEMA_VERSION}."
            raise (StoreVersionError if version > SCHEMA_VERSION else StoreOutdatedError)(detail)

    def _recall(self) -> None:
        """Read from the database what is remembered of it."""
        self._batches = Intervals(self.connection.execute(read_statement("stored_runs")).fetchall())
        self._requests = KnownRequests(self.connection)
        [(self.dead_letters,)] = self.connection.execute(read_statement("count_dead_letters")).fetchall()
        self._known = Known(
            KnownOrigins(map(bytes.fromhex, self._table("stored_resources")["resource"].to_pylist())),
            KnownOrigins(map(bytes.fromhex, self._table("stored_scopes")["scope"].to_pylist())),
            KnownTexts(self.connection),
        )

    def _table(self, name: str) -> pa.Table:
        """Answer one of the package's own questions."""
        return self.connection.sql(read_statement(name)).to_arrow_table()

    def close(self) -> None:
        """Close the file."""
        self._inserter.shutdown()
        self._checkpointer.shutdown()
        if self.check is not None:
            self.check.stop()
        self.connection.close()
        if self.check is not None:
            self.check.close()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own for a reader."""
        return self.connection.cursor()

    def is_in_place(self) -> bool:
        """Tell whether the file of the database's name is still the one that is open."""
        return _identity(self.path) == self._file

    def gaps(self) -> list[tuple[int, int]]:
        """Return the first and last number of each run of batches that are not stored, though later ones are."""
        runs = [(0, 0), *self._batches.runs()]
        return [(before[1] + 1, after[0] - 1) for before, after in itertools.pairwise(runs) if before[1] + 1 < after[0]]

    def last_batch(self) -> int:
        """Return the highest batch stored, 0 when there is none."""
        return self._batches.last

    def known_request(self, request_hash: bytes) -> bool:
        """Say whether a request with this hash is stored; may be asked from any thread."""
        return request_hash in self._requests

    def apply(self, pairs: Sequence[tuple[Receipt, Decoded]]) -> None:
        """Store the records, each whole and with its batch row; a batch already there is skipped.

        Many records are stored in several transactions, one after the other in the order given: while DuckDB stores one, the next is
        prepared. Raises StoreError when DuckDB refuses one; that one and all after it are not stored then, and the same call may be made
        again.
        """
        self.begin(pairs)
        self.finish()

    def begin(self, pairs: Iterable[tuple[Receipt, Decoded]]) -> None:
        """Store the records as `apply` does, but for the last transaction, which is at work when this returns.

        What was at work before is stored then. Between this and `finish` the writer's connection is not free. What is decoded is let go
        when its rows are made.
        """
        at_work = set() if self._inserting is None else {record.seq for record in self._inserting[0].records}
        new = {record.seq: (record, decoded) for record, decoded in pairs if record.seq not in self._batches and record.seq not in at_work}
        if not new:
            self.finish()
        parts = deque(divide(list(new.values()), TRANSACTION_BYTES))
        new.clear()
        while parts:
            try:
                prepared = prepare(parts.popleft(), self._known)
            except BaseException:
                self.finish()
                raise
            try:
                self.finish()
            except BaseException:
                prepared.forget(self._known)
                raise
            self._inserting = prepared, self._inserter.submit(self._insert, prepared.rows)

    def finish(self) -> None:
        """Wait until all that was begun is stored; raises StoreError when DuckDB refuses it."""
        inserting, self._inserting = self._inserting, None
        if inserting is not None:
            self._finish(*inserting)

    def set_aside(self) -> set[int]:
        """Return the records that could not be applied."""
        return {batch for (batch,) in self.connection.execute(read_statement("set_aside")).fetchall()}

    def note_set_aside(self, record: Receipt, reason: str) -> None:
        """Note a record that cannot be applied; it stays in the journal, and is tried again when the database is rebuilt."""
        values = {
            "batch": record.seq,
            "signal": record.signal.value,
            "received_at": received_at(record),
            "reason": reason,
            "body_bytes": record.body_bytes,
        }
        # On a connection of its own: the writer's may be at work.
        with contextlib.closing(self.cursor()) as cursor:
            cursor.execute(SET_ASIDE, values)

    def forget_set_aside(self, batches: Iterable[int]) -> None:
        """Forget that these records could not be applied."""
        with contextlib.closing(self.cursor()) as cursor:
            cursor.execute(TAKEN_BACK, {"batches": list(batches)})

    def _finish(self, prepared: Prepared, inserted: "Future[None]") -> None:
        """Wait until the rows are stored, and take note of what is in them."""
        try:
            inserted.result()
        except Exception as error:
            if not self._is_stored(prepared):
                prepared.forget(self._known)
                detail = f"Batches {prepared.records[0].seq} to {prepared.records[-1].seq} in {self.path}: {error}"
                raise StoreError(detail) from error
        if (dead := prepared.rows.get("dead_letters")) is not None:
            self.dead_letters += dead.num_rows
        for record in prepared.records:
            self._batches.add(record.seq)
        self._requests.add(record.request_hash for record in prepared.records)

    def checkpoint_when_due(self) -> None:
        """Begin to bring the log into the file when it is long; for the threads that write to it."""
        try:
            is_due = self.path.with_name(self.path.name + ".wal").stat().st_size >= CHECKPOINT_BYTES
        except OSError:
            return
        if is_due and (self._checkpointing is None or self._checkpointing.done()):
            self._checkpointing = self._checkpointer.submit(self._checkpoint)

    def _checkpoint(self) -> None:
        """Bring the log into the file; when that fails, the next transaction meets what is wrong, or asks for it again."""
        with MUCH_MEMORY, contextlib.suppress(duckdb.Error), contextlib.closing(self.cursor()) as cursor:
            cursor.execute("CHECKPOINT")
        # What waited for it meanwhile had more memory than is needed now.
        give_freed_memory_back()

    def _is_stored(self, prepared: Prepared) -> bool:
        """Ask the database: a COMMIT may fail when it is durable already, in the checkpoint that follows."""
        batches = [record.seq for record in prepared.records]
        try:
            [(count,)] = self.connection.execute(read_statement("count_stored"), {"batches": batches}).fetchall()
        except duckdb.Error:
            return False
        return bool(count == len(batches))

    def _insert(self, rows: dict[str, pa.Table]) -> None:
        """Insert all rows in one transaction."""
        try:
            for name, table in rows.items():
                self.connection.register(f"mapped_{name}", table)
            self.connection.execute("BEGIN TRANSACTION")
            for place, name in enumerate(rows):
                self.connection.execute(APPLY[name])
                if place == 0:
                    # DuckDB checkpoints beside a transaction that has written; one that has yet to begin would wait for the end of it.
                    self.checkpoint_when_due()
            self.connection.execute("COMMIT")
        except BaseException:
            # COMMIT after a failed statement may say ok and store nothing; only ROLLBACK is true.
            with contextlib.suppress(duckdb.Error):
                self.connection.execute("ROLLBACK")
            raise
        finally:
            for name in rows:
                with contextlib.suppress(duckdb.Error):
                    self.connection.unregister(f"mapped_{name}")


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from all others whatever its name, nothing where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
