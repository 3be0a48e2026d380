"""C13 to C22: what the answers say."""

import http.client
import json
from collections.abc import Iterator

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTracePartialSuccess, ExportTraceServiceResponse

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.answers import JSON, PROTOBUF, Reply
from relaylens_collector.conformance.items import NeedsError, expect, item, rest_needs
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.serving import starved_of_disk
from relaylens_collector.conformance.target import TRACES, Called, Target
from relaylens_collector.conformance.transport import SIGNALS, message_of

_LARGEST_ANSWER = 4 << 20
_MANY = 100_000
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


def said(answer: Reply | Called) -> str:
    """An answer's code, for the table."""
    return str(answer.status) if isinstance(answer, Reply) else answer.code.name


def _half_bad(trace: Trace, good: int, bad: int) -> bytes:
    """Spans of which some have no id."""
    spans = [samples.span(trace, number) for number in range(1, good + 1)]
    spans += [samples.span(trace, 1, span_id=b"") for _ in range(bad)]
    return samples.traces(spans).SerializeToString()


@item("C13", "M", "full success: 200 with the response message, partial_success unset")
def full_success(target: Target) -> None:
    """Nothing is said where all is well."""
    for signal in SIGNALS:
        reply = target.post(signal.body(Trace.new()), path=signal.path)
        expect(reply.status == http.client.OK, f"{signal.path} answers {reply.status}")
        expect(not reply.read_as(signal.response()).HasField("partial_success"), f"{signal.path}: partial_success is set")
        as_json = target.post(signal.json(Trace.new()), JSON, signal.path)
        expect(as_json.status == http.client.OK, f"{signal.path} answers {as_json.status} to JSON")
        expect(b"partialSuccess" not in as_json.body, f"{signal.path}: partialSuccess is set in {as_json.body[:100]!r}")
        answer = target.call(signal.body(Trace.new()), signal.method)
        expect(answer.code is grpc.StatusCode.OK, f"gRPC answers {answer.code.name}")
        expect(not message_of(answer, signal.response()).HasField("partial_success"), f"{signal.method}: partial_success is set")


@item("C14", "M", "the answer's Content-Type is the request's, also on errors")
def same_encoding(target: Target) -> None:
    """Protobuf gets protobuf, JSON gets JSON."""
    for kind, good, bad in (
        (PROTOBUF, samples.one_span(Trace.new()), _GARBAGE),
        (JSON, samples.json_traces([samples.json_span(Trace.new())]), b"{"),
    ):
        for reply in (target.post(good, kind), target.post(bad, kind), target.post(good, kind, encoding="br")):
            expect(reply.kind == kind, f"{kind} answers {reply.status} as {reply.kind or 'nothing'}")


@item("C15", "M", "every 4xx and 5xx body is a google.rpc.Status with a message")
def status_bodies(target: Target) -> None:
    """In the request's own encoding."""
    for kind, body, encoding in (
        (PROTOBUF, _GARBAGE, None),
        (JSON, b"{", None),
        (PROTOBUF, samples.one_span(Trace.new()), "br"),
        (JSON, samples.json_traces([samples.json_span(Trace.new())]), "br"),
        (PROTOBUF, b"not gzip at all", "gzip"),
    ):
        reply = target.post(body, kind, encoding=encoding)
        expect(http.client.BAD_REQUEST <= reply.status < http.client.INTERNAL_SERVER_ERROR, f"bad data answers {reply.status}")
        expect(reply.rpc_status(kind).message, f"the Status of {reply.status} has no message")
    if target.options is None:
        what = "--serve, to see an answer of 5xx too"
        raise rest_needs(what)
    refusals = [one for one in _refused_for_disk(target) if isinstance(one, Reply)]
    expect(refusals, "20 MB were acknowledged on a disk that takes 8")
    for reply in refusals:
        expect(reply.rpc_status(PROTOBUF).message, f"the Status of {reply.status} has no message")


@item("C16", "S", "an empty request is a success")
def empty_requests(target: Target) -> None:
    """Nothing to store is stored."""
    empty_part = samples.field(1, b"")
    for signal in SIGNALS:
        for body, kind in ((b"", PROTOBUF), (b"{}", JSON), (empty_part, PROTOBUF)):
            reply = target.post(body, kind, signal.path)
            expect(reply.status == http.client.OK, f"{signal.path} answers {reply.status} to {body!r}")
        for body in (b"", empty_part):
            answer = target.call(body, signal.method)
            expect(answer.code is grpc.StatusCode.OK, f"{signal.method} answers {answer.code.name} to {body!r}")
    for body in (b'{"resourceSpans":[{}]}', b'{"resourceSpans":[]}'):
        reply = target.post(body, JSON)
        expect(reply.status == http.client.OK, f"{body!r} answers {reply.status}")


@item("C17", "M", "partial success: 200, the exact count, a message")
def partial_success(target: Target) -> None:
    """Bad spans are counted, the others taken."""
    for bad in (1, 3):
        traces = Trace.new(), Trace.new()
        reply, answer = target.post(_half_bad(traces[0], 2, bad)), target.call(_half_bad(traces[1], 2, bad))
        expect(reply.status == http.client.OK, f"HTTP answers {reply.status}")
        expect(answer.code is grpc.StatusCode.OK, f"gRPC answers {answer.code.name}")
        over_grpc = ExportTraceServiceResponse()
        message_of(answer, over_grpc)
        for transport, partial in (("HTTP", reply.response().partial_success), ("gRPC", over_grpc.partial_success)):
            _counts(transport, partial, bad)
        for trace in traces:
            target.kept(trace, 2)


def _counts(transport: str, partial: ExportTracePartialSuccess, bad: int) -> None:
    expect(partial.rejected_spans == bad, f"{transport}: rejected_spans is {partial.rejected_spans} of {bad}")
    expect(partial.error_message, f"{transport}: error_message is empty")


@item("C18", "M", "a warning has a message and rejects nothing")
def warning(target: Target) -> None:
    """What is mended is told: a text that is no UTF-8."""
    reply = target.post(samples.raw_request([samples.broken_text(Trace.new())]))
    expect(reply.status in {200, 400}, f"a text that is no UTF-8 answers {reply.status}")
    partial = reply.response().partial_success if reply.status == http.client.OK else ExportTracePartialSuccess()
    if partial.rejected_spans == 0 and partial.error_message:
        return
    expect(
        reply.status != http.client.OK or not reply.response().HasField("partial_success") or partial.rejected_spans,
        "partial_success is set, with nothing rejected and no message",
    )
    what = "a server that warns: this one says nothing of a text that it mends, or refuses it"
    raise NeedsError(what)


@item("C19", "M", "an answer is at most 4 MiB, also when 100,000 spans are rejected")
def short_answers(target: Target) -> None:
    """The message is shortened."""
    body = samples.raw_request([samples.span(Trace.new(), 1, span_id=b"", name="x" * 20).SerializeToString()] * _MANY)
    reply, answer = target.post(body), target.call(body)
    expect(reply.status in {200, 400, 413}, f"HTTP answers {reply.status}")
    expect(len(reply.body) <= _LARGEST_ANSWER, f"the answer has {len(reply.body)} bytes")
    taken = {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED}
    expect(answer.code in taken, f"gRPC answers {answer.code.name}")
    expect(len(answer.body) <= _LARGEST_ANSWER, f"gRPC: the answer has {len(answer.body)} bytes")
    if reply.status == http.client.OK:
        rejected = reply.response().partial_success.rejected_spans
        expect(rejected == _MANY, f"rejected_spans is {rejected} of {_MANY}")


@item("C20", "S", "the answer is packed only where that was asked for")
def packed_answers(target: Target) -> None:
    """No Accept-Encoding, no gzip."""
    body = _half_bad(Trace.new(), 1, 1)
    with target.connection() as opened:
        opened.send(target.head(len(body)) + body)
        silent = opened.answer()
    for reply in (silent, target.post(body), target.send("POST", TRACES, body, {"content-type": PROTOBUF, "accept-encoding": "identity"})):
        encoding = reply.headers.get("content-encoding", "identity")
        expect(encoding == "identity", f"packed with {encoding}")
        reply.response()


@item("C21", "M", "what cannot be decoded: 400 and INVALID_ARGUMENT")
def undecodable(target: Target) -> str | None:
    """And the status has a BadRequest (S)."""
    details = []
    for signal in SIGNALS:
        for body, kind in ((_GARBAGE, PROTOBUF), (b"{", JSON), (b"[]", JSON)):
            reply = target.post(body, kind, signal.path)
            expect(reply.status == http.client.BAD_REQUEST, f"{signal.path} answers {reply.status} to {body[:10]!r}")
        answer = target.call(_GARBAGE, signal.method)
        expect(answer.code is grpc.StatusCode.INVALID_ARGUMENT, f"{signal.method} answers {answer.code.name}")
        details.append("BadRequest" in answer.names_of_details())
    return None if all(details) else "without BadRequest among the details (S)"


def _refused_for_disk(target: Target) -> list[Reply | Called]:
    """What a server answers whose disk is full, over both transports."""
    refused: list[Reply | Called] = []
    with starved_of_disk(target) as starved:
        for number in range(200):
            body = samples.traces([samples.span(Trace.new(), 1, name="y" * 100_000)]).SerializeToString()
            sent: Reply | Called = starved.post(body) if number % 2 else starved.call(body)
            if (sent.status != http.client.OK) if isinstance(sent, Reply) else (sent.code is not grpc.StatusCode.OK):
                refused.append(sent)
                if len(refused) > 4:  # noqa: PLR2004 - both transports were met
                    break
    return refused


@item("C22", "M", "bad data is never retryable, a failing disk always is")
def right_kind_of_error(target: Target) -> None:
    """What comes again for ever, and what is dropped for ever, are both lost."""
    for bad in _answers_to_bad_data(target):
        ours = bad.status >= http.client.INTERNAL_SERVER_ERROR if isinstance(bad, Reply) else bad.code is grpc.StatusCode.INTERNAL
        expect(not ours and not is_retryable(bad), f"bad data is answered with {said(bad)}, as if it were the server's fault")
    if target.options is None:
        what = "--serve, to see what a failing disk is answered with"
        raise rest_needs(what)
    refused = _refused_for_disk(target)
    expect(refused, "20 MB were acknowledged on a disk that takes 8")
    for one in refused:
        expect(is_retryable(one), f"a disk that is full is answered with {said(one)}, which means: drop it")


def _answers_to_bad_data(target: Target) -> Iterator[Reply | Called]:
    """One after the other: a server that hangs up on one has not answered it."""
    deep = b"[" * 20_000
    for body, kind, encoding in (
        (_GARBAGE, PROTOBUF, None),
        (b"{", JSON, None),
        (deep, JSON, None),
        (json.dumps({"resourceSpans": 1}).encode(), JSON, None),
        (json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": 7}]}]}]}).encode(), JSON, None),
        (b"x", PROTOBUF, "gzip"),
        (b"\x1f\x8b\x08\x00", PROTOBUF, "gzip"),
    ):
        yield target.post(body, kind, encoding=encoding)
    yield target.call(_GARBAGE)
