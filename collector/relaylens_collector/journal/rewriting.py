"""Writing sealed segments anew, beside the old file and put in its place at once: to take bodies out, or to leave fewer bytes."""

import os
from collections.abc import Callable, Iterator
from typing import Final

from relaylens_collector.errors import JournalCorruptError
from relaylens_collector.journal.framing import RecordHeader, SegmentHeader, pack_erased, pack_segment_header, pack_unchanged
from relaylens_collector.journal.segments import THOROUGHLY, UNFINISHED_SUFFIX, Effort, Segment, SegmentReader, at, sync_directory
from relaylens_collector.records import Erasure, Record

_ERASING: Final = Effort(THOROUGHLY.codec, 1 << 20)
"""Holds little: records are taken out at any moment."""

Change = Callable[[Record], tuple[Erasure, bytes] | None]
"""Says what is left of a record's body, nothing when it stays as it is."""


def rewrite(segment: Segment, change: Change) -> bool:
    """Change a segment's records, and tell whether any has changed; raises JournalCorruptError when it does not verify."""
    return _write_anew(segment, change, _ERASING, if_unchanged=False)


def compress_again(segment: Segment, *, go_on: Callable[[], bool] = lambda: True) -> None:
    """Leave fewer bytes of a compressed segment; raises JournalCorruptError, and leaves it as it is, when it does not verify.

    Raises InterruptedError, and leaves it as it is, when it shall not `go_on`, of which each record asks.
    """

    def unchanged(_record: Record) -> None:
        if not go_on():
            raise InterruptedError

    _write_anew(segment, unchanged, THOROUGHLY, if_unchanged=True)


def _write_anew(segment: Segment, change: Change, effort: Effort, *, if_unchanged: bool) -> bool:
    """Write each record, changed or as it is, and keep the new file if a record has changed, or wanted anyway."""
    target = segment.path.with_name(segment.path.name + UNFINISHED_SUFFIX)
    changed = False
    reader = SegmentReader(segment)
    try:
        with target.open("wb") as file:
            frame = bytearray(pack_segment_header(SegmentHeader(segment.number, segment.first_seq, reader.link.head)))
            for header, record in _records(reader):
                wanted = change(record)
                changed |= wanted is not None
                frame += pack_unchanged(header, record.body) if wanted is None else pack_erased(header, *wanted)
                if len(frame) >= effort.frame_bytes:
                    file.write(_packed(frame, segment, effort))
                    frame = bytearray()
            file.write(_packed(frame, segment, effort))
            if changed or if_unchanged:
                file.flush()
                os.fsync(file.fileno())
        if changed or if_unchanged:
            target.replace(segment.path)
            sync_directory(target.parent)
    finally:
        reader.close()
        target.unlink(missing_ok=True)
    return changed


def _packed(frame: bytearray, segment: Segment, effort: Effort) -> bytes:
    return bytes(effort.pack(frame) if segment.compressed and frame else frame)


def _records(reader: SegmentReader) -> Iterator[tuple[RecordHeader, Record]]:
    """Yield the records with their headers, each checked."""
    while (found := reader.next_checked()) is not None:
        yield found
    if reader.stop is not None:
        raise JournalCorruptError(at(reader.segment.path, reader.stop.offset, reader.stop.why))
