"""The thread that brings the database up to the journal."""

import contextlib
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Final

import duckdb

from relaylens_collector.errors import CollectorError, StoreError, StoreOpenError, StoreUnavailableError, UndecodableError
from relaylens_collector.failures import is_alive, is_damage, tries_before_putting_aside
from relaylens_collector.groups import Group
from relaylens_collector.journal import Journal
from relaylens_collector.lag import Trail
from relaylens_collector.mapping import Decoded, decode
from relaylens_collector.pace import Pace, Progress
from relaylens_collector.readers import Readers
from relaylens_collector.records import Receipt, Record
from relaylens_collector.settling import Settling
from relaylens_collector.store import Settler, Store
from relaylens_collector.waiting import Waiting

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 2.0
"""Between two tries: what fails may be over at any moment, and a try costs little."""
_LOOK_EVERY: Final = 1.0
_INTERRUPT_EVERY: Final = 0.1

_logger: Final = logging.getLogger(__name__)


class Applier:
    """Applies records in the journal's order, in groups; what fails is tried again from the journal.

    Its memory is only a shortcut: whenever the queue would grow too long, or something fails, it goes back to reading the journal.
    """

    def __init__(
        self, *, open_store: Callable[..., Store], journal: Journal, settle: Settler | None, pace: Pace, on_done: Callable[[bytes], None]
    ) -> None:
        """Open the store and begin; one that cannot be opened at this moment is tried again while the journal takes what comes.

        `open_store` is told whether the database that is there is damaged, and whether to plan plainly since a settling killed it;
        `on_done` hears the request hash of each record that needs no more work.
        """
        self._open_store = open_store
        self._journal = journal
        self._pace = pace
        self._on_done = on_done
        self._changed = threading.Condition()
        self._waiting = Waiting(journal, pace, self._changed)
        self._caught_up = False
        self._singly_until = self._tries = self._flush_to = 0
        self._failures = 0
        self._problem: str | None = None
        self._retry_at = 0.0
        self._pause = _FIRST_PAUSE
        self._stopping = False
        self._upkeep: deque[tuple[Callable[[], None], Future[None]]] = deque()
        self._apply_seconds = 0.0
        self._broken: Exception | None = None
        self._is_damaged = self._plainly = False
        self._gap: Iterator[Record] = iter(())
        self._set_aside: set[int] = set()
        self._applied_seq = 0
        self._at_work: Group | None = None
        self._trail = Trail(journal.last_seq)
        self._store: Store | None = None
        self.readers: Final = Readers(self._hear_of_broken)
        self._settling = Settling(settle, pace, self._changed, more_comes=lambda: self._waiting.more_comes)
        try:
            self._open()
        except StoreUnavailableError as error:
            self._recover(error, None)
        except BaseException:
            self._settling.stop()
            raise
        self._thread = threading.Thread(target=self._run, name="relaylens-apply", daemon=True)
        self._thread.start()

    @property
    def waiting_bytes(self) -> int:
        """Request bytes that came since the start and are not in the database yet."""
        return self._waiting.bytes

    @property
    def holds_requests(self) -> bool:
        """Whether what comes now will wait decoded behind others, as while a checkpoint is at work."""
        return self._waiting.holds_requests

    def wait_for_room(self) -> None:
        """Wait a moment while more is on disk than memory holds decoded, so that a sender in a hurry goes at the database's pace."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting.has_room or self._store is None or self._stopping, self._pace.room_seconds)

    def offer(self, record: Record, decoded: Decoded) -> None:
        """Hand over a record that is on disk; called in the journal's order."""
        with self._changed:
            self._trail.came(record.seq, len(record.body))
            self._waiting.offer(record, decoded)
            self._changed.notify_all()

    def knows(self, request_hash: bytes) -> bool:
        """Tell whether a request is stored."""
        store = self._store
        return store is not None and store.known_request(request_hash)

    def flush(self, timeout: float | None = None) -> None:
        """Wait until all that is in the journal is applied and settled; raises StoreError when that fails."""
        with self._changed:
            target, failures = self._journal.last_seq, self._all_failures()
            self._flush_to = max(self._flush_to, target)
            self._settling.ask(target)
            self._changed.wait_for(
                lambda: self._settling.settled_seq >= target or self._all_failures() > failures or self._stopping, timeout=timeout
            )
            if self._settling.settled_seq >= target:
                return
            message = self._problem or self._settling.problem or f"{target - self._applied_seq} records wait to be applied."
        raise StoreError(message)

    def while_closed(self, work: Callable[[], None]) -> None:
        """Do something to the database file itself, between two groups of records; readers are told to ask again meanwhile.

        Raises what the work raises, and StoreError when the collector stops first.
        """
        done: Future[None] = Future()
        with self._changed:
            if self._stopping:
                message = "The collector is stopping."
                raise StoreError(message)
            self._upkeep.append((work, done))
            self._changed.notify_all()
        done.result()

    def progress(self) -> Progress:
        """Tell how far things are."""
        settling = self._settling
        with self._changed:
            return Progress(
                applied_seq=self._applied_seq,
                settled_seq=max(settling.settled_seq, 0),
                waiting_requests=max(0, self._journal.last_seq - self._applied_seq),
                waiting_bytes=self._waiting.bytes,
                # Before the first settling the tables of runs and handoffs may not be there to be asked.
                ready=self._store is not None and self._caught_up and settling.settled_seq >= 0 and self._problem is None,
                problem=self._problem or settling.problem,
                set_aside=len(self._set_aside),
                dead_letters=0 if self._store is None else self._store.dead_letters,
                apply_seconds=self._apply_seconds,
                settle_seconds=settling.seconds,
                settle_failures=settling.failures,
                settled_traces=settling.traces,
                apply_lag=self._trail.behind(self._applied_seq),
                settle_lag=self._trail.behind(max(settling.settled_seq, 0), forget=True),
            )

    def close(self, drain_seconds: float) -> None:
        """Apply what waits for so long at most, then stop; what is left is applied at the next start."""
        with contextlib.suppress(StoreError):
            self.flush(drain_seconds)
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            left, self._upkeep = self._upkeep, deque()
        for _, done in left:
            message = "The collector is stopping."
            done.set_exception(StoreError(message))
        self._settling.stop()
        store = self._store
        while self._thread.is_alive():
            self._thread.join(_INTERRUPT_EVERY)
            if self._thread.is_alive() and store is not None:
                store.connection.interrupt()
        self._close_store()

    def _all_failures(self) -> int:
        return self._failures + self._settling.failures

    # --- the thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while self._wait_for_work():
            group: Group | None = None
            try:
                if self._upkeep:
                    self._do_upkeep()
                elif (broken := self._broken or self._settling.broken) is not None:
                    self._plan_plainly_after(self._settling.broken)
                    self._close_store()
                    self._recover(broken, None)
                elif self._store is None:
                    self._open()
                    _logger.warning("The database is open again, with everything up to record %d.", self._applied_seq)
                elif not self._store.is_in_place():
                    self._close_store()
                    message = "The file was removed, or another one put in its place."
                    self._recover(StoreOpenError(message), None)
                elif group := self._take_from_gap():
                    self._apply(self._store, group)
                    self._finish(self._store)
                    # The nouns were made without it, and who knows what else is missing.
                    self._is_damaged = True
                    self._close_store()
                    message = f"The database lacked record {group.last_seq}, though it had later ones."
                    self._recover(StoreOpenError(message), None)
                else:
                    group = self._take()
                    self._go_on(self._store, group)
            except Exception as error:  # noqa: BLE001 - the thread must outlive whatever the database or a bad record raises
                self._recover(error, self._left_of(group))

    def _wait_for_work(self) -> bool:
        with self._changed:
            while not self._stopping:
                now = time.monotonic()
                if self._upkeep:
                    return True
                if now < self._retry_at:
                    self._changed.wait(self._retry_at - now)
                elif self._at_work is not None or self._has_work() or self._is_more_ripe():
                    return True
                else:
                    left = self._waiting.seconds_to_gather()
                    self._changed.wait(_LOOK_EVERY if left is None else left)
            return False

    def _has_work(self) -> bool:
        if self._store is None or self._waiting.is_behind:
            return True
        return (self._broken or self._settling.broken) is not None or not self._store.is_in_place()

    def _is_more_ripe(self) -> bool:
        """Tell whether there is more to be stored than a little that others may still join."""
        with self._changed:
            left = self._waiting.seconds_to_gather()
            is_waited_for = left is not None and (left == 0.0 or self._flush_to > self._applied_seq)
            return is_waited_for or self._waiting.is_enough

    def _take_from_gap(self) -> Group | None:
        """Take the next record that the database lacks though it has later ones: one that was put aside before, or else a loss."""
        record = next(self._gap, None)
        if record is None:
            return None
        try:
            return Group([record.receipt], [decode(record.signal, record.body)], record.seq, 0)
        except UndecodableError as error:
            self._put_aside(record.receipt, error)
            return None

    def _missing(self, store: Store) -> Iterator[Record]:
        """Yield the journal's records in the gaps of the database; a request that came twice leaves one, and lacks nothing."""
        for first, last in store.gaps():
            for record in itertools.islice(self._journal.read(first - 1), last - first + 1):
                if record.seq not in self._set_aside and not store.known_request(record.request_hash):
                    yield record

    def _do_upkeep(self) -> None:
        """Close the database for what is to be done to its file; the next turn opens it again."""
        with self._changed:
            if not self._upkeep:
                return
            work, done = self._upkeep.popleft()
            self._waiting.go_back()
        self._close_store()
        failure: Exception | None = None
        try:
            work()
        except Exception as error:  # noqa: BLE001 - it is the asker's
            failure = error
        try:
            self._open()
        finally:  # who asked for it can read again as soon as it hears
            done.set_result(None) if failure is None else done.set_exception(failure)

    def _take(self) -> Group | None:
        """Take the next records, from memory or else from the journal, in order and not too many; none while a few may become more."""
        if self._at_work is not None and not self._is_more_ripe():
            return None
        most = 1 if self._applied_seq < self._singly_until else self._pace.group_bytes
        pairs, size = self._waiting.take(most)
        if pairs:
            return Group.of(pairs, pairs[-1][0].seq, size)
        return self._take_from_journal(most) if self._waiting.is_behind else None

    def _take_from_journal(self, most: int) -> Group | None:
        pairs: list[tuple[Receipt, Decoded]] = []
        size, last_seq = 0, None
        for record in self._waiting.read(self._applied_seq if self._at_work is None else self._at_work.last_seq, most):
            size, last_seq = size + len(record.body), record.seq
            if self.knows(record.request_hash):
                self._on_done(record.request_hash)
                continue
            try:
                pairs.append((record.receipt, decode(record.signal, record.body)))
            except UndecodableError as error:
                self._put_aside(record.receipt, error)
        if last_seq is not None:
            return Group.of(pairs, last_seq, size)
        with self._changed:
            if self._waiting.is_level(self._applied_seq):
                self._caught_up = True
                self._settling.is_level()
        return None

    def _go_on(self, store: Store, group: Group | None) -> None:
        """Store the next group, or else wait for the last one."""
        if group is not None:
            self._apply(store, group)
        elif self._at_work is not None:
            self._finish(store)

    def _apply(self, store: Store, group: Group) -> None:
        """Have a group stored; it is still at work when this returns, so that the next one is prepared meanwhile."""
        began = time.monotonic()
        before = self._at_work
        store.begin(self._new_of(store, group, set() if before is None else {record.request_hash for record in before.records}))
        self._at_work = group
        self._apply_seconds += time.monotonic() - began
        if before is not None:
            self._stored(store, before)
        if group.last_seq <= self._singly_until:
            self._finish(store)

    def _new_of(self, store: Store, group: Group, seen: set[bytes]) -> Iterator[tuple[Receipt, Decoded]]:
        """Yield each request of a group once that is neither stored nor seen."""
        for record, decoded in group.pour():
            if record.request_hash not in seen and not store.known_request(record.request_hash):
                seen.add(record.request_hash)
                yield record, decoded

    def _finish(self, store: Store) -> None:
        """Wait for the group that is at work."""
        began = time.monotonic()
        store.finish()
        self._apply_seconds += time.monotonic() - began
        if self._at_work is not None:
            self._stored(store, self._at_work)
            self._at_work = None

    def _left_of(self, group: Group | None) -> Group | None:
        """Wait for what is at work, whatever has failed, and return what is not stored of it and of a group."""
        before, self._at_work = self._at_work, None
        store = self._store
        if before is None or before is group or store is None:
            return group
        try:
            store.finish()
            is_stored = all(store.known_request(record.request_hash) for record in before.records)
        except (StoreError, duckdb.Error):
            is_stored = False
        if is_stored:
            self._stored(store, before)
            return group
        return before if group is None else Group([*before.records, *group.records], [], group.last_seq, before.size + group.size)

    def _stored(self, store: Store, group: Group) -> None:
        """Take note of a group that is stored."""
        if self._set_aside and (taken := self._set_aside.intersection(record.seq for record in group.records)):
            store.forget_set_aside(taken)
            with self._changed:
                self._set_aside -= taken
        self._done(group)

    def _done(self, group: Group) -> None:
        with self._changed:
            self._applied_seq = max(self._applied_seq, group.last_seq)
            self._settling.applied(self._applied_seq)
            self._waiting.stored(group.size)
            self._tries = 0
            self._problem = None
            self._pause = _FIRST_PAUSE
            self._changed.notify_all()
        for record in group.records:
            self._on_done(record.request_hash)

    # --- when something fails -----------------------------------------------------------------------------------------

    def _recover(self, error: Exception, group: Group | None) -> None:
        """Go back to the journal, and wait, split or put aside, so that one bad record or one bad moment costs nothing else."""
        self._is_damaged = self._is_damaged or is_damage(error)
        alive = not self._is_damaged and self._store is not None and is_alive(self._store)
        if not alive:
            self._close_store()
        self._tries += 1
        split = alive and group is not None and len(group.records) > 1
        wait = not split
        if split and group is not None:
            self._singly_until = group.last_seq
        elif alive and group is not None and self._tries >= tries_before_putting_aside(error):
            self._put_aside(group.records[0], error)
            self._done(group)
            wait = False
        if wait and str(error) != self._problem:
            _logger.error("%s It is tried again.", error, exc_info=None if isinstance(error, CollectorError) else error)
        with self._changed:
            self._waiting.go_back()
            if wait:
                self._failures += 1
                self._problem = str(error)
                self._retry_at = time.monotonic() + self._pause
                self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            self._changed.notify_all()

    def _put_aside(self, record: Receipt, error: Exception) -> None:
        """Leave a record that cannot be applied in the journal alone; it is tried again when the database is rebuilt."""
        _logger.error("Record %d (%s) cannot be applied and stays in the journal only: %s", record.seq, record.signal, error)
        with self._changed:
            self._set_aside.add(record.seq)
        if self._store is not None:
            try:
                self._store.note_set_aside(record, str(error))
            except duckdb.Error:
                _logger.exception("Record %d is set aside, and the database could not note that.", record.seq)

    def _hear_of_broken(self, error: Exception) -> None:
        """Note what a reader met; the thread opens the database again."""
        with self._changed:
            self._broken = error
            self._changed.notify_all()

    def _plan_plainly_after(self, error: Exception | None) -> None:
        """Have the database opened plainly until the next start, if a settling killed it that would meet the same again."""
        if error is not None and not is_damage(error) and not self._plainly:
            self._plainly = True
            _logger.warning("Settling killed the database; it is opened with plainer plans until the next start.", exc_info=error)

    def _close_store(self) -> None:
        with contextlib.suppress(duckdb.Error):
            self._left_of(None)
        with self._changed:
            store, self._store = self._store, None
            self._caught_up = False
            self._gap = iter(())
        self._settling.close()
        self.readers.close()
        self._broken = None  # nobody reads any more who could bring it up again
        if store is not None:
            with contextlib.suppress(duckdb.Error):
                store.close()

    def _open(self) -> None:
        store = self._open_store(is_damaged=self._is_damaged, plainly=self._plainly)
        with self._changed:
            self._store = store
            self._is_damaged = False
            self._set_aside = store.set_aside()
            self._applied_seq = store.last_batch()
            self._gap = self._missing(store)
            self._problem = None
        if store.check is not None:
            store.check.start(store.cursor, self._hear_of_broken)
        self.readers.open(store)
        self._settling.open(store, self._applied_seq)
        if self._journal.last_seq > self._applied_seq:
            message = "The database ends with record %d and the journal with record %d; what it lacks is applied."
            _logger.warning(message, self._applied_seq, self._journal.last_seq)
