"""Cursors of the open database, lent to readers and taken back before it is closed."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

import duckdb

from relaylens_collector.errors import NotReadyError
from relaylens_collector.failures import is_damage, is_fatal
from relaylens_collector.store import Store

_INTERRUPT_EVERY: Final = 0.1
_LONGEST: Final = 60.0


class Readers:
    """Knows who reads; used from any thread."""

    def __init__(self, on_broken: Callable[[Exception], None]) -> None:
        """Nothing can be read before `open`; `on_broken` hears of an error that shows that the database is of no more use."""
        self._on_broken = on_broken
        self._changed = threading.Condition()
        self._store: Store | None = None
        self._cursors: set[duckdb.DuckDBPyConnection] = set()

    def open(self, store: Store) -> None:
        """Lend cursors of this database from now on."""
        with self._changed:
            self._store = store

    @contextlib.contextmanager
    def reading(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor; raises NotReadyError while no database is open."""
        with self._changed:
            if self._store is None:
                raise NotReadyError
            cursor = self._store.cursor()
            self._cursors.add(cursor)
        try:
            yield cursor
        except Exception as error:
            if is_damage(error) or is_fatal(error):
                self._on_broken(error)
            raise
        finally:
            cursor.close()
            with self._changed:
                self._cursors.discard(cursor)
                self._changed.notify_all()

    def interrupt(self) -> None:
        """End the queries that run now."""
        with self._changed:
            for cursor in self._cursors:
                with contextlib.suppress(duckdb.Error):
                    cursor.interrupt()

    def close(self) -> None:
        """Lend no more, and wait until all cursors are back: DuckDB gives a new connection the old state as long as one is open."""
        deadline = time.monotonic() + _LONGEST
        with self._changed:
            self._store = None
            while self._cursors and time.monotonic() < deadline:
                self.interrupt()
                self._changed.wait(_INTERRUPT_EVERY)
