"""The DuckDB file and its one writer."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from relaylens_collector.errors import StoreError, StoreOutdatedError, StoreVersionError
from relaylens_collector.mapping import Decoded
from relaylens_collector.records import Record
from relaylens_collector.store.intervals import Intervals
from relaylens_collector.store.known_origins import KnownOrigins
from relaylens_collector.store.known_requests import KnownRequests
from relaylens_collector.store.known_texts import KnownTexts
from relaylens_collector.store.rows import batch_rows, in_units, map_records
from relaylens_collector.store.statements import APPLY, NOTE_VERSION, read_statement, schema_statements

SCHEMA_VERSION: Final = 1
"""Raised with every release that changes a table of the schema."""

STORAGE_VERSION: Final = "v1.5.0"
"""Storage format of new files: DuckDB 1.5 and 2.0 both open it."""

CHECKPOINT_THRESHOLD: Final = "128MB"
"""Each checkpoint writes the last row group of every table anew, so that frequent ones cost more than the rows themselves."""


class Store:
    """The database of one collector. One thread applies; readers use `cursor()`."""

    def __init__(self, path: Path | str, *, memory_limit: str = "512MB", threads: int = 2) -> None:
        """Open the file, or create it, and create the tables that are not there."""
        self.path = Path(path)
        self.connection = duckdb.connect(
            str(path),
            config={
                "storage_compatibility_version": STORAGE_VERSION,
                "checkpoint_threshold": CHECKPOINT_THRESHOLD,
                "memory_limit": memory_limit,
                "threads": threads,
            },
        )
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
        self._resources = KnownOrigins(map(bytes.fromhex, self._table("stored_resources")["resource"].to_pylist()))
        self._scopes = KnownOrigins(map(bytes.fromhex, self._table("stored_scopes")["scope"].to_pylist()))
        self._texts = KnownTexts(self.connection)

    def _table(self, name: str) -> pa.Table:
        """Answer one of the package's own questions."""
        return self.connection.sql(read_statement(name)).to_arrow_table()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own for a reader."""
        return self.connection.cursor()

    def last_batch(self) -> int:
        """Return the highest batch stored, 0 when there is none."""
        return self._batches.last

    def known_request(self, request_hash: bytes) -> bool:
        """Say whether a request with this hash is stored; may be asked from any thread."""
        return request_hash in self._requests

    def apply(self, pairs: Sequence[tuple[Record, Decoded]]) -> None:
        """Store the records and their batch rows in one transaction; a batch already there is skipped.

        Raises StoreError when DuckDB refuses; nothing is stored then, and the same may be applied again.
        """
        new = list({record.seq: (record, decoded) for record, decoded in pairs if record.seq not in self._batches}.values())
        if not new:
            return
        try:
            self._insert(self._rows(new))
        except BaseException as error:
            for known in (self._texts, self._resources, self._scopes):
                known.not_stored()
            if isinstance(error, duckdb.Error):
                detail = f"Batches {new[0][0].seq} to {new[-1][0].seq} in {self.path}: {error}"
                raise StoreError(detail) from error
            raise
        for known in (self._texts, self._resources, self._scopes):
            known.stored()
        for record, _ in new:
            self._batches.add(record.seq)
        self._requests.add(record.request_hash for record, _ in new)

    def _rows(self, pairs: Sequence[tuple[Record, Decoded]]) -> dict[str, pa.Table]:
        """Return the rows of the records by table."""
        found: dict[str, list[pa.Table]] = {"batches": [batch_rows(pairs)]}
        for unit in in_units(pairs):
            for name, rows in map_records(unit, self._resources, self._scopes, self._texts.identify).items():
                found.setdefault(name, []).append(rows)
        texts = self._texts.new_rows()
        if texts is not None:
            found["texts"] = [texts]
        return {name: pa.concat_tables(tables) for name, tables in found.items()}

    def _insert(self, rows: dict[str, pa.Table]) -> None:
        """Insert all rows in one transaction."""
        try:
            for name, table in rows.items():
                self.connection.register(f"mapped_{name}", table)
            self.connection.execute("BEGIN TRANSACTION")
            for name in rows:
                self.connection.execute(APPLY[name])
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
