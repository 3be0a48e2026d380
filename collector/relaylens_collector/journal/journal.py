"""The journal: what was asked, in the order in which it came, on disk before anyone is told so."""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from relaylens_collector.allocation import give_freed_memory_back
from relaylens_collector.errors import JournalCorruptError, JournalUnavailableError
from relaylens_collector.journal.anchor import Anchor
from relaylens_collector.journal.framing import Link, request_hash
from relaylens_collector.journal.recovery import recover
from relaylens_collector.journal.rewriting import Change, compress_again, rewrite
from relaylens_collector.journal.segments import QUICKLY, THOROUGHLY, Segment, at, compress, list_segments, open_segment
from relaylens_collector.journal.writer import Entry, SegmentWriter
from relaylens_collector.records import Record
from relaylens_collector.signals import Signal

SEGMENT_BYTES: Final = 64 << 20
"""A segment this long is sealed and the next one begun."""

_GROUP_BYTES: Final = 32 << 20
"""What is written before one sync at most, so that the first of many does not wait for all."""

_QUIET_SECONDS: Final = 2.0
"""Sealed segments are compressed when nothing has come for so long."""

_WORTH_SEALING: Final = 4 << 20
"""A segment this long is sealed when it is quiet, to be compressed: a trickle does not fill a whole one for days."""

_MOST_WAITING: Final = 8
"""Sealed segments; when more wait to be compressed, the oldest are, quiet or not, or a steady load would never let it happen."""

_NEWEST_SEGMENTS: Final = 8
"""Hold what was not applied yet when a process ended."""

_logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Request:
    """One caller's request, and how to tell it."""

    entry: Entry
    future: Future[Record]
    on_written: Callable[[Record], None] | None


class _Order(Enum):
    """What else the writing thread is told."""

    SEAL = auto()
    STOP = auto()


class Journal:
    """Append-only record of every admitted request; one process at a time, any number of threads.

    One thread writes: it takes all requests that wait, writes them together and syncs once, so that the price of the disk is shared.
    """

    def __init__(
        self,
        directory: Path,
        *,
        segment_bytes: int = SEGMENT_BYTES,
        quiet_seconds: float = _QUIET_SECONDS,
        is_settled: Callable[[int], bool] = lambda _seq: True,
    ) -> None:
        """Open or create the journal in a folder; raises JournalCorruptError when what is there does not verify.

        It is quiet when nothing has come for some seconds and what came `is_settled`: then there is memory to compress segments well.
        """
        self._directory = Path(directory)
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        anchor = Anchor(self._directory)
        end = recover(self._directory, anchor)
        anchor.write(end.link)
        self._writer = SegmentWriter(self._directory, anchor, segment_bytes=segment_bytes, end=end.link, last=end.last)
        self._waiting: queue.SimpleQueue[_Request | _Order] = queue.SimpleQueue()
        self._is_settled = is_settled
        self._closed = False
        self._closing = threading.Lock()
        self._failing = False
        self._changing_files = threading.Lock()
        self._quiet_seconds = quiet_seconds
        self._quiet_since = time.monotonic()
        self._stop = threading.Event()
        self._writing = threading.Thread(target=self._write_groups, name="relaylens-journal", daemon=True)
        self._writing.start()
        self._compressing = threading.Thread(target=self._compress_when_quiet, name="relaylens-journal-compress", daemon=True)
        self._compressing.start()

    @property
    def last_seq(self) -> int:
        """The number of the last record that is on disk, 0 for an empty journal."""
        return self._writer.end.seq

    @property
    def head(self) -> bytes:
        """The hash of the last record that is on disk."""
        return self._writer.end.head

    @property
    def end(self) -> Link:
        """Number and hash of the last record that is on disk, as one."""
        return self._writer.end

    def append(self, signal: Signal, body: bytes) -> Record:
        """Write one request; returns when it is on disk, raises JournalUnavailableError when it is not."""
        return self.submit(signal, body, request_hash(signal, body)).result()

    async def append_async(self, signal: Signal, body: bytes) -> Record:
        """Write one request as `append` does, without blocking the event loop."""
        return await asyncio.wrap_future(self.submit(signal, body, request_hash(signal, body)))

    def submit(
        self, signal: Signal, body: bytes, known_hash: bytes, *, on_written: Callable[[Record], None] | None = None
    ) -> Future[Record]:
        """Queue one request whose hash is known already; the future is done when the request is on disk.

        `on_written` is called in the journal's own thread, record after record in their order; it has to be quick.
        """
        future: Future[Record] = Future()
        with self._closing:
            if self._closed:
                message = "The journal is closed."
                raise JournalUnavailableError(message)
            self._waiting.put(_Request(Entry(signal, body, known_hash), future, on_written))
        return future

    def read(self, after: int = 0) -> Iterator[Record]:
        """Yield the records after a number up to the last one that is on disk now, checking each link."""
        last = self.last_seq
        link: Link | None = None
        for segment in _from_record(list_segments(self._directory), after + 1):
            if segment.first_seq > last:
                return
            reader = open_segment(segment)
            try:
                if link is not None and link != reader.link:
                    raise JournalCorruptError(at(segment.path, 0, f"the segment does not follow record {link.seq}"))
                for record in reader:
                    if record.seq > after:
                        yield record
                    if record.seq >= last:
                        return
                if reader.stop is not None:
                    raise JournalCorruptError(at(segment.path, reader.stop.offset, reader.stop.why))
                link = reader.link
            finally:
                reader.close()
        if after < last:
            message = f"{self._directory}: the journal ends with record {link.seq if link else 0}, but record {last} was acknowledged."
            raise JournalCorruptError(message)

    def append_after_seal(self, signal: Signal, body: bytes) -> Record:
        """Write one request into a new segment, so that everything before it may be rewritten."""
        self._waiting.put(_Order.SEAL)
        return self.append(signal, body)

    def rewrite(self, change: Change, *, first: int, last: int) -> int:
        """Take bodies out of the records from `first` to `last`, and return how many segments changed.

        Raises OSError when a file cannot be written; those before it are done then, and the same call may be made again.
        """
        segments = list_segments(self._directory)
        changed = 0
        for segment, after in zip(segments, [*segments[1:], None], strict=True):
            if segment.first_seq > last or (after is not None and after.first_seq <= first):
                continue
            if segment.number > self._writer.sealed:
                message = f"{segment.path} still grows"
                raise OSError(message)
            with self._changing_files:
                current = (
                    segment
                    if segment.path.exists()
                    else next(one for one in list_segments(self._directory) if one.number == segment.number)
                )
                changed += rewrite(current, change)
        return changed

    def read_latest(self, after: int) -> Iterator[Record]:
        """Yield the records after a number as `read` does, but of the newest segments only."""
        newest = list_segments(self._directory)[-_NEWEST_SEGMENTS:]
        return self.read(max([after, *(segment.first_seq - 1 for segment in newest[:1])]))

    def close(self) -> None:
        """Write what waits, and stop."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._waiting.put(_Order.STOP)
        self._stop.set()
        self._writing.join()
        self._compressing.join()
        self._writer.close()

    def _write_groups(self) -> None:
        while True:
            group, order = self._take_group()
            if order is _Order.SEAL and not group:
                self._seal()
                continue
            self._quiet_since = time.monotonic()
            while group:
                group = group[self._write(group) :]
            if order is _Order.STOP:
                return

    def _take_group(self) -> tuple[list[_Request], _Order | None]:
        """Wait for a request, and take with it all that wait too, up to an order."""
        group: list[_Request] = []
        size = 0
        while size < _GROUP_BYTES:
            try:
                item = self._waiting.get(block=not group)
            except queue.Empty:
                break
            if isinstance(item, _Order):
                return group, item
            group.append(item)
            size += len(item.entry.body)
        return group, None

    def _seal(self) -> None:
        """End the segment that grows; what cannot be mended now is mended before the next group."""
        try:
            self._writer.seal()
        except OSError as error:
            _logger.warning("%s: the newest segment cannot be sealed: %s.", self._directory, error.strerror or error)

    def _write(self, group: Sequence[_Request]) -> int:
        """Write the first requests of a group, answer them, and return how many they were."""
        try:
            records = self._writer.write([request.entry for request in group])
        except Exception as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else repr(error)
            if not self._failing:  # said once, not for each request that is sent again
                self._failing = True
                _logger.exception("%s: cannot write the journal: %s.", self._directory, why)
            for request in group:
                failure = JournalUnavailableError(f"{self._directory}: {why}.")
                failure.__cause__ = error
                request.future.set_exception(failure)
            return len(group)
        if self._failing:
            self._failing = False
            _logger.warning("%s: the journal can be written again.", self._directory)
        for record, request in zip(records, group, strict=False):
            try:
                if request.on_written is not None:
                    request.on_written(record)
            finally:
                request.future.set_result(record)
        return len(records)

    def _compress_when_quiet(self) -> None:
        hasty: list[Segment] = []
        while not self._stop.wait(self._quiet_seconds):
            if self._is_quiet() and self._writer.size >= _WORTH_SEALING:
                self._waiting.put(_Order.SEAL)
            sealed = [one for one in list_segments(self._directory) if one.number <= self._writer.sealed and not one.compressed]
            for waiting, segment in zip(range(len(sealed), 0, -1), sealed, strict=True):
                if self._stop.is_set() or not (self._is_quiet() or waiting > _MOST_WAITING):
                    break
                effort = THOROUGHLY if self._is_quiet() else QUICKLY
                try:
                    with self._changing_files:
                        made = compress(segment, effort)
                    give_freed_memory_back()
                except OSError as error:
                    _logger.warning("%s: cannot be compressed: %s.", segment.path, error.strerror or error)
                    break
                if effort is QUICKLY and made.compressed:
                    hasty.append(made)
            while hasty and self._is_quiet() and not self._stop.is_set():
                self._compress_again(hasty.pop(0))

    def _compress_again(self, segment: Segment) -> None:
        """Leave fewer bytes of what was compressed while others needed processor and memory, if it is still there."""
        try:
            with self._changing_files:
                compress_again(segment, go_on=lambda: not self._stop.is_set())
            give_freed_memory_back()
        except (FileNotFoundError, InterruptedError):
            pass  # retention has removed it, or the journal is closed meanwhile
        except (OSError, JournalCorruptError) as error:
            _logger.warning("%s: stays compressed as it is: %s.", segment.path, error)

    def _is_quiet(self) -> bool:
        return time.monotonic() - self._quiet_since >= self._quiet_seconds and self._is_settled(self.last_seq)


def _from_record(segments: Sequence[Segment], seq: int) -> Sequence[Segment]:
    """Leave out the segments that end before a record."""
    first = 0
    for place, segment in enumerate(segments):
        if segment.first_seq <= seq:
            first = place
    return segments[first:]
