"""OTLP's messages with every text as bytes, so that one that is not UTF-8 costs that text only, and with nested values unread.

Protobuf reads messages to a certain depth; nested values are therefore read one level at a time.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FileDescriptor
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2

from relaylens_collector.signals import Signal

_ANY_VALUE: Final = "opentelemetry.proto.common.v1.AnyValue"
_KEY_VALUE: Final = "opentelemetry.proto.common.v1.KeyValue"
_NESTED: Final = frozenset({"array_value", "kvlist_value"})
_VERBATIM: Final = frozenset({"schema_url", "unit"})
"""Texts that instrumentations have written in their source."""


@dataclass(slots=True)
class Plan:
    """Where the texts of a message are, by the names of its fields."""

    texts: list[str] = field(default_factory=list)
    attributes: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    parts: list[tuple[str, "Plan"]] = field(default_factory=list)
    lists: list[tuple[str, "Plan"]] = field(default_factory=list)


def _add(pool: descriptor_pool.DescriptorPool, file: FileDescriptor) -> FileDescriptor:
    """Put a file and all that it imports into the pool, with bytes for texts and for nested values."""
    for imported in file.dependencies:
        _add(pool, imported)
    edited = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(edited)
    for message in edited.message_type:
        _edit(message, f"{edited.package}.{message.name}")
    pool.Add(edited)
    return pool.FindFileByName(file.name)


def _edit(message: descriptor_pb2.DescriptorProto, name: str) -> None:
    for one in message.field:
        if one.type == one.TYPE_STRING:
            _WERE_TEXTS.add(f"{name}.{one.name}")
        if one.type == one.TYPE_STRING or (name == _ANY_VALUE and one.name in _NESTED):
            one.type = one.TYPE_BYTES
            one.ClearField("type_name")
    for nested in message.nested_type:
        _edit(nested, f"{name}.{nested.name}")


_WERE_TEXTS: Final[set[str]] = set()
_POOL: Final = descriptor_pool.DescriptorPool()
for _module in (trace_service_pb2, logs_service_pb2, metrics_service_pb2):
    _add(_POOL, _module.DESCRIPTOR)


def _class(full_name: str) -> type[Any]:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(full_name))


def _plan(message: Descriptor) -> Plan:
    """Find the texts of a message type."""
    plan = Plan()
    for one in message.fields:
        of = one.message_type
        if of is None:
            if one.full_name in _WERE_TEXTS and one.name not in _VERBATIM:
                plan.texts.append(one.name)
        elif of.full_name == _KEY_VALUE:
            plan.attributes.append(one.name)
        elif of.full_name == _ANY_VALUE:
            plan.values.append(one.name)
        else:
            (plan.lists if one.is_repeated else plan.parts).append((one.name, _plan(of)))
    return plan


def _request(name: str) -> tuple[type[Message], Plan]:
    full_name = f"opentelemetry.proto.collector.{name}ServiceRequest"
    return _class(full_name), _plan(_POOL.FindMessageTypeByName(full_name))


REQUESTS: Final[dict[Signal, tuple[type[Message], Plan]]] = {
    Signal.TRACES: _request("trace.v1.ExportTrace"),
    Signal.LOGS: _request("logs.v1.ExportLogs"),
    Signal.METRICS: _request("metrics.v1.ExportMetrics"),
}
"""The request of each signal, and where its texts are."""

ARRAY: Final = _class("opentelemetry.proto.common.v1.ArrayValue")
KVLIST: Final = _class("opentelemetry.proto.common.v1.KeyValueList")
