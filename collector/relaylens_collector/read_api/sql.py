"""One SELECT, answered without letting it do anything else, and without letting it take all there is.

The database is locked down when it is opened (`store_folder`): no files, no extensions, no settings. Here the statement has to be a
SELECT, runs in a read-only transaction (a WITH can hold a DELETE), and ends at a number of rows, bytes or seconds.
"""

import contextlib
import math
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import duckdb
import grpc
import pyarrow as pa

from relaylens_collector.errors import QueryError, QueryRefusedError
from relaylens_collector.ingest import Ingest
from relaylens_collector.receive.refusals import Refusal

_ROWS_AT_ONCE: Final = 10_000
_GATEWAY_TIMEOUT: Final = 504
_PAUSES: Final = (0.3, 1.0)
"""Seconds after which a query that found no memory is run again: what settles, or another query, may have had it."""
_KEPT: Final = 256
_LONGEST_KEPT: Final = 16 << 10
"""How many queries are kept as they were read, and how long one may be: the screens ask the same ones again and again."""


@dataclass(frozen=True, slots=True)
class QueryLimits:
    """What one query may take."""

    rows: int = 1_000_000
    size: int = 128 << 20
    """Bytes of the answer in Arrow."""
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Question:
    """A query as it was sent."""

    sql: str
    params: Mapping[str, Any]
    max_rows: int | None
    """Cut the answer off after so many; without it an answer with too many rows is refused."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The answer."""

    schema: pa.Schema
    batches: list[pa.RecordBatch]
    cut_off: bool
    """There were more rows than asked for."""


def ask(ingest: Ingest, question: Question, limits: QueryLimits) -> Rows:
    """Answer one SELECT; raises QueryError, or a refusal that names the limit.

    One that finds no memory is run again a moment later, within its time.
    """
    until = time.monotonic() + limits.seconds
    pauses = iter(_PAUSES)
    while True:
        try:
            return _ask_once(ingest, question, limits, until)
        except _NoMemoryError as error:
            pause = next(pauses, math.inf)
            if time.monotonic() + pause >= until:
                raise _too_much_memory() from error
        time.sleep(pause)


class _NoMemoryError(Exception):
    """The database, or the process, had no memory for a query at that moment."""


def _ask_once(ingest: Ingest, question: Question, limits: QueryLimits, until: float) -> Rows:
    with ingest.reading() as cursor:
        timer = threading.Timer(max(0.0, until - time.monotonic()), cursor.interrupt)
        timer.daemon = True
        timer.start()
        try:
            with _read_only(cursor):
                return _collect(_run(cursor, question), question, limits)
        except duckdb.InterruptException as error:
            raise _took_too_long(limits) from error
        except (duckdb.OutOfMemoryException, MemoryError) as error:
            raise _NoMemoryError from error
        except (OSError, pa.ArrowException) as error:  # what DuckDB raises while its rows are fetched as Arrow
            if "Interrupted" in str(error):
                raise _took_too_long(limits) from error
            if "Out of Memory" in str(error):
                raise _NoMemoryError from error
            raise QueryError(str(error)) from error
        except duckdb.Error as error:
            raise QueryError(str(error)) from error
        finally:
            timer.cancel()


def _run(cursor: duckdb.DuckDBPyConnection, question: Question) -> pa.RecordBatchReader:
    read = _read if len(question.sql) <= _LONGEST_KEPT else _read.__wrapped__
    return cursor.sql(read(question.sql), params=dict(question.params)).to_arrow_reader(_ROWS_AT_ONCE)


@lru_cache(_KEPT)
def _read(sql: str) -> duckdb.Statement:
    """Read the words of a query, which takes some milliseconds; what comes of them belongs to no connection."""
    statements = duckdb.extract_statements(sql)
    if len(statements) != 1:
        message = f"Found {len(statements)} statements."
        raise QueryRefusedError(message)
    if statements[0].type != duckdb.StatementType.SELECT:
        message = f"Found {statements[0].type.name}."
        raise QueryRefusedError(message)
    return statements[0]


def _collect(reader: pa.RecordBatchReader, question: Question, limits: QueryLimits) -> Rows:
    most = limits.rows if question.max_rows is None else min(question.max_rows, limits.rows)
    batches: list[pa.RecordBatch] = []
    rows = size = 0
    cut_off = False
    with contextlib.closing(reader):
        for batch in reader:
            if rows + batch.num_rows > most:
                if question.max_rows is None or question.max_rows > limits.rows:
                    message = f"The answer has more than {limits.rows} rows; ask for fewer, or set max_rows to get the first ones."
                    raise Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, message)
                batches.append(batch.slice(0, most - rows))
                cut_off = True
                break
            rows += batch.num_rows
            size += batch.nbytes
            if size > limits.size:
                message = f"The answer is larger than {limits.size} bytes; ask for fewer rows or columns."
                raise Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, message)
            batches.append(batch)
        return Rows(reader.schema, batches, cut_off)


@contextlib.contextmanager
def _read_only(cursor: duckdb.DuckDBPyConnection) -> Iterator[None]:
    cursor.execute("BEGIN TRANSACTION READ ONLY")
    try:
        yield
    finally:
        with contextlib.suppress(duckdb.Error):
            cursor.execute("ROLLBACK")


def _took_too_long(limits: QueryLimits) -> Refusal:
    message = f"The query was ended after {limits.seconds:g} seconds; ask for less, such as a shorter time range."
    return Refusal(grpc.StatusCode.DEADLINE_EXCEEDED, message, http_status=_GATEWAY_TIMEOUT)


def _too_much_memory() -> Refusal:
    message = "The query needs more memory than there is for one; ask for less, such as a shorter time range or fewer columns."
    return Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, message)
