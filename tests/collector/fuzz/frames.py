"""Conversations over HTTP/2 with the gRPC port, drawn by choices: calls that are well made and damaged in every layer."""

import gzip
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import hpack
from tests.collector.fuzz.bodies import a_body
from tests.collector.fuzz.choices import Choices
from tests.collector.fuzz.messages import damaged

from relaylens_collector.receive.otlp_grpc import METHODS
from relaylens_collector.signals import Signal

PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
PATHS: Final = {signal: method.encode() for method, signal in METHODS.items()}
LONGEST: Final = 1 << 14
"""Of a frame, when nobody has agreed on more."""
_WINDOW: Final = 65_000
"""What may be sent before the server says that it may be more."""
_HEAD: Final = 9
_PREFIX: Final = 5
_BOMB: Final = gzip.compress(bytes(1 << 25), 9, mtime=0)

Header = tuple[bytes, bytes]


class Kind(IntEnum):
    """Of a frame."""

    DATA = 0
    HEADERS = 1
    PRIORITY = 2
    RST_STREAM = 3
    SETTINGS = 4
    PUSH_PROMISE = 5
    PING = 6
    GOAWAY = 7
    WINDOW_UPDATE = 8
    CONTINUATION = 9


_OF_CALLS: Final = frozenset({Kind.DATA, Kind.HEADERS, Kind.CONTINUATION})
END_STREAM: Final = 1
ACK: Final = 1
END_HEADERS: Final = 4
PADDED: Final = 8
PRIORITIZED: Final = 32


def frame(kind: int, flags: int = 0, stream: int = 0, payload: bytes = b"", length: int | None = None) -> bytes:
    """Write a frame; its length may be a wrong one."""
    size = len(payload) if length is None else length
    return size.to_bytes(3) + bytes((kind, flags)) + stream.to_bytes(4) + payload


@dataclass
class Conversation:
    """What is sent on one connection."""

    sent: bytes
    clean: bool
    """HTTP/2 is kept to: every call that is ended has to be answered."""
    hangs_up: bool
    """The client resets the connection, and reads no answer."""
    kind: str = "gRPC, frames"

    def __str__(self) -> str:
        """Say what was sent."""
        return f"{self.kind}, sent {self.sent[:8000].hex()}"


@dataclass
class Sent:
    """One call, as it stands in what was sent."""

    path: bytes = b""
    encoding: bytes = b""
    data: bytearray = field(default_factory=bytearray)
    ended: bool = False
    has_deadline: bool = False

    def message(self) -> tuple[Signal, bytes] | None:
        """Return the request, when the call is a whole one: exactly one whole message, and the call's end.

        Two things are read as gRPC's library reads them, which tells nobody of it: a piece of a message at the end is none, and
        a message that is marked as neither plain nor packed is an empty one.
        """
        first = self.first()
        if first is None or not self.ended:
            return None
        rest = self.data[_PREFIX + int.from_bytes(self.data[1:_PREFIX]) :] if self.data[0] <= 1 else b""
        has_second = len(rest) >= _PREFIX and (rest[0] > 1 or len(rest) >= _PREFIX + int.from_bytes(rest[1:_PREFIX]))
        return None if has_second else first

    def first(self) -> tuple[Signal, bytes] | None:
        """Return the first request, when it came whole: it may be stored, unsaid, where the call breaks off after it."""
        signal = METHODS.get(self.path.decode("latin-1"))
        if signal is None or len(self.data) < _PREFIX:
            return None
        if self.data[0] > 1:
            return signal, b""
        end = _PREFIX + int.from_bytes(self.data[1:_PREFIX])
        if len(self.data) < end:
            return None
        body = bytes(self.data[_PREFIX:end])
        unpacked = body if not self.data[0] else self._unpacked(body)
        return None if unpacked is None else (signal, unpacked)

    def _unpacked(self, body: bytes) -> bytes | None:
        windows = {b"gzip": 31, b"deflate": 15}.get(self.encoding)
        if windows is None:
            return None
        packer = zlib.decompressobj(windows)
        try:
            unpacked = packer.decompress(body)
        except zlib.error:
            return None
        return unpacked if packer.eof and not packer.unused_data else None


def calls_in(sent: bytes) -> tuple[dict[int, Sent], bool]:
    """Read what was sent as a server has to; return the calls, and whether the last frame is a whole one."""
    calls: dict[int, Sent] = {}
    if not sent.startswith(PREFACE):
        return calls, False
    decoder = hpack.Decoder(max_header_list_size=1 << 24)
    place, block = len(PREFACE), b""
    while place + _HEAD <= len(sent):
        size, kind, flags = int.from_bytes(sent[place : place + 3]), sent[place + 3], sent[place + 4]
        stream = int.from_bytes(sent[place + 5 : place + _HEAD]) & 0x7FFF_FFFF
        if place + _HEAD + size > len(sent):
            break
        payload = _without_padding(kind, flags, sent[place + _HEAD : place + _HEAD + size])
        place += _HEAD + size
        call = calls.setdefault(stream, Sent()) if kind == Kind.HEADERS else calls.get(stream)
        if call is None or kind not in _OF_CALLS:
            continue
        if kind == Kind.DATA:
            call.ended |= bool(flags & ~END_STREAM)  # gRPC's library takes no padding, and nothing after it
            call.data += b"" if call.ended else payload
        else:
            block = payload if kind == Kind.HEADERS else block + payload
            try:
                _note_headers(call, list(decoder.decode(block, raw=True)) if flags & END_HEADERS else [])
            except (hpack.HPACKError, UnicodeDecodeError):
                return calls, True
        call.ended |= kind != Kind.CONTINUATION and bool(flags & END_STREAM)
    return calls, place == len(sent)


def _without_padding(kind: int, flags: int, payload: bytes) -> bytes:
    if kind != Kind.HEADERS:
        return payload
    if flags & PADDED:
        payload = payload[1 : len(payload) - payload[0]] if payload and payload[0] < len(payload) else b""
    return payload[5:] if flags & PRIORITIZED else payload


def _note_headers(call: Sent, headers: Sequence[Header]) -> None:
    found = dict(headers)
    call.path = call.path or found.get(b":path", b"")
    call.encoding = call.encoding or found.get(b"grpc-encoding", b"")
    call.has_deadline = call.has_deadline or b"grpc-timeout" in found


_NAMES: Final = (
    b":method", b":scheme", b":path", b":authority", b":status", b":protocol", b":", b"te", b"content-type", b"grpc-encoding",
    b"grpc-accept-encoding", b"grpc-timeout", b"content-length", b"connection", b"transfer-encoding", b"host", b"authorization", b"x-bin",
    b"grpc-status", b"grpc-message", b"grpc-tags-bin", b"grpc-trace-bin", b"UPPER", b"with space", b"", b"\x00", b"x\r\ny", b"cookie",
    b"user-agent", b"grpc-previous-rpc-attempts", b"grpc-internal-encoding-request", b"lb-cost-bin",
)  # fmt: skip
_VALUES: Final = (
    b"", b" ", b"POST", b"GET", b"PUT", b"http", b"/", b"*", b"/x", b"/" * 3000, b"trailers", b"application/grpc", b"application/grpc+json",
    b"application/grpc-web", b"text/html", b"gzip", b"deflate", b"snappy", b"identity", b"1n", b"0S", b"-1S", b"99999999H", b"x", b"-1",
    b"999999999H", b"18446744073709551616", b"chunked", b"13", b"Bearer", b"Bearer \xff", b"Bearer a,b", b"\x00", b"\r\nx: y", b"!!!",
    b"AAE=,AAE=", b"\xff" * 9, b"a" * 5000, b"a" * 20_000,
)  # fmt: skip


_MESSAGES: Final[dict[int, Callable[[Choices, bytes], bytes]]] = {
    12: lambda choices, _: choices.text(60),
    16: lambda choices, body: _prefixed(body) + choices.text(9),
    17: lambda choices, body: _prefixed(body)[: choices.below(_PREFIX)],
    18: lambda choices, body: _prefixed(body, flag=choices.of((1, 2, 255))),
    19: lambda choices, body: _prefixed(body, length=choices.of((0xFFFF_FFFF, 0x7FFF_FFFF, (8 << 20) + 1, 8 << 20))),
    20: lambda choices, body: _prefixed(body, length=choices.below(len(body) + 1)),
    21: lambda choices, body: _prefixed(body, length=len(body) + 1 + choices.below(400)),
    22: lambda choices, body: _prefixed(body) * (2 + choices.below(3)),
    23: lambda _choices, _body: b"",
}
"""Messages that are no single whole one; of 24, the others are, plain or packed."""


def _many(choices: Choices) -> int:
    return choices.of((1, 1, 2, 100, 2000))


def _number(choices: Choices) -> bytes:
    return choices.of((0, 1, (1 << 31) - 1, (1 << 32) - 1)).to_bytes(4)


_HARMLESS: Final = 3
_NOISE: Final[tuple[Callable[[Choices, int], bytes], ...]] = (
    # HTTP/2 allows the first three.
    lambda choices, _: frame(Kind.PING, 0, 0, b"12345678") * choices.of((1, 1, 2, 100)),
    lambda _choices, stream: frame(Kind.PRIORITY, 0, stream | 1, b"\x00\x00\x00\x00\x10"),
    lambda choices, _: frame(11 + choices.below(200), choices.below(256), 0, choices.text(30)),
    lambda choices, _: frame(Kind.PING, choices.of((0, ACK)), choices.of((0, 1)), choices.text(9)) * _many(choices),
    lambda choices, _: frame(Kind.SETTINGS, 0, 0, b"\x00\x04" + _number(choices)) * _many(choices),
    lambda choices, _: frame(Kind.SETTINGS, ACK, 0, choices.text(6)) * _many(choices),
    lambda choices, stream: frame(Kind.WINDOW_UPDATE, 0, stream, _number(choices)) * choices.of((1, 2)),
    lambda choices, stream: frame(Kind.PRIORITY, 0, stream, choices.text(9)) * _many(choices),
    lambda choices, stream: frame(Kind.PUSH_PROMISE, END_HEADERS, stream, _number(choices) + choices.text(20)),
    lambda choices, _: frame(Kind.GOAWAY, 0, 0, _number(choices) * 2 + choices.text(20)),
    lambda choices, stream: frame(Kind.CONTINUATION, choices.of((0, END_HEADERS)), stream, choices.text(20)) * _many(choices),
    lambda choices, stream: frame(Kind.RST_STREAM, 0, stream, _number(choices)) * _many(choices),
    lambda choices, stream: frame(Kind.DATA, choices.below(256), stream, choices.text(60)),
    lambda choices, _: choices.text(60),
)


class _Writer:
    """Writes one conversation."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._hpack = hpack.Encoder()
        self._stream = 1
        self._window = _WINDOW
        self.clean = True
        self.out = bytearray()

    def conversation(self) -> Conversation:
        choices = self._choices
        self.out += PREFACE
        self._settings()
        for _ in range(1 + choices.below(3)):
            if choices.one_in(3):
                self._noise()
            self._call()
        sent = bytes(self.out)
        if choices.one_in(5):
            self.clean = False
            sent = damaged(choices, sent)
        elif choices.one_in(12):
            self.clean = False
            sent = sent[: choices.below(len(sent) + 1)]
        return Conversation(sent, self.clean, choices.one_in(12))

    def _settings(self) -> None:
        choices = self._choices
        if not choices.one_in(6):
            self.out += frame(Kind.SETTINGS)
            return
        self.clean = False
        numbers = (0, 1, 100, 16_383, 16_384, 65_535, (1 << 24) - 1, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)
        pairs = ((choices.of((0, 1, 2, 3, 4, 5, 6, 8, 0xFE03, 0xFFFF)), choices.of(numbers)) for _ in range(choices.below(5)))
        payload = b"".join(name.to_bytes(2) + value.to_bytes(4) for name, value in pairs)
        self.out += frame(Kind.SETTINGS, choices.of((0, 0, 0, ACK)), choices.of((0, 0, 0, 1)), payload + choices.text(2))

    def _call(self) -> None:
        choices = self._choices
        signal, body = a_body(choices)
        stream = self._stream
        self._stream += 2
        headers: list[Header] = [
            (b":method", b"POST"),
            (b":scheme", b"http"),
            (b":path", PATHS[signal]),
            (b":authority", b"localhost"),
            (b"te", b"trailers"),
            (b"content-type", b"application/grpc"),
        ]
        messages = self._messages(body, headers)
        if choices.one_in(4):
            self._hostile(headers)
        if choices.one_in(60):
            self.clean = False
            headers[:] = [(name, b"/\xff\xfe" + choices.text(9) if name == b":path" else value) for name, value in headers]
        self._open(stream, headers, ended=choices.one_in(40))
        self._data(stream, messages)

    def _messages(self, body: bytes, headers: list[Header]) -> bytes:
        choices = self._choices
        kind = choices.below(24)
        if kind in {13, 14, 15}:
            return self._packed(body, headers)
        made = _MESSAGES.get(kind)
        return _prefixed(body) if made is None else made(choices, body)

    def _packed(self, body: bytes, headers: list[Header]) -> bytes:
        choices = self._choices
        encoding = choices.of((b"gzip", b"gzip", b"gzip", b"deflate", b"identity", b"snappy", b"GZIP"))
        headers.append((b"grpc-encoding", encoding))
        packed = gzip.compress(body, 1, mtime=0) if encoding != b"deflate" else zlib.compress(body, 1)
        match choices.below(6):
            case 5:
                packed = _BOMB
            case 4:
                packed = damaged(choices, packed)
            case 3:
                packed += choices.text(9)
        return _prefixed(packed, flag=1)

    def _hostile(self, headers: list[Header]) -> None:
        choices = self._choices
        self.clean = False
        for _ in range(1 + choices.below(3)):
            name = choices.of(_NAMES) if not choices.one_in(6) else choices.text(20)
            value = choices.of(_VALUES) if not choices.one_in(6) else choices.text(60)
            match choices.below(5):
                case 4 if headers:
                    del headers[choices.below(len(headers))]
                case 3 if headers:
                    headers.append(headers.pop(choices.below(len(headers))))
                case 2 if headers:
                    headers.insert(choices.below(len(headers) + 1), choices.of(headers))
                case 1 if headers:
                    place = choices.below(len(headers))
                    headers[place] = (headers[place][0], value)
                case _:
                    headers.extend([(name, value)] * min(choices.of((1, 1, 1, 2, 50, 200)), 1 + 40_000 // (1 + len(value))))

    def _open(self, stream: int, headers: list[Header], *, ended: bool) -> None:
        choices = self._choices
        block = self._hpack.encode(headers, huffman=choices.below(2) == 1)
        if choices.one_in(12):
            self.clean = False
            block = damaged(choices, block)
        flags = END_STREAM if ended else 0
        pieces = [block[begin : begin + LONGEST] for begin in range(0, len(block), LONGEST)] or [b""]
        if choices.one_in(8):
            size = 1 + choices.below(40)
            pieces = [block[begin : begin + size] for begin in range(0, len(block), size)] or [b""]
        self.out += frame(Kind.HEADERS, flags | END_HEADERS * (len(pieces) == 1), stream, pieces[0])
        for number, piece in enumerate(pieces[1:], 2):
            self.out += frame(Kind.CONTINUATION, END_HEADERS * (number == len(pieces)), stream, piece)
        if choices.one_in(25):
            self.clean = False
            last = choices.of((0, 1, 300, 2000))
            self.out += frame(Kind.HEADERS, 0, stream + 2, block[:20])
            self.out += frame(Kind.CONTINUATION, 0, stream + 2, block[20:40]) * last
        if ended:
            self.clean = False  # what comes after the end of a stream

    def _data(self, stream: int, data: bytes) -> None:
        choices = self._choices
        self._window -= len(data)
        if self._window < 0:
            self.clean = False
        size = LONGEST if not choices.one_in(4) else 1 + choices.below(200)
        pieces = [data[begin : begin + size] for begin in range(0, len(data), size)] or [b""]
        if len(pieces) > 500:
            pieces = [data]
            self.clean = False
        end = choices.below(24)
        for number, piece in enumerate(pieces, 1):
            flags = END_STREAM * (number == len(pieces) and end < 17)
            if choices.one_in(30):
                self.clean = False
                self.out += frame(
                    choices.of((Kind.DATA, choices.below(256))),
                    choices.of((flags, choices.below(256))),
                    choices.of((stream, 0, stream + 1, stream + 2, (1 << 32) - 1, 1 << 31)),
                    piece,
                    choices.of((len(piece), choices.below(LONGEST), (1 << 24) - 1)),
                )
            elif choices.one_in(12):
                self.clean = False  # HTTP/2 allows padding, gRPC's library does not take it
                padding = choices.below(256)
                self.out += frame(Kind.DATA, flags | PADDED, stream, bytes((padding,)) + piece + bytes(padding))
            else:
                self.out += frame(Kind.DATA, flags, stream, piece)
        self._end(stream, end)

    def _end(self, stream: int, end: int) -> None:
        """End a stream that its last data has not ended, or leave it open."""
        choices = self._choices
        match end:
            case 17 | 18:
                self.out += frame(Kind.DATA, END_STREAM, stream)
            case 19:
                self.clean = False
                trailers = self._hpack.encode([(choices.of(_NAMES), choices.of(_VALUES))])
                self.out += frame(Kind.HEADERS, END_STREAM | END_HEADERS, stream, trailers[:LONGEST])
            case 20:
                self.clean = False
                self.out += frame(Kind.RST_STREAM, 0, stream, choices.below(1 << 30).to_bytes(4))
            case 21:
                self.clean = False
                self.out += frame(Kind.DATA, END_STREAM, stream) + frame(Kind.DATA, END_STREAM, stream, b"after the end")

    def _noise(self) -> None:
        choices = self._choices
        kind = choices.below(len(_NOISE) + 1)
        if kind == len(_NOISE):
            self._rapid_reset(choices.of((1, 2, 100, 300)))
        else:
            stream = choices.of((0, self._stream, self._stream + 2, self._stream + 1, 1, 2, (1 << 31) - 1))
            self.out += _NOISE[kind](choices, stream)
        self.clean &= kind < _HARMLESS

    def _rapid_reset(self, many: int) -> None:
        headers = [
            (b":method", b"POST"),
            (b":scheme", b"http"),
            (b":path", PATHS[Signal.TRACES]),
            (b":authority", b"a"),
            (b"te", b"trailers"),
        ]
        for _ in range(many):
            block = self._hpack.encode([*headers, (b"content-type", b"application/grpc")])
            self.out += frame(Kind.HEADERS, END_HEADERS, self._stream, block) + frame(Kind.RST_STREAM, 0, self._stream, bytes((0, 0, 0, 8)))
            self._stream += 2


def a_call_of(path: bytes, body: bytes = b"") -> bytes:
    """Write a whole connection of one good call."""
    headers = [(b":method", b"POST"), (b":scheme", b"http"), (b":path", path), (b":authority", b"localhost"), (b"te", b"trailers")]
    block = hpack.Encoder().encode([*headers, (b"content-type", b"application/grpc")])
    return PREFACE + frame(Kind.SETTINGS) + frame(Kind.HEADERS, END_HEADERS, 1, block) + frame(Kind.DATA, END_STREAM, 1, _prefixed(body))


def _prefixed(body: bytes, *, flag: int = 0, length: int | None = None) -> bytes:
    return bytes((flag,)) + (len(body) if length is None else length).to_bytes(4) + body


def a_conversation(choices: Choices) -> Conversation:
    """Draw a conversation."""
    return _Writer(choices).conversation()


@dataclass
class Call:
    """A call over a channel of gRPC's own."""

    method: str
    messages: list[bytes]
    metadata: tuple[tuple[str, str | bytes], ...]
    timeout: float
    packed: bool
    kind: str = "gRPC, calls"

    def __str__(self) -> str:
        """Say what was sent."""
        return f"{self.kind}, {self.method!r} {self.metadata} {self.timeout:g} s, messages {[one[:4000].hex() for one in self.messages]}"


def a_call(choices: Choices) -> Call:
    """Draw a call."""
    signal, body = a_body(choices)
    method = PATHS[signal].decode()
    if choices.one_in(6):
        method = choices.of(
            ("", "/", "//", "/x", method + "/", method.lower(), method[1:], "/%2e", "/x/\u00e9", method.replace("Export", ""))
        )
    metadata: list[tuple[str, str | bytes]] = []
    for _ in range(choices.below(4) if choices.one_in(3) else 0):
        name, value = choices.of(_NAMES), choices.of(_VALUES)
        text = name.decode("latin-1")
        metadata.append((text, value if text.endswith("-bin") else value.decode("latin-1")))
    messages = [body] * choices.of((1,) * 12 + (0, 2, 3))
    return Call(method, messages, tuple(metadata), choices.of((10.0,) * 9 + (0.0001, 0.002)), choices.one_in(5))
