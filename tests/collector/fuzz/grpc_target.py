"""The collector's real gRPC port, and what has to hold for everything that is sent to it."""

import itertools
import logging
import time
from collections.abc import Callable
from typing import Any, Final

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.collector.fuzz.frames import PATHS, Call, Conversation, Sent, calls_in
from tests.collector.fuzz.peer import Peer, Talk

from relaylens_collector.receive.otlp_grpc import METHODS
from relaylens_collector.signals import Signal

HANG_SECONDS: Final = 1.0
_LONGEST: Final = 10.0
_FINAL: Final = frozenset({3, 5, 7, 8, 12, 16})
"""INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, UNAUTHENTICATED: nobody sends such a request again."""
_OWN_DEADLINE: Final = frozenset({1, 4})
"""CANCELLED, DEADLINE_EXCEEDED: when the client said itself that it would not wait."""
_AGAIN: Final = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED})
_BACKOFF: Final = ("grpc.initial_reconnect_backoff_ms", "grpc.min_reconnect_backoff_ms", "grpc.max_reconnect_backoff_ms")
_INTERNAL: Final = 13
_BROKEN_OFF: Final = frozenset({1, 14})
"""CANCELLED, UNAVAILABLE: what gRPC's library says while it ends a connection."""
_DETAILS: Final = "grpc-status-details-bin"

Accept = Callable[[object, Signal, bytes, bytes], None]
Perhaps = Callable[[Signal, bytes], None]
Refused = Callable[[object, Signal, bytes, str], None]


class BrokenPromiseError(AssertionError):
    """The collector did what it never may."""


def hold(promise: bool, one: object, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise unless the promise is kept."""
    if not promise:
        message = f"{one}: {what}"
        raise BrokenPromiseError(message)


class _Errors(logging.Handler):
    """Keeps what is logged as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(f"{record.name}: {record.getMessage()} {record.exc_info and record.exc_info[1]!r}")


class GrpcTarget:
    """Sends to the port."""

    def __init__(self, port: int, accept: Accept, perhaps: Perhaps, refused: Refused) -> None:
        """Tell these what was answered: OK to a request, nothing that was seen, or a refusal."""
        self._port = port
        self._accept, self._perhaps, self._refused = accept, perhaps, refused
        options = [("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1), *((name, 100) for name in _BACKOFF)]
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
        self._other = grpc.insecure_channel(f"127.0.0.1:{port}", options=options)
        self._numbers = itertools.count(1)
        self._errors = _Errors()
        logging.getLogger().addHandler(self._errors)

    def close(self) -> None:
        """Hang up."""
        logging.getLogger().removeHandler(self._errors)
        self._channel.close()
        self._other.close()

    def throw(self, one: Conversation | Call) -> tuple[str, float]:
        """Send one, look at what came back, send a good request on another connection; return what it came to, and the seconds."""
        calls, whole = calls_in(one.sent) if isinstance(one, Conversation) else ({}, True)  # our own reading takes time, too
        began = time.monotonic()
        outcome = self._talk(one, calls, whole=whole) if isinstance(one, Conversation) else self._call(one)
        self._send_a_good_one(one)
        seconds = time.monotonic() - began
        said = "; ".join(self._errors.said)
        self._errors.said.clear()
        hold(not said, one, f"is logged as an error: {said[:1000]}")
        return outcome, seconds

    def _talk(self, one: Conversation, calls: dict[int, Sent], *, whole: bool) -> str:
        talk = Peer(self._port).talk(one, calls, _LONGEST, whole=whole)
        hold(not talk.hung, one, "neither answers nor hangs up")
        hold(not (one.clean and (talk.unanswered or talk.closed) and not one.hangs_up), one, f"has no answer for {talk.unanswered}")
        said = {self._look_at(one, talk, stream) for stream in {*talk.calls, *talk.answers}}
        return ", ".join(sorted(said)) or "no call"

    def _look_at(self, one: Conversation, talk: Talk, stream: int) -> str:
        call, answer = talk.calls.get(stream), talk.answers.get(stream)
        sent = None if call is None else call.message()
        status = None if answer is None else answer.status
        first = None if call is None else call.first()
        if status != 0 and first is not None:
            self._perhaps(*first)
        if answer is None or status is None:
            return "no answer" if answer is None else "reset"
        if status == 0:
            if sent is None:
                hold(promise=False, one=one, what=f"is answered with OK on stream {stream}, and no whole request was sent on it")
            else:
                hold(answer.data[:5] == bytes((0, *(len(answer.data) - 5).to_bytes(4))), one, f"is answered with {answer.data!r}")
                self._accept(one, *sent, bytes(answer.data[5:]))
            return "OK"
        headers = {name.decode("latin-1"): value for name, value in answer.headers.items()}
        self._check_status(
            one, status, _DETAILS in headers, call is not None and call.has_deadline, headers.get("grpc-message", b"").decode("latin-1")
        )
        if sent is not None and one.clean:
            self._refused(one, *sent, repr(headers.get("grpc-message")))
        return f"status {status}"

    def _call(self, one: Call) -> str:
        signal = METHODS.get(one.method)
        sent = (signal, one.messages[0]) if signal is not None and len(one.messages) == 1 else None
        try:
            answer: bytes | None = self._channel.stream_unary(one.method, request_serializer=None, response_deserializer=None)(
                iter(one.messages),
                metadata=one.metadata,
                timeout=one.timeout,
                compression=grpc.Compression.Gzip if one.packed else grpc.Compression.NoCompression,
            )
        except grpc.RpcError as error:
            refusal: Any = error
            if signal is not None and one.messages:
                self._perhaps(signal, one.messages[0])
            trailers = {name for name, _ in refusal.trailing_metadata() or ()}
            status: int = refusal.code().value[0]
            self._check_status(one, status, _DETAILS in trailers, one.timeout < 1, refusal.details() or "")
            if sent is not None and not one.metadata and one.timeout >= 1:
                self._refused(one, *sent, refusal.details() or "")
            return f"status {status}"
        except (ValueError, UnicodeError, TypeError):
            return "not sent"  # the library itself has something against it
        if answer is None:  # the client's own library is confused by metadata of the names that it uses itself
            if sent is not None:
                self._perhaps(*sent)
            return "no answer"
        if sent is None:
            hold(promise=False, one=one, what="is answered with OK, and is not one request of a method")
        else:
            self._accept(one, *sent, answer)
        return "OK"

    @staticmethod
    def _check_status(one: Conversation | Call, status: int, is_ours: bool, has_deadline: bool, message: str) -> None:  # noqa: FBT001 - one call
        if status == _INTERNAL or (status in _BROKEN_OFF and isinstance(one, Conversation) and not one.clean):
            hold(not is_ours, one, f"is answered with {status} by us: {message}")  # gRPC's library says so of broken frames
            return
        allowed = _FINAL | _OWN_DEADLINE if has_deadline else _FINAL
        hold(status in allowed, one, f"is answered with the status {status}: {message}")
        hold(bool(message), one, f"is refused without a word ({status})")

    def _send_a_good_one(self, after: Conversation | Call) -> None:
        request = ExportTraceServiceRequest()
        number = next(self._numbers).to_bytes(8)
        request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"goodgood" + number, span_id=number, name="good")
        body = request.SerializeToString()
        export = self._other.unary_unary(PATHS[Signal.TRACES].decode(), request_serializer=None, response_deserializer=None)
        until = time.monotonic() + _LONGEST
        while True:
            try:
                answer = export(body, timeout=_LONGEST)
            except grpc.RpcError as error:
                refusal: Any = error
                # A path that is no text ends the server of gRPC's library; exporters try again, and it has to be back.
                hold(
                    refusal.code() in _AGAIN and time.monotonic() < until, after, f"and a good request right after is answered with {error}"
                )
                time.sleep(0.02)
            else:
                self._accept(after, Signal.TRACES, body, answer)
                return
