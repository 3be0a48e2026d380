"""The DuckDB file and its one writer."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from relaylens_collector.errors import StoreError
from relaylens_collector.mapping.cells import LongTexts, References
from relaylens_collector.mapping.decoding import Decoded
from relaylens_collector.mapping.frame import frame_of
from relaylens_collector.mapping.logs import map_logs
from relaylens_collector.mapping.metrics import metric_rows
from relaylens_collector.mapping.traces import map_spans
from relaylens_collector.records import Record
from relaylens_collector.signals import Signal
from relaylens_collector.store.known_origins import KnownOrigins
from relaylens_collector.store.known_texts import KnownTexts
from relaylens_collector.store.schema_files import schema_statements

STORAGE_VERSION: Final = "v1.5.0"
"""Storage format of new files: DuckDB 1.5 and 2.0 both open it."""

_FOLDER: Final = files("relaylens_collector.store") / "apply"
_STATEMENTS: Final = {
    name: (_FOLDER / f"{name}.sql").read_text()
    for name in ("batches", "resources", "scopes", "texts", "spans", "logs", "metric_points", "labels")
}


class Store:
    """The database of one collector. One thread writes; readers use `cursor()`."""

    def __init__(self, path: Path | str, *, memory_limit: str = "256MB", threads: int = 2) -> None:
        """Open the file, or create it, and create the tables that are not there."""
        self.path = Path(path)
        self.connection = duckdb.connect(
            str(path), config={"storage_compatibility_version": STORAGE_VERSION, "memory_limit": memory_limit, "threads": threads}
        )
        for name, statement in schema_statements():
            try:
                self.connection.execute(statement)
            except duckdb.Error as error:
                self.connection.close()
                detail = f"Creating {name} in {path}: {error}"
                raise StoreError(detail) from error
        rows = self.connection.execute("SELECT batch, request_hash FROM batches").fetchall()
        self._batches = {batch for batch, _ in rows}
        self._requests = {request_hash for _, request_hash in rows}
        self._texts = KnownTexts(self.connection)
        self._origins = KnownOrigins(self.connection)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own for a reader."""
        return self.connection.cursor()

    def last_batch(self) -> int:
        """Return the highest batch stored, 0 when there is none."""
        return max(self._batches, default=0)

    def known_request(self, request_hash: bytes) -> bool:
        """Say whether a request with this hash is stored."""
        return request_hash in self._requests

    def apply(self, pairs: Sequence[tuple[Record, Decoded]]) -> None:
        """Store the records and their batch rows in one transaction; a batch already there is skipped."""
        new = {record.seq: (record, decoded) for record, decoded in pairs if record.seq not in self._batches}
        if not new:
            return
        try:
            tables = self._tables(list(new.values()))
            self._insert(tables)
        except BaseException as error:
            self._texts.not_stored()
            self._origins.not_stored()
            if isinstance(error, duckdb.Error):
                detail = f"Storing batches {min(new)} to {max(new)} in {self.path}: {error}"
                raise StoreError(detail) from error
            raise
        self._texts.stored()
        self._origins.stored()
        self._batches.update(new)
        self._requests.update(record.request_hash for record, _ in new.values())

    def _tables(self, pairs: Sequence[tuple[Record, Decoded]]) -> list[tuple[str, str, pa.Table]]:
        """Map the records; return statement, name of its input and the input."""
        longs = LongTexts()
        pending = []
        found: list[tuple[str, str, pa.Table]] = [("batches", "mapped_batches", _batch_rows(pairs))]
        requests = {
            signal: [(record.seq, decoded) for record, decoded in pairs if record.signal is signal and decoded.accepted]
            for signal in Signal
        }
        if requests[Signal.TRACES]:
            pending.append(("spans", "mapped_spans", map_spans(frame_of(requests[Signal.TRACES]), longs)))
        if requests[Signal.LOGS]:
            pending.append(("logs", "mapped_logs", map_logs(frame_of(requests[Signal.LOGS]), longs)))
        if requests[Signal.METRICS]:
            found.append(("metric_points", "mapped_metrics", metric_rows(frame_of(requests[Signal.METRICS]))))
        if requests[Signal.LABELS]:
            found.append(("labels", "mapped_labels", _label_rows(pairs)))
        new_resources = self._origins.new_resources(pairs)
        new_scopes = self._origins.new_scopes(pairs)
        references: References = longs.references(self._texts.identify)
        found.extend((statement, name, table(references)) for statement, name, table in pending)
        if new_resources is not None:
            found.append(("resources", "mapped_resources", new_resources))
        if new_scopes is not None:
            found.append(("scopes", "mapped_scopes", new_scopes))
        texts = self._texts.new_rows()
        if texts is not None:
            found.append(("texts", "mapped_texts", texts))
        return found

    def _insert(self, tables: Sequence[tuple[str, str, pa.Table]]) -> None:
        """Insert all tables in one transaction."""
        for _, name, table in tables:
            self.connection.register(name, table)
        try:
            self.connection.execute("BEGIN TRANSACTION")
            try:
                for statement, _, _ in tables:
                    self.connection.execute(_STATEMENTS[statement])
                self.connection.execute("COMMIT")
            except BaseException:
                # COMMIT after a failed statement may say ok and store nothing; only ROLLBACK is true.
                self.connection.execute("ROLLBACK")
                raise
        finally:
            for _, name, _ in tables:
                self.connection.unregister(name)


def _received(records: Sequence[Record]) -> pa.Array:
    """Return when the records were received, as UTC timestamps."""
    return pa.array(np.array([record.received_unix_nano for record in records], np.int64) // 1000).cast(pa.timestamp("us"))


def _batch_rows(pairs: Sequence[tuple[Record, Decoded]]) -> pa.Table:
    """Return one row for each record."""
    records = [record for record, _ in pairs]
    return pa.table(
        {
            "batch": pa.array([record.seq for record in records], pa.int64()),
            "signal": pa.array([record.signal.value for record in records]),
            "received_at": _received(records),
            "body_bytes": pa.array([len(record.body) for record in records], pa.int64()),
            "request_hash": pa.array([record.request_hash for record in records], pa.binary()),
            "rows_stored": pa.array([decoded.accepted for _, decoded in pairs], pa.int32()),
            "rows_rejected": pa.array([decoded.rejected for _, decoded in pairs], pa.int32()),
        }
    )


def _label_rows(pairs: Sequence[tuple[Record, Decoded]]) -> pa.Table:
    """Return the labels as JSON, with batch and time."""
    labels = [(record, decoded) for record, decoded in pairs if record.signal is Signal.LABELS]
    return pa.table(
        {
            "batch": pa.array([record.seq for record, _ in labels], pa.int64()),
            "received_at": _received([record for record, _ in labels]),
            "label": pa.concat_arrays([decoded.records for _, decoded in labels]),
        }
    )
