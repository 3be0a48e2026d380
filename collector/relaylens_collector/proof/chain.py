"""The journal's chain, record by record, going on after what does not verify so that one fault does not hide the next."""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from relaylens_collector.erasing.plans import Operation
from relaylens_collector.errors import JournalCorruptError
from relaylens_collector.journal.framing import NO_HASH, RECORD_MAGIC, SEGMENT_HEADER_SIZE, FramingError, Link, RecordHeader, request_hash
from relaylens_collector.journal.segments import Segment, SegmentReader, find_segments, open_segment
from relaylens_collector.proof.findings import Fault, Finding, Report
from relaylens_collector.records import Record
from relaylens_collector.signals import Signal

_FROM_BACKUP: Final = "Bring the journal back from a backup (`relaylens restore`); what is in no backup is lost."
_WHO_WROTE: Final = (
    "Somebody or something other than Relaylens wrote to the journal: keep these files as they are, and restore a backup that verifies."
)
_CARRY_OUT: Final = "Start the collector: it carries out what was begun. A record that was put back by hand needs a new erasure."
_NEXT_START: Final = "Nothing: the next start of the collector deals with it."


_LARGEST_TORN_HEADER: Final = SEGMENT_HEADER_SIZE
"""A segment that is not longer was being begun."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the chain that somebody vouches for."""

    link: Link
    said_by: str
    """Where it is written."""

    is_signed: bool = False
    applied: int = 0
    """How far the database was then."""


class ChainCheck:
    """Reads a journal folder from its beginning to its end."""

    def __init__(self, directory: Path, report: Report, points: Iterable[Point]) -> None:
        """Take the points that somebody vouches for; each is compared when the chain comes by."""
        self.directory = directory
        self.link: Link | None = Link(0, NO_HASH)
        """The last record's, nothing where the chain was lost."""
        self.last_seq = 0
        self.is_being_erased = False
        """Whether an operation may not be carried out yet."""
        self.borne_out: list[Point] = []
        """The points that the chain has."""
        self._report = report
        self._points: dict[int, list[Point]] = {}
        for point in points:
            self._points.setdefault(point.link.seq, []).append(point)
        self._met: set[int] = set()
        self._erased: dict[int, tuple[Record, str]] = {}
        self._operations: dict[int, Operation] = {}

    def __iter__(self) -> Iterator[Record]:
        """Yield the records whose bytes are those they were written with."""
        segments = find_segments(self.directory)
        expected = 1
        for segment in segments:
            if segment.number != expected:
                self._segments_missing(expected, segment)
            expected = segment.number + 1
            yield from self._segment(segment, is_last=segment is segments[-1])
        self._report.segments = len(segments)
        if 0 in self._points:
            self._compare(Link(0, NO_HASH))
        for seq, points in sorted(self._points.items()):
            if seq > self.last_seq:
                self._missing_at_the_end(points[0])
                break
        self._check_erasures()
        self._report.last_record = self.last_seq
        self._report.head = self.link.head.hex() if self.link is not None else ""

    def _segment(self, segment: Segment, *, is_last: bool) -> Iterator[Record]:
        try:
            reader = open_segment(segment)
        except (JournalCorruptError, OSError) as error:
            torn = is_last and not segment.compressed and segment.path.stat().st_size <= _LARGEST_TORN_HEADER
            self._find(
                Fault.TAIL_TORN if torn else Fault.SEGMENT_UNREADABLE,
                _at(segment, 0),
                f"The segment was begun and holds no record yet: {_reason(error)}" if torn else f"It cannot be read: {_reason(error)}",
                _NEXT_START if torn else _FROM_BACKUP,
            )
            if not torn:
                self.link = None
            return
        try:
            if self.link is not None and reader.link != self.link:
                what = f"The segment continues after record {reader.link.seq}, but the records before it end with {self.link.seq}"
                if reader.link.seq == self.link.seq:
                    what = f"The segment does not follow record {self.link.seq}: its link does not fit"
                self._find(Fault.CHAIN_BROKEN, _at(segment, 0), what + ".", _WHO_WROTE, reader.link.seq + 1)
            self.link = reader.link
            yield from self._records(reader, is_last=is_last)
        finally:
            reader.close()

    def _records(self, reader: SegmentReader, *, is_last: bool) -> Iterator[Record]:
        segment = reader.segment
        while True:
            offset = reader.offset
            try:
                found = reader.next_unchecked()
            except FramingError as error:
                self._stopped(segment, offset, str(error), may_be_torn=is_last and not segment.compressed)
                return
            if found is None:
                return
            header, body = found
            if not self._follows(segment, offset, header):
                self.link = None
            record = self._checked(segment, offset, header, body)
            self.link = header.link
            self.last_seq = max(self.last_seq, header.seq)
            self._compare(header.link)
            if record is not None:
                self._report.records += 1
                self._report.body_bytes += len(body)
                yield record

    def _follows(self, segment: Segment, offset: int, header: RecordHeader) -> bool:
        if self.link is None:
            return True
        if header.seq != self.link.seq + 1:
            what = f"After record {self.link.seq} comes record {header.seq}."
            self._find(Fault.CHAIN_BROKEN, _at(segment, offset), what, _WHO_WROTE, header.seq)
            return False
        if header.previous != self.link.head:
            what = f"Record {header.seq} does not follow record {self.link.seq} as it stands now: its link does not fit."
            self._find(Fault.CHAIN_BROKEN, _at(segment, offset), what, _WHO_WROTE, header.seq)
            return False
        return True

    def _checked(self, segment: Segment, offset: int, header: RecordHeader, body: bytes) -> Record | None:
        if header.signal is None:
            self._find(Fault.RECORD_CHANGED, _at(segment, offset), f"Record {header.seq} holds an unknown signal.", _WHO_WROTE, header.seq)
            return None
        if header.body_hash != request_hash(header.signal, body):
            damaged = not header.fits(body)
            what = f"Record {header.seq} does not hold what it was written with: its {'checksum' if damaged else 'hash'} does not fit."
            fault, advice = (Fault.RECORD_DAMAGED, _FROM_BACKUP) if damaged else (Fault.RECORD_CHANGED, _WHO_WROTE)
            self._find(fault, _at(segment, offset), what, advice, header.seq)
            return None
        if not header.fits(body):
            what = f"The header of record {header.seq} was changed: its checksum does not fit."
            self._find(Fault.RECORD_DAMAGED, _at(segment, offset), what, _FROM_BACKUP, header.seq)
            return None
        record = Record(header.seq, header.signal, header.received_unix_nano, header.request_hash, body, header.erasure)
        self._note_erasure(record, _at(segment, offset))
        return record

    def _note_erasure(self, record: Record, where: str) -> None:
        if record.erasure is not None:
            # Only whether something is left is needed of the body.
            self._erased[record.seq] = replace(record, body=record.body[:1]), where
        if record.signal is Signal.OPERATIONS:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                operation = Operation.of(record)
                if operation is not None:
                    self._operations[record.seq] = operation

    def _check_erasures(self) -> None:
        """What is missing in a body is missing by an operation that says so, and what an operation says is missing."""
        for seq, (record, where) in self._erased.items():
            erasure = record.erasure
            operation = None if erasure is None else self._operations.get(erasure.operation)
            if operation is None or not operation.explains(record):
                what = f"Something of record {seq} was taken out, and no operation of the journal says what is left now."
                self._find(Fault.ERASURE_UNEXPLAINED, where, what, _WHO_WROTE, seq)
            else:
                self._report.erased += 1
        for number, operation in ({} if self.is_being_erased else self._operations).items():
            for seq in operation.choices:
                found = self._erased.get(seq)
                if found is None or found[0].erasure is None or found[0].erasure.operation < number:
                    what = f"Operation {number} erased something of record {seq}, but it is there."
                    self._find(Fault.ERASURE_UNDONE, str(self.directory), what, _CARRY_OUT, seq)

    def _stopped(self, segment: Segment, offset: int, why: str, *, may_be_torn: bool) -> None:
        """The bytes from here on are no record: the torn end of what was never acknowledged, or damage."""
        vouched = any(seq > self.last_seq for seq in self._points)
        if may_be_torn and not vouched and not _has_another_record(segment, offset):
            what = f"After record {self.last_seq} follow {segment.path.stat().st_size - offset} bytes of a record that was not finished."
            self._find(Fault.TAIL_TORN, _at(segment, offset), what, _NEXT_START)
            return
        what = f"What should be record {self.last_seq + 1} is none: {why}."
        self._find(Fault.RECORD_DAMAGED, _at(segment, offset), what, _FROM_BACKUP, self.last_seq + 1)
        self.link = None

    def _segments_missing(self, expected: int, found: Segment) -> None:
        numbers = f"Segment {expected} is" if found.number == expected + 1 else f"Segments {expected} to {found.number - 1} are"
        what = f"{numbers} missing, with the records {self.last_seq + 1} to {found.first_seq - 1}."
        self._report.add(Finding(Fault.SEGMENT_MISSING, str(self.directory), what, _FROM_BACKUP, self.last_seq + 1))
        self.link = None

    def _missing_at_the_end(self, point: Point) -> None:
        what = f"The journal ends with record {self.last_seq}, but record {point.link.seq} was there ({point.said_by})."
        self._report.add(Finding(Fault.RECORDS_MISSING, str(self.directory), what, _FROM_BACKUP, self.last_seq + 1))

    def _compare(self, link: Link) -> None:
        if link.seq in self._met:
            return
        for point in self._points.get(link.seq, ()):
            self._met.add(link.seq)
            if point.link.head == link.head:
                self.borne_out.append(point)
                continue
            what = f"Record {link.seq} is another one than {point.said_by} says: the journal up to there was written anew."
            self._report.add(Finding(Fault.HISTORY_REPLACED, str(self.directory), what, _WHO_WROTE, link.seq))

    def _find(self, fault: Fault, where: str, what: str, advice: str, record: int | None = None) -> None:
        self._report.add(Finding(fault, where, what, advice, record))


def _at(segment: Segment, offset: int) -> str:
    return f"{segment.path}, byte {offset}"


def _has_another_record(segment: Segment, offset: int) -> bool:
    """Tell whether a record begins behind the damage, so that it is no torn end."""
    with segment.path.open("rb") as file:
        file.seek(offset + 1)
        return RECORD_MAGIC in file.read()


def _reason(error: Exception) -> str:
    """Say why a segment cannot be read, without the path that stands beside it."""
    if isinstance(error, OSError):
        return f"{error.strerror}."
    return str(error.__cause__ or error).removesuffix(".") + "."
