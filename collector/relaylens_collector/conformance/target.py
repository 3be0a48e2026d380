"""The server under test: what can be sent to it, and what it says."""

import contextlib
import gzip
import http.client
import json
import socket
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from google.rpc import status_pb2  # type: ignore[import-untyped]
from grpc import Channel, Compression, RpcError, StatusCode, insecure_channel
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from relaylens_collector.conformance.answers import JSON, PROTOBUF, Connection, Reply
from relaylens_collector.conformance.items import FailedError, NeedsError
from relaylens_collector.conformance.reading import spans_of_json
from relaylens_collector.conformance.samples import Trace

TRACES: Final = "/v1/traces"
EXPORT_TRACES: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
EXPORT_METRICS: Final = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
EXPORT_LOGS: Final = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
TRACE_URL: Final = "--trace-url, to see what was stored"


@dataclass(frozen=True)
class Called:
    """An answer over gRPC."""

    code: StatusCode
    message: str
    body: bytes
    trailers: Mapping[str, Any]

    def details(self) -> Any:  # noqa: ANN401 - an untyped message
        """The google.rpc.Status of the trailers, empty where there is none."""
        status = status_pb2.Status()
        with contextlib.suppress(DecodeError):
            status.ParseFromString(self.trailers.get("grpc-status-details-bin", b""))
        return status

    def names_of_details(self) -> list[str]:
        """Which details the status has, such as RetryInfo."""
        return [detail.type_url.rpartition(".")[2] for detail in self.details().details]


@dataclass
class Target:
    """A server, by its addresses."""

    http: str
    grpc: str
    token: str | None = None
    trace_url: str | None = None
    """Answers a trace as OTLP JSON; `{trace_id}` stands for the id, `{http}` for the address."""
    max_body: int = 64 << 20
    pid: int | None = None
    options: Any = None
    """How to start servers of one's own, see serving.py."""
    clients: Mapping[str, str] = field(default_factory=dict)
    """Programs that send a span by an exporter, by name."""
    patience: float = 20.0
    """Seconds until what was acknowledged can be read, or an answer comes that ought to come at once."""
    idle: float = 61.0
    """Seconds for which a connection has to stay open with nothing on it: senders send once a minute."""
    extra: dict[str, str] = field(default_factory=dict)
    """Headers of every request."""

    def _place(self) -> tuple[str, int]:
        parts = urlsplit(self.http)
        return parts.hostname or "127.0.0.1", parts.port or 80

    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return self.extra | ({} if self.token is None else {"authorization": f"Bearer {self.token}"})

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None, timeout: float = 30.0
    ) -> Reply:
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection(*self._place(), timeout=timeout)
        try:
            connection.connect()
            # A server may refuse, and close, before it has read a body that it does not want.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body, self.headers() | dict(headers or {}))
            return Reply.of(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            message = f"{method} {path}: no answer ({type(error).__name__}: {error})"
            raise FailedError(message) from error
        finally:
            connection.close()

    def post(self, body: bytes, kind: str = PROTOBUF, path: str = TRACES, *, packed: bool = False, encoding: str | None = None) -> Reply:
        """Send an export; it is packed here, or is said to be in an encoding."""
        if packed:
            body, encoding = gzip.compress(body, 1), "gzip"
        return self.send("POST", path, body, {"content-type": kind} | ({} if encoding is None else {"content-encoding": encoding}))

    @contextlib.contextmanager
    def connection(self, timeout: float = 30.0) -> Iterator[Connection]:
        """A bare connection to the HTTP port."""
        try:
            opened = socket.create_connection(self._place(), timeout=timeout)
        except OSError as error:
            message = f"no connection to {self.http} ({type(error).__name__}: {error})"
            raise FailedError(message) from error
        with contextlib.closing(Connection(opened)) as connection:
            yield connection

    def head(self, length: int | None, *lines: str, path: str = TRACES, kind: str = PROTOBUF) -> bytes:
        """The head of a POST, to be written by hand."""
        host, port = self._place()
        head = [f"POST {path} HTTP/1.1", f"Host: {host}:{port}", f"Content-Type: {kind}"]
        head += [f"{name}: {value}" for name, value in self.headers().items()]
        if length is not None:
            head.append(f"Content-Length: {length}")
        return ("\r\n".join([*head, *lines]) + "\r\n\r\n").encode()

    def channel(self) -> Channel:
        """A gRPC connection."""
        return insecure_channel(self.grpc, options=[("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)])

    def call(
        self, body: bytes, method: str = EXPORT_TRACES, *, timeout: float = 30.0, packed: bool = False, channel: Channel | None = None
    ) -> Called:
        """Make one unary call with these bytes."""
        opened = self.channel() if channel is None else channel
        try:
            unary = opened.unary_unary(method, request_serializer=None, response_deserializer=None)
            compression = Compression.Gzip if packed else None
            try:
                answer, call = unary.with_call(body, timeout=timeout, metadata=tuple(self.headers().items()), compression=compression)
            except RpcError as error:
                return Called(error.code(), error.details() or "", b"", _pairs(error.trailing_metadata()))
            return Called(StatusCode.OK, "", answer, _pairs(call.trailing_metadata()))
        finally:
            if channel is None:
                opened.close()

    def stored(self, trace: Trace, count: int = 1, seconds: float | None = None) -> list[Span]:
        """The spans that the server holds of a trace, once there are as many as expected; fails when they do not come."""
        seconds = self.patience if seconds is None else seconds
        deadline = time.monotonic() + seconds
        spans: list[Span] = []
        while time.monotonic() < deadline:
            spans = self.stored_now(trace)
            if len(spans) >= count:
                return spans
            time.sleep(0.1)
        message = f"{len(spans)} of {count} spans can be read {seconds:g} s after they were acknowledged"
        raise FailedError(message)

    def kept(self, trace: Trace, count: int = 1) -> None:
        """Fail unless what was acknowledged is stored too, where that can be seen."""
        if self.trace_url is not None:
            self.stored(trace, count)

    def stored_now(self, trace: Trace) -> list[Span]:
        """The spans that the server holds of a trace at this moment."""
        return [span for _, _, span in self.whole(trace)]

    def whole(self, trace: Trace) -> list[tuple[Any, Any, Span]]:
        """The same with each span's resource part and scope part."""
        if self.trace_url is None:
            raise NeedsError(TRACE_URL)
        parts = urlsplit(self.trace_url.format(trace_id=trace.hex, http=self.http))
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        reply = self.send("GET", path, headers={"accept": JSON})
        if reply.status == http.HTTPStatus.NOT_FOUND:
            return []
        if reply.status != http.HTTPStatus.OK:
            message = f"{path} answers {reply.status}"
            raise FailedError(message)
        return list(spans_of_json(json.loads(reply.body)))


def _pairs(metadata: Iterable[Any] | None) -> dict[str, Any]:
    """Metadata by name."""
    return dict(metadata or ())
