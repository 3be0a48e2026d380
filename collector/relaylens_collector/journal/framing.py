"""How a segment file is laid out: a header, then records, each bound to the one before by its hash.

    segment header (64 bytes): magic, format version, segment number, first sequence, hash of the record before, CRC-32
    record header  (96 bytes): magic, length of the body, CRC-32, sequence, receive time, signal, hash of the record before, request hash
    body

The CRC covers the rest of the record's header and the body: it finds damage. The record's hash covers the same header, and
with the request hash in it the body: it finds changes.
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass
from typing import Final

from relaylens_collector.records import Record
from relaylens_collector.signals import Signal

FORMAT_VERSION: Final = 1
"""Of the segment files; a reader refuses a higher one."""

NO_HASH: Final = bytes(32)
"""What the first record of a journal links to."""

SEGMENT_MAGIC: Final = b"RLJOURNL"
RECORD_MAGIC: Final = b"RLRC"

_SEGMENT_HEADER: Final = struct.Struct("<8sHHIQ32sI4x")
_RECORD_START: Final = struct.Struct("<4sII")
_RECORD_REST: Final = struct.Struct("<QQB3x32s32s")

SEGMENT_HEADER_SIZE: Final = _SEGMENT_HEADER.size
RECORD_HEADER_SIZE: Final = _RECORD_START.size + _RECORD_REST.size

MAX_BODY: Final = 1 << 30
"""A longer length can only be damage."""

_SIGNAL_CODES: Final[dict[Signal, int]] = {Signal.TRACES: 1, Signal.LOGS: 2, Signal.METRICS: 3, Signal.LABELS: 4}
_SIGNALS: Final[dict[int, Signal]] = {code: signal for signal, code in _SIGNAL_CODES.items()}


class FramingError(ValueError):
    """Bytes that are no header or record; the caller knows file and offset."""


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """What a segment says about itself."""

    number: int
    first_seq: int
    previous: bytes
    """Hash of the last record of the segment before."""


@dataclass(frozen=True, slots=True)
class Link:
    """A point in the chain of records."""

    seq: int
    head: bytes


@dataclass(frozen=True, slots=True)
class RecordHeader:
    """What a record says about itself, believed by nobody yet."""

    length: int
    crc: int
    seq: int
    received_unix_nano: int
    code: int
    previous: bytes
    request_hash: bytes
    rest: bytes
    """The header after its checksum, as the checksum and the record's hash take it."""

    @property
    def link(self) -> Link:
        """The chain's head after this record."""
        return Link(self.seq, _record_hash(self.length, self.rest))

    @property
    def signal(self) -> Signal | None:
        """What the body holds, nothing when the code is unknown."""
        return _SIGNALS.get(self.code)

    def fits(self, body: bytes) -> bool:
        """Tell whether the checksum is that of this header and the body."""
        return self.crc == zlib.crc32(body, _header_crc(self.length, self.rest))


def request_hash(signal: Signal, body: bytes) -> bytes:
    """Hash what was asked, so that the same request is recognised when it comes again."""
    digest = hashlib.sha256(signal.value.encode() + b"\0")
    digest.update(body)
    return digest.digest()


def pack_segment_header(header: SegmentHeader) -> bytes:
    """Return the first bytes of a segment file."""
    fields = (SEGMENT_MAGIC, FORMAT_VERSION, 0, header.number, header.first_seq, header.previous)
    return _SEGMENT_HEADER.pack(*fields, zlib.crc32(_SEGMENT_HEADER.pack(*fields, 0)))


def unpack_segment_header(data: bytes) -> SegmentHeader:
    """Read the first bytes of a segment file."""
    if len(data) < SEGMENT_HEADER_SIZE:
        message = f"the segment header has {len(data)} of {SEGMENT_HEADER_SIZE} bytes"
        raise FramingError(message)
    magic, version, flags, number, first_seq, previous, crc = _SEGMENT_HEADER.unpack(data)
    if magic != SEGMENT_MAGIC:
        message = "the file does not begin as a journal segment does"
        raise FramingError(message)
    if version > FORMAT_VERSION:
        message = f"the segment has format version {version}; this Relaylens reads up to {FORMAT_VERSION}: upgrade it"
        raise FramingError(message)
    if crc != zlib.crc32(_SEGMENT_HEADER.pack(magic, version, flags, number, first_seq, previous, 0)):
        message = "the checksum of the segment header does not fit"
        raise FramingError(message)
    return SegmentHeader(number, first_seq, previous)


def pack_record_header(record: Record, after: Link) -> tuple[bytes, Link]:
    """Return the bytes to write before the body, and the chain's new head."""
    rest = _RECORD_REST.pack(record.seq, record.received_unix_nano, _SIGNAL_CODES[record.signal], after.head, record.request_hash)
    length = len(record.body)
    start = _RECORD_START.pack(RECORD_MAGIC, length, zlib.crc32(record.body, _header_crc(length, rest)))
    return start + rest, Link(record.seq, _record_hash(length, rest))


def unpack_record_header(header: bytes) -> RecordHeader:
    """Read a record's header as it stands; only that it is one is checked."""
    if len(header) < RECORD_HEADER_SIZE:
        message = f"the record header has {len(header)} of {RECORD_HEADER_SIZE} bytes"
        raise FramingError(message)
    magic, length, crc = _RECORD_START.unpack_from(header)
    if magic != RECORD_MAGIC or length > MAX_BODY:
        message = "there is no record header here"
        raise FramingError(message)
    rest = header[_RECORD_START.size :]
    seq, received_unix_nano, code, previous, asked = _RECORD_REST.unpack(rest)
    return RecordHeader(length, crc, seq, received_unix_nano, code, previous, asked, rest)


def unpack_record(header: RecordHeader, body: bytes, after: Link) -> tuple[Record, Link]:
    """Read one record, and check everything that can be checked."""
    if not header.fits(body):
        message = "the checksum of the record does not fit"
        raise FramingError(message)
    if header.seq != after.seq + 1:
        message = f"the record has sequence {header.seq}, expected {after.seq + 1}"
        raise FramingError(message)
    if header.previous != after.head:
        message = f"record {header.seq} does not follow the record before it: its link does not fit"
        raise FramingError(message)
    signal = header.signal
    if signal is None:
        message = f"record {header.seq} holds an unknown signal ({header.code})"
        raise FramingError(message)
    if header.request_hash != request_hash(signal, body):
        message = f"record {header.seq} has a body that is not the one it was written with"
        raise FramingError(message)
    return Record(header.seq, signal, header.received_unix_nano, header.request_hash, body), header.link


def _header_crc(length: int, rest: bytes) -> int:
    return zlib.crc32(rest, zlib.crc32(struct.pack("<I", length)))


def _record_hash(length: int, rest: bytes) -> bytes:
    return hashlib.sha256(struct.pack("<I", length) + rest).digest()
