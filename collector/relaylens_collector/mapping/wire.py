"""OTLP's wire format as Arrow columns.

ptars builds its columns from protobuf descriptors. It gets an edited copy of OTLP's own, so that the columns suit the mapping:

- `string` fields are read as bytes: protobuf refuses a whole request for one badly encoded text, which is to cost that text only;
- resource, scope, metric and the recursive values (array, kvlist) stay bytes: the few distinct ones are decoded when they are new;
- the two `*_strindex` fields, which only the profiles signal uses, are left out.
"""

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias

import ptars
import pyarrow as pa
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import FileDescriptor
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from relaylens_collector.signals import Signal

OPAQUE: Final = frozenset(
    {
        "opentelemetry.proto.trace.v1.ResourceSpans.resource",
        "opentelemetry.proto.trace.v1.ScopeSpans.scope",
        "opentelemetry.proto.logs.v1.ResourceLogs.resource",
        "opentelemetry.proto.logs.v1.ScopeLogs.scope",
        "opentelemetry.proto.metrics.v1.ResourceMetrics.resource",
        "opentelemetry.proto.metrics.v1.ScopeMetrics.scope",
        "opentelemetry.proto.metrics.v1.ScopeMetrics.metrics",
        "opentelemetry.proto.common.v1.AnyValue.array_value",
        "opentelemetry.proto.common.v1.AnyValue.kvlist_value",
    }
)
"""Message fields that stay bytes."""

PROFILES_ONLY: Final = frozenset(
    {
        "opentelemetry.proto.common.v1.AnyValue.string_value_strindex",
        "opentelemetry.proto.common.v1.KeyValue.key_strindex",
    }
)
"""Fields that the specification forbids outside of profiles."""


COUNTED: Final = {
    "opentelemetry.proto.trace.v1.Span": {"attributes", "events", "links"},
    "opentelemetry.proto.trace.v1.Span.Event": {"attributes"},
    "opentelemetry.proto.trace.v1.Span.Link": {"attributes"},
    "opentelemetry.proto.logs.v1.LogRecord": {"attributes"},
    "opentelemetry.proto.metrics.v1.Metric": {"gauge", "sum", "histogram", "exponential_histogram", "summary"},
    "opentelemetry.proto.metrics.v1.Gauge": {"data_points"},
    "opentelemetry.proto.metrics.v1.Sum": {"data_points"},
    "opentelemetry.proto.metrics.v1.Histogram": {"data_points"},
    "opentelemetry.proto.metrics.v1.ExponentialHistogram": {"data_points"},
    "opentelemetry.proto.metrics.v1.Summary": {"data_points"},
}
"""Messages and their fields that matter when the parts of a large request are counted; of other messages all do."""

_LEAVES: Final = frozenset({"attributes", "data_points"})
_LISTS_ABOVE: Final = frozenset(
    {"resource_spans", "scope_spans", "spans", "resource_logs", "scope_logs", "log_records", "resource_metrics", "scope_metrics", "metrics"}
)


class Reader(Protocol):
    """Turns protobuf messages of one type into a record batch, one row a message; raises ValueError on broken bytes."""

    def list_to_record_batch(self, values: list[bytes]) -> pa.RecordBatch:
        """Decode the messages."""


def _for_rows(name: str, field: descriptor_pb2.FieldDescriptorProto) -> bool:
    """Shape a field for the mapping; say whether to keep it."""
    full_name = f"{name}.{field.name}"
    if field.type == field.TYPE_STRING or full_name in OPAQUE:
        _make_bytes(field)
    return full_name not in PROFILES_ONLY


def _for_counting(name: str, field: descriptor_pb2.FieldDescriptorProto) -> bool:
    """Shape a field for counting; say whether to keep it."""
    if field.name in _LEAVES:
        _make_bytes(field)
    field.ClearField("oneof_index")
    field.ClearField("proto3_optional")
    return field.name in COUNTED.get(name, _LISTS_ABOVE)


def _make_bytes(field: descriptor_pb2.FieldDescriptorProto) -> None:
    """Read the field as bytes: on the wire strings and messages look the same."""
    field.type = field.TYPE_BYTES
    field.ClearField("type_name")


Shape: TypeAlias = Callable[[str, descriptor_pb2.FieldDescriptorProto], bool]


def _edit(message: descriptor_pb2.DescriptorProto, name: str, shape: Shape) -> None:
    """Shape the fields of the message type."""
    kept = [field for field in message.field if shape(name, field)]
    del message.field[:]
    message.field.extend(kept)
    if not any(field.HasField("oneof_index") for field in kept):
        message.ClearField("oneof_decl")
    for nested in message.nested_type:
        _edit(nested, f"{name}.{nested.name}", shape)


def _add(pool: descriptor_pool.DescriptorPool, file: FileDescriptor, shape: Shape) -> FileDescriptor:
    """Put the edited file and all it imports into the pool."""
    for imported in file.dependencies:
        _add(pool, imported, shape)
    edited = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(edited)
    for message in edited.message_type:
        _edit(message, f"{edited.package}.{message.name}", shape)
    pool.Add(edited)
    return pool.FindFileByName(file.name)


class _Readers:
    """Readers of messages whose descriptors are shaped in one way."""

    def __init__(self, shape: Shape) -> None:
        """Edit OTLP's descriptors."""
        self._pool = descriptor_pool.DescriptorPool()
        modules = (trace_service_pb2, logs_service_pb2, metrics_service_pb2)
        self._handlers = ptars.HandlerPool([_add(self._pool, module.DESCRIPTOR, shape) for module in modules])

    def of(self, full_name: str) -> Reader:
        """Return the reader of a message type."""
        handler: Reader = self._handlers.get_for_message(self._pool.FindMessageTypeByName(f"opentelemetry.proto.{full_name}"))
        return handler

    def of_requests(self) -> dict[Signal, Reader]:
        """Return the reader of each signal's requests."""
        return {
            Signal.TRACES: self.of("collector.trace.v1.ExportTraceServiceRequest"),
            Signal.LOGS: self.of("collector.logs.v1.ExportLogsServiceRequest"),
            Signal.METRICS: self.of("collector.metrics.v1.ExportMetricsServiceRequest"),
        }


_ROWS: Final = _Readers(_for_rows)
REQUESTS: Final = _ROWS.of_requests()
RESOURCES: Final = _ROWS.of("resource.v1.Resource")
SCOPES: Final = _ROWS.of("common.v1.InstrumentationScope")
METRICS: Final = _ROWS.of("metrics.v1.Metric")
RECORDS: Final = {Signal.TRACES: _ROWS.of("trace.v1.Span"), Signal.LOGS: _ROWS.of("logs.v1.LogRecord"), Signal.METRICS: METRICS}
"""Readers of single records, for requests in which one of them is broken."""

COUNTS: Final = _Readers(_for_counting).of_requests()
"""Readers that see the lists in a request and nothing of what is in them."""
