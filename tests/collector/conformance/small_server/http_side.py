"""OTLP over HTTP, and reading back, of the small server."""

import contextlib
import gzip
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from google.protobuf import json_format
from google.rpc import error_details_pb2  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from tests.collector.conformance.small_server.decoding import BadDataError, TooLargeError, from_json, unzipped
from tests.collector.conformance.small_server.storing import NoRoomError, Store

PROTOBUF, JSON = "application/x-protobuf", "application/json"
RESPONSES = {"traces": ExportTraceServiceResponse, "metrics": ExportMetricsServiceResponse, "logs": ExportLogsServiceResponse}


@dataclass
class Rules:
    """What both sides go by."""

    store: Store
    fault: str = "none"
    limit: int = 20 << 20
    in_flight: int = 1 << 30
    token: str | None = None
    held: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def room(self, size: int) -> Iterator[bool]:
        """Hold so many bytes while a request is taken; whether there is room for them."""
        with self.lock:
            fits = not self.held or self.held + size <= self.in_flight
            self.held += size
        try:
            yield fits
        finally:
            with self.lock:
                self.held -= size

    def response(self, signal: str, rejected: int, message: str) -> Any:  # noqa: ANN401 - a protobuf message
        """The answer to an export that is taken."""
        response = RESPONSES[signal]()
        if self.fault == "always partial":
            response.partial_success.SetInParent()
        if rejected and self.fault == "mends without a word":
            response.partial_success.SetInParent()
        elif rejected or message:
            partial = response.partial_success
            partial.error_message = "" if self.fault == "rejects without a word" else message
            if signal == "traces":
                partial.rejected_spans = rejected
        return response


class HttpServer(ThreadingHTTPServer):
    """One port."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, rules: Rules, port: int, tls: tuple[str, str] | None) -> None:
        """Listen."""
        self.rules = rules
        self.open = 0
        super().__init__(("127.0.0.1", port), _Handler)
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as in the standard library
        """Take a connection, unless there are too many."""
        if self.rules.fault == "fifty connections" and self.open >= 50:
            request.close()
            return
        self.open += 1
        super().process_request(request, client_address)

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: HttpServer

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(1.0 if self.server.rules.fault == "closes what is idle" else 90.0)

    def finish(self) -> None:
        self.server.open -= 1
        with contextlib.suppress(OSError):
            super().finish()

    def handle_expect_100(self) -> bool:
        return True if self.server.rules.fault == "never says 100" else super().handle_expect_100()

    def do_POST(self) -> None:
        rules = self.server.rules
        signal = urlsplit(self.path).path.removeprefix("/v1/")
        if not self._is_known():
            return
        if signal not in RESPONSES or (rules.fault == "no metrics over HTTP" and signal == "metrics"):
            self._refuse(500 if rules.fault == "what is not served is our error" else 404, "there is no such path")
            return
        length = int(self.headers.get("Content-Length", 0))
        if length > rules.limit and rules.fault == "reads before it refuses":
            self.rfile.read(length)
        if length > rules.limit and rules.fault != "no limit":
            self.close_connection = True
            self._refuse(413, "too large")
            return
        with rules.room(length) as fits:
            if not fits:
                self.close_connection = True
                hint = "86400" if rules.fault == "come again tomorrow" else "2"
                self._refuse(500 if rules.fault == "overload is a mistake" else 503, "no room", retry_after=hint)
                return
            self._take(signal, length)

    def _take(self, signal: str, length: int) -> None:  # noqa: C901, PLR0912 - one refusal after the other, with the faults between
        rules = self.server.rules
        try:
            body = self._body(length)
            if body is None:
                return
            kind = self._kind()
            if kind not in {PROTOBUF, JSON} and rules.fault != "any content type":
                self._refuse(415, "protobuf or JSON")
                return
            if kind == JSON and rules.fault == "no JSON":
                self._refuse(415, "protobuf")
                return
            if rules.fault == "knows no Python client" and "Python" in self.headers.get("User-Agent", ""):
                self._refuse(400, "who are you?")
                return
            encoding = self.headers.get("Content-Encoding", "identity").lower()
            if encoding == "gzip" and rules.fault != "no gzip":
                body = unzipped(body, rules.limit, rules.fault)
            elif encoding != "identity" and rules.fault != "ignores the encoding":
                self._refuse(415, "gzip or none")
                return
            if len(body) > rules.limit and rules.fault not in {"no limit", "unpacks without a limit"}:
                raise TooLargeError  # noqa: TRY301 - answered below, like what is found deeper
            if kind == JSON:
                body = from_json(signal, body, rules.fault)
            rejected, message = rules.store.submit(signal, body)
        except BadDataError as error:
            self._refuse(500 if rules.fault == "bad data is our error" else 400, str(error) or "bad data")
        except TooLargeError:
            self._refuse(413, "too large once unpacked")
        except NoRoomError as error:
            self._refuse(400 if rules.fault == "a full disk is bad data" else 503, str(error), retry_after="2")
        except (RuntimeError, RecursionError) as error:
            self._refuse(500, str(error) or "our mistake")
        else:
            self._answer(200, rules.response(signal, rejected, message))

    def _body(self, length: int) -> bytes | None:
        """Read the body; None where it does not come whole or cannot be read."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            if self.server.rules.fault == "no chunks":
                self.close_connection = True
                self._refuse(411, "how long is it?")
                return None
            body = b""
            while size := int(self.rfile.readline(20), 16):
                body += self.rfile.read(size)
                self.rfile.readline(4)
            self.rfile.readline(4)
            return body
        body = b""
        with contextlib.suppress(OSError):
            while len(body) < length and (part := self.rfile.read1(length - len(body))):
                body += part
        if len(body) < length:
            if self.server.rules.fault == "keeps part of a request":
                self.server.rules.store.salvage(body)
            self.close_connection = True
            return None
        return body

    def do_GET(self) -> None:
        rules, path = self.server.rules, urlsplit(self.path).path
        if path == "/alive":
            if rules.fault == "health is open" or self._is_known():
                self._document(200, {"alive": True})
            return
        if not self._is_known():
            return
        if path == "/ready":
            ready = not rules.store.is_broken or rules.fault == "always ready"
            self._document(200 if ready else 503, {"ready": ready})
        elif path.startswith("/traces/"):
            self._document(200, rules.store.trace(path.rpartition("/")[2]))
        elif path.startswith("/v1/"):
            self._refuse(405, "POST", allow=rules.fault != "405 without Allow")
        else:
            self._refuse(404, "there is no such path")

    def do_PUT(self) -> None:
        self.close_connection = True
        if self._is_known():
            self._refuse(405, "POST", allow=True)

    def _is_known(self) -> bool:
        rules = self.server.rules
        if rules.token is None or self.headers.get("Authorization") == f"Bearer {rules.token}":
            return True
        self.close_connection = True
        self._refuse(401, "a token is needed")
        return False

    def _kind(self) -> str:
        given = self.headers.get("Content-Type", "")
        return given if self.server.rules.fault == "content type to the letter" else given.partition(";")[0].strip().lower()

    def _refuse(self, status: int, message: str, *, retry_after: str | None = None, allow: bool = False) -> None:
        said = Status(code=3, message="" if self.server.rules.fault == "refuses without a word" else message)
        if status == 400:
            said.details.add().Pack(error_details_pb2.BadRequest())
        self._answer(status, said, retry_after=retry_after, allow=allow)

    def _answer(self, status: int, message: Any, *, retry_after: str | None = None, allow: bool = False) -> None:  # noqa: ANN401
        if self.headers.get("Content-Type", "").lower().startswith(JSON) and self.server.rules.fault != "always protobuf":
            self._write(status, JSON, json_format.MessageToJson(message, indent=None).encode(), retry_after, allow=allow)
        else:
            self._write(status, PROTOBUF, message.SerializeToString(), retry_after, allow=allow)

    def _document(self, status: int, document: dict[str, Any]) -> None:
        self._write(status, JSON, json.dumps(document).encode(), None)

    def _write(self, status: int, kind: str, body: bytes, retry_after: str | None, *, allow: bool = False) -> None:
        if self.server.rules.fault == "never answers":
            time.sleep(30)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if retry_after is not None and self.server.rules.fault != "no Retry-After":
            self.send_header("Retry-After", retry_after)
        if allow:
            self.send_header("Allow", "POST")
        if self.server.rules.fault == "always packs":
            body = gzip.compress(body)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError, socket.timeout):
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
