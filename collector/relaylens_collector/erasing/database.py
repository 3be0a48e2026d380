"""What is erased goes from the database: rows, what was derived from them, texts nothing refers to, and the blocks they were in."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from relaylens_collector.errors import StoreError, UndecodableError
from relaylens_collector.journal.segments import sync_directory
from relaylens_collector.mapping import decode
from relaylens_collector.records import Record
from relaylens_collector.store import Store
from relaylens_collector.store.statements import APPLY
from relaylens_collector.store.store import STORAGE_VERSION
from relaylens_collector.store_folder import LOGS

_GROUP_BYTES: Final = 8 << 20
_OF_BATCHES: Final = ("spans", "number_ranges", "logs", "metric_points", "labels", "dead_letters", "batches")
_TEXTS: Final = "texts"
_COMPACTING: Final = ".compacting"
_OWN: Final = frozenset({*APPLY, "schema_version", "erased_traces"})


def erase_from_database(path: Path, batches: Iterable[int], records: Iterable[Record], *, operation: int, memory_limit: str) -> None:
    """Store again what is left of the records of these batches, as a rebuild would, and write the file anew.

    A database that does not open is deleted: the collector makes it anew from the journal. So are those that were set aside.
    """
    remove_copies(path)
    if not path.exists():
        return
    try:
        with contextlib.closing(Store(path, memory_limit=memory_limit)) as store:
            _remove(store.connection, list(batches), operation)
        with contextlib.closing(Store(path, memory_limit=memory_limit)) as store:
            _store_again(store, records)
            _remove_unused(store.connection)
        compact(path, memory_limit=memory_limit)
    except (StoreError, duckdb.Error):
        for suffix in ("", *LOGS):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    sync_directory(path.parent)


def remove_copies(path: Path) -> None:
    """Delete the databases that were set aside: they hold what is being erased."""
    for copy in path.parent.glob(f"{path.name}.*"):
        if copy.name.removeprefix(path.name) not in LOGS:
            copy.unlink()


def remove_unfinished(path: Path) -> None:
    """Delete what is left of a new file that was not finished."""
    for suffix in ("", *LOGS):
        path.with_name(path.name + _COMPACTING + suffix).unlink(missing_ok=True)


def compact(path: Path, *, memory_limit: str) -> None:
    """Write the database into a new file in its place: DuckDB never makes a file smaller, and keeps freed blocks as they were."""
    target = path.with_name(path.name + _COMPACTING)
    remove_unfinished(path)
    try:
        with duckdb.connect(config={"memory_limit": memory_limit}) as connection:
            connection.execute(f"ATTACH '{_quoted(path)}' AS old (READ_ONLY)")
            connection.execute(f"ATTACH '{_quoted(target)}' AS new (STORAGE_VERSION '{STORAGE_VERSION}')")
            connection.execute("COPY FROM DATABASE old TO new")
            connection.execute("CHECKPOINT new")
    except duckdb.Error:
        remove_unfinished(path)
        raise
    with target.open("rb") as file:
        os.fsync(file.fileno())
    target.replace(path)
    path.with_name(path.name + ".wal").unlink(missing_ok=True)
    sync_directory(path.parent)


def _remove(connection: duckdb.DuckDBPyConnection, batches: list[int], operation: int) -> None:
    """Remove the batches, and all that was derived from the conversations they were part of."""
    connection.register("wanted", pa.table({"batch": pa.array(batches, pa.int64())}))
    connection.execute("CREATE TEMP TABLE touched AS SELECT batch FROM wanted")
    connection.unregister("wanted")
    connection.execute("BEGIN TRANSACTION")
    try:
        connection.execute("""
            CREATE TEMP TABLE traces_touched AS
            SELECT trace_id FROM spans WHERE batch IN (FROM touched) UNION SELECT trace_id FROM logs WHERE batch IN (FROM touched)
        """)
        _remove_derived(connection, operation)
        for table in _OF_BATCHES:
            connection.execute(f"DELETE FROM {table} WHERE batch IN (FROM touched)")  # noqa: S608 - our own names
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            connection.execute("ROLLBACK")
        raise


def _remove_derived(connection: duckdb.DuckDBPyConnection, operation: int) -> None:
    """Remove the rows that settling made: those of a conversation by it, others by their trace; what is left is settled again."""
    derived: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal AND database_name <> 'temp'"
    ).fetchall():
        if table not in _OWN:
            derived.setdefault(table, set()).add(column)
    if "conversation_traces" not in derived:
        return
    connection.execute("""
        CREATE TEMP TABLE conversations_touched AS
        SELECT DISTINCT conversation FROM conversation_traces WHERE trace_id IN (FROM traces_touched)
    """)
    connection.execute("""
        INSERT INTO traces_touched SELECT trace_id FROM conversation_traces WHERE conversation IN (FROM conversations_touched)
    """)
    connection.execute(
        "INSERT INTO erased_traces BY NAME SELECT DISTINCT $operation AS batch, trace_id FROM traces_touched WHERE trace_id IS NOT NULL",
        {"operation": operation},
    )
    for table, columns in derived.items():
        if "conversation" in columns:
            connection.execute(f"DELETE FROM {table} WHERE conversation IN (FROM conversations_touched)")  # noqa: S608 - names of the store
        elif "trace_id" in columns:
            connection.execute(f"DELETE FROM {table} WHERE trace_id IN (FROM traces_touched)")  # noqa: S608 - names of the store


def _store_again(store: Store, records: Iterable[Record]) -> None:
    """Apply what is left of the records; one that could not be applied before, or came twice, is left alone again."""
    pairs, size = [], 0
    for record in records:
        if store.known_request(record.request_hash):
            continue
        try:
            pairs.append((record.receipt, decode(record.signal, record.body)))
        except UndecodableError:
            continue
        size += len(record.body)
        if size >= _GROUP_BYTES:
            store.apply(pairs)
            pairs, size = [], 0
    store.apply(pairs)


def _remove_unused(connection: duckdb.DuckDBPyConnection) -> None:
    """Remove resources, scopes and texts that nothing refers to, and traces that have nothing left to be settled."""
    for table, key in (("resources", "resource"), ("scopes", "scope")):
        users = " UNION ".join(f"SELECT {key} FROM {user}" for user in ("spans", "logs", "metric_points"))  # noqa: S608 - our own names
        connection.execute(f"DELETE FROM {table} WHERE {key} NOT IN ({users})")  # noqa: S608 - our own names
    connection.execute("DELETE FROM erased_traces WHERE trace_id NOT IN (SELECT trace_id FROM spans)")
    connection.execute("CREATE TEMP TABLE used_texts (text_id BIGINT)")
    tables: dict[str, list[str]] = {}
    for table, column, kind in connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal AND database_name <> 'temp'"
    ).fetchall():
        cells = _cells(column, kind)
        if cells is not None and table != _TEXTS:
            tables.setdefault(table, []).append(cells)
    for table, expressions in tables.items():
        for cells in expressions:
            connection.execute(f"""
                INSERT INTO used_texts
                SELECT DISTINCT TRY_CAST(unnest(string_split(cell[2:], ',')) AS BIGINT)
                FROM (SELECT unnest({cells}) AS cell FROM {table})
                WHERE cell[1] = chr(1)
            """)  # noqa: S608 - names of the store
    connection.execute("DELETE FROM texts WHERE text_id NOT IN (SELECT text_id FROM used_texts WHERE text_id IS NOT NULL)")


def _cells(column: str, kind: str) -> str | None:
    """Return an expression for the list of cells that a column may hold."""
    if kind == "VARCHAR":
        return f'["{column}"]'
    if kind == "MAP(VARCHAR, VARCHAR)":
        return f'map_values("{column}")'
    if kind.startswith("STRUCT") and kind.endswith("[]") and "attributes MAP(VARCHAR, VARCHAR)" in kind:
        return f'flatten(list_transform("{column}", lambda one: map_values(one.attributes)))'
    return None


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
