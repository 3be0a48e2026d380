"""Retention in a collector that runs: from time to time what the rules do not keep is erased."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb

from relaylens_collector.erasing.clock import believed_time
from relaylens_collector.erasing.planning import Retention, plan_retention
from relaylens_collector.erasing.plans import Plan
from relaylens_collector.errors import CollectorError
from relaylens_collector.store_folder import DATABASE_FILES, JOURNAL_FOLDER

_FIRST_AFTER: Final = 60.0
"""Seconds; what was begun is settled first."""

_logger: Final = logging.getLogger(__name__)


class Retaining:
    """Asks the rules in a thread of its own."""

    def __init__(
        self, retention: Retention, every_seconds: float, plan: Callable[[timedelta], Plan], erase: Callable[[Plan], object]
    ) -> None:
        """Begin, unless everything is kept; `plan` is told how much time passed since it was asked last."""
        self._every = every_seconds
        self._plan = plan
        self._erase = erase
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        if not retention.keeps_everything:
            self._thread = threading.Thread(target=self._run, name="relaylens-retention", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End; what is being erased is finished first."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        asked = time.monotonic()
        wait = min(_FIRST_AFTER, self._every)
        while not self._stop.wait(wait):
            wait = self._every
            now = time.monotonic()
            try:
                plan = self._plan(timedelta(seconds=now - asked))
                if plan.choices:
                    _logger.info("Retention (%s) erases something of %d records.", plan.rule, len(plan.choices))
                    self._erase(plan)
            except (CollectorError, OSError, ValueError, duckdb.Error) as error:
                _logger.warning("Retention could not be carried out and is tried again in %g s: %s", self._every, error)
            asked = now


def plan_now(store: Path, connection: duckdb.DuckDBPyConnection, retention: Retention, elapsed: timedelta, said_by: str) -> Plan:
    """Plan what the rules want erased at the time that is believed."""
    [(newest,)] = connection.execute("SELECT max(received_at) FROM batches").fetchall()
    now = believed_time(store, None if newest is None else newest.replace(tzinfo=UTC), elapsed)
    return plan_retention(connection, retention, now=min(now, datetime.now(UTC)), size=size_of(store), said_by=said_by)


def size_of(store: Path) -> int:
    """Return the bytes of journal and database."""
    files = [*(store / JOURNAL_FOLDER).glob("*.segment*"), *(store / name for name in DATABASE_FILES)]
    return sum(path.stat().st_size for path in files if path.exists())
