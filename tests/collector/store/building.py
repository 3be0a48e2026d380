"""Requests and journal records for the tests of mapping and store."""

import hashlib

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from relaylens_collector.mapping import Decoded, decode
from relaylens_collector.records import Receipt, Record
from relaylens_collector.signals import Signal


def record(seq: int, body: bytes, signal: Signal = Signal.TRACES) -> Record:
    """Return a request as the journal hands it over."""
    return Record(seq, signal, 1_790_000_000_000_000_000, hashlib.sha256(body).digest(), body)


def request(*spans: Span) -> ExportTraceServiceRequest:
    """Return a request with the spans."""
    made = ExportTraceServiceRequest()
    made.resource_spans.add().scope_spans.add().spans.extend(spans)
    return made


def span(number: int = 1, **fields: object) -> Span:
    """Return a span with ids made of the number."""
    return Span(trace_id=number.to_bytes(16), span_id=number.to_bytes(8), **fields)  # type: ignore[arg-type]


def pair(seq: int, body: bytes, signal: Signal = Signal.TRACES) -> tuple[Receipt, Decoded]:
    """Return a request as the store takes it."""
    return record(seq, body, signal).receipt, decode(signal, body)


def field(number: int, body: bytes) -> bytes:
    """Return a length-delimited protobuf field."""
    size, length = bytearray(), len(body)
    while length > 0x7F:
        size.append(length & 0x7F | 0x80)
        length >>= 7
    size.append(length)
    return bytes([number << 3 | 2]) + bytes(size) + body
