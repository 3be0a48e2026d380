"""One HTTP request and its answer, as the routes see them."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

import grpc
from google.protobuf import json_format
from google.protobuf.message import Message

from relaylens_collector.access import Grant
from relaylens_collector.receive.gzip_body import unpack
from relaylens_collector.receive.refusals import Reason, Refusal, too_large

PROTOBUF: Final = "application/x-protobuf"
JSON: Final = "application/json"

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

_UNSUPPORTED_MEDIA_TYPE: Final = 415
_LONGEST_NUMBER: Final = 30
_FIRST_SECONDS: Final = 5.0
"""How long a body has before its rate counts."""
_AFTER_SLOW: Final = 10.0


class ClientGoneError(Exception):
    """The client hung up; there is nobody to answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Memory:
    """The bytes of bodies that are being read or taken in, all requests of both transports together; used from any thread."""

    def __init__(self, limit: int) -> None:
        """Allow so many."""
        self._limit = limit
        self._used = 0
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        """Count bytes in; raises a refusal when there is no room."""
        with self._lock:
            if self._used + size > self._limit:
                message = "The collector is reading as many requests as it can hold; send the request again later."
                raise Refusal(grpc.StatusCode.UNAVAILABLE, message, retry_after=1.0)
            self._used += size

    def give_back(self, size: int) -> None:
        """Count bytes out."""
        with self._lock:
            self._used -= size


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """What a body may take."""

    size: int
    seconds: float
    bytes_a_second: int = 1024
    """The slowest that a body may come, after a first while."""


class Exchange:
    """A request; its body is read only when a route asks for it."""

    grant: Grant
    """What the sender may do; set when the request has passed the gate, and no route sees one that has not."""

    def __init__(self, scope: Mapping[str, Any], receive: Receive, limits: BodyLimits, memory: Memory) -> None:
        """Hold what the server gave."""
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers = _headers(scope["headers"])
        self._receive = receive
        self._limits = limits
        self._memory = memory
        self._held = 0
        self.reading: asyncio.Task[Any] | None = None
        """Set while the body is being read, so that a stop can end it."""

    @property
    def content_type(self) -> str:
        """The media type alone, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def max_body(self) -> int:
        """How long a body may be, packed and unpacked."""
        return self._limits.size

    async def body(self) -> bytes:
        """Read the body, as packed as it was sent."""
        announced = self._announced()
        if announced is not None and announced > self._limits.size:
            what = "The body"
            raise too_large(what, self._limits.size)
        try:
            self.reading = asyncio.current_task()
            async with asyncio.timeout(min(_FIRST_SECONDS, self._limits.seconds)) as patience:
                body = await self._all_parts(patience)
        except TimeoutError as error:
            message = f"The body came too slowly: {self._held} bytes so far. Send it again, or smaller batches."
            # Another way may be better then, and what is given up here may be all that the sender has of it.
            raise Refusal(grpc.StatusCode.UNAVAILABLE, message, retry_after=_AFTER_SLOW, headers=(("connection", "close"),)) from error
        finally:
            self.reading = None
        if announced is not None and announced != len(body):
            raise ClientGoneError
        return body

    def _announced(self) -> int | None:
        """Return the length that the headers name; digits are more than those that numbers are written with."""
        length = self.headers.get("content-length", "")
        return int(length[:_LONGEST_NUMBER]) if length.isascii() and length.isdigit() else None

    async def _all_parts(self, patience: asyncio.Timeout) -> bytes:
        parts: list[bytes] = []
        began = asyncio.get_running_loop().time()
        while True:
            message = await self._receive()
            if message["type"] != "http.request":
                raise ClientGoneError
            part: bytes = message.get("body", b"")
            if part:
                self._memory.take(len(part))
                self._held += len(part)
                if self._held > self._limits.size:
                    what = "The body"
                    raise too_large(what, self._limits.size)
                parts.append(part)
                earned = _FIRST_SECONDS + self._held / self._limits.bytes_a_second
                patience.reschedule(began + min(earned, self._limits.seconds))
            if not message.get("more_body", False):
                return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Give back the memory."""
        self._memory.give_back(self._held)
        self._held = 0

    def unpacked(self, body: bytes) -> bytes:
        """Undo the content encoding: gzip or none."""
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        if encoding in {"", "identity", "none"}:
            return body
        if encoding in {"gzip", "x-gzip"}:
            return unpack(body, self._limits.size)
        message = f"The content encoding {encoding[:50]!r} is not understood; send gzip or none."
        raise Refusal(
            grpc.StatusCode.INVALID_ARGUMENT,
            message,
            http_status=_UNSUPPORTED_MEDIA_TYPE,
            reason=Reason.MEDIA_TYPE,
            headers=(("accept-encoding", "gzip, identity"),),
        )

    def require_content_type(self, *allowed: str) -> str:
        """Return the media type; any other is refused, which also keeps simple browser requests out."""
        if self.content_type in allowed:
            return self.content_type
        message = f"The content type {self.content_type[:50]!r} is not understood; send {' or '.join(allowed)}."
        raise Refusal(grpc.StatusCode.INVALID_ARGUMENT, message, http_status=_UNSUPPORTED_MEDIA_TYPE, reason=Reason.MEDIA_TYPE)

    def answer(self, message: Message, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
        """Return a protobuf message in the encoding of the request, JSON when that has none of the two."""
        if self.content_type == PROTOBUF:
            return Answer(status, PROTOBUF, message.SerializeToString(), headers)
        return Answer(status, JSON, json_format.MessageToJson(message, indent=None).encode(), headers)

    def refuse(self, refusal: Refusal) -> Answer:
        """Return the google.rpc.Status of a refusal, in the encoding of the request."""
        headers = refusal.headers
        if refusal.retry_after is not None:
            headers = (*headers, ("retry-after", str(max(1, round(refusal.retry_after)))))
        return self.answer(refusal.status(), refusal.http, headers)


def _headers(pairs: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Join repeated headers; a name in lower case."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers
