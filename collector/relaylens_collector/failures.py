"""What a failure means for the record that was at hand: whether to wait, to try again, or to go on without it."""

import contextlib
import math
from collections.abc import Iterator
from typing import Final

import duckdb
import pyarrow as pa

from relaylens_collector.errors import JournalCorruptError, StoreDamagedError, StoreError
from relaylens_collector.store import Store

_MOST_TRIES: Final = 5

_PASSES: Final = (
    duckdb.IOException,
    duckdb.TransactionException,  # what a commit that cannot be written raises
    duckdb.FatalException,
    duckdb.ConnectionException,
    duckdb.InterruptException,
    OSError,
    JournalCorruptError,
)
"""Errors that are not the record's: disk and locks come back, and until then nothing else could be applied either."""

_READING: Final = (duckdb.Error, OSError, pa.ArrowException)
"""What DuckDB raises, and what Arrow does while it fetches from DuckDB."""

_DAMAGE: Final = ("Corrupt database file", "IO Error: Could not read enough bytes", "Serialization Error")
_FATAL: Final = ("FATAL Error",)

_MAY_PASS: Final = (duckdb.OutOfMemoryException, duckdb.InternalException, MemoryError)
"""Errors that another try may not meet, and that must not hold up the others for ever."""


def tries_before_putting_aside(error: Exception) -> float:
    """Tell how often a record is tried before it is left to the journal; a value that does not fit stays as it is."""
    cause = error.__cause__ if isinstance(error, StoreError) else error
    if isinstance(cause, _PASSES):
        return math.inf
    return _MOST_TRIES if isinstance(cause, _MAY_PASS) else 1


def is_damage(error: BaseException) -> bool:
    """Tell whether DuckDB read something from its file that it did not write, so that the file is of no more use.

    A query may hold any words, which come back in the messages of its errors; only those count that stand where DuckDB itself begins.
    """
    return any(
        isinstance(one, StoreDamagedError) or (isinstance(one, _READING) and str(one).startswith(_DAMAGE)) for one in _with_causes(error)
    )


def is_fatal(error: BaseException) -> bool:
    """Tell whether the database has to be opened again before it answers anything."""
    return any(isinstance(one, _READING) and str(one).startswith(_FATAL) for one in _with_causes(error))


def _with_causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__


def is_alive(store: Store) -> bool:
    """End what a failure left open on the writer's connection, and tell whether the database still answers there."""
    with contextlib.suppress(duckdb.Error):
        store.connection.rollback()
    return _answers(store.connection)


def answers(store: Store) -> bool:
    """Tell whether the database still answers, in any thread."""
    try:
        with contextlib.closing(store.cursor()) as cursor:
            return _answers(cursor)
    except duckdb.Error:
        return False


def _answers(connection: duckdb.DuckDBPyConnection) -> bool:
    try:
        connection.execute("SELECT 1").fetchall()
    except duckdb.Error:
        return False
    return True
