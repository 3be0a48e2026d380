"""Requests to send."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

START: Final = 1_700_000_000_000_000_000

JSON_METRICS: Final = (
    b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"m","gauge":{"dataPoints":[{"timeUnixNano":"1","asDouble":1.5}]}}]}]}]}'
)
JSON_LOGS: Final = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"1","body":{"stringValue":"x"}}]}]}]}'


@dataclass(frozen=True)
class Trace:
    """A trace that nobody else sends."""

    id: bytes

    @classmethod
    def new(cls) -> "Trace":
        """One with a random id."""
        return cls(os.urandom(16))

    @property
    def hex(self) -> str:
        """The id as OTLP's JSON writes it."""
        return self.id.hex()


def text(value: str) -> AnyValue:
    """A text."""
    return AnyValue(string_value=value)


def attribute(key: str, value: AnyValue) -> KeyValue:
    """An attribute."""
    return KeyValue(key=key, value=value)


def span(trace: Trace, number: int = 1, **fields: Any) -> Span:  # noqa: ANN401 - fields of a span
    """A span of a trace; its id is a number."""
    given: dict[str, Any] = {
        "trace_id": trace.id,
        "span_id": number.to_bytes(8),
        "name": f"span {number}",
        "start_time_unix_nano": START,
        "end_time_unix_nano": START + 1_000_000,
    }
    return Span(**(given | fields))


def traces(spans: Iterable[Span]) -> ExportTraceServiceRequest:
    """A request with these spans."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.append(attribute("service.name", text("conformance")))
    scope = resource.scope_spans.add()
    scope.scope.name = "conformance"
    scope.spans.extend(spans)
    return request


def one_span(trace: Trace) -> bytes:
    """The smallest useful request, in protobuf."""
    return traces([span(trace)]).SerializeToString()


def broken_text(trace: Trace, number: int = 1) -> bytes:
    """A span whose name is no UTF-8, as it stands on the wire."""
    return span(trace, number, name="mended").SerializeToString().replace(b"mended", b"men\xff\xfed")


def padded(size: int) -> bytes:
    """A request of exactly so many bytes, nearly all of them in a field that nobody knows."""
    body = one_span(Trace.new())
    for length in range(size - len(body) - 16, size - len(body)):
        padding = field(900, b"x" * length)
        if len(body) + len(padding) == size:
            return body + padding
    message = f"no request has {size} bytes"
    raise ValueError(message)


def json_span(trace: Trace, number: int = 1, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a span
    """A span in OTLP's JSON."""
    return {
        "traceId": trace.hex,
        "spanId": f"{number:016x}",
        "name": f"span {number}",
        "kind": 1,
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 1_000_000),
    } | fields


def json_traces(spans: Sequence[dict[str, Any]]) -> bytes:
    """A request in OTLP's JSON."""
    return json.dumps(
        {
            "resourceSpans": [
                {
                    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "conformance"}}]},
                    "scopeSpans": [{"scope": {"name": "conformance"}, "spans": list(spans)}],
                }
            ]
        }
    ).encode()


def metrics() -> ExportMetricsServiceRequest:
    """One gauge with one point."""
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="conformance.value", unit="1")
    metric.gauge.data_points.add(time_unix_nano=START, as_double=1.5)
    return request


def logs() -> ExportLogsServiceRequest:
    """One log record."""
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(time_unix_nano=START, body=text("conformance"))
    return request


def field(number: int, payload: bytes) -> bytes:
    """A length-delimited protobuf field, as it stands on the wire."""
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    written = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(written) + bytes([value])


def raw_request(spans: Iterable[bytes]) -> bytes:
    """A request of spans that are bytes already, well-formed or not."""
    return field(1, field(2, b"".join(field(2, one) for one in spans)))
