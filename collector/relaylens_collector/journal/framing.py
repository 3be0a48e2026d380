"""How a segment file is laid out: a header, then records, each bound to the one before by its hash.

    segment header (64 bytes): magic, format version, segment number, first sequence, hash of the record before, CRC-32
    record header  (96 bytes): magic, length of the body, CRC-32, sequence, receive time, signal, hash of the record before, request hash
    body

    erased record: the same header with another magic, then (48 bytes) length of what is left of the body, operation, what was
    removed, SHA-256 of signal and what is left; then that. Its CRC covers all of it, its hash the same as before.

The CRC covers the rest of the record's header and the body: it finds damage. The record's hash covers the same header, and
with the request hash in it the body: it finds changes.
"""

import hashlib
import struct
import zlib
from dataclasses import dataclass, replace
from typing import Final

from relaylens_collector.records import Erasure, Record, Removed
from relaylens_collector.signals import Signal

FORMAT_VERSION: Final = 2
"""Of the segment files; a reader refuses a higher one."""

NO_HASH: Final = bytes(32)
"""What the first record of a journal links to."""

SEGMENT_MAGIC: Final = b"RLJOURNL"
RECORD_MAGIC: Final = b"RLRC"
ERASED_MAGIC: Final = b"RLRE"

_SEGMENT_HEADER: Final = struct.Struct("<8sHHIQ32sI4x")
_RECORD_START: Final = struct.Struct("<4sII")
_RECORD_REST: Final = struct.Struct("<QQB3x32s32s")
_ERASURE: Final = struct.Struct("<IQB3x32s")

SEGMENT_HEADER_SIZE: Final = _SEGMENT_HEADER.size
RECORD_HEADER_SIZE: Final = _RECORD_START.size + _RECORD_REST.size
ERASURE_SIZE: Final = _ERASURE.size

MAX_BODY: Final = 1 << 30
"""A longer length can only be damage."""

_SIGNAL_CODES: Final[dict[Signal, int]] = {Signal.TRACES: 1, Signal.LOGS: 2, Signal.METRICS: 3, Signal.LABELS: 4, Signal.OPERATIONS: 5}
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

    is_erased: bool = False
    erasure: Erasure | None = None
    left: int = 0
    """Length of what is left of an erased body."""

    @property
    def body_length(self) -> int:
        """How many bytes follow."""
        return self.left if self.is_erased else self.length

    @property
    def body_hash(self) -> bytes:
        """What signal and body hash to."""
        return self.request_hash if self.erasure is None else self.erasure.body_hash

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
        so_far = _header_crc(self.length, self.rest)
        if self.erasure is not None:
            so_far = zlib.crc32(_pack_erasure(self.erasure, self.left), so_far)
        return self.crc == zlib.crc32(body, so_far)


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
    if magic not in {RECORD_MAGIC, ERASED_MAGIC} or length > MAX_BODY:
        message = "there is no record header here"
        raise FramingError(message)
    rest = header[_RECORD_START.size :]
    seq, received_unix_nano, code, previous, asked = _RECORD_REST.unpack(rest)
    return RecordHeader(length, crc, seq, received_unix_nano, code, previous, asked, rest, is_erased=magic == ERASED_MAGIC)


def with_erasure(header: RecordHeader, data: bytes) -> RecordHeader:
    """Read what follows the header of an erased record."""
    if len(data) < ERASURE_SIZE:
        message = f"the record's erasure has {len(data)} of {ERASURE_SIZE} bytes"
        raise FramingError(message)
    left, operation, removed, body_hash = _ERASURE.unpack(data)
    if left > MAX_BODY:
        message = "what is left of the record is too long"
        raise FramingError(message)
    return replace(header, left=left, erasure=Erasure(operation, Removed(removed), body_hash))


def pack_erased(header: RecordHeader, erasure: Erasure, body: bytes) -> bytes:
    """Return a record with what is left of its body; its place in the chain is as before."""
    data = _pack_erasure(erasure, len(body))
    crc = zlib.crc32(body, zlib.crc32(data, _header_crc(header.length, header.rest)))
    return _RECORD_START.pack(ERASED_MAGIC, header.length, crc) + header.rest + data + body


def pack_unchanged(header: RecordHeader, body: bytes) -> bytes:
    """Return a record as it was read."""
    if header.erasure is not None:
        return pack_erased(header, header.erasure, body)
    return _RECORD_START.pack(RECORD_MAGIC, header.length, header.crc) + header.rest + body


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
    if header.body_hash != request_hash(signal, body):
        message = f"record {header.seq} has a body that is not the one it was written with"
        raise FramingError(message)
    return Record(header.seq, signal, header.received_unix_nano, header.request_hash, body, header.erasure), header.link


def _pack_erasure(erasure: Erasure, left: int) -> bytes:
    return _ERASURE.pack(left, erasure.operation, erasure.removed, erasure.body_hash)


def _header_crc(length: int, rest: bytes) -> int:
    return zlib.crc32(rest, zlib.crc32(struct.pack("<I", length)))


def _record_hash(length: int, rest: bytes) -> bytes:
    return hashlib.sha256(struct.pack("<I", length) + rest).digest()
