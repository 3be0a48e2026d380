"""OTLP over HTTP, on the wire: items C02 to C30 of the conformance list."""

import gzip
import http.client
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable

import pytest
from google.rpc.error_details_pb2 import BadRequest, RetryInfo  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest, ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from tests.collector.receive.conftest import Client, MakeTraces, Start

PROTOBUF = "application/x-protobuf"
JSON = "application/json"


_HEAD = b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"

_SPAN = {"traceId": "0123456789abcdef0123456789abcdef", "spanId": "0123456789abcdef", "name": "json"}


def _json_request(*spans: object) -> dict[str, object]:
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


def _receive(connection: socket.socket, until: bytes) -> bytes:
    """Read until the bytes have come or the connection is closed."""
    received = b""
    while until not in received:
        part = connection.recv(65536)
        if not part:
            break
        received += part
    return received


@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics"])
@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_an_empty_request_is_a_success(shared: Client, path: str, content_type: str) -> None:
    """C13, C14, C16: zero bytes or {} are answered with an empty response in the request's encoding."""
    reply = shared.post(b"" if content_type == PROTOBUF else b"{}", content_type, path)

    assert (200, content_type) == (reply.status, reply.content_type)
    assert (b"" if content_type == PROTOBUF else b"{}") == reply.body


def test_spans_arrive(shared: Client, make_traces: MakeTraces) -> None:
    """C02: what is posted as protobuf is stored, and the answer leaves partial_success unset."""
    reply = shared.post(make_traces(5, named="arrives"))

    assert 200 == reply.status
    assert not ExportTraceServiceResponse.FromString(reply.body).HasField("partial_success")
    assert [(5,)] == shared.rows("SELECT count(*) FROM spans WHERE name = 'arrives'")


def test_logs_arrive(shared: Client) -> None:
    """C02: log records are stored."""
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(event_name="arrives").body.string_value = "hello"
    reply = shared.post(request.SerializeToString(), path="/v1/logs")

    assert ExportLogsServiceResponse() == ExportLogsServiceResponse.FromString(reply.body)
    assert [("hello",)] == shared.rows("SELECT body FROM logs WHERE event_name = 'arrives'")


def test_metrics_arrive(shared: Client) -> None:
    """C02: metrics are stored."""
    request = ExportMetricsServiceRequest()
    request.resource_metrics.add().scope_metrics.add().metrics.add(name="arrives").gauge.data_points.add(as_int=7)
    reply = shared.post(request.SerializeToString(), path="/v1/metrics")

    assert ExportMetricsServiceResponse() == ExportMetricsServiceResponse.FromString(reply.body)
    assert [("gauge",)] == shared.rows("SELECT data_type FROM metric_points WHERE name = 'arrives'")


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])
def test_json_is_chosen_by_content_type(shared: Client, content_type: str) -> None:
    """C03, C07: parameters and case of the media type do not matter."""
    span = {**_SPAN, "name": content_type}
    reply = shared.post(json.dumps(_json_request(span)).encode(), content_type)

    assert (200, JSON, {}) == (reply.status, reply.content_type, reply.json())
    assert [("0123456789abcdef0123456789abcdef", "0123456789abcdef")] == shared.rows(
        f"SELECT trace_id, span_id FROM spans WHERE name = '{content_type}'"  # noqa: S608 - our own text
    )


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/octet-stream", ""]
)
def test_foreign_content_types_are_refused(shared: Client, make_traces: MakeTraces, content_type: str) -> None:
    """C08: what a web page can send without asking is not taken."""
    reply = shared.post(make_traces(), content_type)

    assert 415 == reply.status
    assert "send application/x-protobuf or application/json" in reply.json()["message"]


def test_no_content_type_is_refused(shared: Client, make_traces: MakeTraces) -> None:
    """C08: without one there is no telling what the bytes are."""
    assert 415 == shared.send("POST", "/v1/traces", make_traces()).status


@pytest.mark.parametrize(("path", "status"), [("/v1development/profiles", 404), ("/v1/profiles", 404), ("/", 404), ("/v1/traces/", 404)])
def test_unknown_paths_are_not_found(shared: Client, path: str, status: int) -> None:
    """C04: with a Status in the request's encoding."""
    assert status == shared.post(b"", path=path).status
    assert 5 == shared.post(b"", path=path).rpc_status().code
    assert 5 == shared.post_json({}, path).json()["code"]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_refused(shared: Client, method: str) -> None:
    """C09: 405 says what is allowed."""
    reply = shared.send(method, "/v1/traces")

    assert (405, "POST") == (reply.status, reply.headers["allow"])


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("GZIP", gzip.compress), ("identity", bytes)])
@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
def test_packed_and_plain_bodies(
    shared: Client, make_traces: MakeTraces, encoding: str, pack: Callable[[bytes], bytes], content_type: str
) -> None:
    """C05: gzip and none, for both encodings."""
    body = make_traces() if content_type == PROTOBUF else json.dumps(_json_request(_SPAN)).encode()

    assert 200 == shared.post(pack(body), content_type, content_encoding=encoding).status


def test_all_members_of_a_gzip_body_are_read(shared: Client, make_traces: MakeTraces) -> None:
    """C12: a body of several gzip members is one body."""
    body = make_traces(20, named="members")
    packed = b"".join(gzip.compress(body[start : start + 100]) for start in range(0, len(body), 100)) + bytes(10)

    assert 200 == shared.post(packed, content_encoding="gzip").status
    assert [(20,)] == shared.rows("SELECT count(*) FROM spans WHERE name = 'members'")


@pytest.mark.parametrize("encoding", ["zstd", "br", "deflate", "gzip, gzip", "x"])
def test_unknown_content_encodings_are_refused(shared: Client, make_traces: MakeTraces, encoding: str) -> None:
    """C06: 415, and what would be understood."""
    reply = shared.post(make_traces(), content_encoding=encoding)

    assert (415, "gzip, identity") == (reply.status, reply.headers["accept-encoding"])


@pytest.mark.parametrize(
    "body",
    [b"this is no gzip", gzip.compress(b"cut off" * 1000)[:-9], gzip.compress(b"") + b"trailing", b"\x1f\x8b", gzip.compress(b"x") * 2000],
    ids=["plain", "cut", "trailing", "magic alone", "too many members"],
)
def test_broken_gzip_is_bad_data(shared: Client, body: bytes) -> None:
    """C22: not to be sent again."""
    reply = shared.post(body, content_encoding="gzip")

    assert (400, 3) == (reply.status, reply.rpc_status().code)


@pytest.mark.parametrize("body", [b"\xff\xff\xff\xff", b"\x0a\x05ab", b"not protobuf at all", b"\x0a\x02\x12\x7f"])
def test_an_undecodable_body_is_bad_data(shared: Client, body: bytes) -> None:
    """C15, C21, C22: 400 with a Status whose details hold a BadRequest."""
    reply = shared.post(body)
    status = reply.rpc_status()
    details = BadRequest()

    assert (400, PROTOBUF, 3) == (reply.status, reply.content_type, status.code)
    assert status.message
    assert status.details[0].Unpack(details)
    assert details.field_violations[0].description


def test_an_error_in_json_is_answered_in_json(shared: Client) -> None:
    """C14, C15, C21: the same, readable."""
    reply = shared.post_json(b"{")

    assert (400, JSON, 3) == (reply.status, reply.content_type, reply.json()["code"])
    assert "type.googleapis.com/google.rpc.BadRequest" == reply.json()["details"][0]["@type"]


def test_bad_ids_are_a_partial_success(shared: Client, make_traces: MakeTraces) -> None:
    """C17, C46: the exact count and a reason; the others are stored."""
    partial = ExportTraceServiceResponse.FromString(shared.post(make_traces(4, bad_ids=3, named="partial")).body).partial_success

    assert (3, True) == (partial.rejected_spans, "span_id" in partial.error_message)
    assert [(4,)] == shared.rows("SELECT count(*) FROM spans WHERE name = 'partial'")


def test_a_partial_success_in_json(shared: Client) -> None:
    """C17: 64-bit integers are text in JSON."""
    reply = shared.post_json(_json_request(_SPAN, {**_SPAN, "spanId": "0000000000000000"}, {**_SPAN, "traceId": "not hex"}))

    assert "2" == reply.json()["partialSuccess"]["rejectedSpans"]
    assert reply.json()["partialSuccess"]["errorMessage"]


def test_an_answer_stays_short(shared: Client, make_traces: MakeTraces) -> None:
    """C19: also when every one of 100,000 spans is rejected."""
    reply = shared.post(make_traces(0, bad_ids=100_000))
    partial = ExportTraceServiceResponse.FromString(reply.body).partial_success

    assert 100_000 == partial.rejected_spans
    assert len(reply.body) < 4096


def test_answers_are_not_packed(shared: Client) -> None:
    """C20: nobody gets gzip who did not ask for it."""
    assert "content-encoding" not in shared.send("GET", "/metrics").headers


def test_a_body_over_the_limit(start: Start, make_traces: MakeTraces) -> None:
    """C23, C25: refused without a retry hint; a body at the limit is taken."""
    body = make_traces(3)
    client = start(max_body_bytes=len(body))
    reply = client.post(body + b"\x00\x00")

    assert 200 == client.post(body).status
    assert (413, 8) == (reply.status, reply.rpc_status().code)
    assert "retry-after" not in reply.headers
    assert [] == list(reply.rpc_status().details)


def test_a_body_over_the_limit_is_refused_before_it_is_read(start: Start) -> None:
    """C30: the length alone decides, and quickly."""
    client = start(max_body_bytes=1000)
    with client.raw() as connection:
        began = time.monotonic()
        connection.sendall(
            b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: 999999999\r\n\r\n"
        )
        answer = _receive(connection, b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert time.monotonic() - began < 1


def test_a_length_in_other_digits_is_none(shared: Client, make_traces: MakeTraces) -> None:
    """A superscript two is a digit to Python and no number; whatever it means, it is no mistake of ours."""
    with shared.raw() as connection:
        head = b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\ncontent-length: \xb2\r\n\r\n"
        connection.sendall(head + make_traces())
        answer = connection.recv(100)

    assert answer.startswith(b"HTTP/1.1 400 ") or not answer


def test_a_chunked_body_over_the_limit(start: Start) -> None:
    """C23: without a length the body is read no further than the limit."""
    client = start(max_body_bytes=1000)
    with client.raw() as connection:
        connection.sendall(
            b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        connection.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
        answer = _receive(connection, b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_gzip_bomb(start: Start) -> None:
    """C24: what grows over the limit while it is unpacked is refused like a long body."""
    client = start(max_body_bytes=1 << 20)
    reply = client.post(gzip.compress(bytes(1 << 25)), content_encoding="gzip")

    assert (413, 8) == (reply.status, reply.rpc_status().code)


def test_too_many_records(start: Start, make_traces: MakeTraces) -> None:
    """A request of many tiny spans is refused before anything is built from it."""
    client = start(max_records=100)
    few, many = client.post(make_traces(90)), client.post(make_traces(200))

    assert (200, 413) == (few.status, many.status)
    assert "more than 100 records" in many.rpc_status().message


def test_eight_million_empty_spans(shared: Client) -> None:
    """G10: 15 kB that would become gigabytes are refused at once."""
    spans = b"\x12\x00" * (8 << 20)
    scope = b"\x12" + _varint(len(spans)) + spans
    body = b"\x0a" + _varint(len(scope)) + scope
    began = time.monotonic()
    reply = shared.post(gzip.compress(body, 1), content_encoding="gzip")

    assert 413 == reply.status
    assert time.monotonic() - began < 5


def _varint(value: int) -> bytes:
    written = bytearray()
    while value >= 0x80:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])


def test_a_full_store_is_to_be_tried_again(start: Start, make_traces: MakeTraces) -> None:
    """C22, C27, C29: 503 with Retry-After and RetryInfo, never a code that means drop it."""
    client = start(free_bytes=1 << 60)
    reply = client.post(make_traces())
    retry = RetryInfo()

    assert (503, 14) == (reply.status, reply.rpc_status().code)
    assert 1 <= int(reply.headers["retry-after"]) <= 30
    assert any(detail.Unpack(retry) for detail in reply.rpc_status().details)
    assert 1 <= retry.retry_delay.seconds <= 30


def test_keep_alive_and_pipelining(shared: Client, make_traces: MakeTraces) -> None:
    """C10: two requests sent at once on one connection are both answered, and a third after them."""
    with shared.raw() as connection:
        for count in (2, 1):
            for _ in range(count):
                body = make_traces(named="pipelined")
                connection.sendall(_HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            received = b""
            while received.count(b"HTTP/1.1 200 ") < count:
                received += connection.recv(65536)

    assert [(9,)] == shared.rows("SELECT count(*) FROM spans WHERE name = 'pipelined'")


def test_a_chunked_body(shared: Client, make_traces: MakeTraces) -> None:
    """C10: a body without Content-Length is read to its last chunk."""
    body = make_traces(30, named="chunked")
    connection = http.client.HTTPConnection("127.0.0.1", shared.collector.http_port, timeout=30)
    parts = (body[start : start + 50] for start in range(0, len(body), 50))
    connection.request("POST", "/v1/traces", body=parts, headers={"content-type": PROTOBUF}, encode_chunked=True)

    assert 200 == connection.getresponse().status
    assert [(30,)] == shared.rows("SELECT count(*) FROM spans WHERE name = 'chunked'")
    connection.close()


def test_expect_100_continue(shared: Client, make_traces: MakeTraces) -> None:
    """C11: a client that asks first is told to go on."""
    body = make_traces(named="expected")
    with shared.raw() as connection:
        connection.sendall(_HEAD + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(body))
        assert _receive(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert _receive(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("framing", [b"Content-Length: %d\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n%x\r\n"], ids=["length", "chunked"])
def test_a_client_that_hangs_up_leaves_nothing(shared: Client, make_traces: MakeTraces, framing: bytes) -> None:
    """C57: half a body, even when it would decode, is not stored."""
    body = make_traces(named="hung up")
    announced = framing % (len(body) + 1000) if b"Content" in framing else framing % len(body)
    with shared.raw() as connection:
        connection.sendall(_HEAD + b"" + announced + body)
        if b"chunked" in framing:
            connection.sendall(b"\r\n")
    _wait_for_answer(shared)

    assert [] == shared.rows("SELECT name FROM spans WHERE name = 'hung up'")


def test_a_malformed_chunk_leaves_nothing(shared: Client, make_traces: MakeTraces) -> None:
    """C57: a body whose chunks go wrong is not taken for a whole one."""
    body = make_traces(named="malformed")
    with shared.raw() as connection:
        connection.sendall(_HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\nzz\r\n" % (len(body), body))
        assert not _receive(connection, b"\r\n\r\n").startswith(b"HTTP/1.1 200 ")
    _wait_for_answer(shared)

    assert [] == shared.rows("SELECT name FROM spans WHERE name = 'malformed'")


def _wait_for_answer(client: Client) -> None:
    """The loop has dealt with what came before once it answers another connection."""
    assert 200 == client.send("GET", "/healthz").status


def test_a_slow_body_is_given_up(start: Start) -> None:
    """G09: a body has a time to arrive in; it may be sent again, for the way may be better then."""
    client = start(body_seconds=0.2)
    with client.raw() as connection:
        connection.sendall(
            b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: 50\r\n\r\nabc"
        )
        answer = _receive(connection, b"\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 10\r\n" in answer


def test_a_hundred_connections(shared: Client, make_traces: MakeTraces) -> None:
    """C31: all are served without an error, each with its own answer."""
    bodies = [make_traces(2, named="hundred") for _ in range(120)]
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda body=body: statuses.append(shared.post(body).status)) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [200] * 120 == statuses
    assert [(240,)] == shared.rows("SELECT count(*) FROM spans WHERE name = 'hundred'")


def test_a_resent_request_is_a_success(shared: Client, make_traces: MakeTraces) -> None:
    """C56: stored once, answered alike, also in another encoding of the transport."""
    body = make_traces(4, bad_ids=1, named="resent")
    replies = [shared.post(body), shared.post(body), shared.post(gzip.compress(body), content_encoding="gzip")]

    assert 1 == len({reply.body for reply in replies})
    assert [200] * 3 == [reply.status for reply in replies]
    assert [(4,)] == shared.rows("SELECT count(*) FROM spans WHERE name = 'resent'")


def test_a_longest_body(shared: Client) -> None:
    """C25, C53: one attribute of 40 MiB is stored whole."""
    text = "long " * (8 << 20)
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add(name="long", trace_id=b"l" * 16, span_id=b"l" * 8)
    held = span.attributes.add()
    held.key, held.value.string_value = "text", text

    assert 200 == shared.post(request.SerializeToString()).status
    assert [(len(text),)] == shared.rows("SELECT length(text_of(attributes['text'])) FROM spans WHERE name = 'long'")


def test_deflate_without_header_is_not_gzip(shared: Client) -> None:
    """C06: zlib's own format is no gzip, whatever the header says."""
    assert 400 == shared.post(zlib.compress(b""), content_encoding="gzip").status
