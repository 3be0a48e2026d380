"""The end of the journal that grows: whole groups of records written and brought to the disk at once."""

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Final

from relaylens_collector.journal.anchor import Anchor
from relaylens_collector.journal.framing import (
    SEGMENT_HEADER_SIZE,
    Link,
    SegmentHeader,
    pack_record_header,
    pack_segment_header,
)
from relaylens_collector.journal.segments import Segment, segment_path, sync_directory
from relaylens_collector.records import Record
from relaylens_collector.signals import Signal

_MOST_BUFFERS: Final = 1024
"""What one vectored write takes on Linux (IOV_MAX)."""

_ANCHOR_SYNC_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One request on its way into the journal."""

    signal: Signal
    body: bytes
    request_hash: bytes


class _Damage(Enum):
    """What the last group left in the file."""

    NONE = auto()
    TAIL = auto()
    UNSYNCED = auto()


class SegmentWriter:
    """Appends to the newest segment and begins the next one; used by one thread at a time.

    After a failed write nothing of the group counts: the file is cut back to the last group that reached the disk.
    After a failed sync the kernel's copy cannot be trusted either, so that the next group begins a new segment.
    """

    def __init__(self, directory: Path, anchor: Anchor, *, segment_bytes: int, end: Link, last: Segment | None) -> None:
        """Continue after `end`, in the segment `last` when it can still grow."""
        self._directory = directory
        self._anchor = anchor
        self._segment_bytes = segment_bytes
        self._end = end
        self._number = last.number if last is not None else 0
        self._descriptor: int | None = None
        self._offset = 0
        self._anchor_synced = 0.0
        self._damage = _Damage.NONE
        if last is not None and not last.compressed:
            self._descriptor = os.open(last.path, os.O_RDWR | os.O_CLOEXEC)
            self._offset = os.fstat(self._descriptor).st_size

    @property
    def end(self) -> Link:
        """The last record that is on disk."""
        return self._end

    @property
    def sealed(self) -> int:
        """The number up to which segments do not grow any more."""
        return self._number if self._descriptor is None else self._number - 1

    @property
    def size(self) -> int:
        """Bytes in the segment that grows."""
        return 0 if self._descriptor is None else self._offset

    def seal(self) -> None:
        """Let the next group begin a new segment; raises OSError while a failed group cannot be taken away."""
        self._mend()
        self._close_segment()

    def write(self, entries: Sequence[Entry]) -> list[Record]:
        """Write the entries of one group, as many as the segment takes; raises OSError and then nothing is written."""
        self._mend()
        descriptor = self._descriptor
        if descriptor is None or self._offset >= self._segment_bytes:
            descriptor = self._begin_segment()
        received = time.time_ns()
        end, size = self._end, 0
        records: list[Record] = []
        buffers: list[bytes] = []
        for entry in entries:
            record = Record(end.seq + 1, entry.signal, received, entry.request_hash, entry.body)
            header, end = pack_record_header(record, end)
            records.append(record)
            buffers += (header, entry.body)
            size += len(header) + len(entry.body)
            if self._offset + size >= self._segment_bytes:
                break
        self._damage = _Damage.TAIL
        _write_all(descriptor, buffers, self._offset)
        self._damage = _Damage.UNSYNCED
        _sync_data(descriptor)
        self._damage = _Damage.NONE
        self._offset += size
        self._end = end
        self._note_anchor()
        return records

    def close(self) -> None:
        """Leave the newest segment as it is, to be continued."""
        if self._descriptor is not None:
            with contextlib.suppress(OSError):  # the next start cuts the tail if this cannot
                self._mend()
        self._close_segment()
        self._anchor.write(self._end)
        self._anchor.close()

    def _begin_segment(self) -> int:
        header = SegmentHeader(self._number + 1, self._end.seq + 1, self._end.head)
        path = segment_path(self._directory, header.number, header.first_seq)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            _write_all(descriptor, [pack_segment_header(header)], 0)
            os.fsync(descriptor)
            sync_directory(self._directory)
        except OSError:
            os.close(descriptor)
            path.unlink()
            raise
        self._close_segment()
        self._descriptor, self._offset, self._number = descriptor, SEGMENT_HEADER_SIZE, header.number
        return descriptor

    def _close_segment(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _mend(self) -> None:
        """Take away what a failed group left behind; raises OSError while that cannot be done."""
        if self._descriptor is None or self._damage is _Damage.NONE:
            return
        os.ftruncate(self._descriptor, self._offset)
        if self._damage is _Damage.UNSYNCED:
            # A kernel that failed to write a page may show it as written; the next group goes to a new file.
            os.fsync(self._descriptor)
            self._close_segment()
        self._damage = _Damage.NONE

    def _note_anchor(self) -> None:
        # The records are on disk. An anchor that is behind is no harm, so a full disk does not fail the group here.
        with contextlib.suppress(OSError):
            self._anchor.write(self._end)
            now = time.monotonic()
            if now - self._anchor_synced >= _ANCHOR_SYNC_SECONDS:
                self._anchor.sync()
                self._anchor_synced = now


def _write_all(descriptor: int, buffers: Sequence[bytes], offset: int) -> None:
    """Write the buffers one after the other, however little the kernel takes at a time."""
    for start in range(0, len(buffers), _MOST_BUFFERS):
        left = [memoryview(buffer) for buffer in buffers[start : start + _MOST_BUFFERS] if buffer]
        while left:
            written = os.pwritev(descriptor, left, offset)
            offset += written
            while left and written >= len(left[0]):
                written -= len(left.pop(0))
            if left and written:
                left[0] = left[0][written:]


def _sync_data(descriptor: int) -> None:
    """Bring what was written to the disk, as far as it is needed to read it back."""
    getattr(os, "fdatasync", os.fsync)(descriptor)
