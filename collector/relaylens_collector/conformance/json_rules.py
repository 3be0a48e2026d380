"""C32 to C40: OTLP's JSON, which is not protobuf's."""

import http.client
import json
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.answers import JSON
from relaylens_collector.conformance.items import expect, item, rest_needs
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.target import TRACE_URL, Target

_TAKEN_OR_REFUSED = {200, 400}


def _send(target: Target, *spans: dict[str, Any]) -> None:
    reply = target.post(samples.json_traces(spans), JSON)
    expect(reply.status == http.client.OK, f"answers {reply.status}: {reply.body[:200]!r}")
    rejected = reply.response().partial_success.rejected_spans
    expect(rejected == 0, f"{rejected} of {len(spans)} spans are rejected")


def _values(target: Target, trace: Trace) -> dict[str, AnyValue]:
    (span,) = target.stored(trace)
    return {pair.key: pair.value for pair in span.attributes}


@item("C32", "M", "ids are hex, in either case")
def hex_ids(target: Target) -> None:
    """As base64 the same digits would be another id."""
    trace, parent = Trace.new(), "00000000000000Af"
    link = {"traceId": "AB" * 16, "spanId": "cD" * 8}
    _send(target, samples.json_span(trace, 10, traceId=trace.hex.upper(), spanId="00000000000000fA", parentSpanId=parent, links=[link]))
    (span,) = target.stored(trace)
    expect(span.span_id.hex() == "00000000000000fa", f"spanId became {span.span_id.hex()}")
    expect(span.parent_span_id.hex() == parent.lower(), f"parentSpanId became {span.parent_span_id.hex()}")
    links = [(one.trace_id.hex(), one.span_id.hex()) for one in span.links]
    expect(links == [("ab" * 16, "cd" * 8)], f"the link's ids became {links}")


@item("C33", "M", "enums are integers; names are refused")
def enums(target: Target) -> None:
    """`SPAN_KIND_SERVER` is no number."""
    for field, named in (("kind", "SPAN_KIND_SERVER"), ("status", {"code": "STATUS_CODE_ERROR"})):
        reply = target.post(samples.json_traces([samples.json_span(Trace.new()) | {field: named}]), JSON)
        rejected = reply.status == http.client.OK and reply.response().partial_success.rejected_spans == 1
        expect(reply.status == http.client.BAD_REQUEST or rejected, f"a name for the number of {field} answers {reply.status}")
    trace = Trace.new()
    _send(target, samples.json_span(trace, kind=2, status={"code": 2}))
    if target.trace_url is None:
        raise rest_needs(TRACE_URL)
    (span,) = target.stored(trace)
    expect((span.kind, span.status.code) == (2, 2), f"kind and status became {span.kind} and {span.status.code}")


@item("C34", "M", "unknown fields are ignored at every level")
def unknown_fields(target: Target) -> None:
    """Newer senders say more."""
    trace = Trace.new()
    attributes = [{"key": "k", "value": {"stringValue": "v", "new": 1}, "new": {}}]
    span = samples.json_span(
        trace,
        new=[1],
        attributes=attributes,
        events=[{"timeUnixNano": "1", "name": "e", "attributes": attributes, "new": [[]]}],
        links=[{"traceId": "ab" * 16, "spanId": "cd" * 8, "new": "x"}],
        status={"code": 1, "new": None},
    )
    document = json.loads(samples.json_traces([span]))
    resource = document["resourceSpans"][0]
    for part in (document, resource, resource["resource"], resource["scopeSpans"][0], resource["scopeSpans"][0]["scope"]):
        part["new"] = {"a": [1, {"b": None}]}
    reply = target.post(json.dumps(document).encode(), JSON)
    expect(reply.status == http.client.OK, f"answers {reply.status}: {reply.body[:200]!r}")
    target.kept(trace)


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
    ends = samples.START + 1
    _send(target, samples.json_span(trace, startTimeUnixNano=samples.START, endTimeUnixNano=str(ends), attributes=attributes))
    (span,) = target.stored(trace)
    values = {pair.key: pair.value for pair in span.attributes}
    expect(values["text"].int_value == values["number"].int_value == largest, f"became {values}")
    expect(values["least"].int_value == -(2**63), f"the least became {values['least']}")
    times = (span.start_time_unix_nano, span.end_time_unix_nano)
    expect(times == (samples.START, ends), f"times became {times}")


@item("C37", "M", "bytes in base64; NaN and infinities as text")
def odd_values(target: Target) -> None:
    """As protobuf's JSON writes them."""
    trace = Trace.new()
    attributes: list[dict[str, Any]] = [{"key": "bytes", "value": {"bytesValue": "AP8="}}]
    attributes += [{"key": name, "value": {"doubleValue": name}} for name in ("NaN", "Infinity", "-Infinity")]
    _send(target, samples.json_span(trace, attributes=attributes))
    values = _values(target, trace)
    expect(values["bytes"].bytes_value == b"\x00\xff", f"bytes became {values['bytes']}")
    doubles = [str(values[name].double_value) if name in values else None for name in ("NaN", "Infinity", "-Infinity")]
    expect(doubles == ["nan", "inf", "-inf"], f"doubles became {doubles}")


def _survives(target: Target, body: bytes, what: str) -> None:
    reply = target.post(body, JSON)
    expect(reply.status in _TAKEN_OR_REFUSED, f"{what} answers {reply.status}")
    _is_alive(target, what)


def _is_alive(target: Target, what: str) -> None:
    after = target.post(samples.json_traces([samples.json_span(Trace.new())]), JSON)
    expect(after.status == http.client.OK, f"after {what} a good request answers {after.status}")


@item("C38", "R", "JSON nested 1,000 to 100,000 deep: 400, and alive")
def deep_json(target: Target) -> None:
    """No stack overflow."""
    for depth in (2_000, 100_000):
        for open_, close in (("[", "]"), ('{"a":', "}")):
            body = (open_ * depth + ("1" if open_ != "[" else "") + close * depth).encode()
            reply = target.post(body, JSON)
            expect(reply.status == http.client.BAD_REQUEST, f"{open_!r} {depth} deep answers {reply.status}")
    _survives(target, b"[" * 1_000_000, "a million open brackets")


@item("C39", "R", "a number of 5,000 digits: 400")
def long_digits(target: Target) -> None:
    """No error of the language's own."""
    body = samples.json_traces([samples.json_span(Trace.new(), droppedAttributesCount="@")]).replace(b'"@"', b"9" * 5000)
    reply = target.post(body, JSON)
    expect(reply.status == http.client.BAD_REQUEST, f"answers {reply.status}")
    _is_alive(target, "a number of 5,000 digits")


@item("C40", "R", "BOM, lone surrogates, repeated keys, 1e999: 200 or 400")
def odd_json(target: Target) -> None:
    """Never 5xx."""
    good = samples.json_traces([samples.json_span(Trace.new(), name="@")])
    _survives(target, b"\xef\xbb\xbf" + good, "a byte order mark")
    _survives(target, good.replace(b'"@"', b'"\\ud800"'), "a lone surrogate")
    _survives(target, good.replace(b'"name": "@"', b'"name": "a", "name": "b"'), "a repeated key")
    for odd in (b"1e999", b"NaN", b"-0.0"):
        value = b'[{"key": "k", "value": {"doubleValue": %s}}]' % odd
        _survives(target, samples.json_traces([samples.json_span(Trace.new(), attributes="@")]).replace(b'"@"', value), odd.decode())
    _survives(target, good[:-1], "a document that is cut off")
    _survives(target, b"\xff\xfe" + good, "bytes that are no UTF-8")
