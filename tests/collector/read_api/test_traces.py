"""One trace comes back as it was sent, as OTLP in both encodings."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from relaylens_collector.collector import Collector
from relaylens_collector.conformance import samples
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.target import Target
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal

TRACE = "5b" * 16
LONG = "The customer asks again, and again. " * 400


def _sent() -> ExportTraceServiceRequest:
    """Two resources, two scopes, long texts, links and values that JSON finds hard."""
    request = ExportTraceServiceRequest()
    for number, service in enumerate(("support", "billing"), start=1):
        resource = request.resource_spans.add(schema_url=f"https://schema/{number}")
        resource.resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value=service)))
        scope = resource.scope_spans.add()
        scope.scope.name = f"scope {number}"
        span = scope.spans.add(
            name=LONG,
            trace_id=bytes.fromhex(TRACE),
            span_id=number.to_bytes(8),
            start_time_unix_nano=2**63,
            end_time_unix_nano=2**64 - 1,
            kind=2,
        )
        span.attributes.append(KeyValue(key="spanId", value=AnyValue(string_value="\x01 12,no reference")))
        span.attributes.append(KeyValue(key="limit", value=AnyValue(double_value=float("inf"))))
        span.status.message = "done"
        span.links.add(trace_id=b"l" * 16, span_id=b"m" * 8)
        span.events.add(name="said", time_unix_nano=7).attributes.append(KeyValue(key="content", value=AnyValue(string_value=LONG)))
    return request


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A collector that holds the trace."""
    store: Path = tmp_path_factory.mktemp("traces")
    collector = Collector(Settings(store=store, otlp_http_port=0, otlp_grpc_port=0, stop_seconds=3.0))
    collector.start()
    collector.ingest.submit(Signal.TRACES, _sent().SerializeToString())
    collector.ingest.flush()
    yield collector.http_port
    collector.stop()


def _get(port: int, trace: str, **headers: str) -> tuple[int, str | None, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", f"/api/v1/traces/{trace}", headers=headers)
        response = connection.getresponse()
        return response.status, response.getheader("content-type"), response.read()
    finally:
        connection.close()


def test_protobuf_is_what_was_sent(port: int) -> None:
    """Every resource, scope and span, whole."""
    status, kind, body = _get(port, TRACE.upper(), accept="application/x-protobuf")
    assert (200, "application/x-protobuf") == (status, kind)
    assert TracesData(resource_spans=_sent().resource_spans) == TracesData.FromString(body)


def test_json_has_ids_in_hex(port: int) -> None:
    """As OTLP writes them; an attribute that is called like an id is left alone."""
    status, kind, body = _get(port, TRACE)
    document = json.loads(body)
    spans = [span for resource in document["resourceSpans"] for scope in resource["scopeSpans"] for span in scope["spans"]]

    assert (200, "application/json") == (status, kind)
    assert [(TRACE, "0000000000000001", "6c" * 16), (TRACE, "0000000000000002", "6c" * 16)] == [
        (span["traceId"], span["spanId"], span["links"][0]["traceId"]) for span in spans
    ]
    assert [
        {"key": "spanId", "value": {"stringValue": "\x01 12,no reference"}},
        {"key": "limit", "value": {"doubleValue": "Infinity"}},
    ] == spans[0]["attributes"]
    assert LONG == spans[1]["events"][0]["attributes"][0]["value"]["stringValue"]


@pytest.mark.parametrize(
    ("trace", "status", "message"),
    [("ab" * 16, 404, f"There is no trace {'ab' * 16}."), ("x'; DROP TABLE spans--", 400, "A trace id is 32 hex digits.")],
)
def test_what_is_not_there(port: int, trace: str, status: int, message: str) -> None:
    """It says so."""
    got, _, body = _get(port, trace.replace(" ", "%20").replace("'", "%27"))
    assert (status, message) == (got, json.loads(body)["message"])


@pytest.mark.parametrize("depth", [20, 31, 48, 50, 200])
def test_a_value_of_any_depth_can_be_read(port: int, depth: int) -> None:
    """What is too deep for protobuf's libraries comes as the bytes of the value; the trace is read by them in both encodings."""
    deep = samples.field(1, b"x")
    for _ in range(depth):
        deep = samples.field(5, samples.field(1, deep))
    trace = Trace.new()
    span = samples.span(trace).SerializeToString() + samples.field(9, samples.field(1, b"deep") + samples.field(2, deep))
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/v1/traces", samples.raw_request([span]), {"content-type": "application/x-protobuf"})
    assert 200 == connection.getresponse().status
    connection.close()

    target = Target(f"http://127.0.0.1:{port}", "", trace_url="{http}/api/v1/traces/{trace_id}")
    (as_json,) = target.stored(trace)
    _, _, body = _get(port, trace.hex, accept="application/x-protobuf")
    (as_protobuf,) = TracesData.FromString(body).resource_spans[0].scope_spans[0].spans

    (stored,) = as_json.attributes
    assert as_json == as_protobuf
    assert deep == (stored.value.bytes_value or stored.value.SerializeToString())
    assert (depth >= 48) == stored.value.HasField("bytes_value")
