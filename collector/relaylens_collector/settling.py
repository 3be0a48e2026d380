"""The thread that has what is stored settled, on a cursor of its own, beside the thread that stores."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Final

import duckdb

from relaylens_collector.allocation import give_freed_memory_back
from relaylens_collector.errors import Correctable
from relaylens_collector.failures import answers, is_damage
from relaylens_collector.pace import Pace
from relaylens_collector.store import Settler, Store

_INTERRUPT_EVERY: Final = 0.1
_BREATH: Final = 3
"""While more comes, settling begins at the earliest after so many times what it took last: storing has two thirds of the time, and a
settling of more spans at once takes less for each."""

_STEADY: Final = 1.0
"""Seconds; when something was stored so lately, more will be in a moment."""

_LONG: Final = 1.0
"""Seconds; a settling that took so long has had much memory, which is scattered among what others hold now."""

_logger: Final = logging.getLogger(__name__)


class Settling:
    """Calls the settler when traces have been quiet for a moment, and under constant load from time to time.

    What it sees is a snapshot of whole batches: it begins after those that it answers for are stored, and may see later ones too, which
    are settled again next time. It shares the applier's condition: everything but the work itself happens while that is held.
    """

    def __init__(self, settle: Settler | None, pace: Pace, changed: threading.Condition, *, more_comes: Callable[[], bool]) -> None:
        """Nothing is settled before `open`; without a settler what is stored counts as settled."""
        self._settle = settle
        self._pace = pace
        self._changed = changed
        self._more_comes = more_comes
        self._store: Store | None = None
        self._cursor: duckdb.DuckDBPyConnection | None = None
        self._is_level = self._works = self._stopping = False
        self._applied_seq = self._flush_to = 0
        self._dirty_since = self._last_applied_at = self._again_at = 0.0
        self.settled_seq = -1
        """The last record that is settled; below 0 until something was settled in the database as it is open now."""
        self.broken: Exception | None = None
        """What showed that the database is dead, until it is opened again."""
        self.problem: str | None = None
        self.failures = self.traces = 0
        self.seconds = self._took = 0.0
        self._thread: threading.Thread | None = None
        if settle is not None:
            self._thread = threading.Thread(target=self._run, name="relaylens-settle", daemon=True)
            self._thread.start()

    def open(self, store: Store, applied_seq: int) -> None:
        """Settle in this database once it is level with the journal."""
        with self._changed:
            self._store = store
            self._applied_seq = applied_seq
            self.settled_seq = -1
            self._last_applied_at = self._dirty_since = time.monotonic()

    def is_level(self) -> None:
        """Hear that all records of before the opening are stored: settling may begin."""
        with self._changed:
            self._is_level = True
            self._settle_without_settler()
            self._changed.notify_all()

    def applied(self, seq: int) -> None:
        """Hear that everything up to a record is stored."""
        with self._changed:
            self._last_applied_at = time.monotonic()
            if self.settled_seq >= self._applied_seq:
                self._dirty_since = self._last_applied_at
            self._applied_seq = seq
            self._settle_without_settler()
            self._changed.notify_all()

    def ask(self, seq: int) -> None:
        """Settle without delay once this record is stored."""
        with self._changed:
            self._flush_to = max(self._flush_to, seq)
            self._changed.notify_all()

    def close(self) -> None:
        """End what is at work and give its cursor back: as long as one is open DuckDB gives a new connection the old state."""
        with self._changed:
            self._store = None
            self._is_level = False
            self.broken = None
            while self._works:
                if self._cursor is not None:
                    with contextlib.suppress(duckdb.Error):
                        self._cursor.interrupt()
                self._changed.wait(_INTERRUPT_EVERY)
            self._give_back()

    def stop(self) -> None:
        """End the thread; what is not settled is settled at the next start."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self.close()
        if self._thread is not None:
            self._thread.join()

    def _settle_without_settler(self) -> None:
        if self._settle is None and self._is_level:
            self.settled_seq = self._applied_seq

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while (store := self._wait_until_due()) is not None:
            try:
                self._settle_now(store)
            finally:
                with self._changed:
                    self._works = False
                    self._changed.notify_all()

    def _wait_until_due(self) -> Store | None:
        with self._changed:
            while not self._stopping:
                left = self._seconds_left(time.monotonic())
                if left == 0.0:
                    self._works = True
                    return self._store
                self._changed.wait(left)
            return None

    def _seconds_left(self, now: float) -> float | None:
        """Return how long until settling is due, nothing when there is nothing to settle."""
        if self._store is None or self.broken is not None or not self._is_level or self.settled_seq >= self._applied_seq:
            return None
        if self.settled_seq < self._flush_to <= self._applied_seq:
            due = now
        elif self._more_comes():
            due = self._dirty_since + max(self._pace.settle_every_seconds, _BREATH * self._took)
        else:
            due = min(self._last_applied_at + self._pace.quiet_seconds, self._dirty_since + self._pace.settle_every_seconds)
        return max(0.0, due - now, self._again_at - now)

    def _settle_now(self, store: Store) -> None:
        began, upto = time.monotonic(), self._applied_seq
        try:
            settled = 0 if self._settle is None else self._settle(self._cursor_of(store))
        except Exception as error:  # noqa: BLE001 - the thread must outlive whatever the database or a rule raises
            self._give_back()
            self._failed(error, store)
            return
        if time.monotonic() - self._last_applied_at >= _STEADY:
            # Under load the next transaction has it done beside itself; here, where none writes, it would hold that one up for seconds.
            store.checkpoint_when_due()
        if time.monotonic() - began >= _LONG:
            give_freed_memory_back()
        with self._changed:
            self.settled_seq = upto
            # What came meanwhile came after the beginning.
            self._dirty_since = began
            self._took = time.monotonic() - began
            self.seconds += self._took
            self.traces += settled
            self.problem = None

    def _cursor_of(self, store: Store) -> duckdb.DuckDBPyConnection:
        """Return the cursor, the same as long as all goes well: making the tables of a settling takes longer than a small settling."""
        with self._changed:
            if self._cursor is None:
                self._cursor = store.cursor()
            return self._cursor

    def _give_back(self) -> None:
        with self._changed:
            cursor, self._cursor = self._cursor, None
            if cursor is not None:
                with contextlib.suppress(duckdb.Error):
                    cursor.close()

    def _failed(self, error: Exception, store: Store) -> None:
        """Try again later, or leave it to the applier when the database is dead."""
        alive = not is_damage(error) and answers(store)
        with self._changed:
            if self._store is None:  # it was interrupted by `close`, and is done anew after the next opening
                return
            if not alive:
                self.broken = error
                return
            problem = f"Settling failed: {error}"
            if problem != self.problem:
                told = f"{error} It" if isinstance(error, Correctable) else "It"
                exc_info = None if isinstance(error, Correctable) else error
                _logger.error("Settling failed. %s is tried again every %g s.", told, self._pace.settle_every_seconds, exc_info=exc_info)
            self.failures += 1
            self.problem = problem
            self._again_at = time.monotonic() + self._pace.settle_every_seconds
