"""What a failure means for the record that was at hand: whether to wait, to try again, or to go on without it."""

import contextlib
import math
from typing import Final

import duckdb

from relaylens_collector.errors import JournalCorruptError, StoreError
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

_MAY_PASS: Final = (duckdb.OutOfMemoryException, duckdb.InternalException, MemoryError)
"""Errors that another try may not meet, and that must not hold up the others for ever."""


def tries_before_putting_aside(error: Exception) -> float:
    """Tell how often a record is tried before it is left to the journal; a value that does not fit stays as it is."""
    cause = error.__cause__ if isinstance(error, StoreError) else error
    if isinstance(cause, _PASSES):
        return math.inf
    return _MOST_TRIES if isinstance(cause, _MAY_PASS) else 1


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
