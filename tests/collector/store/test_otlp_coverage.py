"""Every field of OTLP has a column, or a written excuse."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from relaylens_collector.store import Store

STORED = {
    "trace.v1.ResourceSpans.resource": ("spans.resource", "resources.resource"),
    "trace.v1.ResourceSpans.scope_spans": ("spans.scope",),
    "trace.v1.ResourceSpans.schema_url": ("resources.schema_url",),
    "trace.v1.ScopeSpans.scope": ("spans.scope", "scopes.scope"),
    "trace.v1.ScopeSpans.spans": ("spans.ordinal",),
    "trace.v1.ScopeSpans.schema_url": ("scopes.schema_url",),
    "trace.v1.Span.trace_id": ("spans.trace_id",),
    "trace.v1.Span.span_id": ("spans.span_id",),
    "trace.v1.Span.trace_state": ("spans.trace_state",),
    "trace.v1.Span.parent_span_id": ("spans.parent_span_id",),
    "trace.v1.Span.flags": ("spans.flags",),
    "trace.v1.Span.name": ("spans.name",),
    "trace.v1.Span.kind": ("spans.kind",),
    "trace.v1.Span.start_time_unix_nano": ("spans.start_time_unix_nano", "spans.started_at"),
    "trace.v1.Span.end_time_unix_nano": ("spans.end_time_unix_nano", "spans.ended_at"),
    "trace.v1.Span.attributes": ("spans.attributes", "spans.attribute_types"),
    "trace.v1.Span.dropped_attributes_count": ("spans.dropped_attributes_count",),
    "trace.v1.Span.events": ("spans.events",),
    "trace.v1.Span.dropped_events_count": ("spans.dropped_events_count",),
    "trace.v1.Span.links": ("spans.links",),
    "trace.v1.Span.dropped_links_count": ("spans.dropped_links_count",),
    "trace.v1.Span.status": ("spans.status_code",),
    "trace.v1.Span.Event.time_unix_nano": ("spans.events.time_unix_nano",),
    "trace.v1.Span.Event.name": ("spans.events.name",),
    "trace.v1.Span.Event.attributes": ("spans.events.attributes", "spans.events.attribute_types"),
    "trace.v1.Span.Event.dropped_attributes_count": ("spans.events.dropped_attributes_count",),
    "trace.v1.Span.Link.trace_id": ("spans.links.trace_id",),
    "trace.v1.Span.Link.span_id": ("spans.links.span_id",),
    "trace.v1.Span.Link.trace_state": ("spans.links.trace_state",),
    "trace.v1.Span.Link.attributes": ("spans.links.attributes", "spans.links.attribute_types"),
    "trace.v1.Span.Link.dropped_attributes_count": ("spans.links.dropped_attributes_count",),
    "trace.v1.Span.Link.flags": ("spans.links.flags",),
    "trace.v1.Status.message": ("spans.status_message",),
    "trace.v1.Status.code": ("spans.status_code",),
    "resource.v1.Resource.attributes": ("resources.attributes", "resources.attribute_types"),
    "resource.v1.Resource.dropped_attributes_count": ("resources.dropped_attributes_count",),
    "resource.v1.Resource.entity_refs": ("resources.entity_refs",),
    "common.v1.InstrumentationScope.name": ("scopes.name",),
    "common.v1.InstrumentationScope.version": ("scopes.version",),
    "common.v1.InstrumentationScope.attributes": ("scopes.attributes", "scopes.attribute_types"),
    "common.v1.InstrumentationScope.dropped_attributes_count": ("scopes.dropped_attributes_count",),
    "logs.v1.ResourceLogs.resource": ("logs.resource",),
    "logs.v1.ResourceLogs.scope_logs": ("logs.scope",),
    "logs.v1.ResourceLogs.schema_url": ("resources.schema_url",),
    "logs.v1.ScopeLogs.scope": ("logs.scope",),
    "logs.v1.ScopeLogs.log_records": ("logs.ordinal",),
    "logs.v1.ScopeLogs.schema_url": ("scopes.schema_url",),
    "logs.v1.LogRecord.time_unix_nano": ("logs.time_unix_nano", "logs.logged_at"),
    "logs.v1.LogRecord.observed_time_unix_nano": ("logs.observed_time_unix_nano",),
    "logs.v1.LogRecord.severity_number": ("logs.severity_number",),
    "logs.v1.LogRecord.severity_text": ("logs.severity_text",),
    "logs.v1.LogRecord.body": ("logs.body", "logs.body_type"),
    "logs.v1.LogRecord.attributes": ("logs.attributes", "logs.attribute_types"),
    "logs.v1.LogRecord.dropped_attributes_count": ("logs.dropped_attributes_count",),
    "logs.v1.LogRecord.flags": ("logs.flags",),
    "logs.v1.LogRecord.trace_id": ("logs.trace_id",),
    "logs.v1.LogRecord.span_id": ("logs.span_id",),
    "logs.v1.LogRecord.event_name": ("logs.event_name",),
    "metrics.v1.ResourceMetrics.resource": ("metric_points.resource",),
    "metrics.v1.ResourceMetrics.scope_metrics": ("metric_points.scope",),
    "metrics.v1.ResourceMetrics.schema_url": ("resources.schema_url",),
    "metrics.v1.ScopeMetrics.scope": ("metric_points.scope",),
    "metrics.v1.ScopeMetrics.metrics": ("metric_points.ordinal",),
    "metrics.v1.ScopeMetrics.schema_url": ("scopes.schema_url",),
    "metrics.v1.Metric.name": ("metric_points.name",),
    "metrics.v1.Metric.description": ("metric_points.description",),
    "metrics.v1.Metric.unit": ("metric_points.unit",),
}
"""Field of OTLP and the columns that hold it."""

EXCUSED = {
    "collector.trace.v1.ExportTraceServiceRequest.": "a list of resources, each of which is a row",
    "collector.logs.v1.ExportLogsServiceRequest.": "a list of resources, each of which is a row",
    "collector.metrics.v1.ExportMetricsServiceRequest.": "a list of resources, each of which is a row",
    "common.v1.AnyValue.string_value_strindex": "belongs to profiles; the specification forbids it elsewhere",
    "common.v1.KeyValue.key_strindex": "belongs to profiles; the specification forbids it elsewhere",
    "common.v1.AnyValue.": "the text and letter of a cell; test_golden_spans holds every kind",
    "common.v1.ArrayValue.": "within the text of a cell",
    "common.v1.KeyValueList.": "within the text of a cell",
    "common.v1.KeyValue.": "a map's key and cell",
    "common.v1.EntityRef.": "within resources.entity_refs as JSON; test_resources holds it",
    "metrics.v1.": "within metric_points.data as JSON, from protobuf's own writer",
}
"""Field, or the beginning of several, and why it has no column of its own; a field with columns needs none of these."""


def _fields(message: Descriptor, seen: set[str]) -> Iterator[str]:
    """Return the names of all fields of the message and of the messages in it."""
    if message.full_name in seen:
        return
    seen.add(message.full_name)
    for field in message.fields:
        yield field.full_name.removeprefix("opentelemetry.proto.")
        if field.message_type is not None:
            yield from _fields(field.message_type, seen)


def _all_fields() -> list[str]:
    """Return the names of all fields that a request can hold."""
    seen: set[str] = set()
    requests: tuple[Any, ...] = (ExportTraceServiceRequest, ExportLogsServiceRequest, ExportMetricsServiceRequest)
    return [name for request in requests for name in _fields(request.DESCRIPTOR, seen)]


def _columns(store: Store) -> set[str]:
    """Return the columns of all tables, and the fields of the structs in them."""
    found = set()
    for table, column, kind in store.connection.execute("SELECT table_name, column_name, data_type FROM duckdb_columns()").fetchall():
        found.add(f"{table}.{column}")
        if kind.startswith("STRUCT("):
            names = store.connection.sql(f"SELECT unnest({column}, recursive := true) FROM {table} LIMIT 0").columns  # noqa: S608 - our names
            found.update(f"{table}.{column}.{name}" for name in names)
    return found


def test_every_field_has_a_column_or_an_excuse(store: Store) -> None:
    """A field that a new version of OTLP brings is seen here first."""
    columns = _columns(store)

    homeless = [
        name
        for name in _all_fields()
        if not (set(STORED[name]) <= columns if name in STORED else any(name.startswith(excused) for excused in EXCUSED))
    ]

    assert [] == homeless


def test_no_entry_is_stale() -> None:
    """What is listed as stored or excused is a field of OTLP."""
    fields = _all_fields()

    stale = [name for name in STORED if name not in fields]
    stale += [excused for excused in EXCUSED if not any(name.startswith(excused) for name in fields)]

    assert [] == stale


@pytest.mark.parametrize("name", ["spans.events.nothing", "spans.nothing"])
def test_a_missing_column_is_noticed(store: Store, name: str) -> None:
    """The list of columns holds real ones only."""
    assert name not in _columns(store)
