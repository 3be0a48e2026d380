"""OTLP receivers on real sockets, that keep what they get."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceServicer, add_LogsServiceServicer_to_server
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceServicer, add_TraceServiceServicer_to_server


@dataclass
class Got:
    """What arrived."""

    address: str
    requests: list[ExportTraceServiceRequest] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    accounts: list[ExportLogsServiceRequest] = field(default_factory=list)

    def names(self) -> list[str]:
        """Names of all spans."""
        return [
            span.name
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def of_services(self) -> set[tuple[str, str]]:
        """Each span's service and name."""
        return {
            (pair.value.string_value, span.name)
            for request in self.requests
            for resource in request.resource_spans
            for pair in resource.resource.attributes
            if pair.key == "service.name"
            for scope in resource.scope_spans
            for span in scope.spans
        }

    def numbers(self) -> list[int]:
        """The sequence numbers of all spans."""
        return [
            pair.value.int_value
            for request in self.requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
            for pair in span.attributes
            if pair.key == "relaylens.sequence"
        ]

    def resource(self) -> dict[str, str]:
        """Text attributes of the last resource."""
        return {pair.key: pair.value.string_value for pair in self.requests[-1].resource_spans[-1].resource.attributes}


@contextmanager
def http_receiver() -> Iterator[Got]:
    """OTLP over HTTP with protobuf."""
    got = Got("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Keep the request."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/logs":
                got.accounts.append(ExportLogsServiceRequest.FromString(body))
            else:
                got.requests.append(ExportTraceServiceRequest.FromString(body))
                got.headers.append({name.lower(): value for name, value in self.headers.items()})
                got.paths.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.end_headers()
            self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    got.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def grpc_receiver() -> Iterator[Got]:
    """OTLP over gRPC."""
    got = Got("")

    class Service(TraceServiceServicer):
        def Export(self, request: ExportTraceServiceRequest, context: grpc.ServicerContext) -> ExportTraceServiceResponse:  # noqa: N802
            """Keep the request."""
            got.requests.append(request)
            got.headers.append({key: str(value) for key, value in context.invocation_metadata()})
            got.paths.append("grpc")
            return ExportTraceServiceResponse()

    class Accounts(LogsServiceServicer):
        def Export(self, request: ExportLogsServiceRequest, context: grpc.ServicerContext) -> ExportLogsServiceResponse:  # noqa: ARG002, N802
            """Keep the account."""
            got.accounts.append(request)
            return ExportLogsServiceResponse()

    with ThreadPoolExecutor(2) as pool:
        server = grpc.server(pool)
        add_TraceServiceServicer_to_server(Service(), server)  # type: ignore[no-untyped-call] # generated code
        add_LogsServiceServicer_to_server(Accounts(), server)  # type: ignore[no-untyped-call] # generated code
        got.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
        server.start()
        try:
            yield got
        finally:
            server.stop(None).wait()
