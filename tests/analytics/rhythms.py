"""Runs of deployments at given moments, each of one turn of one agent."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from relaylens import semconv


def runs_of(deployments: Mapping[str, Iterable[datetime]]) -> ExportTraceServiceRequest:
    """The runs of each deployment, by when they began; each takes twenty seconds."""
    request = ExportTraceServiceRequest()
    for service, moments in deployments.items():
        resource = request.resource_spans.add()
        resource.resource.attributes.add(key=semconv.SERVICE_NAME).value.string_value = service
        spans = resource.scope_spans.add().spans
        for number, at in enumerate(moments):
            start = int(at.timestamp() * 1e9)
            ids = hashlib.sha256(f"{service} {number}".encode()).digest()
            span = spans.add(trace_id=ids[:16], span_id=ids[16:24], name="invoke_agent desk", start_time_unix_nano=start)
            span.end_time_unix_nano = start + 20 * 10**9
            span.attributes.add(key=semconv.GEN_AI_OPERATION_NAME).value.string_value = "invoke_agent"
            span.attributes.add(key=semconv.GEN_AI_AGENT_NAME).value.string_value = "desk"
    return request


def hourly(*, until: timedelta) -> list[datetime]:
    """A run in every hour of the last 25 days until so long ago: enough for each hour of the week to be known."""
    now = datetime.now(UTC)
    return [at for hours in range(25 * 24, 0, -1) if (at := now - timedelta(hours=hours)) <= now - until]
