"""Gives back what is free in the database's file once nothing has come for a while: what checkpoints replace stays in it otherwise."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final

import duckdb

from relaylens_collector.errors import CollectorError
from relaylens_collector.pace import Progress
from relaylens_collector.store.statements import read_statement

_SHARE: Final = 0.15
"""Of the file's blocks that have to be free: writing it anew takes as long for a few."""

_LEAST: Final = 8 << 20
"""Bytes that have to be free."""

_LARGEST: Final = 512 << 20
"""Of a longer file what is free is a small part: as much as the last rows of each table take, whatever its size. It would be closed for
long, too: a second for about 50 MiB."""

_LOOK_EVERY: Final = 2.0

_logger: Final = logging.getLogger(__name__)


class Compacting:
    """Looks in a thread of its own, once after each time that something came."""

    def __init__(
        self,
        quiet_seconds: float,
        *,
        progress: Callable[[], Progress],
        reading: Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]],
        compact: Callable[[], None],
    ) -> None:
        """Begin to look; `compact` writes the file anew."""
        self._quiet_seconds = quiet_seconds
        self._progress = progress
        self._reading = reading
        self._compact = compact
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relaylens-compact", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End; what is being written is finished first."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        seen, since, looked_at = -1, time.monotonic(), 0
        while not self._stop.wait(min(_LOOK_EVERY, self._quiet_seconds)):
            progress = self._progress()
            is_done = progress.ready and progress.settled_seq == progress.applied_seq and not progress.waiting_requests
            if progress.applied_seq != seen or not is_done:
                seen, since = progress.applied_seq, time.monotonic()
            elif seen != looked_at and time.monotonic() - since >= self._quiet_seconds:
                try:
                    self._compact_if_worth_it()
                except (CollectorError, OSError, duckdb.Error) as error:
                    since = time.monotonic()
                    _logger.warning("The database could not be written anew, which is tried again in %g s: %s", self._quiet_seconds, error)
                else:
                    looked_at = seen

    def _compact_if_worth_it(self) -> None:
        with self._reading() as cursor:
            cursor.execute("CHECKPOINT")
            [(blocks, free, size)] = cursor.execute(read_statement("free_blocks")).fetchall()
        if free * size >= _LEAST and free >= _SHARE * blocks and blocks * size <= _LARGEST:
            self._compact()
            _logger.info("%d MiB that were free in the database's file are given back.", free * size >> 20)
