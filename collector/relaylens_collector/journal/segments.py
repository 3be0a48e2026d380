"""The segment files of a journal folder: which there are, and reading them record by record."""

import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final, Protocol

import pyarrow as pa

from relaylens_collector.allocation import MUCH_MEMORY
from relaylens_collector.errors import JournalCorruptError
from relaylens_collector.journal.framing import (
    ERASURE_SIZE,
    RECORD_HEADER_SIZE,
    SEGMENT_HEADER_SIZE,
    FramingError,
    Link,
    RecordHeader,
    unpack_record,
    unpack_record_header,
    unpack_segment_header,
    with_erasure,
)
from relaylens_collector.records import Record

SUFFIX: Final = ".segment"
COMPRESSED_SUFFIX: Final = ".segment.zst"
UNFINISHED_SUFFIX: Final = ".unfinished"

_NAME: Final = re.compile(r"(?P<number>\d{8})-(?P<first>\d{12})\.segment(?P<compressed>\.zst)?")
_COMPRESSION: Final = "zstd"
CODEC: Final = pa.Codec(_COMPRESSION, compression_level=11)
"""Finds the conversation that every call repeats, where much quicker levels lose sight of it: an eighth of the bytes they leave."""

_SAMPLE_BYTES: Final = 1 << 20
_WORTH: Final = 0.9


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard a segment is compressed."""

    codec: pa.Codec
    frame_bytes: int
    """Compressed together, and so held in memory; what repeats within more of a segment is found only in longer parts."""

    def pack(self, data: memoryview | bytearray) -> pa.Buffer:
        """Compress one frame."""
        with MUCH_MEMORY:
            return self.codec.compress(data)


THOROUGHLY: Final = Effort(CODEC, 32 << 20)
"""Takes forty MiB beside the frame, and 10 to 20 ns a byte; frames of 16 MiB leave 3 % more and take 12 MiB less, whole segments 1 % less
and 22 MiB more."""

QUICKLY: Final = Effort(pa.Codec(_COMPRESSION, compression_level=6), 8 << 20)
"""For while others need processor and memory: a quarter of the time, ten MiB beside the frame, and up to a sixth more is left."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the journal."""

    path: Path
    number: int
    first_seq: int
    compressed: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """Where reading a segment ended before the file did."""

    offset: int
    why: str


def segment_path(directory: Path, number: int, first_seq: int) -> Path:
    """Return the file of a segment that is being written."""
    return directory / f"{number:08d}-{first_seq:012d}{SUFFIX}"


def list_segments(directory: Path) -> list[Segment]:
    """Find the segments in order; raises JournalCorruptError when one between others is missing."""
    segments = find_segments(directory)
    for before, after in itertools.pairwise(segments):
        if after.number != before.number + 1:
            message = f"{directory}: segment {before.number + 1} is missing between {before.path.name} and {after.path.name}."
            raise JournalCorruptError(message)
    return segments


def find_segments(directory: Path) -> list[Segment]:
    """Find the segments that there are in order, each once: an unfinished compression does not count."""
    found: dict[int, Segment] = {}
    for path in sorted(directory.iterdir()):
        name = _NAME.fullmatch(path.name)
        if name is None:
            continue
        number = int(name["number"])
        # The plain file sorts first. When both are there, the process ended between the copy and the removal.
        found.setdefault(number, Segment(path, number, int(name["first"]), compressed=name["compressed"] is not None))
    return [found[number] for number in sorted(found)]


class SegmentReader:
    """Reads one segment from its beginning; after the last whole record, `stop` says what ended it, if not the file's end."""

    def __init__(self, segment: Segment) -> None:
        """Open the file and check its header."""
        self.segment = segment
        self.stop: Stop | None = None
        self._file: IO[bytes] = segment.path.open("rb")
        self._stream: _Readable = pa.CompressedInputStream(self._file, _COMPRESSION) if segment.compressed else self._file
        self.offset = 0
        try:
            header = unpack_segment_header(self._read(SEGMENT_HEADER_SIZE))
        except FramingError as error:
            self.close()
            raise JournalCorruptError(at(segment.path, 0, error)) from error
        if (header.number, header.first_seq) != (segment.number, segment.first_seq):
            self.close()
            why = f"the file says it is segment {header.number} from record {header.first_seq}"
            raise JournalCorruptError(at(segment.path, 0, why))
        self.link = Link(header.first_seq - 1, header.previous)
        self.offset = SEGMENT_HEADER_SIZE

    def __iter__(self) -> Iterator[Record]:
        """Yield the records that verify, up to the file's end or the first one that does not."""
        while (found := self.next_checked()) is not None:
            yield found[1]

    def next_checked(self) -> tuple[RecordHeader, Record] | None:
        """Read the next record with its header; nothing at the file's end, or where `stop` says what is wrong."""
        offset = self.offset
        try:
            found = self.next_unchecked()
            if found is None:
                return None
            record, link = unpack_record(*found, self.link)
        except FramingError as error:
            self.offset = offset
            self.stop = Stop(offset, str(error))
            return None
        self.link = link
        return found[0], record

    def next_unchecked(self) -> tuple[RecordHeader, bytes] | None:
        """Read the next header and body, nothing at the file's end; raises FramingError when that is no whole record."""
        header = self._read(RECORD_HEADER_SIZE)
        if not header:
            return None
        fields = unpack_record_header(header)
        if fields.is_erased:
            fields = with_erasure(fields, self._read(ERASURE_SIZE))
        body = self._read(fields.body_length)
        if len(body) < fields.body_length:
            message = f"the record has {len(body)} of {fields.body_length} bytes"
            raise FramingError(message)
        self.offset += RECORD_HEADER_SIZE + (ERASURE_SIZE if fields.is_erased else 0) + len(body)
        return fields, body

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self, size: int) -> bytes:
        """Read as many bytes, fewer only at the end."""
        parts: list[bytes] = []
        while size > 0:
            try:
                part = bytes(self._stream.read(size))
            except OSError as error:  # what the decompressor says of damage
                raise FramingError(str(error)) from error
            if not part:
                break
            parts.append(part)
            size -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)


def open_segment(segment: Segment) -> SegmentReader:
    """Open a segment for reading, also when it was compressed since it was listed."""
    try:
        return SegmentReader(segment)
    except FileNotFoundError:
        return SegmentReader(replace(segment, path=_compressed_path(segment), compressed=True))


def at(path: Path, offset: int, why: object) -> str:
    """Say where in the journal something is wrong."""
    return f"{path}, byte {offset}: {why}."


def compress(segment: Segment, effort: Effort = THOROUGHLY) -> Segment:
    """Put a sealed segment into a compressed file, frame by frame, and take the plain one away when that is safely on disk."""
    if segment.compressed or not _is_worth_it(segment):
        return segment
    target = _compressed_path(segment)
    unfinished = target.with_name(target.name + UNFINISHED_SUFFIX)
    frame = memoryview(bytearray(effort.frame_bytes))
    with segment.path.open("rb", buffering=0) as plain, unfinished.open("wb") as file:
        while length := plain.readinto(frame):
            file.write(effort.pack(frame[:length]))
        file.flush()
        os.fsync(file.fileno())
    compressed = Segment(target, segment.number, segment.first_seq, compressed=True)
    unfinished.replace(target)
    sync_directory(target.parent)
    segment.path.unlink()
    sync_directory(target.parent)
    return compressed


def sync_directory(directory: Path) -> None:
    """Bring new and removed names to the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _compressed_path(segment: Segment) -> Path:
    return segment.path.with_name(segment.path.name.removesuffix(SUFFIX) + COMPRESSED_SUFFIX)


def _is_worth_it(segment: Segment) -> bool:
    """Judge by the first part, so that what does not shrink is not compressed at every start."""
    with segment.path.open("rb") as plain:
        sample = plain.read(_SAMPLE_BYTES)
    return len(pa.compress(sample, codec=_COMPRESSION, asbytes=True)) < _WORTH * len(sample)
