"""OTLP requests out of choices: valid ones, ones that break the wire format on purpose, and damaged ones."""

import json
import struct
from collections.abc import Callable
from typing import Any, Final, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.collector.fuzz.choices import Choices

from relaylens_collector.otlp_documents import document_of
from relaylens_collector.signals import Signal

REQUESTS: Final[dict[Signal, type[Message]]] = {
    Signal.TRACES: ExportTraceServiceRequest,
    Signal.LOGS: ExportLogsServiceRequest,
    Signal.METRICS: ExportMetricsServiceRequest,
}

_DEEPEST: Final = 14
_MOST_ITEMS: Final = 5
_NUMBERS: Final = (0, 1, 2, 999, 1000, 1 << 31, (1 << 32) - 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1_790_000_000_000_000_000)
_DOUBLES: Final = (0.0, -0.0, 1.5, float("nan"), float("inf"), float("-inf"), 5e-324, 1.7976931348623157e308)
_TEXTS: Final = (
    "",
    "a",
    "gen_ai.operation.name",
    "invoke_agent",
    "gen_ai.usage.input_tokens",
    "9" * 30,
    "-1",
    "NaN",
    "\x011,2,3",
    "\x01" + "1," * 130,
    "\x00",
    "ä\u202e\U0001f600",
    "x" * 240,
    "x" * 241,
    '[{"role":"user","content":"' + "y" * 300 + '"}]',
    "';DROP TABLE spans;--",
)
_BAD_TEXTS: Final = (b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80", b"\xf5\x80\x80\x80", b"ok\x80", b"\xe2\x82")
_VARINTS: Final = {
    FieldDescriptor.TYPE_BOOL,
    FieldDescriptor.TYPE_ENUM,
    FieldDescriptor.TYPE_INT32,
    FieldDescriptor.TYPE_INT64,
    FieldDescriptor.TYPE_UINT32,
    FieldDescriptor.TYPE_UINT64,
    FieldDescriptor.TYPE_SINT32,
    FieldDescriptor.TYPE_SINT64,
}
_WITH_LENGTH: Final = {FieldDescriptor.TYPE_MESSAGE, FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES}
_EIGHT: Final = {FieldDescriptor.TYPE_DOUBLE, FieldDescriptor.TYPE_FIXED64, FieldDescriptor.TYPE_SFIXED64}
_FOUR: Final = {FieldDescriptor.TYPE_FLOAT, FieldDescriptor.TYPE_FIXED32, FieldDescriptor.TYPE_SFIXED32}


def varint(value: int) -> bytes:
    """Write an unsigned number in seven bits a byte."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def field(number: int, body: bytes) -> bytes:
    """Write a length-delimited field."""
    return varint(number << 3 | 2) + varint(len(body)) + body


class Builder:
    """Writes messages of a descriptor field by field; when it may break things, it now and then does."""

    def __init__(self, choices: Choices, *, breaks: bool) -> None:
        """Take all decisions from the choices."""
        self._choices = choices
        self._breaks = breaks
        self._salt = choices.number(4)

    def request(self, signal: Signal) -> bytes:
        """Write a request."""
        return self._message(cast("Descriptor", REQUESTS[signal].DESCRIPTOR), 0)

    def _message(self, descriptor: Descriptor, depth: int) -> bytes:
        choices = self._choices
        parts: list[bytes] = []
        done: set[str] = set()
        for one in descriptor.fields:
            if one.name.endswith("_strindex"):
                continue
            if one.containing_oneof is not None and one.containing_oneof.name in done and not (self._breaks and choices.one_in(20)):
                continue
            if not self._is_wanted(one, depth):
                continue
            if one.containing_oneof is not None:
                done.add(one.containing_oneof.name)
            count = 1 + choices.below(_MOST_ITEMS) if one.is_repeated and one.type in _WITH_LENGTH else 1
            parts += [self._field(one, depth) for _ in range(count)]
        if self._breaks and parts:
            self._break(parts)
        return b"".join(parts)

    def _is_wanted(self, one: FieldDescriptor, depth: int) -> bool:
        choices = self._choices
        if not choices.left:
            return False
        if one.message_type is not None and depth >= _DEEPEST:
            return self._breaks and choices.one_in(4) and depth < _DEEPEST * 10
        lists = one.is_repeated and one.message_type is not None
        if one.name in {"trace_id", "span_id", "name", "key"} or (lists and depth <= 3):
            return not choices.one_in(12)
        return choices.one_in(3)

    def _field(self, one: FieldDescriptor, depth: int) -> bytes:
        choices = self._choices
        if self._breaks and choices.one_in(60):
            return varint(one.number << 3 | choices.below(8)) + choices.text(12)
        if one.message_type is not None:
            return field(one.number, self._message(one.message_type, depth + 1))
        if one.type == FieldDescriptor.TYPE_STRING:
            return field(one.number, self._text())
        if one.type == FieldDescriptor.TYPE_BYTES:
            return field(one.number, self._id(one))
        if one.is_repeated:
            return field(one.number, b"".join(self._scalar(one) for _ in range(choices.below(_MOST_ITEMS))))
        return varint(one.number << 3 | _wire_type(one)) + self._scalar(one)

    def _text(self) -> bytes:
        choices = self._choices
        if self._breaks and choices.one_in(15):
            return choices.of(_BAD_TEXTS) + choices.text(4)
        if choices.one_in(250):
            return choices.of(_TEXTS).encode() * choices.below(250)
        return choices.of(_TEXTS).encode()

    def _id(self, one: FieldDescriptor) -> bytes:
        size = {"trace_id": 16, "span_id": 8, "parent_span_id": 8}.get(one.name)
        choices = self._choices
        if size is None or choices.one_in(25):
            return choices.text(20)
        # Few different ones in a request, so that traces have several spans, parents are found, and some are cycles.
        return bytes(size) if choices.one_in(25) else (self._salt << 8 | 1 + choices.below(6)).to_bytes(size)

    def _scalar(self, one: FieldDescriptor) -> bytes:  # noqa: PLR0911 - one return for each kind
        choices = self._choices
        if one.type in _EIGHT:
            if one.type == FieldDescriptor.TYPE_DOUBLE:
                return struct.pack("<d", choices.of(_DOUBLES))
            return struct.pack("<Q", choices.of(_NUMBERS))
        if one.type in _FOUR:
            return struct.pack("<I", choices.of(_NUMBERS) & 0xFFFF_FFFF)
        if self._breaks and choices.one_in(20):
            return b"\xff" * choices.below(12) + b"\x01"
        if one.type == FieldDescriptor.TYPE_BOOL:
            return varint(choices.below(2))
        small = one.type in {FieldDescriptor.TYPE_UINT32, FieldDescriptor.TYPE_SINT32}
        if one.type == FieldDescriptor.TYPE_ENUM:
            return varint(choices.below(8))
        return varint(choices.of(_NUMBERS) & (0xFFFF_FFFF if small else 0xFFFF_FFFF_FFFF_FFFF))

    def _break(self, parts: list[bytes]) -> None:
        choices = self._choices
        match choices.below(40):
            case 39:
                parts.reverse()
            case 38:
                parts.append(parts[0])
            case 37:
                parts.append(field(1 + choices.below(3000), choices.text(10)))
            case 36:
                parts[-1] = parts[-1][:-1]
            case 35:
                parts.append(varint(15 << 3 | 3) + varint(15 << 3 | 4))
            case 34:
                parts.append(field(1 + choices.below(16), b"") * choices.below(300))


def _wire_type(one: FieldDescriptor) -> int:
    return 0 if one.type in _VARINTS else 1 if one.type in _EIGHT else 5


def damaged(choices: Choices, body: bytes) -> bytes:
    """Flip, cut, repeat and put in bytes."""
    data = bytearray(body)
    for _ in range(1 + choices.below(6)):
        place = choices.below(len(data) + 1)
        match choices.below(6):
            case 0 if data:
                data[place % len(data)] ^= 1 << choices.below(8)
            case 1:
                del data[place : place + 1 + choices.below(8)]
            case 2:
                data[place:place] = choices.text(8)
            case 3:
                data[place:place] = data[place : place + choices.below(64)]
            case 4 if data:
                data[place % len(data)] = choices.of((0, 0x7F, 0x80, 0xFF))
            case 5 if choices.one_in(4):
                del data[place:]
    return bytes(data)


def deep(choices: Choices, signal: Signal) -> bytes:
    """Write a request whose one attribute is nested far deeper than protobuf reads."""
    value = b""
    for _ in range(20 + choices.below(choices.of((30, 100, 100, 3000)))):
        value = field(5, field(1, value)) if choices.below(2) else field(6, field(1, field(1, b"k") + field(2, value)))
    attribute = field(1, b"deep") + field(2, value)
    if signal is Signal.TRACES:
        record = field(1, b"\x07" * 16) + field(2, b"\x07" * 8) + field(9, attribute)
    elif signal is Signal.LOGS:
        record = field(6, attribute)
    else:
        record = field(1, b"m") + field(5, field(1, field(7, attribute)))
    return field(1, field(2, field(2, record)))


def json_of(body: bytes, signal: Signal) -> bytes | None:
    """Write a request as OTLP JSON; nothing when protobuf itself does not read it."""
    message = REQUESTS[signal]()
    try:
        message.ParseFromString(body)
    except Exception:  # noqa: BLE001 - whatever protobuf has against it, there is no JSON of it
        return None
    return json.dumps(document_of(message)).encode()


_JSON_VALUES: Final[tuple[Callable[[Choices], Any], ...]] = (
    lambda _: None,
    lambda _: True,
    lambda choices: choices.of(_NUMBERS),
    lambda choices: choices.of(_DOUBLES[:3]),
    lambda choices: choices.of((10**400, -(10**30), 1e300, 0.5)),
    lambda choices: choices.of(_TEXTS),
    lambda choices: choices.text(8).hex(),
    lambda choices: choices.of(("\ud800", "NaN", "Infinity", "1e999", "==", "SPAN_KIND_SERVER", "0x10", " 1", "1_000")),
    lambda _: [],
    lambda _: {},
    lambda choices: [[[choices.below(9)]]],
)


def damaged_json(choices: Choices, body: bytes) -> bytes:  # noqa: PLR0911 - one return for each damage
    """Put other values, keys and doubles into a JSON document."""
    document = json.loads(body)
    for _ in range(1 + choices.below(4)):
        _damage(choices, document, 0)
    text = json.dumps(document, ensure_ascii=choices.one_in(2)).encode("utf-8", "surrogatepass")
    match choices.below(12):
        case 11:
            return b"\xef\xbb\xbf" + text
        case 10:
            return text.replace(b'"', b'"\\ud800', 1)
        case 9:
            return text[: choices.below(len(text) + 1)]
        case 8:
            return b'{"a":' * choices.below(3000) + text
        case 7:
            return text[:-1] + b',"resourceSpans":' + b"9" * choices.below(6000) + b"}"
        case 6:
            return text[:-1] + b',"resourceSpans":[NaN,Infinity]}'
    return text


def _damage(choices: Choices, value: Any, depth: int) -> None:  # noqa: ANN401 - JSON
    """Walk down by chance, and change what is there."""
    if isinstance(value, list) and value:
        place = choices.below(len(value))
        if isinstance(value[place], dict | list) and not choices.one_in(5):
            _damage(choices, value[place], depth + 1)
        else:
            value[place] = choices.of(_JSON_VALUES)(choices)
    elif isinstance(value, dict) and value:
        key = choices.of(list(value))
        if isinstance(value[key], dict | list) and value[key] and not choices.one_in(5):
            _damage(choices, value[key], depth + 1)
        elif choices.one_in(3):
            value[choices.of(("unknown", "trace_id", "kind", "__proto__", ""))] = value.pop(key)
        else:
            value[key] = choices.of(_JSON_VALUES)(choices)
