"""The other end of the gRPC port: sends what was drawn over a real socket, and reads the answers frame by frame."""

import contextlib
import select
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import Final

import hpack
from tests.collector.fuzz.frames import ACK, END_HEADERS, END_STREAM, PADDED, Conversation, Kind, Sent, frame

_MARK: Final = b"no more."
"""In the PING after everything else: its answer says that all before it was read."""
_SETTLED_SECONDS: Final = 0.1
"""How long calls of a broken conversation may still be answered; nobody promises that."""
_HEAD: Final = 9


@dataclass
class Answered:
    """What came back on one stream."""

    headers: dict[bytes, bytes] = field(default_factory=dict)
    data: bytearray = field(default_factory=bytearray)
    ended: bool = False

    @property
    def status(self) -> int | None:
        """The gRPC status; none where the stream was reset or nothing was said."""
        text = self.headers.get(b"grpc-status")
        return None if text is None else int(text)


@dataclass
class Talk:
    """What came of a conversation."""

    calls: dict[int, Sent]
    answers: dict[int, Answered]
    closed: bool
    """The server ended the connection."""
    hung: bool
    """It neither answered a PING nor ended it."""
    unanswered: list[int]
    """Calls that were ended and got no answer."""


def connected(port: int, seconds: float = 5.0) -> socket.socket:
    """Connect, as exporters do: again where the server is just being started again."""
    until = time.monotonic() + seconds
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=seconds)
        except ConnectionError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


class Peer:
    """One connection."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self._socket = connected(port)
        self._socket.setblocking(False)  # noqa: FBT003 - as it is named
        self._received = bytearray()
        self._hpack = hpack.Decoder(max_header_list_size=1 << 24)
        self._hpack.max_allowed_table_size = 1 << 32
        self._block = b""
        self.answers: dict[int, Answered] = {}
        self.marked = self.closed = False

    def talk(self, one: Conversation, calls: dict[int, Sent], seconds: float, *, whole: bool) -> Talk:
        """Send everything and read what is answered, no longer than that."""
        due = [stream for stream, call in calls.items() if call.ended]
        try:
            self._exchange(one, whole, due, time.monotonic() + seconds)
        finally:
            if one.hangs_up:
                with contextlib.suppress(OSError):
                    self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._socket.close()
        hung = not (self.closed or self.marked or one.hangs_up)
        return Talk(calls, self.answers, self.closed, hung, [] if one.hangs_up else self._open_ones(due))

    def _exchange(self, one: Conversation, whole: bool, due: list[int], until: float) -> None:  # noqa: FBT001 - one call
        waiting = memoryview(one.sent + (frame(Kind.SETTINGS, ACK) + frame(Kind.PING, 0, 0, _MARK) if whole else b""))
        settled = until
        while not self.closed and (now := time.monotonic()) < min(until, settled):
            readable, writable, _ = select.select([self._socket], [self._socket] if waiting else [], [], min(until, settled) - now)
            try:
                if writable:
                    waiting = waiting[self._socket.send(waiting[: 1 << 16]) :]
                    if not waiting and one.hangs_up:
                        return
                    if not waiting and not whole:
                        self._socket.shutdown(socket.SHUT_WR)
                if readable:
                    self._take(self._socket.recv(1 << 16))
            except OSError:  # reset, or gone before it was shut
                self.closed = True
            if self.marked and not waiting:
                if not self._open_ones(due):
                    return
                if not one.clean and settled == until:
                    settled = time.monotonic() + _SETTLED_SECONDS

    def _open_ones(self, due: list[int]) -> list[int]:
        return [stream for stream in due if stream not in self.answers or not self.answers[stream].ended]

    def _take(self, received: bytes) -> None:
        self.closed = not received
        self._received += received
        place = 0
        while len(self._received) >= place + _HEAD:
            size = int.from_bytes(self._received[place : place + 3])
            if len(self._received) < place + _HEAD + size:
                break
            kind, flags = self._received[place + 3], self._received[place + 4]
            stream = int.from_bytes(self._received[place + 5 : place + _HEAD])
            self._frame(kind, flags, stream, bytes(self._received[place + _HEAD : place + _HEAD + size]))
            place += _HEAD + size
        del self._received[:place]

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == Kind.PING:
            self.marked |= bool(flags & ACK) and payload == _MARK
        elif kind == Kind.RST_STREAM:
            self.answers.setdefault(stream, Answered()).ended = True
        elif kind in {Kind.DATA, Kind.HEADERS, Kind.CONTINUATION}:
            if kind != Kind.CONTINUATION and flags & PADDED:
                payload = payload[1 : len(payload) - payload[0]]
            answer = self.answers.setdefault(stream, Answered())
            if kind == Kind.DATA:
                answer.data += payload
            else:
                self._block += payload
                if flags & END_HEADERS:
                    for name, value in self._hpack.decode(self._block, raw=True):
                        answer.headers[name] = value
                    self._block = b""
            if kind != Kind.CONTINUATION:
                answer.ended |= bool(flags & END_STREAM)
