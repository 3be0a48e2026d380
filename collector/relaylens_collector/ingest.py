"""The way in, without a network: decode, journal, apply. Servers, imports and tests are thin layers over it."""

import contextlib
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

import duckdb

from relaylens_collector.anchors import Anchoring, Keeper, Reach
from relaylens_collector.applying import Applier
from relaylens_collector.compacting import Compacting
from relaylens_collector.erasing.database import compact, remove_unfinished
from relaylens_collector.erasing.executing import erase, finish
from relaylens_collector.erasing.planning import KEEP_EVERYTHING, Retention
from relaylens_collector.erasing.plans import Plan
from relaylens_collector.erasing.retaining import Retaining, plan_now
from relaylens_collector.errors import CollectorError, JournalUnavailableError, NotReadyError, OverloadedError
from relaylens_collector.journal import request_hash
from relaylens_collector.mapping import decode
from relaylens_collector.pace import Pace, Progress
from relaylens_collector.redacting import Redaction
from relaylens_collector.signals import Signal
from relaylens_collector.store import Settler, Store
from relaylens_collector.store.statements import read_statement
from relaylens_collector.store_folder import SNAPSHOT_FOLDER, Sizes, StoreFolder, check_same_history, copy_database

_COUNT_SPANS: Final = read_statement("count_spans")
_LOOK_AT_DISK_SECONDS: Final = 1.0
_BYTES_A_SECOND: Final = 64 << 20
"""Roughly what is applied in a second: turns a backlog into a time to wait."""
_LONGEST_WAIT: Final = 30.0
_UNREADY_SECONDS: Final = 15.0
"""How long after a failed write the collector says that it is not ready."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a request."""

    accepted: int
    rejected: int
    reason: str | None
    """What was rejected and why."""

    duplicate: bool
    """The same request was here before; it is stored once."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much Ingest holds before it says no."""

    in_flight_bytes: int = 128 << 20
    """Request bytes being decoded and written at once."""

    waiting_bytes: int = 1 << 30
    """Request bytes that are in the journal and not yet in the database."""

    free_bytes: int = 256 << 20
    """Room that stays free on the disk."""

    memory_limit: str = "176MiB"
    """DuckDB's own."""

    retention: Retention = KEEP_EVERYTHING
    """How long what is kept."""

    retention_every_seconds: float = 21_600.0
    """How often what is kept no longer is looked for."""


@dataclass(frozen=True, slots=True)
class Status:
    """How Ingest is doing."""

    last_seq: int
    in_flight_bytes: int
    progress: Progress
    disk_low: bool
    problem: str | None = None
    """Why requests could not be written a moment ago."""
    redacted: Mapping[str, int] = field(default_factory=dict)
    """What was taken out of requests before they were written, by kind, since the start."""


def patience(waiting_bytes: int) -> float:
    """Return after how many seconds a sender should try again: the more waits to be stored, the later."""
    return min(_LONGEST_WAIT, 1 + waiting_bytes / _BYTES_A_SECOND)


class Ingest:
    """One store folder and everything that writes to it; safe to use from any thread."""

    def __init__(  # noqa: PLR0913 - what a store is made of, each by its name
        self,
        store_dir: Path | str,
        settle: Settler | None = None,
        *,
        pace: Pace | None = None,
        limits: Limits | None = None,
        anchoring: Anchoring | None = None,
        redact: Redaction | None = None,
        rebuild: bool = False,
        retains: bool = True,
    ) -> None:
        """Lock the folder, open the journal, and begin to catch the database up with it; a rebuild begins with an empty one.

        With `redact`, nothing of a request is written that it has not seen. Without `retains` nothing is erased but by order.

        Raises StoreLockedError, JournalCorruptError or StoreError when that cannot be done.
        """
        self._limits = limits or Limits()
        self._redact = redact
        self._redacted: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._recent: dict[bytes, Future[Verdict]] = {}
        self._unapplied: set[bytes] = set()
        self._in_flight_bytes = 0
        self._snapshotting = threading.Lock()
        self._disk_looked_at = 0.0
        self._disk_low = False
        self._unwritten: tuple[float, str] | None = None
        with contextlib.ExitStack() as opened:
            self._folder = StoreFolder(Path(store_dir))
            opened.callback(self._folder.close)
            self._settled: Callable[[], int] = lambda: -1
            self._journal = self._folder.open_journal(is_settled=lambda seq: self._settled() >= seq)
            opened.callback(self._journal.close)
            self._applied: Callable[[], int] = lambda: 0
            self._anchors = Keeper(self._folder.path, anchoring or Anchoring(), self._reach)
            opened.callback(self._anchors.close)
            finish(self._folder.path, self._folder.database, self._journal, memory_limit=self._limits.memory_limit)
            remove_unfinished(self._folder.database)
            if rebuild:
                self._folder.put_database_aside("replaced")
            self._applier = Applier(
                open_store=self._open_store,
                journal=self._journal,
                settle=settle,
                pace=pace or Pace(),
                on_done=self._forget,
            )
            opened.callback(self._applier.close, 0)
            self._applied = lambda: self._applier.progress().applied_seq
            self._settled = lambda: self._applier.progress().settled_seq
            # What was acknowledged shortly before a crash is what will be sent again now, perhaps before it is applied.
            waiting = self._journal.read_latest(self._applier.progress().applied_seq)
            self._unapplied = {record.request_hash for record in waiting}
            self._retaining = Retaining(
                self._limits.retention if retains else KEEP_EVERYTHING,
                self._limits.retention_every_seconds,
                lambda elapsed: self.plan_retention(self._limits.retention, elapsed, "collector"),
                self.erase,
            )
            self._compacting = Compacting(
                (pace or Pace()).compact_after_seconds,
                progress=self._applier.progress,
                reading=self.reading,
                compact=lambda: self._while_closed(lambda: compact(self._folder.database, memory_limit=self._limits.memory_limit)),
            )
            opened.pop_all()

    def submit(self, signal: Signal, body: bytes) -> Verdict:
        """Take one request; when this returns it is on disk, and the same request sent again is not stored again.

        Raises UndecodableError when no resending can help, OverloadedError or JournalUnavailableError when it can.
        """
        with self._room_for(len(body)):
            counts: Mapping[str, int] = {}
            if self._redact is not None and signal is not Signal.OPERATIONS:
                redacted = self._redact(signal, body)
                body, counts = redacted.body, redacted.counts
            known_hash = request_hash(signal, body)
            answer: Future[Verdict] = Future()
            with self._lock:
                first = self._recent.setdefault(known_hash, answer)
            if first is not answer:
                return replace(first.result(), duplicate=True)
            journalled = False
            try:
                verdict, journalled = self._take(signal, body, known_hash)
                if journalled and counts:
                    with self._lock:
                        self._redacted.update(counts)
                answer.set_result(verdict)
            except BaseException as error:
                answer.set_exception(error)
                raise
            finally:
                if not journalled:
                    self._forget(known_hash)
            return verdict

    def flush(self, timeout: float | None = None) -> None:
        """Return when everything submitted is in the database and settled."""
        self._applier.flush(timeout)

    def reading(self) -> contextlib.AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Lend a cursor of the locked-down database; raises NotReadyError while it is closed."""
        return self._applier.readers.reading()

    def interrupt_readers(self) -> None:
        """End the queries that run now."""
        self._applier.readers.interrupt()

    @property
    def folder(self) -> Path:
        """Where the store is."""
        return self._folder.path

    @property
    def retention(self) -> Retention:
        """How long what is kept."""
        return self._limits.retention

    def snapshot(self) -> Path:
        """Copy the database, while it is closed for a moment, into a folder of the store, and return that."""
        target = self._folder.path / SNAPSHOT_FOLDER
        with self._snapshotting:
            self._applier.while_closed(lambda: copy_database(self._folder.path, target))
        return target

    def erase(self, plan: Plan) -> int | None:
        """Erase what a plan names from journal and database, and return the operation's record; readers wait meanwhile."""
        if not plan.choices:
            return None
        done: list[int] = []

        def carry_out() -> None:
            done.append(erase(self._folder.path, self._folder.database, self._journal, plan, memory_limit=self._limits.memory_limit))

        self._while_closed(carry_out)
        return done[0]

    def _while_closed(self, work: Callable[[], None]) -> None:
        with self._snapshotting:
            self._applier.while_closed(work)

    def plan_retention(self, retention: Retention, elapsed: timedelta, said_by: str) -> Plan:
        """Ask what the rules want erased; `elapsed` is the time since that was asked last."""
        with self.reading() as connection:
            return plan_now(self._folder.path, connection, retention, elapsed, said_by)

    def status(self) -> Status:
        """Tell how things are."""
        return Status(
            self._journal.last_seq,
            self._in_flight_bytes,
            self._applier.progress(),
            self._is_disk_low(),
            self._problem(),
            dict(self._redacted),
        )

    def sizes(self) -> Sizes:
        """Tell how many bytes are on disk."""
        return self._folder.sizes()

    def spans(self) -> int | None:
        """Tell how many spans are stored; None while the database is closed."""
        try:
            with self.reading() as cursor:
                row = cursor.execute(_COUNT_SPANS).fetchone()
        except (NotReadyError, duckdb.Error):
            return None
        return None if row is None else int(row[0])

    def close(self, drain_seconds: float = 60.0) -> None:
        """Apply what waits, for so long at most, and let go of the folder; what is left is applied at the next start."""
        self._retaining.close()
        self._compacting.close()
        self._applier.close(drain_seconds)
        self._journal.close()
        self._anchors.close()
        self._folder.close()

    def __enter__(self) -> Self:
        """Use it in a `with` block."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """Close at the end of the block."""
        self.close()

    def _take(self, signal: Signal, body: bytes, known_hash: bytes) -> tuple[Verdict, bool]:
        """Decode and journal a request, and say whether it is in the journal now."""
        decoded = decode(signal, body)
        known = known_hash in self._unapplied or self._applier.knows(known_hash)
        verdict = Verdict(decoded.accepted, decoded.rejected, decoded.reason, duplicate=known)
        # Records that were rejected are kept too, as dead letters.
        if known or not (decoded.accepted or decoded.rejected):
            return verdict, False
        if self._applier.holds_requests:
            decoded = decoded.compact()
        self._applier.wait_for_room()
        try:
            self._journal.submit(signal, body, known_hash, on_written=lambda record: self._applier.offer(record, decoded)).result()
        except JournalUnavailableError as error:
            self._unwritten = time.monotonic(), str(error)
            raise
        self._unwritten = None
        return verdict, True

    def _reach(self) -> Reach:
        """Tell how far journal and database are, for the anchors."""
        applied = self._applied()
        return Reach(self._journal.end, applied)

    def _problem(self) -> str | None:
        """Why writing failed; after a while without a request nobody knows whether it still would, so that senders may try again."""
        unwritten = self._unwritten
        return None if unwritten is None or time.monotonic() - unwritten[0] > _UNREADY_SECONDS else unwritten[1]

    def _open_store(self, *, is_damaged: bool, plainly: bool) -> Store:
        store = self._folder.open_database(memory_limit=self._limits.memory_limit, is_damaged=is_damaged, plainly=plainly)
        try:
            check_same_history(store, self._journal)
        except CollectorError:
            store.close()
            raise
        return store

    def _forget(self, known_hash: bytes) -> None:
        with self._lock:
            self._recent.pop(known_hash, None)
            self._unapplied.discard(known_hash)

    @contextlib.contextmanager
    def _room_for(self, size: int) -> Iterator[None]:
        """Refuse what does not fit in memory or on the disk, before any work is done for it."""
        waiting = self._applier.waiting_bytes
        if waiting > self._limits.waiting_bytes:
            message = f"{waiting >> 20} MiB wait to be stored."
            raise OverloadedError(message, retry_after=patience(waiting))
        if self._is_disk_low():
            message = f"Less than {self._limits.free_bytes >> 20} MiB are free on the disk of {self._folder.path}."
            raise OverloadedError(message, retry_after=_LONGEST_WAIT)
        with self._lock:
            if self._in_flight_bytes and self._in_flight_bytes + size > self._limits.in_flight_bytes:
                message = f"{self._in_flight_bytes >> 20} MiB of requests are being taken in."
                raise OverloadedError(message)
            self._in_flight_bytes += size
        try:
            yield
        finally:
            with self._lock:
                self._in_flight_bytes -= size

    def _is_disk_low(self) -> bool:
        now = time.monotonic()
        if now - self._disk_looked_at >= _LOOK_AT_DISK_SECONDS:
            self._disk_looked_at = now
            self._disk_low = shutil.disk_usage(self._folder.path).free < self._limits.free_bytes
        return self._disk_low


def rebuild(store_dir: Path | str, settle: Settler | None = None) -> int:
    """Make the database anew from the journal, and return how many records it holds; the old file is kept beside the new one."""
    with Ingest(store_dir, settle, rebuild=True) as ingest:
        ingest.flush()
        return ingest.status().last_seq
