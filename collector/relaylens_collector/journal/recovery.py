"""What is done when a journal is opened: find its end, cut a torn tail, and compare with the anchor."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relaylens_collector.errors import JournalCorruptError
from relaylens_collector.journal.anchor import ANCHOR_FILE, Anchor
from relaylens_collector.journal.framing import NO_HASH, RECORD_MAGIC, SEGMENT_HEADER_SIZE, Link
from relaylens_collector.journal.segments import (
    COMPRESSED_SUFFIX,
    SUFFIX,
    UNFINISHED_SUFFIX,
    Segment,
    SegmentReader,
    Stop,
    at,
    list_segments,
    sync_directory,
)

_logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class End:
    """Where a journal ends."""

    link: Link
    last: Segment | None


def recover(directory: Path, anchor: Anchor) -> End:
    """Return the end of the journal, after cutting what a killed process or lost power left half written."""
    noted = anchor.read()
    _remove_leftovers(directory)
    segments = list_segments(directory)
    if segments and segments[0].number != 1:
        message = f"{directory}: the segments before {segments[0].path.name} are missing."
        raise JournalCorruptError(message)
    if segments and noted is None:
        _logger.warning("%s: the anchor is missing; whether records are missing at the end cannot be told.", directory / ANCHOR_FILE)
    if anchor.damaged_lines and noted is not None:
        message = "%s: one of its two lines is damaged; it vouches for the records up to %d only."
        _logger.warning(message, directory / ANCHOR_FILE, noted.seq)
    if segments and _is_header_torn(segments[-1]):
        torn = segments.pop()
        _logger.warning("%s: the segment was never begun in full and is removed.", torn.path)
        torn.path.unlink()
        sync_directory(directory)
    end = _read_to_the_end(segments[-1], noted) if segments else End(Link(0, NO_HASH), None)
    if noted is not None and noted.seq > end.link.seq:
        place = directory if end.last is None else end.last.path
        message = f"{place}: the journal ends with record {end.link.seq}, but record {noted.seq} was acknowledged ({ANCHOR_FILE})."
        raise JournalCorruptError(message)
    return end


def _remove_leftovers(directory: Path) -> None:
    """Remove what an interrupted compression left: the plain segment is still there in each case."""
    for path in directory.glob(f"*{UNFINISHED_SUFFIX}"):
        path.unlink()
    for path in directory.glob(f"*{COMPRESSED_SUFFIX}"):
        if path.with_name(path.name.removesuffix(COMPRESSED_SUFFIX) + SUFFIX).exists():
            path.unlink()


def _is_header_torn(segment: Segment) -> bool:
    """Tell whether the process ended while it began the segment: records are only written after the header is on disk."""
    if segment.compressed or segment.path.stat().st_size > SEGMENT_HEADER_SIZE:
        return False
    try:
        SegmentReader(segment).close()
    except JournalCorruptError:
        return True
    return False


def _read_to_the_end(segment: Segment, noted: Link | None) -> End:
    reader = SegmentReader(segment)
    try:
        _check_anchor(segment, reader.link, noted)
        for _ in reader:
            _check_anchor(segment, reader.link, noted)
    finally:
        reader.close()
    if reader.stop is not None:
        _cut(segment, reader.link, reader.stop, noted)
    return End(reader.link, segment)


def _check_anchor(segment: Segment, link: Link, noted: Link | None) -> None:
    if noted is not None and noted.seq == link.seq and noted.head != link.head:
        message = f"{segment.path}: record {link.seq} is not the one that was acknowledged ({ANCHOR_FILE})."
        raise JournalCorruptError(message)


def _cut(segment: Segment, end: Link, stop: Stop, noted: Link | None) -> None:
    """Cut the tail of the newest segment, unless something in it was acknowledged."""
    acknowledged = noted is not None and noted.seq > end.seq
    unknown = noted is None and _has_record_after(segment, stop.offset)
    if segment.compressed or acknowledged or unknown:
        raise JournalCorruptError(at(segment.path, stop.offset, stop.why))
    size = segment.path.stat().st_size
    _logger.warning("%s: cut at byte %d of %d, after record %d: %s.", segment.path, stop.offset, size, end.seq, stop.why)
    with segment.path.open("r+b") as file:
        file.truncate(stop.offset)
        os.fsync(file.fileno())


def _has_record_after(segment: Segment, offset: int) -> bool:
    """Without an anchor, damage in the middle must not pass for a torn tail: look for the start of another record."""
    with segment.path.open("rb") as file:
        file.seek(offset + len(RECORD_MAGIC))
        return RECORD_MAGIC in file.read()
