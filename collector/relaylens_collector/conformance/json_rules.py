"""C32 to C40: OTLP's JSON, which is not protobuf's."""

import http.client
import json
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.items import expect, item
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.target import JSON, Target

_TAKEN_OR_REFUSED = {200, 400}


def _send(target: Target, *spans: dict[str, Any]) -> None:
    reply = target.post(samples.json_traces(spans), JSON)
    expect(reply.status == http.client.OK, f"answers {reply.status}: {reply.body[:200]!r}")


def _values(target: Target, trace: Trace) -> dict[str, AnyValue]:
    (span,) = target.stored(trace)
    return {pair.key: pair.value for pair in span.attributes}


@item("C32", "M", "ids are hex, in either case")
def hex_ids(target: Target) -> None:
    """As base64 the same digits would be another id."""
    trace, parent = Trace.new(), "00000000000000Af"
    link = {"traceId": "AB" * 16, "spanId": "cd" * 8}
    _send(target, samples.json_span(trace, 10, traceId=trace.hex.upper(), spanId="00000000000000fA", parentSpanId=parent, links=[link]))
    (span,) = target.stored(trace)
    expect(span.span_id.hex() == "00000000000000fa", f"spanId became {span.span_id.hex()}")
    expect(span.parent_span_id.hex() == parent.lower(), f"parentSpanId became {span.parent_span_id.hex()}")
    expect(span.links and span.links[0].trace_id.hex() == "ab" * 16, "the link's traceId became another")


@item("C33", "M", "enums are integers; names are refused")
def enums(target: Target) -> None:
    """`SPAN_KIND_SERVER` is no number."""
    reply = target.post(samples.json_traces([samples.json_span(Trace.new(), kind="SPAN_KIND_SERVER")]), JSON)
    rejected = reply.status == http.client.OK and reply.response().partial_success.rejected_spans == 1
    expect(reply.status == http.client.BAD_REQUEST or rejected, f"a name for a number answers {reply.status}")


@item("C34", "M", "unknown fields are ignored at every level")
def unknown_fields(target: Target) -> None:
    """Newer senders say more."""
    inner = {"key": "k", "value": {"stringValue": "v", "new": 1}, "new": {}}
    document = json.loads(samples.json_traces([samples.json_span(Trace.new(), new=[1], attributes=[inner])]))
    document["new"] = document["resourceSpans"][0]["new"] = document["resourceSpans"][0]["scopeSpans"][0]["new"] = {"a": 1}
    document["resourceSpans"][0]["resource"]["new"] = None
    reply = target.post(json.dumps(document).encode(), JSON)
    expect(reply.status == http.client.OK, f"answers {reply.status}: {reply.body[:200]!r}")


@item("C35", "M", "only lowerCamelCase names the fields")
def camel_case(target: Target) -> None:
    """`start_time_unix_nano` is an unknown field."""
    trace = Trace.new()
    span = samples.json_span(trace, start_time_unix_nano="5", trace_state="a=b")
    del span["startTimeUnixNano"]
    _send(target, span)
    (stored,) = target.stored(trace)
    expect(stored.start_time_unix_nano == 0, "start_time_unix_nano was read")
    expect(not stored.trace_state, "trace_state was read")


@item("C36", "M", "64-bit numbers as text and as numbers")
def long_numbers(target: Target) -> None:
    """Both forms mean the same."""
    trace = Trace.new()
    largest = 2**63 - 1
    attributes = [
        {"key": "text", "value": {"intValue": str(largest)}},
        {"key": "number", "value": {"intValue": largest}},
        {"key": "least", "value": {"intValue": str(-(2**63))}},
    ]
    _send(target, samples.json_span(trace, startTimeUnixNano=samples.START, attributes=attributes))
    values = _values(target, trace)
    expect(values["text"].int_value == values["number"].int_value == largest, f"became {values}")
    expect(values["least"].int_value == -(2**63), f"the least became {values['least']}")


@item("C37", "M", "bytes in base64; NaN and infinities as text")
def odd_values(target: Target) -> None:
    """As protobuf's JSON writes them."""
    trace = Trace.new()
    attributes = [{"key": "bytes", "value": {"bytesValue": "AP8="}}]
    attributes += [{"key": name, "value": {"doubleValue": name}} for name in ("NaN", "Infinity", "-Infinity")]
    _send(target, samples.json_span(trace, attributes=attributes))
    values = _values(target, trace)
    expect(values["bytes"].bytes_value == b"\x00\xff", f"bytes became {values['bytes']}")
    expect([str(values[name].double_value) for name in ("NaN", "Infinity", "-Infinity")] == ["nan", "inf", "-inf"], "doubles became others")


def _survives(target: Target, body: bytes, what: str) -> None:
    reply = target.post(body, JSON)
    expect(reply.status in _TAKEN_OR_REFUSED, f"{what} answers {reply.status}")
    after = target.post(samples.json_traces([samples.json_span(Trace.new())]), JSON)
    expect(after.status == http.client.OK, f"after {what} a good request answers {after.status}")


@item("C38", "R", "JSON nested 100,000 deep: 400, and alive")
def deep_json(target: Target) -> None:
    """No stack overflow."""
    for open_, close in (("[", "]"), ('{"a":', "}")):
        body = (open_ * 100_000 + ("1" if open_ != "[" else "") + close * 100_000).encode()
        reply = target.post(body, JSON)
        expect(reply.status == http.client.BAD_REQUEST, f"answers {reply.status}")
    _survives(target, b"[" * 1_000_000, "a million open brackets")


@item("C39", "R", "a number of 5,000 digits: 400")
def long_digits(target: Target) -> None:
    """No error of the language's own."""
    body = samples.json_traces([samples.json_span(Trace.new(), droppedAttributesCount="@")]).replace(b'"@"', b"9" * 5000)
    reply = target.post(body, JSON)
    expect(reply.status == http.client.BAD_REQUEST, f"answers {reply.status}")


@item("C40", "R", "BOM, lone surrogates, repeated keys, 1e999: 200 or 400")
def odd_json(target: Target) -> None:
    """Never 5xx."""
    good = samples.json_traces([samples.json_span(Trace.new(), name="@")])
    _survives(target, b"\xef\xbb\xbf" + good, "a byte order mark")
    _survives(target, good.replace(b'"@"', b'"\\ud800"'), "a lone surrogate")
    _survives(target, good.replace(b'"name": "@"', b'"name": "a", "name": "b"'), "a repeated key")
    _survives(
        target,
        samples.json_traces([samples.json_span(Trace.new(), attributes="@")]).replace(
            b'"@"', b'[{"key": "k", "value": {"doubleValue": 1e999}}]'
        ),
        "1e999",
    )
    _survives(target, good[:-1], "a document that is cut off")
    _survives(target, b"\xff\xfe" + good, "bytes that are no UTF-8")
