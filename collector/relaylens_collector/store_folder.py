"""The folder of one store: its lock, where its journal is, and opening its database whatever state that is in."""

import contextlib
import fcntl
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from relaylens_collector.errors import (
    StoreDamagedError,
    StoreLockedError,
    StoreOpenError,
    StoreOutdatedError,
    StoreUnavailableError,
    StoreVersionError,
)
from relaylens_collector.journal import Journal
from relaylens_collector.journal.segments import sync_directory
from relaylens_collector.store import Store
from relaylens_collector.store.block_check import BlockCheck
from relaylens_collector.store.blocks import BLOCK_BYTES, HEADERS_BYTES, doubtful_blocks, used_blocks
from relaylens_collector.store.statements import read_statement

DATABASE_FILE: Final = "relaylens.duckdb"
JOURNAL_FOLDER: Final = "journal"
DATABASE_FILES: Final = (DATABASE_FILE, f"{DATABASE_FILE}.wal")
LOCK_FILE: Final = "lock"
SNAPSHOT_FOLDER: Final = "snapshot"
"""Where a running collector puts a copy of its database."""

CHECKED_FIRST_BYTES: Final = 1 << 30
"""All blocks of a file up to this size are read before it is opened, which takes about a second; those of a larger one beside its use."""

_MOST_SPILLED: Final = "16GB"

_THREADS: Final = max(1, (os.cpu_count() or 1) - 1)
"""Of one query: a processor is left for what receives and maps. Storing, settling and each reader run beside each other all the same, and
a query on one thread copies its rows once less."""

_LOCKED_DOWN: Final = (
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET allow_community_extensions = false",
    "SET enable_external_access = false",
    "SET GLOBAL python_enable_replacements = false",
    "SET enable_progress_bar = false",
    f"SET max_temp_directory_size = '{_MOST_SPILLED}'",
    "SET lock_configuration = true",
)
"""What is set before anyone may ask: a query reads this database, and nothing else of the machine or of our process."""

_PLAINLY: Final = "SET disabled_optimizers = 'join_filter_pushdown'"
"""What is set after a settling killed the database: DuckDB 2.0.0 passes dictionaries on between joins, and some plans that push a join's
keys down to a scan end in `INTERNAL Error: dict-surviving ...` each time (its issue 24807 is of the kind)."""

_NOT_THE_FILES_FAULT: Final = ("Permission denied", "No space left", "Too many open files", "Out of Memory", "has been invalidated")
"""Words of errors that a new database would meet again."""

LOGS: Final = (".wal.recovery", ".wal.checkpoint", ".wal")
"""What DuckDB adds to the file's name for its logs: the one in use, and those in use around a checkpoint."""

_HELD: Final = "set lock on file"

_MOST_PUT_ASIDE: Final = 2
"""Databases that are kept after they were replaced, so that a disk does not fill with them."""

_NEWER: Final = ("can only read versions", "newer version of DuckDB", "newer DuckDB")

_logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes on disk."""

    journal: int
    database: int


class StoreFolder:
    """A store's folder, held by this process until `close`."""

    def __init__(self, path: Path) -> None:
        """Create the folder if need be, and lock it; raises StoreLockedError when another process has it."""
        self.path = Path(path)
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock: int | None = os.open(self.path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            message = f"{self.path}: {error.strerror}."
            raise StoreOpenError(message) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._lock, 100, 0).decode(errors="replace").strip() or "unknown"
            os.close(self._lock)
            self._lock = None
            message = f"{self.path} is held by process {holder}; stop it, or ask it by its address (--url)."
            raise StoreLockedError(message) from error
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    @property
    def database(self) -> Path:
        """The DuckDB file."""
        return self.path / DATABASE_FILE

    def sizes(self) -> Sizes:
        """Return what is on disk: the journal, and the database with what it has not folded in yet."""
        database = [self.database, *(self.database.with_name(self.database.name + log) for log in LOGS)]
        return Sizes(_size_of((self.path / JOURNAL_FOLDER).glob("*")), _size_of(database))

    def open_journal(self, *, is_settled: Callable[[int], bool]) -> Journal:
        """Open the journal; `is_settled` tells it whether there is nothing left to be done for the records up to one."""
        return Journal(self.path / JOURNAL_FOLDER, is_settled=is_settled)

    def open_database(self, *, memory_limit: str, is_damaged: bool = False, plainly: bool = False) -> Store:
        """Open the database; one that is damaged, or of an older make, is put aside, and an empty one takes its place.

        `plainly` leaves out a step of DuckDB's planning that may have killed it; large settlings then read more.
        Raises StoreUnavailableError when it may open in a moment, and otherwise a StoreError that another start would meet again.
        """
        try:
            if is_damaged:
                aside = self.put_database_aside("damaged")
                _logger.warning("The database is made anew from the journal; the damaged one is kept as %s.", aside)
            store = self._open_whole(memory_limit)
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - a file of chance bytes may make DuckDB raise anything
            self._raise_if_no_new_file_helps(error)
            aside = self.put_database_aside("outdated" if isinstance(error, StoreOutdatedError) else "unreadable")
            _logger.error("%s does not open: %s", self.database, error)  # noqa: TRY400 - it is dealt with here
            _logger.warning("The database is made anew from the journal; the old file is kept as %s.", aside)
            store = self._open_new(memory_limit)
        try:
            for statement in (*([_PLAINLY] if plainly else []), *_LOCKED_DOWN):
                store.connection.execute(statement)
        except duckdb.Error as error:
            store.close()
            message = f"{self.database}: {error}"
            raise StoreUnavailableError(message) from error
        return store

    def put_database_aside(self, why: str) -> Path:
        """Rename the database and what belongs to it, and return the new name of the file; only the newest such files are kept."""
        for old in self._put_aside()[_MOST_PUT_ASIDE - 1 :]:
            for file in self.path.glob(f"{old.name}*"):
                file.unlink()
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        name, number = f"{DATABASE_FILE}.{why}-{stamp}", 1
        while any(self.path.glob(f"{name}*")):
            number += 1
            name = f"{DATABASE_FILE}.{why}-{stamp}-{number}"
        # The database goes last: what is left of it when the process ends here still opens, and lacks only what the journal has.
        for suffix in (*LOGS, ""):
            file = self.database.with_name(DATABASE_FILE + suffix)
            if file.exists():
                file.rename(self.database.with_name(name + suffix))
        return self.database.with_name(name)

    def close(self) -> None:
        """Let go of the folder."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None

    def _put_aside(self) -> list[Path]:
        """Return the databases that were put aside, the newest first."""
        found = [path for path in self.path.glob(f"{DATABASE_FILE}.*-*") if not path.name.endswith(LOGS)]
        return sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)

    def _open_whole(self, memory_limit: str) -> Store:
        """Open the database, and look whether each of its blocks is there and undamaged: DuckDB itself may find that out much later.

        Of a large file the blocks are read while it is in use, once `check` is started.
        """
        logs = [suffix for suffix in LOGS if self.database.with_name(DATABASE_FILE + suffix).exists()]
        if not self.database.exists():
            if logs:
                message = f"{self.database} is missing, and its log is there."
                raise StoreOpenError(message)
            return self._open_new(memory_limit)
        length = self.database.stat().st_size
        is_large = length > CHECKED_FIRST_BYTES
        doubtful = set() if is_large else doubtful_blocks(self.database)
        store = self._open_new(memory_limit)
        try:
            ((blocks, _, block_size),) = store.connection.execute(read_statement("free_blocks")).fetchall()
            # Blocks that became free at the end of the file are cut off when it is closed, and counted on.
            used = used_blocks(store.connection) if doubtful or length < blocks * block_size else set()
            damaged = doubtful & used
        except BaseException:
            store.close()
            raise
        if damaged:
            store.close()
            message = f"{self.database}: {len(damaged)} of its blocks are damaged, the first is block {min(damaged)}."
            raise StoreDamagedError(message)
        # With a log beside it the count may name blocks that are not in the file yet.
        if not logs and length < blocks * block_size and length < _bytes_up_to(used):
            store.close()
            message = f"{self.database} is shorter than its {blocks} blocks."
            raise StoreDamagedError(message)
        if is_large:
            store.check = BlockCheck(self.database)
        return store

    def _open_new(self, memory_limit: str) -> Store:
        return Store(self.database, memory_limit=memory_limit, threads=_THREADS)

    def _raise_if_no_new_file_helps(self, error: Exception) -> None:
        text = str(error)
        if isinstance(error, StoreVersionError):
            raise error
        if any(words in text for words in _NEWER):
            raise StoreVersionError(text) from error
        if _HELD in text or any(words in text for words in _NOT_THE_FILES_FAULT):
            message = f"{self.database}: {text}"
            raise StoreUnavailableError(message) from error


def _bytes_up_to(used: set[int]) -> int:
    """Return how long a file is that ends with the last of these blocks."""
    return HEADERS_BYTES + (max(used, default=-1) + 1) * BLOCK_BYTES


def check_same_history(store: Store, journal: Journal) -> None:
    """Compare the database's last batch with the journal, so that a database of another journal is not added to."""
    last = store.last_batch()
    if last == 0:
        return
    advice = "Bring back the journal that belongs to it, or run `relaylens rebuild`."
    if last > journal.last_seq:
        message = f"{store.path} holds record {last}, but its journal ends with record {journal.last_seq}. {advice}"
        raise StoreOpenError(message)
    record = next(journal.read(last - 1))
    stored = store.connection.execute("SELECT request_hash FROM batches WHERE batch = $batch", {"batch": last}).fetchall()
    if stored != [(record.request_hash,)]:
        message = f"{store.path} and its journal differ in record {last}. {advice}"
        raise StoreOpenError(message)


def copy_database(store: Path, target: Path) -> None:
    """Copy the files of a database that nobody has open into a folder; what is there of it is replaced."""
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in DATABASE_FILES:
        (target / name).unlink(missing_ok=True)
        if (store / name).exists():
            shutil.copy2(store / name, target / name)
            with (target / name).open("rb") as file:
                os.fsync(file.fileno())
    sync_directory(target)


def _size_of(files: Iterable[Path]) -> int:
    size = 0
    for file in files:
        with contextlib.suppress(FileNotFoundError):  # a segment is compressed, or a log folded in, at any moment
            size += file.stat().st_size
    return size
