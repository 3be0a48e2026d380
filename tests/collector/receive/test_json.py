"""OTLP/JSON by OTLP's rules: items C32 to C40 of the conformance list."""

import base64
import contextlib
import json
import math
import struct
from typing import Any

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from relaylens_collector.errors import UndecodableError
from relaylens_collector.receive.otlp_json import to_protobuf
from relaylens_collector.signals import Signal

_IDS = {"traceId": "0123456789abcdef0123456789abcdef", "spanId": "0123456789abcdef"}


def _decode(body: bytes) -> ExportTraceServiceRequest:
    return ExportTraceServiceRequest.FromString(to_protobuf(Signal.TRACES, body))


def _span(**fields: object) -> Span:
    """Send one span through the decoder."""
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [{**_IDS, **fields}]}]}]}
    (span,) = _decode(json.dumps(document).encode()).resource_spans[0].scope_spans[0].spans
    return span


def _value(value: object) -> AnyValue:
    """Send one attribute's value through the decoder."""
    return _span(attributes=[{"key": "k", "value": value}]).attributes[0].value


def _refused(body: bytes) -> str:
    with pytest.raises(UndecodableError) as refusal:
        to_protobuf(Signal.TRACES, body)
    return str(refusal.value)


@pytest.mark.parametrize("text", ["0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789abcdef"])
def test_ids_are_hex(text: str) -> None:
    """C32: in upper and lower case, for all four kinds of id."""
    span = _span(traceId=text, parentSpanId="00FF00ff00ff00ff", links=[{"traceId": text, "spanId": "0123456789ABCDEF"}])

    assert bytes.fromhex(text) == span.trace_id == span.links[0].trace_id
    assert bytes.fromhex("00ff00ff00ff00ff") == span.parent_span_id
    assert bytes.fromhex("0123456789abcdef") == span.span_id == span.links[0].span_id


def test_a_span_whose_own_id_is_not_hex_is_left_to_be_rejected() -> None:
    """C46: as one with an id that is too short."""
    assert b"" == _span(traceId="AAAAAAAAAAAAAAAAAAAAAA==").trace_id
    assert b"" == _span(spanId=7).span_id


@pytest.mark.parametrize("field", [{"parentSpanId": "no hex"}, {"links": [{"traceId": "abc"}]}])
def test_other_ids_that_are_not_hex_are_an_error(field: dict[str, object]) -> None:
    """C32: what a span points to is not guessed."""
    message = _refused(json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{**_IDS, **field}]}]}]}).encode())

    assert "resourceSpans.0.scopeSpans.0.spans.0." in message
    assert "hex digits" in message


def test_enums_are_integers() -> None:
    """C33: names are refused, numbers from the future are kept."""
    assert (2, 1) == (_span(kind=2).kind, _span(status={"code": 1}).status.code)
    assert 99 == _span(kind=99).kind
    assert "not as a name" in _refused(
        json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{"kind": "SPAN_KIND_SERVER"}]}]}]}).encode()
    )


def test_unknown_fields_are_ignored() -> None:
    """C34: at every level."""
    body = {
        "x": 1,
        "resourceSpans": [
            {
                "x": {},
                "resource": {"x": [], "attributes": [{"key": "k", "x": None, "value": {"stringValue": "v", "x": 1}}]},
                "scopeSpans": [
                    {"x": "", "scope": {"name": "n", "x": 1}, "spans": [{**_IDS, "x": 1, "status": {"x": 1}, "events": [{"x": 1}]}]}
                ],
            }
        ],
    }
    (resource_spans,) = _decode(json.dumps(body).encode()).resource_spans

    assert ("k", "v") == (resource_spans.resource.attributes[0].key, resource_spans.resource.attributes[0].value.string_value)
    assert "n" == resource_spans.scope_spans[0].scope.name
    assert 1 == len(resource_spans.scope_spans[0].spans[0].events)


def test_only_lower_camel_case_is_read() -> None:
    """C35: protobuf's own names are unknown fields."""
    span = _span(start_time_unix_nano="5", name="n", trace_id="00", dropped_attributes_count=3)

    assert (0, "n", 0) == (span.start_time_unix_nano, span.name, span.dropped_attributes_count)


@pytest.mark.parametrize("number", [0, 1, (1 << 63) - 1, (1 << 64) - 1])
def test_times_are_numbers_or_text(number: int) -> None:
    """C36, C51: in both forms, over the whole range."""
    assert number == _span(startTimeUnixNano=number).start_time_unix_nano == _span(startTimeUnixNano=str(number)).start_time_unix_nano


@pytest.mark.parametrize("number", [-(1 << 63), -1, 0, (1 << 63) - 1])
def test_int_values_are_numbers_or_text(number: int) -> None:
    """C36, C42: 64 bits with sign, as number, as text."""
    assert number == _value({"intValue": number}).int_value == _value({"intValue": str(number)}).int_value


def test_a_whole_float_is_an_integer() -> None:
    """C36: some writers know no other numbers."""
    assert 3 == _value({"intValue": 3.0}).int_value


@pytest.mark.parametrize("data", [b"", b"\x00", bytes(range(256))])
def test_bytes_are_base64(data: bytes) -> None:
    """C37: in both alphabets, with and without padding."""
    for text in (base64.b64encode(data), base64.urlsafe_b64encode(data), base64.b64encode(data).rstrip(b"=")):
        value = _value({"bytesValue": text.decode()})
        assert ("bytes_value", data) == (value.WhichOneof("value"), value.bytes_value)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("NaN", math.nan),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
        (1, 1.0),
        (-0.0, -0.0),
        ("1.5e3", 1500.0),
        (1e308, 1e308),
        (5e-324, 5e-324),
    ],
)
def test_doubles(written: object, number: float) -> None:
    """C37, C42: not-finite ones are text; bits are kept."""
    assert struct.pack("<d", number) == struct.pack("<d", _value({"doubleValue": written}).double_value)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ({"stringValue": ""}, "string_value"),
        ({"boolValue": False}, "bool_value"),
        ({"intValue": "0"}, "int_value"),
        ({"doubleValue": 0}, "double_value"),
        ({"bytesValue": ""}, "bytes_value"),
        ({"arrayValue": {}}, "array_value"),
        ({"kvlistValue": {"values": []}}, "kvlist_value"),
        ({}, None),
        ({"stringValue": None}, None),
    ],
)
def test_every_kind_of_value_also_when_empty(value: dict[str, object], kind: str | None) -> None:
    """C42: an empty value of a kind is not the same as no value."""
    assert kind == _value(value).WhichOneof("value")


def test_deep_values() -> None:
    """C38, C44: values within values are read to a depth that is named when it is passed."""
    deep: object = {"stringValue": "bottom"}
    for _ in range(40):
        deep = {"kvlistValue": {"values": [{"key": "k", "value": deep}]}}
    body = json.dumps({"resourceSpans": [{"resource": {"attributes": [{"key": "k", "value": deep}]}}]}).encode()
    deeper = body.replace(b'{"stringValue": "bottom"}', json.dumps({"arrayValue": {"values": [deep]}}).encode())

    assert b"bottom" in to_protobuf(Signal.TRACES, body)
    assert "deeper than 200" in _refused(deeper)


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceSpans":' + b"[" * 100_000,
        b'{"x":' + b'{"x":' * 100_000,
        b'{"resourceSpans":' + b"9" * 5000 + b"}",
        b'{"x":' + b"9" * 5000 + b"}",
        b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"' + b"9" * 5000 + b'"}]}]}]}',
    ],
    ids=["lists", "objects", "long number", "long unknown number", "long text number"],
)
def test_what_breaks_simple_readers_is_bad_data(body: bytes) -> None:
    """C38, C39: an error that says what is wrong, and nothing else."""
    assert _refused(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"1",
        b'"text"',
        b"{",
        b"{}{}",
        b"\xff",
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"resourceSpans":1}',
        b'{"resourceSpans":{}}',
    ],
)
def test_no_request_at_all(body: bytes) -> None:
    """C21: whatever is no JSON object of the right shape is bad data."""
    assert _refused(body)


@pytest.mark.parametrize(
    "value",
    [
        {"intValue": "1.5"},
        {"intValue": 1.5},
        {"intValue": 1 << 63},
        {"intValue": "0x10"},
        {"intValue": True},
        {"intValue": []},
        {"doubleValue": "many"},
        {"doubleValue": True},
        {"boolValue": "true"},
        {"boolValue": 1},
        {"stringValue": 1},
        {"stringValue": {}},
        {"bytesValue": "*"},
        {"bytesValue": 1},
        {"arrayValue": []},
        {"arrayValue": {"values": {}}},
        {"kvlistValue": {"values": [1]}},
        7,
        [],
    ],
)
def test_values_that_do_not_fit_are_named(value: object) -> None:
    """C21: the error says where in the request it is."""
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [{**_IDS, "attributes": [{"key": "k", "value": value}]}]}]}]}

    assert "resourceSpans.0.scopeSpans.0.spans.0.attributes.0.value" in _refused(json.dumps(document).encode())


def test_a_number_that_is_no_double() -> None:
    """C40: 1e999 is refused, for it would become infinity without a word."""
    body = b'{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":{"doubleValue":1e999}}]}}]}'

    assert "too large" in _refused(body)
    assert "too large" in _refused(body.replace(b"1e999", b'"1e999"'))
    assert "too large" in _refused(body.replace(b"1e999", b"9" * 400))


def test_a_byte_order_mark() -> None:
    """C40: some writers put one at the front."""
    assert b"" == to_protobuf(Signal.TRACES, b"\xef\xbb\xbf{}")


def test_half_a_surrogate_pair_is_replaced() -> None:
    """C40: it is no character, and it costs only itself."""
    body = rb'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a\ud800b\ud83d\ude00"}]}]}]}'

    assert "a\ufffdb\U0001f600" == _decode(body).resource_spans[0].scope_spans[0].spans[0].name


def test_of_repeated_keys_the_last_counts() -> None:
    """C40: as in most readers of JSON."""
    body = b'{"resourceSpans":[{"schemaUrl":"first","schemaUrl":"last"}]}'

    assert "last" == _decode(body).resource_spans[0].schema_url


def _hex_ids(document: Any) -> Any:  # noqa: ANN401 - any JSON
    """Turn protobuf's JSON into OTLP's: ids from base64 to hex."""
    if isinstance(document, list):
        return [_hex_ids(item) for item in document]
    if isinstance(document, dict):
        return {
            name: base64.b64decode(value).hex() if name in {"traceId", "spanId", "parentSpanId"} else _hex_ids(value)
            for name, value in document.items()
        }
    return document


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_LEAVES = st.one_of(
    st.builds(lambda value: AnyValue(string_value=value), _TEXT),
    st.builds(lambda value: AnyValue(bool_value=value), st.booleans()),
    st.builds(lambda value: AnyValue(int_value=value), st.integers(-(1 << 63), (1 << 63) - 1)),
    st.builds(lambda value: AnyValue(double_value=value), st.floats(allow_nan=False)),
    st.builds(lambda value: AnyValue(bytes_value=value), st.binary(max_size=8)),
    st.just(AnyValue()),
)


def _array(values: list[AnyValue]) -> AnyValue:
    value = AnyValue()
    value.array_value.values.extend(values)
    return value


def _pairs(values: list[tuple[str, AnyValue]]) -> AnyValue:
    value = AnyValue()
    for key, item in values:
        value.kvlist_value.values.add(key=key).value.CopyFrom(item)
    return value


_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(_array, st.lists(inner, max_size=3)), st.builds(_pairs, st.lists(st.tuples(_TEXT, inner), max_size=3))
    ),
    max_leaves=6,
)


@given(
    name=_TEXT,
    ids=st.tuples(st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8), st.binary(max_size=8)),
    times=st.tuples(st.integers(0, (1 << 64) - 1), st.integers(0, (1 << 64) - 1)),
    numbers=st.tuples(st.integers(0, (1 << 32) - 1), st.integers(0, 5)),
    values=st.lists(st.tuples(_TEXT, _VALUES), max_size=4),
)
def test_json_and_protobuf_are_the_same_request(
    name: str, ids: tuple[bytes, bytes, bytes], times: tuple[int, int], numbers: tuple[int, int], values: list[tuple[str, AnyValue]]
) -> None:
    """C03: what protobuf's own writer says in JSON, with hex ids, comes out as the same message."""
    flags, kind = numbers
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add(schema_url=name).scope_spans.add().spans.add(name=name, flags=flags, trace_state=name)
    span.trace_id, span.span_id, span.parent_span_id = ids
    span.start_time_unix_nano, span.end_time_unix_nano = times
    span.kind = Span.SpanKind.ValueType(kind)
    for key, value in values:
        span.attributes.add(key=key).value.CopyFrom(value)
        span.events.add(name=key, time_unix_nano=times[0], dropped_attributes_count=flags).attributes.add(key=key).value.CopyFrom(value)
        span.links.add(trace_id=ids[0], span_id=ids[1], flags=flags).attributes.add(key=key).value.CopyFrom(value)
    document = _hex_ids(json.loads(json_format.MessageToJson(request, use_integers_for_enums=True)))

    assert request == _decode(json.dumps(document).encode())


@pytest.mark.parametrize("signal", [Signal.LOGS, Signal.METRICS])
def test_the_other_signals(signal: Signal) -> None:
    """C54: logs with every severity, metrics of all five kinds, through the same rules."""
    logs, metrics = ExportLogsServiceRequest(), ExportMetricsServiceRequest()
    records = logs.resource_logs.add().scope_logs.add().log_records
    for severity in range(25):
        records.add(severity_number=severity, severity_text=str(severity), trace_id=b"t" * 16, span_id=b"s" * 8)
    found = metrics.resource_metrics.add().scope_metrics.add().metrics
    found.add(name="gauge").gauge.data_points.add(as_double=math.inf).exemplars.add(trace_id=b"t" * 16, span_id=b"s" * 8, as_int=-5)
    found.add(name="sum").sum.data_points.add(as_int=-7, time_unix_nano=(1 << 64) - 1)
    found.add(name="histogram").histogram.data_points.add(count=3, sum=1.5, bucket_counts=[1, 2], explicit_bounds=[0.5])
    exponential = found.add(name="exponential").exponential_histogram.data_points.add(scale=-3, zero_count=1)
    exponential.positive.offset, exponential.negative.offset = -2, 4
    exponential.positive.bucket_counts.extend([1, 0, 5])
    found.add(name="summary").summary.data_points.add(count=1).quantile_values.add(quantile=0.5, value=-0.0)
    request = logs if signal is Signal.LOGS else metrics
    document = _hex_ids(json.loads(json_format.MessageToJson(request, use_integers_for_enums=True)))

    assert request == type(request).FromString(to_protobuf(signal, json.dumps(document).encode()))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """C21, G11: nothing else ever comes out."""
    with contextlib.suppress(UndecodableError):
        ExportTraceServiceRequest.FromString(to_protobuf(Signal.TRACES, body))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["resourceSpans", "scopeSpans", "spans", "traceId", "attributes", "key", "value", "intValue", "kind"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=15,
)


@given(_JSON)
def test_any_json_is_read_or_refused(document: object) -> None:
    """C40, G11: right names with wrong values are bad data, never a mistake of ours."""
    with contextlib.suppress(UndecodableError):
        _decode(json.dumps(document).encode())
