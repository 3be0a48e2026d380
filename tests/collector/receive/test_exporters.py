"""OpenTelemetry's own exporters, as an agent's process has them, over real sockets."""

from typing import Any

import pytest
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogExporter
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpanExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from tests.collector.receive.conftest import Client, Start


def _span_exporter(client: Client, transport: str, **options: Any) -> SpanExporter:  # noqa: ANN401 - as the exporters have it
    if transport == "grpc":
        return GrpcSpanExporter(endpoint=f"127.0.0.1:{client.collector.grpc_port}", insecure=True, timeout=10, **options)
    compression = Compression.Gzip if transport == "http gzip" else Compression.NoCompression
    return HttpSpanExporter(endpoint=f"{client.collector.http_url}/v1/traces", compression=compression, timeout=10, **options)


@pytest.mark.parametrize("transport", ["grpc", "http", "http gzip"])
def test_spans_of_an_sdk(start: Start, transport: str) -> None:
    """C01, C02, C05: a tree of spans with attributes, an event, a link and an error arrives as it was made."""
    client = start()
    provider = TracerProvider(resource=Resource.create({"service.name": transport}))
    provider.add_span_processor(BatchSpanProcessor(_span_exporter(client, transport)))
    tracer = provider.get_tracer("tests", "1.2.3")
    with tracer.start_as_current_span("root", attributes={"count": 3, "share": 0.5, "on": True, "names": ["a", "b"]}) as root:
        root.add_event("happened", {"why": "because"})
        with tracer.start_as_current_span("child") as child:
            child.record_exception(ValueError("wrong"))
    provider.shutdown()

    root_id, child_id = (format(span.get_span_context().span_id, "016x") for span in (root, child))
    assert [("root", root_id, None, transport), ("child", child_id, root_id, transport)] == client.rows(
        "SELECT name, span_id, parent_span_id, service_name FROM spans ORDER BY name DESC"
    )
    assert [({"count": "3", "share": "0.5", "on": "true", "names": '["a","b"]'}, "idba")] == [
        (attributes, "".join(sorted(types, key="idba".index)))
        for attributes, types in client.rows("SELECT attributes, attribute_types FROM spans WHERE name = 'root'")
    ]
    assert [("happened",), ("exception",)] == client.rows("SELECT events[1].name FROM spans ORDER BY name DESC")
    assert [("tests", "1.2.3")] == client.rows("SELECT name, version FROM scopes")


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_logs_and_metrics_of_an_sdk(start: Start, transport: str) -> None:
    """C01, C02: log events and metrics arrive too."""
    client = start()
    resource = Resource.create({"service.name": transport})
    logs = LoggerProvider(resource=resource)
    metrics: MetricExporter
    if transport == "grpc":
        address = f"127.0.0.1:{client.collector.grpc_port}"
        logs.add_log_record_processor(SimpleLogRecordProcessor(GrpcLogExporter(endpoint=address, insecure=True)))
        metrics = GrpcMetricExporter(endpoint=address, insecure=True)
    else:
        logs.add_log_record_processor(SimpleLogRecordProcessor(HttpLogExporter(endpoint=f"{client.collector.http_url}/v1/logs")))
        metrics = HttpMetricExporter(endpoint=f"{client.collector.http_url}/v1/metrics")
    meters = MeterProvider(resource=resource, metric_readers=[PeriodicExportingMetricReader(metrics, export_interval_millis=60_000)])
    logs.get_logger("tests").emit(LogRecord(timestamp=5, body="said", severity_number=SeverityNumber.INFO, event_name="an.event"))
    meters.get_meter("tests").create_counter("calls").add(3)
    logs.shutdown()
    meters.shutdown()

    assert [("an.event", "said", 9, transport)] == client.rows("SELECT event_name, body, severity_number, service_name FROM logs")
    assert [("calls", "sum", transport)] == client.rows("SELECT name, data_type, service_name FROM metric_points WHERE name = 'calls'")


@pytest.mark.parametrize("transport", ["grpc", "http"])
def test_an_exporter_with_the_token(start: Start, transport: str) -> None:
    """C63: the standard header option is all that is needed; without it the export fails."""
    client = start(token="s3cret")  # noqa: S106 - a test's own
    results = []
    for headers in ({"authorization": "Bearer s3cret"}, {"authorization": "Bearer wrong"}):
        exporter = _span_exporter(client, transport, headers=headers)
        provider = TracerProvider()
        with provider.get_tracer("tests").start_as_current_span("sent") as span:
            pass
        results.append(exporter.export([span]))  # type: ignore[list-item]
        exporter.shutdown()

    assert [SpanExportResult.SUCCESS, SpanExportResult.FAILURE] == results
    assert [(1,)] == client.rows("SELECT count(*) FROM spans")
