"""Taking bodies out of sealed segments: each file is written anew beside the old one and put in its place at once."""

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Final

from relaylens_collector.errors import JournalCorruptError
from relaylens_collector.journal.framing import RecordHeader, SegmentHeader, pack_erased, pack_segment_header, pack_unchanged
from relaylens_collector.journal.segments import CODEC, UNFINISHED_SUFFIX, Segment, SegmentReader, at, sync_directory
from relaylens_collector.records import Erasure, Record

_FRAME_BYTES: Final = 1 << 20

Change = Callable[[Record], tuple[Erasure, bytes] | None]
"""Says what is left of a record's body, nothing when it stays as it is."""


def rewrite(segment: Segment, change: Change) -> bool:
    """Write a segment anew, and tell whether anything changed; raises JournalCorruptError when it does not verify."""
    target = segment.path.with_name(segment.path.name + UNFINISHED_SUFFIX)
    changed = False
    reader = SegmentReader(segment)
    try:
        with contextlib.ExitStack() as opened:
            file = opened.enter_context(target.open("wb"))
            parts = [pack_segment_header(SegmentHeader(segment.number, segment.first_seq, reader.link.head))]
            for header, record in _records(reader):
                wanted = change(record)
                changed |= wanted is not None
                parts.append(pack_unchanged(header, record.body) if wanted is None else pack_erased(header, *wanted))
                if sum(map(len, parts)) >= _FRAME_BYTES:
                    file.write(_packed(parts, segment))
                    parts = []
            file.write(_packed(parts, segment))
        if changed:
            with target.open("rb") as written:
                os.fsync(written.fileno())
            target.replace(segment.path)
            sync_directory(target.parent)
    finally:
        reader.close()
        target.unlink(missing_ok=True)
    return changed


def _packed(parts: list[bytes], segment: Segment) -> bytes:
    data = b"".join(parts)
    return bytes(CODEC.compress(data)) if segment.compressed and data else data


def _records(reader: SegmentReader) -> Iterator[tuple[RecordHeader, Record]]:
    """Yield the records with their headers, each checked."""
    while (found := reader.next_checked()) is not None:
        yield found
    if reader.stop is not None:
        raise JournalCorruptError(at(reader.segment.path, reader.stop.offset, reader.stop.why))
