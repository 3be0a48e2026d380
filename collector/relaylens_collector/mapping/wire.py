"""OTLP's wire format as Arrow columns.

ptars builds its columns from protobuf descriptors. It gets an edited copy of OTLP's own, so that the columns suit the mapping:

- `string` fields are read as bytes: protobuf refuses a whole request for one badly encoded text, which is to cost that text only;
- resource, scope, metric and the recursive values (array, kvlist) stay bytes: the few distinct ones are decoded when they are new;
- the two `*_strindex` fields, which only the profiles signal uses, are left out.
"""

from typing import Final, Protocol

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


class Reader(Protocol):
    """Turns protobuf messages of one type into a record batch, one row a message; raises ValueError on broken bytes."""

    def list_to_record_batch(self, values: list[bytes]) -> pa.RecordBatch:
        """Decode the messages."""


def _edit(message: descriptor_pb2.DescriptorProto, name: str) -> None:
    """Turn strings and opaque messages of the message type into bytes."""
    kept = [field for field in message.field if f"{name}.{field.name}" not in PROFILES_ONLY]
    for field in kept:
        if field.type == field.TYPE_STRING or f"{name}.{field.name}" in OPAQUE:
            field.type = field.TYPE_BYTES
            field.ClearField("type_name")
    del message.field[:]
    message.field.extend(kept)
    for nested in message.nested_type:
        _edit(nested, f"{name}.{nested.name}")


def _add(pool: descriptor_pool.DescriptorPool, file: FileDescriptor) -> FileDescriptor:
    """Put the edited file and all it imports into the pool."""
    for imported in file.dependencies:
        _add(pool, imported)
    edited = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(edited)
    for message in edited.message_type:
        _edit(message, f"{edited.package}.{message.name}")
    pool.Add(edited)
    return pool.FindFileByName(file.name)


_POOL: Final = descriptor_pool.DescriptorPool()
_HANDLERS: Final = ptars.HandlerPool(
    [_add(_POOL, module.DESCRIPTOR) for module in (trace_service_pb2, logs_service_pb2, metrics_service_pb2)]
)


def reader(full_name: str) -> Reader:
    """Return the reader of the message type, such as `opentelemetry.proto.resource.v1.Resource`."""
    handler: Reader = _HANDLERS.get_for_message(_POOL.FindMessageTypeByName(full_name))
    return handler


REQUESTS: Final[dict[Signal, Reader]] = {
    Signal.TRACES: reader("opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest"),
    Signal.LOGS: reader("opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest"),
    Signal.METRICS: reader("opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest"),
}
RESOURCES: Final = reader("opentelemetry.proto.resource.v1.Resource")
SCOPES: Final = reader("opentelemetry.proto.common.v1.InstrumentationScope")
