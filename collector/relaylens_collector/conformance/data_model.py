"""C41 to C54: what is stored is what was sent."""

import http.client
import math

import grpc
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest, ExportMetricsServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValueList
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.answers import PROTOBUF, Reply
from relaylens_collector.conformance.items import expect, item, rest_needs
from relaylens_collector.conformance.samples import Trace, attribute, text
from relaylens_collector.conformance.target import TRACE_URL, Target

_DEEP = 200
_MENDED = {"men\ufffd\ufffdd", "men\ufffdd", "men??d", "mend"}
_MANY = 10_000
_MIB = 1 << 20


def _accepted(reply: Reply) -> None:
    expect(reply.status == http.client.OK, f"answers {reply.status}: {reply.body[:200]!r}")


def _round_trip(target: Target, trace: Trace, span: Span) -> Span:
    """Send a span and read it back."""
    _accepted(target.post(samples.traces([span]).SerializeToString()))
    return target.stored(trace)[0]


@item("C41", "M", "unknown protobuf fields are ignored")
def unknown_fields(target: Target) -> None:
    """Newer senders say more, at every level."""
    trace = Trace.new()
    span = samples.span(trace).SerializeToString() + samples.field(900, b"new")
    body = samples.field(
        1, samples.field(2, samples.field(2, span) + samples.field(901, b"new")) + samples.field(902, b"")
    ) + samples.field(903, b"x")
    _accepted(target.post(body))
    expect(target.call(body).code is grpc.StatusCode.OK, "gRPC refuses it")
    target.kept(trace)


def _kinds() -> dict[str, AnyValue]:
    """A value of each kind, with the ends of the ranges."""
    return {
        "text": text("ä \u0000 \U0001f600"),
        "empty text": text(""),
        "true": AnyValue(bool_value=True),
        "false": AnyValue(bool_value=False),
        "least": AnyValue(int_value=-(2**63)),
        "greatest": AnyValue(int_value=2**63 - 1),
        "double": AnyValue(double_value=0.1),
        "minus zero": AnyValue(double_value=-0.0),
        "infinite": AnyValue(double_value=-math.inf),
        "bytes": AnyValue(bytes_value=b"\x00\xff"),
        "array": AnyValue(array_value=ArrayValue(values=[text("a"), AnyValue(int_value=1), AnyValue()])),
        "kvlist": AnyValue(kvlist_value=KeyValueList(values=[attribute("a", text("b")), attribute("n", AnyValue(int_value=2))])),
        "nothing": AnyValue(),
    }


@item("C42", "M", "every kind of value comes back")
def values(target: Target) -> None:
    """With sign, order and type."""
    trace = Trace.new()
    sent = _kinds()
    stored = _round_trip(target, trace, samples.span(trace, 1, attributes=[attribute(key, value) for key, value in sent.items()]))
    got = {pair.key: pair.value for pair in stored.attributes}
    for key, value in sent.items():
        expect(key in got and got[key].SerializeToString() == value.SerializeToString(), f"{key}: {value} became {got.get(key)}")


@item("C43", "R", "NaN and infinities are stored")
def not_finite(target: Target) -> None:
    """Not dropped, and not the span with them."""
    trace = Trace.new()
    sent = {name: AnyValue(double_value=float(name)) for name in ("nan", "inf", "-inf")}
    stored = _round_trip(target, trace, samples.span(trace, 1, attributes=[attribute(key, value) for key, value in sent.items()]))
    got = {pair.key: str(pair.value.double_value) for pair in stored.attributes}
    expect(got == {"nan": "nan", "inf": "inf", "-inf": "-inf"}, f"became {got}")


@item("C44", "R", f"values nested {_DEEP} deep: a clear answer, other requests unharmed")
def deep_values(target: Target) -> str:
    """Protobuf's Python library takes 31."""
    deep = b""
    for _ in range(_DEEP):
        deep = samples.field(5, samples.field(1, deep))
    trace = Trace.new()
    span = samples.span(trace).SerializeToString() + samples.field(9, samples.field(1, b"deep") + samples.field(2, deep))
    reply = target.post(samples.raw_request([span, samples.span(trace, 2).SerializeToString()]))
    expect(reply.status in {200, 400}, f"answers {reply.status}")
    _accepted(target.post(samples.one_span(Trace.new())))
    if reply.status != http.client.OK:
        message = reply.rpc_status(PROTOBUF).message
        expect(message, "400 without a message")
        return f"the whole request is refused: {message[:100]}"
    rejected = reply.response().partial_success.rejected_spans
    expect(rejected in {0, 1}, f"one of two spans is deep, and {rejected} are rejected")
    if target.trace_url is None:
        raise rest_needs(TRACE_URL)
    stored = {int.from_bytes(span.span_id) for span in target.stored(trace, 2 - rejected)}
    expect(stored == ({2} if rejected else {1, 2}), f"{rejected} rejected, and stored are {sorted(stored)}")
    return "that span is rejected" if rejected else "stored"


@item("C45", "R", "a text that is no UTF-8 does not cost the others")
def not_utf8(target: Target) -> str:
    """Mended with a warning, or rejected alone."""
    trace = Trace.new()
    reply = target.post(samples.raw_request([samples.broken_text(trace), samples.span(trace, 2).SerializeToString()]))
    _accepted(reply)
    partial = reply.response().partial_success
    expect(partial.rejected_spans in {0, 1}, f"one of two spans is broken, and {partial.rejected_spans} are rejected")
    expect(partial.error_message, "nothing is said of it")
    if target.trace_url is None:
        raise rest_needs(TRACE_URL)
    stored = {int.from_bytes(span.span_id): span.name for span in target.stored(trace, 2 - partial.rejected_spans)}
    expect(2 in stored, "the good span beside it is not stored")  # noqa: PLR2004 - its number
    expect(partial.rejected_spans or stored.get(1) in _MENDED, f"the text became {stored.get(1)!r}")
    return "that span is rejected" if partial.rejected_spans else "mended, with a warning"


@item("C46", "M", "ids of wrong length or all zero: that span is rejected, the others stored")
def wrong_ids(target: Target) -> None:
    """Counted one by one."""
    trace = Trace.new()
    bad = [
        samples.span(trace, 1, span_id=b""),
        samples.span(trace, 1, span_id=b"\0" * 8),
        samples.span(trace, 1, span_id=b"short"),
        samples.span(Trace(b"")),
        samples.span(Trace(b"\0" * 16)),
        samples.span(Trace(b"x" * 15)),
    ]
    reply = target.post(samples.traces([samples.span(trace, 7), *bad, samples.span(trace, 8)]).SerializeToString())
    rejected = reply.response().partial_success.rejected_spans
    expect(rejected == len(bad), f"{rejected} of {len(bad)} are rejected")
    expect({7, 8} == {int.from_bytes(span.span_id) for span in target.stored(trace, 2)}, "the good spans are not stored")


@item("C47", "R", "the same span with other content: both are kept")
def versions(target: Target) -> None:
    """A late, more complete version does not erase, and is not erased."""
    trace = Trace.new()
    for name in ("first", "second"):
        _accepted(target.post(samples.traces([samples.span(trace, 1, name=name)]).SerializeToString()))
    other = Trace.new()
    _accepted(target.post(samples.traces([samples.span(other, 1, name="elsewhere")]).SerializeToString()))
    names = {span.name for span in target.stored(trace, 2)}
    expect(names == {"first", "second"}, f"of two versions {sorted(names)} are kept")
    expect([span.name for span in target.stored(other)] == ["elsewhere"], "the same span id in another trace is not kept apart")


@item("C48", "M", "every field of a span comes back")
def whole_span(target: Target) -> None:
    """Flags, state, counts, links, events, status, kind."""
    trace = Trace.new()
    sent = samples.span(
        trace,
        1,
        parent_span_id=b"parent!!",
        trace_state="a=1,b=2",
        flags=0x301,
        kind=5,
        dropped_attributes_count=1,
        dropped_events_count=2,
        dropped_links_count=3,
        events=[Span.Event(time_unix_nano=5, name="e", attributes=[attribute("k", text("v"))], dropped_attributes_count=4)],
        links=[Span.Link(trace_id=b"l" * 16, span_id=b"m" * 8, trace_state="c=3", attributes=[attribute("k", text("v"))], flags=0x100)],
        status={"code": 2, "message": "broken"},
        attributes=[attribute("k", text("v"))],
    )
    stored = _round_trip(target, trace, sent)
    for name in (found.name for found in Span.DESCRIPTOR.fields):
        expect(getattr(sent, name) == getattr(stored, name), f"{name}: {getattr(sent, name)!r} became {getattr(stored, name)!r}")


@item("C49", "M", "resource, scope and schema URLs come back with their spans")
def origins(target: Target) -> None:
    """Each span with its own."""
    trace = Trace.new()
    request = samples.traces([samples.span(trace)])
    request.resource_spans[0].schema_url = "https://schema/resource"
    request.resource_spans[0].resource.dropped_attributes_count = 3
    scope = request.resource_spans[0].scope_spans[0]
    scope.schema_url = "https://schema/scope"
    scope.scope.version = "1.2"
    scope.scope.dropped_attributes_count = 4
    scope.scope.attributes.append(attribute("scope", text("s")))
    other = request.resource_spans.add()
    other.resource.attributes.append(attribute("service.name", text("other")))
    other.scope_spans.add().spans.append(samples.span(trace, 2))
    _accepted(target.post(request.SerializeToString()))
    target.stored(trace, 2)
    found = {int.from_bytes(span.span_id): (resource, part) for resource, part, span in target.whole(trace)}
    first, part = found[1]
    expect(first.resource == request.resource_spans[0].resource, f"the resource became {first.resource}")
    expect(part.scope == scope.scope, f"the scope became {part.scope}")
    expect((first.schema_url, part.schema_url) == ("https://schema/resource", "https://schema/scope"), "schema URLs are lost")
    expect(found[2][0].resource.attributes[0].value.string_value == "other", "the second span has another's resource")


@item("C50", "R", "repeated attribute keys: always the same one wins")
def repeated_keys(target: Target) -> str:
    """Which one is for the server's documentation."""
    kept = set()
    for _ in range(3):
        trace = Trace.new()
        stored = _round_trip(
            target, trace, samples.span(trace, 1, attributes=[attribute("k", text("first")), attribute("k", text("last"))])
        )
        kept.add(tuple(pair.value.string_value for pair in stored.attributes if pair.key == "k"))
    expect(len(kept) == 1, f"three times the same gave {sorted(kept)}")
    return f"keeps {', '.join(kept.pop())}"


@item("C51", "M", "times at the ends of their range, and ends before starts")
def times(target: Target) -> None:
    """Stored as they are."""
    trace = Trace.new()
    pairs = [(0, 0), (1, 2**63 - 1), (2**63, 2**64 - 1), (samples.START, samples.START - 1)]
    spans = [
        samples.span(trace, number, start_time_unix_nano=start, end_time_unix_nano=end)
        for number, (start, end) in enumerate(pairs, start=1)
    ]
    _accepted(target.post(samples.traces(spans).SerializeToString()))
    stored = {
        int.from_bytes(span.span_id): (span.start_time_unix_nano, span.end_time_unix_nano) for span in target.stored(trace, len(pairs))
    }
    expect([stored[number] for number in range(1, 5)] == pairs, f"became {stored}")


@item("C52", "R", "missing parents, parents of themselves, cycles")
def odd_parents(target: Target) -> None:
    """Taken, and readable again."""
    trace = Trace.new()
    parents = {1: 9, 2: 2, 3: 4, 4: 3}
    spans = [samples.span(trace, number, parent_span_id=parent.to_bytes(8)) for number, parent in parents.items()]
    _accepted(target.post(samples.traces(spans).SerializeToString()))
    expect(len(target.stored(trace, len(parents))) == len(parents), "not all came back")


@item("C53", "R", "10,000 attributes, 16 MiB in one, a name of 1 MiB")
def large_spans(target: Target) -> None:
    """Within the limit of a request."""
    trace = Trace.new()
    many = samples.span(trace, 1, attributes=[attribute(f"k{number}", AnyValue(int_value=number)) for number in range(_MANY)])
    long = samples.span(trace, 2, name="n" * _MIB, attributes=[attribute("long", text("x" * 16 * _MIB))])
    _accepted(target.post(samples.traces([many, long]).SerializeToString()))
    stored = {int.from_bytes(span.span_id): span for span in target.stored(trace, 2, seconds=60)}
    expect(len(stored[1].attributes) == _MANY, f"{len(stored[1].attributes)} attributes came back")
    lengths = (len(stored[2].name), len(stored[2].attributes[0].value.string_value))
    expect(lengths == (_MIB, 16 * _MIB), f"long texts became {lengths[0]} and {lengths[1]} characters")


@item("C54", "R", "metrics of every type, empty and odd ones; logs without a body")
def other_signals(target: Target) -> None:
    """Taken, whatever becomes of them."""
    metrics = ExportMetricsServiceRequest()
    made = metrics.resource_metrics.add().scope_metrics.add().metrics
    made.add(name="gauge").gauge.data_points.add(as_double=math.nan)
    made.add(
        name="sum", sum=metrics_pb2.Sum(aggregation_temporality=metrics_pb2.AGGREGATION_TEMPORALITY_CUMULATIVE, is_monotonic=True)
    ).sum.data_points.add(as_int=-(2**63))
    made.add(name="histogram").histogram.data_points.add(count=0)
    made.add(name="exponential").exponential_histogram.data_points.add(scale=-10, zero_count=1)
    made.add(name="summary").summary.data_points.add(count=1, sum=math.inf)
    made.add(name="no points").gauge.SetInParent()
    made.add(name="no data")
    made.add(name="buckets").histogram.data_points.add(count=2, bucket_counts=[1, 1], explicit_bounds=[0.5], min=math.nan, max=math.inf)
    reply = target.post(metrics.SerializeToString(), path="/v1/metrics")
    _accepted(reply)
    rejected = reply.read_as(ExportMetricsServiceResponse()).partial_success.rejected_data_points
    expect(rejected == 0, f"{rejected} data points are rejected")
    logs = ExportLogsServiceRequest()
    records = logs.resource_logs.add().scope_logs.add().log_records
    for severity in range(25):
        records.add(severity_number=severity)
    records.add(time_unix_nano=2**64 - 1, flags=2**32 - 1)
    records.add(body=AnyValue(kvlist_value=KeyValueList(values=[attribute("k", AnyValue(bytes_value=b"\xff"))])))
    reply = target.post(logs.SerializeToString(), path="/v1/logs")
    _accepted(reply)
    lost = reply.read_as(ExportLogsServiceResponse()).partial_success.rejected_log_records
    expect(lost == 0, f"{lost} log records are rejected")
