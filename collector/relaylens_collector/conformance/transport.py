"""C01 to C12: transports, paths and encodings."""

import gzip
import http.client
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import grpc
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.answers import JSON, PROTOBUF
from relaylens_collector.conformance.items import FailedError, expect, item
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.target import EXPORT_LOGS, EXPORT_METRICS, EXPORT_TRACES, Called, Target


@dataclass(frozen=True)
class Signal:
    """One of the three, on both transports."""

    path: str
    method: str
    body: Callable[[Trace], bytes]
    json: Callable[[Trace], bytes]
    response: type[Message]


SIGNALS: Final = (
    Signal(
        "/v1/traces",
        EXPORT_TRACES,
        samples.one_span,
        lambda trace: samples.json_traces([samples.json_span(trace)]),
        ExportTraceServiceResponse,
    ),
    Signal(
        "/v1/metrics",
        EXPORT_METRICS,
        lambda _: samples.metrics().SerializeToString(),
        lambda _: samples.JSON_METRICS,
        ExportMetricsServiceResponse,
    ),
    Signal("/v1/logs", EXPORT_LOGS, lambda _: samples.logs().SerializeToString(), lambda _: samples.JSON_LOGS, ExportLogsServiceResponse),
)


def message_of(called: Called, response: Message) -> Message:
    """The answer to a call as its message."""
    try:
        response.ParseFromString(called.body)
    except DecodeError as error:
        message = f"gRPC: the answer is no {response.DESCRIPTOR.name}: {called.body[:80]!r}"
        raise FailedError(message) from error
    return response


@item("C01", "M", "gRPC: traces, metrics and logs")
def grpc_signals(target: Target) -> None:
    """Each service takes an export and answers with its own message."""
    trace = Trace.new()
    for signal in SIGNALS:
        answer = target.call(signal.body(trace), signal.method)
        expect(answer.code is grpc.StatusCode.OK, f"{signal.method} answers {answer.code.name}: {answer.message}")
        message_of(answer, signal.response())
    target.kept(trace)


@item("C02", "M", "HTTP with protobuf: traces, metrics and logs")
def http_signals(target: Target) -> None:
    """Each path takes an export and answers with its own message."""
    trace = Trace.new()
    for signal in SIGNALS:
        reply = target.post(signal.body(trace), path=signal.path)
        expect(reply.status == http.client.OK, f"{signal.path} answers {reply.status}")
        reply.read_as(signal.response())
    target.kept(trace)


@item("C03", "M", "HTTP with JSON on the same port")
def http_json(target: Target) -> None:
    """Chosen by the content type."""
    trace = Trace.new()
    for signal in SIGNALS:
        reply = target.post(signal.json(trace), JSON, signal.path)
        expect(reply.status == http.client.OK, f"{signal.path} answers {reply.status}: {reply.body[:200]!r}")
        expect(reply.kind == JSON, f"{signal.path} answers as {reply.kind}")
        reply.read_as(signal.response())
    target.kept(trace)


@item("C04", "S", "profiles: 404 or 501, cleanly")
def profiles(target: Target) -> None:
    """What is not served is refused as that."""
    reply = target.post(b"", path="/v1development/profiles")
    expect(reply.status in {200, 404, 501}, f"answers {reply.status}")


@item("C05", "M", "gzip and none, over both transports")
def compression(target: Target) -> None:
    """A packed request counts like a plain one."""
    for packed in (False, True):
        over_http, over_grpc = Trace.new(), Trace.new()
        reply, answer = target.post(samples.one_span(over_http), packed=packed), target.call(samples.one_span(over_grpc), packed=packed)
        expect(reply.status == http.client.OK, f"HTTP answers {reply.status} with gzip {packed}")
        expect(answer.code is grpc.StatusCode.OK, f"gRPC answers {answer.code.name} with gzip {packed}")
        target.kept(over_http)
        target.kept(over_grpc)


@item("C06", "R", "unknown Content-Encoding: 415 or 400")
def unknown_encoding(target: Target) -> None:
    """Never 5xx, and never taken for plain."""
    for encoding in ("zstd", "br", "snappy", "x-none-of-these"):
        reply = target.post(samples.one_span(Trace.new()), encoding=encoding)
        expect(reply.status in {400, 415}, f"{encoding} answers {reply.status}")


@item("C07", "R", "Content-Type with parameters, in any case")
def content_type(target: Target) -> None:
    """As HTTP has it."""
    body = samples.json_traces([samples.json_span(Trace.new())])
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"):
        reply = target.post(body, kind)
        expect(reply.status == http.client.OK, f"{kind!r} answers {reply.status}")
    reply = target.post(samples.one_span(Trace.new()), "Application/X-Protobuf; v=1")
    expect(reply.status == http.client.OK, f"protobuf with a parameter answers {reply.status}")


@item("C08", "R", "missing or foreign Content-Type: 415")
def foreign_content_type(target: Target) -> None:
    """What a page of another site can send without asking is not taken."""
    for kind in ("text/plain", "multipart/form-data", "application/x-www-form-urlencoded", ""):
        headers = {"content-type": kind} if kind else {}
        for body in (samples.one_span(Trace.new()), samples.json_traces([samples.json_span(Trace.new())])):
            reply = target.send("POST", "/v1/traces", body, headers)
            expect(reply.status == http.client.UNSUPPORTED_MEDIA_TYPE, f"{kind or 'none'} answers {reply.status}")


@item("C09", "R", "GET and PUT: 405 with Allow")
def methods(target: Target) -> None:
    """Only POST exports."""
    for signal in SIGNALS:
        for method in ("GET", "PUT"):
            reply = target.send(method, signal.path, b"" if method == "PUT" else None, {"content-type": PROTOBUF})
            expect(reply.status == http.client.METHOD_NOT_ALLOWED, f"{method} {signal.path} answers {reply.status}")
            expect("POST" in reply.headers.get("allow", ""), f"{method} {signal.path}: Allow is {reply.headers.get('allow')!r}")


@item("C10", "R", "keep-alive, two requests pipelined, chunked body")
def connections(target: Target) -> None:
    """HTTP/1.1 as clients use it."""
    first, second, chunked = Trace.new(), Trace.new(), Trace.new()
    with target.connection() as opened:
        bodies = [samples.one_span(trace) for trace in (first, second)]
        opened.send(b"".join(target.head(len(body)) + body for body in bodies))
        for place in (1, 2):
            reply = opened.answer()
            expect(reply.status == http.client.OK, f"request {place} of two on one connection answers {reply.status}")
        body = samples.one_span(chunked)
        half = len(body) // 2
        chunks = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (body[:half], body[half:])) + b"0\r\n\r\n"
        opened.send(target.head(None, "Transfer-Encoding: chunked") + chunks)
        reply = opened.answer()
        expect(reply.status == http.client.OK, f"a chunked body answers {reply.status}")
    for trace in (first, second, chunked):
        target.kept(trace)


@item("C11", "R", "Expect: 100-continue")
def expect_continue(target: Target) -> None:
    """The body is asked for, as RFC 9110 has it, and then taken; one that is too large is refused instead."""
    body = samples.one_span(Trace.new())
    with target.connection(target.patience) as opened:
        opened.send(target.head(len(body), "Expect: 100-continue"))
        first = opened.line()
        expect(first.startswith(b"HTTP/1.1 100"), f"the head alone is answered with {first[:40]!r}")
        opened.line()
        opened.send(body)
        reply = opened.answer()
        expect(reply.status == http.client.OK, f"the body is answered with {reply.status}")


@item("C12", "R", "gzip of several members, decoded whole")
def several_members(target: Target) -> None:
    """What follows the first member counts: where it is good it is stored, where it is bad the request is."""
    trace = Trace.new()
    body = samples.traces([samples.span(trace, number) for number in (1, 2)]).SerializeToString()
    half = len(body) // 2
    reply = target.post(gzip.compress(body[:half]) + gzip.compress(body[half:]), encoding="gzip")
    expect(reply.status == http.client.OK, f"answers {reply.status}: {reply.body[:100]!r}")
    target.kept(trace, 2)
    reply = target.post(gzip.compress(body) + gzip.compress(b"\xff" * 20), encoding="gzip")
    expect(reply.status == http.client.BAD_REQUEST, f"a second member that is no protobuf answers {reply.status}")
