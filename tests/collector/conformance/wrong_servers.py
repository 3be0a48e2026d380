"""Small OTLP servers that are right but for one fault, which the suite has to find."""

import gzip
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse

PROTOBUF, JSON = "application/x-protobuf", "application/json"
LIMIT = 1 << 20


class Handler(BaseHTTPRequestHandler):
    """Traces over HTTP: as right as a test needs it, with a fault by name."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_POST(self) -> None:
        """Take an export."""
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        length = int(self.headers.get("Content-Length", 0))
        if length > LIMIT and self.server.fault != "no limit":
            self.close_connection = True
            self._refuse(413, "too large", kind)
            return
        body = self.rfile.read(length)
        if self.headers.get("Content-Encoding", "gzip") != "gzip":
            self._refuse(415, "gzip or none", kind)
            return
        if kind not in {PROTOBUF, JSON} and self.server.fault != "any content type":
            self._refuse(415, "what is this?", kind)
            return
        request = ExportTraceServiceRequest()
        try:
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            if kind == JSON:
                json_format.Parse(body, request, ignore_unknown_fields=self.server.fault != "knows all fields")
            else:
                request.ParseFromString(body)
        except (DecodeError, json_format.ParseError, gzip.BadGzipFile) as error:
            self._refuse(500 if self.server.fault == "bad data is our error" else 400, str(error), kind)
            return
        if self.server.fault == "slow":
            time.sleep(0.01)
        self.server.keep(request)
        response = ExportTraceServiceResponse()
        if self.server.fault == "always partial":
            response.partial_success.error_message = ""
        self._answer(200, response, kind)

    def do_GET(self) -> None:
        """Answer a trace."""
        found = self.server.trace(urlsplit(self.path).path.rpartition("/")[2])
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", JSON)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: int, message: str, kind: str) -> None:
        self._answer(status, Status(code=3, message="" if self.server.fault == "silent" else message), kind)

    def _answer(self, status: int, message: Any, kind: str) -> None:  # noqa: ANN401 - a protobuf message
        if kind == JSON and self.server.fault != "always protobuf":
            body, kind = json_format.MessageToJson(message).encode(), JSON
        else:
            body, kind = message.SerializeToString(), PROTOBUF
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Keeps what it takes in memory."""

    daemon_threads = True

    def __init__(self, fault: str) -> None:
        """Serve on a free port."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.fault = fault
        self._lock = threading.Lock()
        self._spans: list[dict[str, Any]] = []

    def keep(self, request: ExportTraceServiceRequest) -> None:
        """Store a request's spans, as protobuf's JSON has them."""
        with self._lock:
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        written = json_format.MessageToDict(span, use_integers_for_enums=True)
                        for name, value in (("traceId", span.trace_id), ("spanId", span.span_id), ("parentSpanId", span.parent_span_id)):
                            if value:
                                written[name] = value.hex()
                        for link, sent in zip(written.get("links", ()), span.links, strict=True):
                            link["traceId"], link["spanId"] = sent.trace_id.hex(), sent.span_id.hex()
                        if self.fault == "forgets state":
                            written.pop("traceState", None)
                        if self.fault == "overwrites":
                            self._spans = [
                                one for one in self._spans if (one["traceId"], one["spanId"]) != (written["traceId"], written["spanId"])
                            ]
                        self._spans.append(written)

    def trace(self, trace_id: str) -> dict[str, Any]:
        """A trace in OTLP's JSON."""
        with self._lock:
            spans = [span for span in self._spans if span["traceId"] == trace_id]
        return {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}


@contextmanager
def wrong_server(fault: str) -> Iterator[str]:
    """A server with this fault; yields its address."""
    server = Server(fault)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
