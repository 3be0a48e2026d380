"""Whether the blocks of a large database are those that DuckDB wrote, told while it is in use: to read them all first would take long."""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import duckdb

from relaylens_collector.errors import StoreDamagedError
from relaylens_collector.store.blocks import BLOCK_BYTES, HEADERS_BYTES, has_its_checksum, used_blocks

_BLOCKS_AT_ONCE: Final = 32
_SHARE: Final = 0.25
"""Of the time; the rest is left to those who use the database, its disk and the processors."""
_LOOKS: Final = 4
_PAUSE: Final = 0.5
"""Between two looks at a block: DuckDB may be writing it at the moment it is read."""

_logger: Final = logging.getLogger(__name__)


class BlockCheck:
    """Reads the blocks that are in the file when it begins, and tells of those that are used and damaged.

    DuckDB itself compares a block with its checksum before anyone sees what is in it: this one finds what nobody asks for.
    """

    def __init__(self, database: Path) -> None:
        """Open the file; only after DuckDB has closed it may `close` be called, which takes the locks of this process away."""
        self._database = database
        self._descriptor = os.open(database, os.O_RDONLY | os.O_CLOEXEC)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, cursor: Callable[[], duckdb.DuckDBPyConnection], on_damage: Callable[[Exception], None]) -> None:
        """Begin to read in a thread; `cursor` gives one of the open database, and `on_damage` hears of damage."""
        self._thread = threading.Thread(target=self._run, args=(cursor, on_damage), name="relaylens-block-check", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End reading."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _run(self, cursor: Callable[[], duckdb.DuckDBPyConnection], on_damage: Callable[[Exception], None]) -> None:
        blocks = range((os.fstat(self._descriptor).st_size - HEADERS_BYTES) // BLOCK_BYTES)
        began = time.monotonic()
        try:
            damaged = set(self._without_checksum(blocks))
            for _ in range(_LOOKS):
                if not damaged or self._stopping.wait(_PAUSE):
                    break
                with contextlib.closing(cursor()) as asked:
                    damaged &= used_blocks(asked)
                damaged = set(self._without_checksum(sorted(damaged)))
        except (OSError, duckdb.Error) as error:
            if not self._stopping.is_set():
                _logger.warning("%s: whether all of its blocks are undamaged was not found out: %s", self._database, error)
            return
        if self._stopping.is_set():
            return
        if damaged:
            message = f"{self._database}: {len(damaged)} of its blocks are damaged, the first is block {min(damaged)}."
            on_damage(StoreDamagedError(message))
        else:
            _logger.info("%s: all of its %d blocks are undamaged, found in %.0f s.", self._database, len(blocks), time.monotonic() - began)

    def _without_checksum(self, blocks: Iterable[int]) -> Iterator[int]:
        """Yield the blocks that do not have their checksum, resting between some and the next."""
        began = time.monotonic()
        for count, number in enumerate(blocks, 1):
            if not has_its_checksum(os.pread(self._descriptor, BLOCK_BYTES, HEADERS_BYTES + number * BLOCK_BYTES)):
                yield number
            if count % _BLOCKS_AT_ONCE == 0:
                if self._stopping.wait((time.monotonic() - began) * (1 / _SHARE - 1)):
                    return
                began = time.monotonic()
