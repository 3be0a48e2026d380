"""Requests of the small server: protobuf span by span, and OTLP's JSON as protobuf."""

import base64
import contextlib
import gzip
import json
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

REQUESTS: dict[str, type[Message]] = {
    "traces": ExportTraceServiceRequest,
    "metrics": ExportMetricsServiceRequest,
    "logs": ExportLogsServiceRequest,
}
_IDS = {"traceId", "spanId", "parentSpanId"}
_OLD_NAMES = {"scopeSpans": "instrumentationLibrarySpans", "scope": "instrumentationLibrary"}
_DEEPEST = 200


class BadDataError(Exception):
    """The request will never be taken."""


class TooLargeError(Exception):
    """The request is over the limit."""


@dataclass(frozen=True)
class Part:
    """A span and where it came from, as bytes; without a span it is one that nobody can read."""

    resource: bytes
    scope: bytes
    span: Span | None


def parts_of(body: bytes) -> list[Part]:
    """Read a request of spans, each span for itself, so that a broken one costs no other."""
    found = []
    try:
        for resource_spans in _fields(body, 1):
            resource = _without(resource_spans, 2)
            for scope_spans in _fields(resource_spans, 2):
                scope = _without(scope_spans, 2)
                found += [Part(resource, scope, _span(span)) for span in _fields(scope_spans, 2)]
                ScopeSpans.FromString(scope)
            ResourceSpans.FromString(resource)
    except (DecodeError, ValueError, IndexError) as error:
        raise BadDataError(str(error)) from error
    return found


def cut_off_spans(body: bytes) -> list[Span]:
    """Read the spans that are whole in a request of one resource and one scope that is cut off."""
    found: list[Span] = []
    with contextlib.suppress(ValueError, IndexError, DecodeError):
        place, _ = _inside(body, 0, 1)
        place, _ = _inside(body, place, 2)
        while place < len(body):
            start, place = _inside(body, place, 2)
            if place <= len(body):
                found.append(Span.FromString(body[start:place]))
    return found


def _inside(body: bytes, place: int, number: int) -> tuple[int, int]:
    """Where the next field of this number begins and ends."""
    while True:
        tag, place = _varint(body, place)
        length, place = _varint(body, place)
        if tag == number << 3 | 2:
            return place, place + length
        place += length


def _span(written: bytes) -> Span | None:
    try:
        return Span.FromString(written)
    except DecodeError:
        for _ in _each(written):  # what is no protobuf at all is the request's fault, not the span's
            pass
        return None


def _each(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """The fields of a message: number, the whole field as written, and its payload where it has a length."""
    place = 0
    while place < len(message):
        start = place
        tag, place = _varint(message, place)
        kind, payload = tag & 7, b""
        if kind == 0:
            _, place = _varint(message, place)
        elif kind == 1:
            place += 8
        elif kind == 2:
            length, place = _varint(message, place)
            payload = message[place : place + length]
            place += length
        elif kind == 5:
            place += 4
        else:
            what = f"wire type {kind}"
            raise ValueError(what)
        if place > len(message) or tag >> 3 == 0:
            what = "cut off"
            raise ValueError(what)
        yield tag >> 3, message[start:place], payload


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, place
        if shift > 63:
            what = "a number of more than 64 bits"
            raise ValueError(what)


def _fields(message: bytes, number: int) -> list[bytes]:
    return [payload for found, _, payload in _each(message) if found == number]


def _without(message: bytes, number: int) -> bytes:
    return b"".join(whole for found, whole, _ in _each(message) if found != number)


def unzipped(body: bytes, limit: int, fault: str) -> bytes:
    """Unpack gzip of any number of members, up to the limit."""
    if fault == "unpacks without a limit":
        return gzip.decompress(body)
    whole = b""
    try:
        while body:
            opened = zlib.decompressobj(31)
            whole += opened.decompress(body, limit + 1 - len(whole))
            if len(whole) > limit or opened.unconsumed_tail:
                raise TooLargeError
            if not opened.eof:
                what = "the gzip is cut off"
                raise BadDataError(what)
            body = b"" if fault == "first gzip member only" else opened.unused_data
    except zlib.error as error:
        raise BadDataError(str(error)) from error
    return whole


def from_json(signal: str, body: bytes, fault: str) -> bytes:
    """Read OTLP's JSON, and write it as protobuf."""
    request = REQUESTS[signal]()
    try:
        document = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant)
        if fault == "protobuf's own JSON":
            json_format.ParseDict(document, request, ignore_unknown_fields=True)
        else:
            _fill(request, document, 0, fault)
        return request.SerializeToString()
    except (ValueError, TypeError, AttributeError, RecursionError, json_format.ParseError, DecodeError) as error:
        if fault == "a deep document is our error" and isinstance(error, RecursionError):
            raise
        if fault == "long digits are our error" and "digits" in str(error):
            raise RuntimeError from error
        if fault == "a lone surrogate is our error" and isinstance(error, UnicodeEncodeError):
            raise RuntimeError from error
        raise BadDataError(str(error)) from error


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _fill(message: Any, document: Any, depth: int, fault: str) -> None:  # noqa: ANN401, C901 - any message, any JSON
    """Set the fields that a JSON object names."""
    if not isinstance(document, dict) or depth > _DEEPEST:
        what = f"{message.DESCRIPTOR.name} has to be an object, not too deep"
        raise TypeError(what)
    names = {name: field for field in message.DESCRIPTOR.fields for name in (field.json_name, _OLD_NAMES.get(field.json_name, ""))}
    if fault == "snake_case too":
        names |= {field.name: field for field in message.DESCRIPTOR.fields}
    for name, value in document.items():
        field = names.get(name)
        if field is None:
            if fault == "knows all fields":
                what = f"unknown field {name}"
                raise ValueError(what)
            continue
        if value is None:
            continue
        if field.message_type is None:
            if field.is_repeated:
                getattr(message, field.name).extend(_scalar(field, item, fault) for item in value)
            else:
                setattr(message, field.name, _scalar(field, value, fault))
        elif field.is_repeated:
            for item in value:
                _fill(getattr(message, field.name).add(), item, depth + 1, fault)
        else:
            inner = getattr(message, field.name)
            inner.SetInParent()
            _fill(inner, value, depth + 1, fault)


def _scalar(field: FieldDescriptor, value: Any, fault: str) -> Any:  # noqa: ANN401, C901, PLR0911 - a return for each kind
    if field.type == field.TYPE_BYTES:
        if field.json_name in _IDS and fault != "ids in base64":
            return bytes.fromhex(value)
        return base64.b64decode(value)
    if field.type == field.TYPE_ENUM:
        if isinstance(value, str) and fault == "enums by name" and field.enum_type is not None:
            return field.enum_type.values_by_name[value].number
        if not isinstance(value, int):
            what = f"{field.json_name} has to be a number"
            raise TypeError(what)
        return value
    if field.type in {field.TYPE_DOUBLE, field.TYPE_FLOAT}:
        return math.nan if value == "NaN" else float(value)
    if field.type == field.TYPE_BOOL:
        return bool(value)
    if field.type == field.TYPE_STRING:
        value.encode()
        return value
    if fault == "large numbers as doubles" and not isinstance(value, str):
        return min(int(float(value)), 2**63 - 1024)
    if not isinstance(value, int | str):
        what = f"{field.json_name} has to be a whole number"
        raise TypeError(what)
    return int(value)
