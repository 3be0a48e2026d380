"""One gRPC call whose message was packed before: gRPC's own client packs as it sends, which takes longer than what is measured."""

import socket
import struct
from collections.abc import Iterator
from typing import Final

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_END_STREAM: Final = 0x1
_END_HEADERS: Final = 0x4
_ACK: Final = 0x1
_LARGEST_FRAME: Final = 16_384
_FIRST_WINDOW: Final = 65_535
_STATUS: Final = b"grpc-status"


def call_packed(port: int, method: str, packed: bytes) -> int | None:
    """Send a gzip-packed message, as far as the server takes it, and return the status of gRPC, nothing where it just hung up."""
    message = b"\x01" + struct.pack(">I", len(packed)) + packed
    with socket.create_connection(("127.0.0.1", port), timeout=60) as one:
        fields = [(":method", "POST"), (":scheme", "http"), (":path", method), (":authority", "localhost"), ("te", "trailers")]
        fields += [("content-type", "application/grpc"), ("grpc-encoding", "gzip")]
        one.sendall(_PREFACE + _frame(_SETTINGS, 0, 0) + _frame(_HEADERS, _END_HEADERS, 1, b"".join(map(_literal, fields))))
        windows = {0: _FIRST_WINDOW, 1: _FIRST_WINDOW}
        for kind, flags, stream, payload in _frames(one):
            if kind == _SETTINGS and not flags & _ACK:
                for place in range(0, len(payload), 6):
                    name, value = struct.unpack_from(">HI", payload, place)
                    windows[1] += value - _FIRST_WINDOW if name == 4 else 0
                one.sendall(_frame(_SETTINGS, _ACK, 0))
            elif kind == _WINDOW:
                windows[stream] += int.from_bytes(payload)
            elif kind == _PING and not flags & _ACK:
                one.sendall(_frame(_PING, _ACK, 0, payload))
            elif kind in {_HEADERS, _RESET, _GOAWAY}:
                if _STATUS in payload:
                    # The server writes name and value as they are, each after its length.
                    value = payload[payload.index(_STATUS) + len(_STATUS) :]
                    return int(value[1 : 1 + value[0]])
                if kind != _HEADERS or flags & _END_STREAM:
                    return None
            while message and (room := min(*windows.values(), _LARGEST_FRAME)) > 0:
                part, message = message[:room], message[room:]
                windows = {name: size - len(part) for name, size in windows.items()}
                one.sendall(_frame(_DATA, 0 if message else _END_STREAM, 1, part))
    return None


def _literal(field: tuple[str, str]) -> bytes:
    """A header that is in no table, as HPACK writes it."""
    return b"\x00" + b"".join(bytes([len(text)]) + text.encode() for text in field)


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def _frames(one: socket.socket) -> Iterator[tuple[int, int, int, bytes]]:
    """Read frames until the server hangs up."""
    held = b""
    while more := one.recv(65_536):
        held += more
        while len(held) >= 9 and len(held) >= 9 + (size := int.from_bytes(held[:3])):
            yield held[3], held[4], int.from_bytes(held[5:9]) & 0x7FFFFFFF, held[9 : 9 + size]
            held = held[9 + size :]
