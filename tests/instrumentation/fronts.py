"""A door before a collector that can be shut, slow, broken or deaf: what a network does, over real sockets."""

import contextlib
import http.client
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


class _Quiet(ThreadingHTTPServer):
    """A client that goes away is no error here."""

    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


class Front:
    """Passes OTLP requests on to `collector`, or does with them what its mode says."""

    def __init__(self, collector: str | None) -> None:
        """Take a port; nobody listens on it until `open`."""
        self.mode = "open"
        self.collector = None if collector is None else urlsplit(collector).netloc
        self.chance = random.Random(0)  # noqa: S311 - seeded chance, not cryptography
        self.retry_after = "0"
        self.rejects = 0
        """Spans of each request that are refused in partial success, when it is this front that answers."""
        self.accounts: list[dict[str, str]] = []
        """What was said in accounts, in the order of arrival."""
        self.order: list[str] = []
        """Paths of the requests that were taken, in the order of arrival."""
        self.seen: Counter[str] = Counter()
        """Requests that came, by path."""
        self.answers: list[int] = []
        """What was answered, in order."""
        self.spans: list[str] = []
        """Names of the spans that came, in the order of arrival."""
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", 0))
            self.port: int = taken.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._server: _Quiet | None = None
        self._thread: threading.Thread | None = None

    def open(self, mode: str = "open") -> None:
        """Listen, and answer as the mode says."""
        self.mode = mode
        if self._server is None:
            front = self

            class Handler(BaseHTTPRequestHandler):
                def do_POST(self) -> None:
                    front.handle(self)

                def log_message(self, *_: object) -> None:
                    pass

            self._server = _Quiet(("127.0.0.1", self.port), Handler)
            self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
            self._thread.start()

    def shut(self) -> None:
        """Listen no more: connections are refused."""
        server, self._server = self._server, None
        if server is not None and self._thread is not None:
            server.shutdown()
            self._thread.join()
            server.server_close()

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """Do with a request what the mode says."""
        body = request.rfile.read(int(request.headers["Content-Length"]))
        self.seen[request.path] += 1
        mode = self.chance.choice(["open", "503", "deaf", "cut"]) if self.mode == "flaky" else self.mode
        if mode == "cut":
            request.close_connection = True
            with contextlib.suppress(OSError):
                request.connection.shutdown(socket.SHUT_RDWR)
            return
        if mode == "slow":
            time.sleep(30)
        if mode.isdigit():
            self._answer(request, int(mode), b"", {"Retry-After": self.retry_after} if mode in {"429", "503"} else {})
            return
        self.order.append(request.path)
        if request.path == "/v1/traces":
            self._note(body)
        else:
            self._note_account(body)
        status, answer = self._pass_on(request, body)
        if mode == "deaf":
            # It arrived, and nobody will know.
            request.close_connection = True
            with contextlib.suppress(OSError):
                request.connection.shutdown(socket.SHUT_RDWR)
            return
        self._answer(request, status, answer, {})

    def _note(self, body: bytes) -> None:
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.spans += [span.name for span in scope.spans]

    def _note_account(self, body: bytes) -> None:
        for resource in ExportLogsServiceRequest.FromString(body).resource_logs:
            for scope in resource.scope_logs:
                for record in scope.log_records:
                    said = {pair.key.removeprefix("relaylens.account."): pair.value for pair in record.attributes}
                    self.accounts.append({key: value.string_value or str(value.int_value) for key, value in said.items()})

    def _pass_on(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes]:
        if self.collector is None:
            partial = ExportTracePartialSuccess(rejected_spans=self.rejects if request.path == "/v1/traces" else 0)
            return 200, ExportTraceServiceResponse(partial_success=partial).SerializeToString()
        connection = http.client.HTTPConnection(self.collector, timeout=30)
        try:
            connection.request("POST", request.path, body, {"Content-Type": request.headers["Content-Type"]})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _answer(self, request: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.answers.append(status)
        with contextlib.suppress(OSError):
            request.send_response(status)
            for name, value in headers.items():
                request.send_header(name, value)
            request.send_header("Content-Type", "application/x-protobuf")
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)


@contextmanager
def front(collector: str | None = None, mode: str | None = "open") -> Iterator[Front]:
    """A front; with no mode nobody listens yet. Without a collector it takes everything itself."""
    made = Front(collector)
    if mode is not None:
        made.open(mode)
    try:
        yield made
    finally:
        made.shut()
