"""Takes what is not settled yet in parts that the database's memory bears, and puts aside what it never does.

A part that needs more memory than the database has is rolled back and taken in halves, down to one batch. A batch that is too large by
itself is put aside in the table `unsettled`, with the reason: its spans stay stored and can be queried, only the nouns made of them are
missing, and what came after it settles. It is tried again when the database is opened with another memory limit.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import duckdb

from relaylens_analytics import releasing, rhythm
from relaylens_analytics.baseline.settling import forget
from relaylens_analytics.stages import one_number

SPANS_AT_ONCE = 50_000
"""How many spans are derived at once; a larger backlog is settled in parts."""

BYTES_AT_ONCE = 128 << 20
"""Request bytes of those spans: what calls answer lies there in full while they are derived, within the database's memory."""

_SETTLED: Final = "SELECT coalesce(max(batch), 0) FROM settled"
_BATCHES: Final = "SELECT batch FROM batches WHERE batch > ? AND batch <= ? ORDER BY batch"
_WAITING: Final = "SELECT batch FROM unsettled WHERE memory_limit <> current_setting('memory_limit') ORDER BY batch"
_PUT_ASIDE: Final = """
INSERT INTO unsettled
SELECT batch, rows_stored, current_setting('memory_limit'), $reason, now()::TIMESTAMP FROM batches WHERE batch = $batch
"""

_logger: Final = logging.getLogger(__name__)

SettlePart: TypeAlias = Callable[[int, int], int]
"""Settles the batches after the first number up to the second, within a transaction; returns how many traces had changed."""


def settle_new(connection: duckdb.DuckDBPyConnection, settle_part: SettlePart) -> int:
    """Settle every batch that is new; returns how many traces had changed."""
    settled = one_number(connection, _SETTLED)
    changed = 0
    for upto in _parts(connection, settled):
        changed += _whole_or_halved(connection, settle_part, settled, upto)
        settled = upto
    return changed


def settle_put_aside(connection: duckdb.DuckDBPyConnection, settle_part: SettlePart) -> int:
    """Try the batches again that were put aside under another memory limit; returns how many traces had changed."""
    changed = 0
    for (batch,) in connection.execute(_WAITING).fetchall():
        settled = one_number(connection, _SETTLED)
        try:
            with _transaction(connection):
                connection.execute("DELETE FROM unsettled WHERE batch = ?", [batch])
                changed += settle_part(batch - 1, batch)
                connection.execute("UPDATE settled SET batch = ?", [settled])
        except duckdb.OutOfMemoryException as error:
            with _transaction(connection):
                connection.execute("DELETE FROM unsettled WHERE batch = ?", [batch])
                _put_aside(connection, batch, error)
    return changed


@contextlib.contextmanager
def _transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing, also of what the baseline has learned of runs that are not kept."""
    connection.execute("BEGIN TRANSACTION")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        forget(connection)
        rhythm.forget(connection)
        releasing.forget(connection)
        raise


def _parts(connection: duckdb.DuckDBPyConnection, settled: int) -> Iterator[int]:
    """The batch numbers up to which to settle, a bounded number of spans and bytes at a time."""
    rows = connection.execute("SELECT batch, rows_stored, body_bytes FROM batches WHERE batch > ? ORDER BY batch", [settled]).fetchall()
    gathered, size, last = 0, 0, None
    for batch, stored, body_bytes in rows:
        gathered, size, last = gathered + stored, size + body_bytes, batch
        if gathered >= SPANS_AT_ONCE or size >= BYTES_AT_ONCE:
            yield last
            gathered, size, last = 0, 0, None
    if last is not None:
        yield last


def _whole_or_halved(connection: duckdb.DuckDBPyConnection, settle_part: SettlePart, settled: int, upto: int) -> int:
    """Settle a part in one transaction; one that needs more memory than the database has, in halves."""
    try:
        with _transaction(connection):
            return settle_part(settled, upto)
    except duckdb.OutOfMemoryException as error:
        batches = [batch for (batch,) in connection.execute(_BATCHES, [settled, upto]).fetchall()]
        if len(batches) > 1:
            middle = batches[len(batches) // 2 - 1]
            return _whole_or_halved(connection, settle_part, settled, middle) + _whole_or_halved(connection, settle_part, middle, upto)
        with _transaction(connection):
            _put_aside(connection, upto, error)
            connection.execute("DELETE FROM settled")
            connection.execute("INSERT INTO settled VALUES (?, now()::TIMESTAMP)", [upto])
        return 0


def _put_aside(connection: duckdb.DuckDBPyConnection, batch: int, error: duckdb.Error) -> None:
    reason = str(error).split("\n", maxsplit=1)[0]
    connection.execute(_PUT_ASIDE, {"batch": batch, "reason": reason})
    _logger.error(
        "Batch %d is put aside: settling it needs more memory than the database has (%s). Its spans are stored, but no runs, steps and "
        "handoffs are made of them. Start with a higher --memory-limit: it is tried again then.",
        batch,
        reason,
    )
