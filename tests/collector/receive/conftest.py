"""A collector on free ports, and ways to talk to it as raw as a test needs."""

import http.client
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings

PROTOBUF = "application/x-protobuf"


@dataclass
class Reply:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type."""
        return self.headers["content-type"]

    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body as JSON."""
        return json.loads(self.body)

    def rpc_status(self) -> Status:
        """The body as google.rpc.Status in protobuf."""
        return Status.FromString(self.body)


class Client:
    """Talks HTTP to a collector."""

    def __init__(self, collector: Collector) -> None:
        """Remember where it is."""
        self.collector = collector

    def send(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
        """Send one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.collector.http_port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            response = connection.getresponse()
            return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        finally:
            connection.close()

    def post(self, body: bytes, content_type: str = PROTOBUF, path: str = "/v1/traces", **headers: str) -> Reply:
        """Post to an OTLP path; header names are written with _ for -."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", path, body, {"content-type": content_type, **named})

    def post_json(self, document: object, path: str = "/v1/traces", **headers: str) -> Reply:
        """Post JSON, given as text or as what becomes text."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.post(body, "application/json", path, **headers)

    def raw(self) -> socket.socket:
        """Open a bare connection."""
        return socket.create_connection(("127.0.0.1", self.collector.http_port), timeout=30)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What is stored, after everything is applied."""
        self.collector.ingest.flush(30)
        with self.collector.ingest.reading() as cursor:
            return cursor.execute(sql).fetchall()


Start = Callable[..., Client]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a starter of collectors with settings, all stopped at the end."""
    started: list[Collector] = []

    def run(**settings: Any) -> Client:  # noqa: ANN401 - whatever Settings takes
        collector = Collector(
            Settings(
                **{"store": tmp_path / f"store {len(started)}", "otlp_http_port": 0, "otlp_grpc_port": 0, "stop_seconds": 3.0, **settings}
            )
        )
        collector.start()
        started.append(collector)
        return Client(collector)

    yield run
    for collector in started:
        collector.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """One collector with default limits for all tests of a module."""
    collector = Collector(Settings(store=tmp_path_factory.mktemp("shared"), otlp_http_port=0, otlp_grpc_port=0, stop_seconds=3.0))
    collector.start()
    yield Client(collector)
    collector.stop()


MakeTraces = Callable[..., bytes]
_seeds = iter(range(1, 1 << 30))


@pytest.fixture
def make_traces() -> MakeTraces:
    """Return a builder of trace requests that are new each time; `named` is the name of every span."""

    def make(count: int = 3, *, bad_ids: int = 0, named: str = "span", text: str = "") -> bytes:
        seed = next(_seeds)
        request = ExportTraceServiceRequest()
        spans = request.resource_spans.add().scope_spans.add().spans
        for number in range(1, count + bad_ids + 1):
            span = spans.add(name=named, trace_id=seed.to_bytes(16), start_time_unix_nano=number)
            span.span_id = number.to_bytes(8) if number <= count else bytes(8)
            if text:
                held = span.attributes.add()
                held.key, held.value.string_value = "text", text
        return request.SerializeToString()

    return make
