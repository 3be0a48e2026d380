"""C13 to C22: what the answers say."""

import http.client
import json

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.items import expect, item
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.serving import starved_of_disk
from relaylens_collector.conformance.target import JSON, PROTOBUF, Called, Reply, Target

_LARGEST_ANSWER = 4 << 20
_GARBAGE = b"\xff\xff\xff\xff this is no request"
_RETRYABLE_HTTP = {429, 502, 503, 504}
_RETRYABLE_GRPC = {
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.ABORTED,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DATA_LOSS,
}


def is_retryable(answer: Reply | Called) -> bool:
    """Whether a client sends again after this answer, by OTLP's rules."""
    if isinstance(answer, Reply):
        return answer.status in _RETRYABLE_HTTP
    return answer.code in _RETRYABLE_GRPC or (
        answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED and "RetryInfo" in answer.names_of_details()
    )


def _half_bad(trace: Trace, good: int, bad: int) -> bytes:
    """Spans of which some have no id."""
    spans = [samples.span(trace, number) for number in range(1, good + 1)]
    spans += [samples.span(trace, 1, span_id=b"") for _ in range(bad)]
    return samples.traces(spans).SerializeToString()


@item("C13", "M", "full success: 200 with the response message, partial_success unset")
def full_success(target: Target) -> None:
    """Nothing is said where all is well."""
    body = samples.one_span(Trace.new())
    reply, answer = target.post(body), target.call(body)
    response = ExportTraceServiceResponse.FromString(answer.body)
    expect(reply.status == http.client.OK, f"answers {reply.status}")
    expect(not reply.response().HasField("partial_success"), "HTTP: partial_success is set")
    expect(not response.HasField("partial_success"), "gRPC: partial_success is set")
    as_json = target.post(samples.json_traces([samples.json_span(Trace.new())]), JSON)
    expect("partialSuccess" not in json.loads(as_json.body or b"{}"), "JSON: partialSuccess is set")


@item("C14", "M", "the answer's Content-Type is the request's, also on errors")
def same_encoding(target: Target) -> None:
    """Protobuf gets protobuf, JSON gets JSON."""
    for kind, good, bad in (
        (PROTOBUF, samples.one_span(Trace.new()), _GARBAGE),
        (JSON, samples.json_traces([samples.json_span(Trace.new())]), b"{"),
    ):
        for body in (good, bad):
            reply = target.post(body, kind)
            expect(reply.kind == kind, f"{kind} answers {reply.status} as {reply.kind}")


@item("C15", "M", "every 4xx body is a google.rpc.Status with a message")
def status_bodies(target: Target) -> None:
    """In the request's own encoding."""
    for reply in (
        target.post(_GARBAGE),
        target.post(b"{", JSON),
        target.post(samples.one_span(Trace.new()), content_encoding="br"),
        target.post(b"not gzip at all", content_encoding="gzip"),
    ):
        expect(http.client.BAD_REQUEST <= reply.status < http.client.INTERNAL_SERVER_ERROR, f"bad data answers {reply.status}")
        expect(reply.status_message(), f"{reply.status} has no message")


@item("C16", "S", "an empty request is a success")
def empty_requests(target: Target) -> None:
    """Nothing to store is stored."""
    empty_part = samples.field(1, b"")
    for body, kind in ((b"", PROTOBUF), (b"{}", JSON), (empty_part, PROTOBUF), (b'{"resourceSpans":[{}]}', JSON)):
        reply = target.post(body, kind)
        expect(reply.status == http.client.OK, f"{body!r} answers {reply.status}")
    expect(target.call(b"").code is grpc.StatusCode.OK, "gRPC refuses an empty request")


@item("C17", "M", "partial success: 200, the exact count, a message")
def partial_success(target: Target) -> None:
    """Bad spans are counted, the others taken."""
    for bad in (1, 3):
        reply = target.post(_half_bad(Trace.new(), 2, bad))
        partial = reply.response().partial_success
        expect(reply.status == http.client.OK, f"answers {reply.status}")
        expect(partial.rejected_spans == bad, f"rejected_spans is {partial.rejected_spans} of {bad}")
        expect(partial.error_message, "error_message is empty")
        answer = ExportTraceServiceResponse.FromString(target.call(_half_bad(Trace.new(), 2, bad)).body)
        expect(answer.partial_success.rejected_spans == bad, f"gRPC: rejected_spans is {answer.partial_success.rejected_spans} of {bad}")


@item("C18", "M", "a warning has a message and rejects nothing")
def warning(target: Target) -> str:
    """What is mended is told: a text that is no UTF-8."""
    trace = Trace.new()
    broken = samples.span(trace, 1, name="mended").SerializeToString().replace(b"mended", b"men\xff\xfed")
    reply = target.post(samples.raw_request([broken]))
    expect(reply.status == http.client.OK, f"a text that is no UTF-8 answers {reply.status}")
    partial = reply.response().partial_success
    if not partial.error_message:
        return "the server mends without a warning, which it may"
    expect(partial.rejected_spans == 0, f"warns and rejects {partial.rejected_spans}: one of them is wrong")
    return "warns of a text that was mended"


@item("C19", "M", "an answer is at most 4 MiB, also when 100,000 spans are rejected")
def short_answers(target: Target) -> None:
    """The message is shortened."""
    bad = samples.span(Trace.new(), 1, span_id=b"", name="x" * 20).SerializeToString()
    reply = target.post(samples.raw_request([bad] * 100_000))
    expect(reply.status in {200, 400, 413}, f"answers {reply.status}")
    expect(len(reply.body) <= _LARGEST_ANSWER, f"the answer has {len(reply.body)} bytes")
    if reply.status == http.client.OK:
        rejected = reply.response().partial_success.rejected_spans
        expect(rejected == 100_000, f"rejected_spans is {rejected}")  # noqa: PLR2004 - all that were sent


@item("C20", "S", "the answer is packed only where that was asked for")
def packed_answers(target: Target) -> None:
    """No Accept-Encoding, no gzip."""
    reply = target.post(_half_bad(Trace.new(), 1, 1))
    expect(reply.headers.get("content-encoding", "identity") == "identity", f"packed with {reply.headers.get('content-encoding')}")


@item("C21", "M", "what cannot be decoded: 400 and INVALID_ARGUMENT")
def undecodable(target: Target) -> str | None:
    """And the status has a BadRequest (S)."""
    reply, answer = target.post(_GARBAGE), target.call(_GARBAGE)
    expect(reply.status == http.client.BAD_REQUEST, f"HTTP answers {reply.status}")
    expect(answer.code is grpc.StatusCode.INVALID_ARGUMENT, f"gRPC answers {answer.code.name}")
    return None if "BadRequest" in answer.names_of_details() else "without BadRequest among the details (S)"


@item("C22", "M", "bad data is never retryable, a failing disk always is")
def right_kind_of_error(target: Target) -> str | None:
    """What comes again for ever, and what is dropped for ever, are both lost."""
    for answer in (target.post(_GARBAGE), target.post(b"{", JSON), target.call(_GARBAGE), target.post(b"x", content_encoding="gzip")):
        expect(not is_retryable(answer), f"bad data is answered so that it comes again: {answer}")
    with starved_of_disk(target) as starved:
        refused: list[Reply | Called] = []
        for number in range(200):
            body = samples.traces([samples.span(Trace.new(), 1, name="y" * 100_000)]).SerializeToString()
            sent: Reply | Called = starved.post(body) if number % 2 else starved.call(body)
            if (sent.status != http.client.OK) if isinstance(sent, Reply) else (sent.code is not grpc.StatusCode.OK):
                refused.append(sent)
                if len(refused) > 4:  # noqa: PLR2004 - both transports were met
                    break
        expect(refused, "20 MB were acknowledged on a disk that takes 8")
        for one in refused:
            expect(is_retryable(one), f"a disk that is full is answered with {getattr(one, 'status', None) or getattr(one, 'code', None)}")
    return None
