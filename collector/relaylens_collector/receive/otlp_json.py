"""OTLP/JSON to OTLP/protobuf, by OTLP's own rules, which are not protobuf's usual ones for JSON.

Ids are hex, not base64; enums are integers, never names; unknown fields are ignored at every level; only lowerCamelCase is read.
"""

import base64
import binascii
import json
import re
import struct
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final, NoReturn

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from relaylens_collector.errors import UndecodableError
from relaylens_collector.mapping.dead_letters import unreadable_json
from relaylens_collector.signals import Signal

DEEPEST: Final = 200
"""How deep messages may be nested; an array or list of pairs counts two or three."""

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_INTEGER: Final = re.compile(r"-?\d{1,20}")
_NUMBER: Final = re.compile(r"-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,5})?")
_INFINITY: Final = float("inf")
_HEX_FIELDS: Final = frozenset({"traceId", "spanId", "parentSpanId"})
_OWN_IDS: Final = frozenset({"opentelemetry.proto.trace.v1.Span.trace_id", "opentelemetry.proto.trace.v1.Span.span_id"})
_DOUBLES: Final = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}

_OLD_NAMES: Final = {
    "scopeSpans": "instrumentationLibrarySpans",
    "scopeLogs": "instrumentationLibraryLogs",
    "scopeMetrics": "instrumentationLibraryMetrics",
    "scope": "instrumentationLibrary",
}
"""Exporters of 2021 and 2022 still write these; as unknown fields their spans would be acknowledged and lost."""

_Encode = Callable[[Any, int], bytes]


def to_protobuf(signal: Signal, body: bytes) -> bytes:
    """Return the request as protobuf; raises UndecodableError, naming the field that is wrong.

    A record that cannot be written costs none of the others: in its place stands what the decoder rejects, with the reason.
    """
    try:
        document = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        message = f"The body is not JSON: {why}."
        raise UndecodableError(message) from error
    try:
        return _REQUESTS[signal].encode(document, 0)
    except _FieldError as error:
        rest = _salvaged(signal, document)
        if rest is not None:
            return rest
        message = f"{'.'.join(reversed(error.path)) or 'The request'}: {error.why}."
        raise UndecodableError(message) from error


def _salvaged(signal: Signal, document: Any) -> bytes | None:  # noqa: ANN401 - whatever JSON holds
    """Return the request with marks in the place of the records that cannot be written; nothing when that saves none."""
    salvaged = _Salvaged()
    token = _SALVAGED.set(salvaged)
    try:
        written = _REQUESTS[signal].encode(document, 0)
    except _FieldError:
        return None
    finally:
        _SALVAGED.reset(token)
    return written if salvaged.records else None


class _FieldError(Exception):
    """A value that its field cannot hold; the path grows on the way out."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
        self.path: list[str] = []


class _Message:
    """Writes messages of one type."""

    def __init__(self, descriptor: Descriptor) -> None:
        self._descriptor = descriptor
        self._fields: dict[str, tuple[_Encode, bool, bytes]] | None = None

    def encode(self, value: Any, depth: int) -> bytes:  # noqa: ANN401 - whatever JSON holds
        """Return the message's bytes, without tag and length."""
        if not isinstance(value, dict):
            message = f"expected an object, found {_kind(value)}"
            raise _FieldError(message)
        if depth > DEEPEST:
            message = f"messages are nested deeper than {DEEPEST}"
            raise _FieldError(message)
        if self._fields is None:
            self._fields = {name: _field(field) for field in self._descriptor.fields for name in _names(field)}
        written: list[bytes] = []
        for name, item in value.items():
            field = self._fields.get(name)
            if field is None or item is None:
                continue
            encode, repeated, tag = field
            try:
                if repeated and name in _RECORD_LISTS and isinstance(item, list) and (salvaged := _SALVAGED.get()) is not None:
                    written += self._encode_records(encode, tag, item, depth, salvaged)
                elif repeated:
                    self._encode_all(encode, tag, item, depth, written)
                else:
                    written += (tag, encode(item, depth + 1))
            except _FieldError as error:
                error.path.append(name)
                raise
        return b"".join(written)

    @staticmethod
    def _encode_all(encode: _Encode, tag: bytes, items: Any, depth: int, written: list[bytes]) -> None:  # noqa: ANN401 - whatever JSON holds
        if not isinstance(items, list):
            message = f"expected a list, found {_kind(items)}"
            raise _FieldError(message)
        for place, item in enumerate(items):
            try:
                written += (tag, encode(item, depth + 1))
            except _FieldError as error:
                error.path.append(str(place))
                raise

    @staticmethod
    def _encode_records(encode: _Encode, tag: bytes, items: Any, depth: int, salvaged: "_Salvaged") -> list[bytes]:  # noqa: ANN401 - whatever JSON holds
        """Write records, with a mark in the place of those that cannot be written."""
        written: list[bytes] = []
        for place, item in enumerate(items):
            try:
                written += (tag, encode(item, depth + 1))
                salvaged.records += 1
            except _FieldError as error:
                why = f"{'.'.join((str(place), *reversed(error.path)))}: {error.why}"
                written += (tag, _with_length(unreadable_json(item, why)))
        return written


class _Salvaged:
    """Counts the records that could be written of a request of which some cannot."""

    def __init__(self) -> None:
        self.records = 0


_SALVAGED: Final[ContextVar[_Salvaged | None]] = ContextVar("salvaged", default=None)
"""Set while a request in which something was wrong is written a second time, record by record."""

_RECORD_LISTS: Final = frozenset({"spans", "logRecords", "metrics"})


_MESSAGES: Final[dict[str, _Message]] = {}


def _message(descriptor: Descriptor) -> _Message:
    return _MESSAGES.setdefault(descriptor.full_name, _Message(descriptor))


def _names(field: FieldDescriptor) -> tuple[str, ...]:
    """Return the names a field is read by: before OTLP 0.15 scopes were called instrumentation libraries, with the same fields."""
    old = _OLD_NAMES.get(field.json_name)
    return (field.json_name,) if old is None else (field.json_name, old)


def _field(field: FieldDescriptor) -> tuple[_Encode, bool, bytes]:
    """Return how a field's values are written, whether there can be many, and the tag before each."""
    encode, wire_type = _encoding(field)
    return encode, field.is_repeated, _varint(field.number << 3 | wire_type)


def _encoding(field: FieldDescriptor) -> tuple[_Encode, int]:
    if field.message_type is not None:
        inner = _message(field.message_type)
        return lambda value, depth: _with_length(inner.encode(value, depth)), _LENGTH
    if field.type == FieldDescriptor.TYPE_BYTES:
        if field.json_name not in _HEX_FIELDS:
            return lambda value, _: _with_length(_base64(value)), _LENGTH
        if field.full_name in _OWN_IDS:
            return lambda value, _: _with_length(_own_id(value)), _LENGTH
        return lambda value, _: _with_length(_hex(value)), _LENGTH
    return _SCALARS[field.type]


def _with_length(data: bytes) -> bytes:
    return _varint(len(data)) + data


def _varint(value: int) -> bytes:
    value &= 0xFFFF_FFFF_FFFF_FFFF
    if value < 0x80:  # noqa: PLR2004 - fits in one byte
        return bytes((value,))
    written = bytearray()
    while value >= 0x80:  # noqa: PLR2004
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def _text(value: Any, _: int) -> bytes:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(value, str):
        message = f"expected a string, found {_kind(value)}"
        raise _FieldError(message)
    try:
        return _with_length(value.encode())
    except UnicodeEncodeError:
        # Half of a surrogate pair is no character; what it stood for cannot be known.
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return _with_length(whole.encode())


def _hex(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, str):
        try:
            return binascii.unhexlify(value)
        except ValueError:
            pass
    message = "expected an id in hex digits"
    raise _FieldError(message)


def _own_id(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON holds
    """A span whose own id is not hex is like one whose id is too short: it is rejected, the others are not."""
    try:
        return _hex(value)
    except _FieldError:
        return b""


def _base64(value: Any) -> bytes:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, str):
        standard = value.replace("-", "+").replace("_", "/").rstrip("=")
        try:
            return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
        except ValueError:
            pass
    message = "expected bytes in base64"
    raise _FieldError(message)


def _boolean(value: Any, _: int) -> bytes:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(value, bool):
        message = f"expected true or false, found {_kind(value)}"
        raise _FieldError(message)
    return b"\x01" if value else b"\x00"


def _double(value: Any, _: int) -> bytes:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, str):
        number = _DOUBLES.get(value, float(value) if _NUMBER.fullmatch(value) else None)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    else:
        number = None
    if number is None:
        message = "expected a number, or NaN, Infinity or -Infinity as a string"
        raise _FieldError(message)
    try:
        if value not in _DOUBLES and abs(float(number)) == _INFINITY:
            raise OverflowError  # noqa: TRY301 - written as a number it is one that does not fit
        return struct.pack("<d", number)
    except OverflowError as error:
        message = "the number is too large"
        raise _FieldError(message) from error


def _whole(value: Any, low: int, high: int) -> int:  # noqa: ANN401 - whatever JSON holds
    if (isinstance(value, str) and _INTEGER.fullmatch(value)) or (isinstance(value, float) and value.is_integer()):
        number = int(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        message = f"expected an integer, found {_kind(value)}"
        raise _FieldError(message)
    if not low <= number <= high:
        message = f"the integer is not between {low} and {high}"
        raise _FieldError(message)
    return number


def _enum(value: Any, _: int) -> bytes:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, str):
        message = "an enum is written as its integer, not as a name"
        raise _FieldError(message)
    return _varint(_whole(value, -(1 << 31), (1 << 31) - 1))


def _integers(low: int, high: int, write: Callable[[int], bytes]) -> _Encode:
    return lambda value, _: write(_whole(value, low, high))


def _zigzag(value: int) -> bytes:
    return _varint(value << 1 ^ value >> 63)


def _kind(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} stands outside a string"
    raise ValueError(message)


_I32, _I64, _U32, _U64 = (1 << 31), (1 << 63), (1 << 32) - 1, (1 << 64) - 1

_SCALARS: Final[dict[int, tuple[_Encode, int]]] = {
    FieldDescriptor.TYPE_STRING: (_text, _LENGTH),
    FieldDescriptor.TYPE_BOOL: (_boolean, _VARINT),
    FieldDescriptor.TYPE_DOUBLE: (_double, _FIXED64),
    FieldDescriptor.TYPE_ENUM: (_enum, _VARINT),
    FieldDescriptor.TYPE_INT32: (_integers(-_I32, _I32 - 1, _varint), _VARINT),
    FieldDescriptor.TYPE_INT64: (_integers(-_I64, _I64 - 1, _varint), _VARINT),
    FieldDescriptor.TYPE_UINT32: (_integers(0, _U32, _varint), _VARINT),
    FieldDescriptor.TYPE_UINT64: (_integers(0, _U64, _varint), _VARINT),
    FieldDescriptor.TYPE_SINT32: (_integers(-_I32, _I32 - 1, _zigzag), _VARINT),
    FieldDescriptor.TYPE_SINT64: (_integers(-_I64, _I64 - 1, _zigzag), _VARINT),
    FieldDescriptor.TYPE_FIXED32: (_integers(0, _U32, struct.Struct("<I").pack), _FIXED32),
    FieldDescriptor.TYPE_FIXED64: (_integers(0, _U64, struct.Struct("<Q").pack), _FIXED64),
    FieldDescriptor.TYPE_SFIXED32: (_integers(-_I32, _I32 - 1, struct.Struct("<i").pack), _FIXED32),
    FieldDescriptor.TYPE_SFIXED64: (_integers(-_I64, _I64 - 1, struct.Struct("<q").pack), _FIXED64),
}

_REQUESTS: Final[dict[Signal, _Message]] = {
    Signal.TRACES: _message(ExportTraceServiceRequest.DESCRIPTOR),
    Signal.LOGS: _message(ExportLogsServiceRequest.DESCRIPTOR),
    Signal.METRICS: _message(ExportMetricsServiceRequest.DESCRIPTOR),
}
