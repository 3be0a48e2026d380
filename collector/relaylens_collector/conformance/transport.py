"""C01 to C12: transports, paths and encodings."""

import gzip
import http.client

import grpc

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.items import expect, item
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.target import EXPORT_LOGS, EXPORT_METRICS, EXPORT_TRACES, JSON, PROTOBUF, Target

_PATHS = {"/v1/traces": None, "/v1/metrics": samples.metrics, "/v1/logs": samples.logs}


def _bodies() -> dict[str, bytes]:
    """A request for each path."""
    return {path: samples.one_span(Trace.new()) if make is None else make().SerializeToString() for path, make in _PATHS.items()}


@item("C01", "M", "gRPC: traces, metrics and logs")
def grpc_signals(target: Target) -> None:
    """Each service takes an export."""
    for method, body in zip((EXPORT_TRACES, EXPORT_METRICS, EXPORT_LOGS), _bodies().values(), strict=True):
        answer = target.call(body, method)
        expect(answer.code is grpc.StatusCode.OK, f"{method} answers {answer.code.name}: {answer.message}")


@item("C02", "M", "HTTP with protobuf: traces, metrics and logs")
def http_signals(target: Target) -> None:
    """Each path takes an export."""
    for path, body in _bodies().items():
        reply = target.post(body, path=path)
        expect(reply.status == http.client.OK, f"{path} answers {reply.status}")


@item("C03", "M", "HTTP with JSON on the same port")
def http_json(target: Target) -> None:
    """Chosen by the content type."""
    bodies = {
        "/v1/traces": samples.json_traces([samples.json_span(Trace.new())]),
        "/v1/metrics": b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":'
        b'{"dataPoints":[{"timeUnixNano":"1","asDouble":1.5}]}}]}]}]}',
        "/v1/logs": b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","body":{"stringValue":"x"}}]}]}]}',
    }
    for path, body in bodies.items():
        reply = target.post(body, JSON, path)
        expect(reply.status == http.client.OK, f"{path} answers {reply.status}: {reply.body[:200]!r}")


@item("C04", "S", "profiles: 404 or 501, cleanly")
def profiles(target: Target) -> None:
    """What is not served is refused as that."""
    reply = target.post(b"", path="/v1development/profiles")
    expect(reply.status in {200, 404, 501}, f"answers {reply.status}")


@item("C05", "M", "gzip and none, over both transports")
def compression(target: Target) -> None:
    """A packed request counts like a plain one."""
    for packed in (False, True):
        body = samples.one_span(Trace.new())
        reply, answer = target.post(body, packed=packed), target.call(body, packed=packed)
        expect(reply.status == http.client.OK, f"HTTP answers {reply.status} with gzip {packed}")
        expect(answer.code is grpc.StatusCode.OK, f"gRPC answers {answer.code.name} with gzip {packed}")


@item("C06", "R", "unknown Content-Encoding: 415 or 400")
def unknown_encoding(target: Target) -> None:
    """Never 5xx, and never taken for plain."""
    for encoding in ("zstd", "br", "snappy"):
        reply = target.post(samples.one_span(Trace.new()), content_encoding=encoding)
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
        reply = target.send("POST", "/v1/traces", samples.one_span(Trace.new()), headers)
        expect(reply.status == http.client.UNSUPPORTED_MEDIA_TYPE, f"{kind or 'none'} answers {reply.status}")


@item("C09", "R", "GET and PUT: 405 with Allow")
def methods(target: Target) -> None:
    """Only POST exports."""
    for method in ("GET", "PUT"):
        reply = target.send(method, "/v1/traces", b"" if method == "PUT" else None, {"content-type": PROTOBUF})
        expect(reply.status == http.client.METHOD_NOT_ALLOWED, f"{method} answers {reply.status}")
        expect("POST" in reply.headers.get("allow", ""), f"{method}: Allow is {reply.headers.get('allow')!r}")


@item("C10", "R", "keep-alive, two requests pipelined, chunked body")
def connections(target: Target) -> None:
    """HTTP/1.1 as clients use it."""
    body = samples.one_span(Trace.new())
    with target.connection() as opened:
        opened.sendall((target.head(len(body)) + body) * 2)
        for place in (1, 2):
            answer = http.client.HTTPResponse(opened)
            answer.begin()
            answer.read()
            expect(answer.status == http.client.OK, f"request {place} of two on one connection answers {answer.status}")
    with target.connection() as opened:
        half = len(body) // 2
        chunks = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (body[:half], body[half:])) + b"0\r\n\r\n"
        opened.sendall(target.head(None, "Transfer-Encoding: chunked") + chunks)
        answer = http.client.HTTPResponse(opened)
        answer.begin()
        expect(answer.status == http.client.OK, f"a chunked body answers {answer.status}")


@item("C11", "R", "Expect: 100-continue")
def expect_continue(target: Target) -> None:
    """The body is asked for, or taken anyway."""
    body = samples.one_span(Trace.new())
    with target.connection(10.0) as opened:
        opened.sendall(target.head(len(body), "Expect: 100-continue"))
        first = opened.recv(4096)
        expect(first.startswith(b"HTTP/1.1 100"), f"the head alone is answered with {first[:40]!r}")
        opened.sendall(body)
        rest = first.partition(b"\r\n\r\n")[2] + opened.recv(4096)
        expect(rest.startswith(b"HTTP/1.1 200"), f"the body is answered with {rest[:40]!r}")


@item("C12", "R", "gzip of several members, decoded whole")
def several_members(target: Target) -> str | None:
    """What follows the first member counts."""
    trace = Trace.new()
    body = samples.traces([samples.span(trace, number) for number in (1, 2)]).SerializeToString()
    half = len(body) // 2
    packed = gzip.compress(body[:half]) + gzip.compress(body[half:])
    reply = target.post(packed, content_encoding="gzip")
    expect(reply.status == http.client.OK, f"answers {reply.status}: {reply.body[:100]!r}")
    if target.trace_url is None:
        return "accepted; what was stored was not seen"
    expect(len(target.stored(trace, 2)) == 2, "not both spans were stored")  # noqa: PLR2004 - the two that were sent
    return None
