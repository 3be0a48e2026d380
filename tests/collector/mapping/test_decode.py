"""Decoding accepts what OTLP allows, counts what it must reject, and refuses what is no request."""

import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from tests.collector.store.building import field, request, span

from relaylens_collector.errors import RequestTooLargeError, UndecodableError
from relaylens_collector.mapping import decode
from relaylens_collector.mapping.decoding import COUNTED_ABOVE, MOST_PARTS
from relaylens_collector.signals import Signal

OTLP = (Signal.TRACES, Signal.LOGS, Signal.METRICS)


@pytest.mark.parametrize("signal", OTLP)
def test_an_empty_request_is_accepted(signal: Signal) -> None:
    """No bytes at all are a request with nothing in it."""
    decoded = decode(signal, b"")

    assert (0, 0, None) == (decoded.accepted, decoded.rejected, decoded.reason)


@pytest.mark.parametrize("signal", OTLP)
@pytest.mark.parametrize("body", [b"\xff\xff\xff", b"hello world", b"\x0a\xff\x7f", b"{}"], ids=["varint", "text", "cut", "json"])
def test_what_is_no_request_is_refused(signal: Signal, body: bytes) -> None:
    """The error says what was decoded, so that its sender can find it."""
    with pytest.raises(UndecodableError, match=f"Decoding {signal} of {len(body)} bytes"):
        decode(signal, body)


def test_a_request_that_is_cut_off_is_refused() -> None:
    """No prefix of a request that ends within a span is taken for a request."""
    body = request(span(1, name="one"), span(2, name="two")).SerializeToString()

    for end in range(1, len(body)):
        with pytest.raises(UndecodableError):
            decode(Signal.TRACES, body[:end])


@pytest.mark.parametrize(
    ("signal", "body"),
    [
        (Signal.TRACES, field(1, field(1, b"\x0a\xff"))),
        (Signal.TRACES, field(1, field(2, field(1, b"\x0a\xff")))),
        (Signal.METRICS, field(1, field(2, field(2, b"\x0a\xff")))),
    ],
    ids=["resource", "scope", "metric"],
)
def test_broken_parts_make_the_request_undecodable(signal: Signal, body: bytes) -> None:
    """Resources, scopes and metrics are looked into before the request is acknowledged."""
    with pytest.raises(UndecodableError):
        decode(signal, body)


def test_unknown_fields_are_ignored() -> None:
    """A newer client may send fields that are not known here."""
    body = request(span(1, name="one")).SerializeToString() + field(15, b"new") + field(1, field(15, b"new"))

    assert 1 == decode(Signal.TRACES, body).accepted


def test_spans_with_bad_ids_are_rejected_and_counted() -> None:
    """Each bad span counts once, and the reason says how many have which fault and where the first is."""
    good = span(1)
    bad_traces = [span(1) for _ in range(3)]
    for bad, trace_id in zip(bad_traces, (b"", b"1" * 15, b"\x00" * 16), strict=True):
        bad.trace_id = trace_id
    bad_spans = [span(1) for _ in range(3)]
    for bad, span_id in zip(bad_spans, (b"", b"1" * 9, b"\x00" * 8), strict=True):
        bad.span_id = span_id
    both = span(1)
    both.trace_id = both.span_id = b""

    decoded = decode(Signal.TRACES, request(good, *bad_traces, good, *bad_spans, both, good).SerializeToString())

    assert (3, 7) == (decoded.accepted, decoded.rejected)
    assert [0, 4, 9] == decoded.ordinals.tolist()
    assert (
        "4 spans have a trace_id that is not 16 bytes or is all zero (first: span 1 of the request); "
        "3 spans have a span_id that is not 8 bytes or is all zero (first: span 5 of the request); the others are stored."
    ) == decoded.reason


def test_a_request_of_bad_spans_only_is_rejected_whole() -> None:
    """Nothing is left, and the reason speaks of one span in the singular."""
    bad = span(1)
    bad.span_id = b""

    decoded = decode(Signal.TRACES, request(bad).SerializeToString())

    assert (0, 1) == (decoded.accepted, decoded.rejected)
    assert (
        "1 span has a span_id that is not 8 bytes or is all zero (first: span 0 of the request); the others are stored." == decoded.reason
    )


def test_log_records_without_ids_are_accepted() -> None:
    """A log record need not belong to a span."""
    sent = ExportLogsServiceRequest()
    sent.resource_logs.add().scope_logs.add().log_records.add(body=AnyValue(string_value="hello"))

    decoded = decode(Signal.LOGS, sent.SerializeToString())

    assert (1, 0) == (decoded.accepted, decoded.rejected)


def test_records_keep_their_own_resource_and_scope() -> None:
    """Records of several resources and scopes, some of them empty or equal, are not mixed up."""
    sent = request(span(1))
    for service, scopes in (("a", ("x", "y")), ("b", ()), ("a", ("y",))):
        resource_spans = sent.resource_spans.add()
        resource_spans.resource.attributes.add(key="service.name").value.string_value = service
        for scope in scopes:
            scope_spans = resource_spans.scope_spans.add()
            scope_spans.scope.name = scope
            scope_spans.spans.extend([span(1), span(2)])

    decoded = decode(Signal.TRACES, sent.SerializeToString())

    services = [decoded.resources[place].name for place in decoded.resource_of]
    names = [decoded.scopes[place].name for place in decoded.scope_of]
    assert [None, "a", "a", "a", "a", "a", "a"] == services
    assert [None, "x", "x", "y", "y", "y", "y"] == names
    assert (3, 3) == (len(decoded.resources), len(decoded.scopes))


@pytest.mark.parametrize("signal", [Signal.TRACES, Signal.LOGS])
def test_a_small_body_with_countless_parts_is_refused(signal: Signal) -> None:
    """Two bytes on the wire can be a hundred in memory, so the parts of a large request are counted first."""
    attributes = {Signal.TRACES: 9, Signal.LOGS: 6}[signal]
    record = bytes([attributes << 3 | 2, 0]) * (MOST_PARTS + 100_000)

    with pytest.raises(RequestTooLargeError, match=f"{MOST_PARTS} are taken"):
        decode(signal, field(1, field(2, field(2, record))))


def test_a_metric_of_countless_points_is_refused() -> None:
    """Data points are counted as well."""
    gauge = b"\x0a\x00" * (MOST_PARTS + 100_000)

    with pytest.raises(RequestTooLargeError, match=f"{MOST_PARTS} are taken"):
        decode(Signal.METRICS, field(1, field(2, field(2, field(5, gauge)))))


def test_a_large_request_of_few_parts_is_accepted() -> None:
    """Size alone is no reason to refuse: a span may hold a long text."""
    large = span(1, attributes=[KeyValue(key="a", value=AnyValue(string_value="x" * COUNTED_ABOVE))])

    assert 1 == decode(Signal.TRACES, request(large).SerializeToString()).accepted


@pytest.mark.parametrize("body", [b"[]", b'"a"', b"{", b"\xff", b"[" * 100_000, b'{"a":' * 100_000])
def test_what_is_no_label_is_refused(body: bytes) -> None:
    """A label is a JSON object."""
    with pytest.raises(UndecodableError):
        decode(Signal.LABELS, body)


def test_nothing_is_left_of_an_erased_label() -> None:
    """The journal keeps an empty body in its place, which holds no record and does not stop a replay."""
    erased = decode(Signal.LABELS, b"")

    assert (0, 0, None) == (erased.accepted, erased.rejected, erased.reason)


def test_a_label_is_accepted() -> None:
    """A label counts as one record."""
    assert 1 == decode(Signal.LABELS, json.dumps({"run": "1", "name": "accuracy", "value": "\ud800"}).encode()).accepted


def test_damaged_requests_are_refused_or_decoded() -> None:
    """Whatever a byte is changed into, the answer is a request or UndecodableError."""
    chance = random.Random(1)  # noqa: S311 - the same damage each time
    metrics = ExportMetricsServiceRequest()
    metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="a").sum.data_points.add(as_double=0.5)
    logs = ExportLogsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add(body=AnyValue(string_value="hello"))
    traces = request(span(1, name="one", attributes=[KeyValue(key="a", value=AnyValue(string_value="b"))]))
    bodies = {Signal.TRACES: traces, Signal.LOGS: logs, Signal.METRICS: metrics}

    outcomes = set()
    for signal, sent in bodies.items():
        for _ in range(400):
            body = bytearray(sent.SerializeToString())
            body[chance.randrange(len(body))] = chance.randrange(256)
            try:
                outcomes.add(decode(signal, bytes(body)).accepted)
            except UndecodableError:
                outcomes.add(-1)

    assert {-1, 0, 1} == outcomes


def test_several_threads_may_decode_at_once() -> None:
    """Readers are shared by all threads of the servers."""
    bodies = [request(*(span(number, name=f"{seed}/{number}") for number in range(1, 200))).SerializeToString() for seed in range(8)]

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda seed: decode(Signal.TRACES, bodies[seed % 8]), range(64)))

    expected = [[f"{seed % 8}/{number}".encode() for number in range(1, 200)] for seed in range(64)]
    assert expected == [decoded.records.field("name").to_pylist() for decoded in found]
