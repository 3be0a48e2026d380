"""What a request holds, read with another library than the collector's, and what the store has to hold then."""

from collections.abc import Iterable
from typing import Any, Final, cast

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.collector.fuzz.messages import REQUESTS

from relaylens_collector.signals import Signal

_GROUP: Final = 3


def _lenient(pool: descriptor_pool.DescriptorPool, file: FileDescriptor) -> None:
    """Add a file and its imports with bytes in place of texts: protobuf refuses a request for one text that is not UTF-8."""
    for imported in file.dependencies:
        _lenient(pool, imported)
    edited = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(edited)
    waiting = list(edited.message_type)
    while waiting:
        one = waiting.pop()
        waiting += one.nested_type
        for field in one.field:
            if field.type == field.TYPE_STRING:
                field.type = field.TYPE_BYTES
    pool.Add(edited)


def _lenient_requests() -> dict[Signal, type[Message]]:
    pool = descriptor_pool.DescriptorPool()
    found = {}
    for signal, made in REQUESTS.items():
        _lenient(pool, cast("FileDescriptor", made.DESCRIPTOR.file))
        found[signal] = message_factory.GetMessageClass(pool.FindMessageTypeByName(made.DESCRIPTOR.full_name))
    return found


_LENIENT: Final = _lenient_requests()


class Reading:
    """A request as protobuf's own library reads it."""

    def __init__(self, signal: Signal, body: bytes) -> None:
        """Read it, leniently where texts are not UTF-8; `readable` says whether that works."""
        self.signal = signal
        self._body = body
        self._request: Any = _LENIENT[signal]()
        try:
            self._request.ParseFromString(body)
            self.readable = True
        except DecodeError:
            self.readable = False

    def is_undoubted(self) -> bool:
        """Say whether the request is written as an encoder writes it: protobuf reads more than that, such as groups for messages."""
        return self.readable and self._request.ByteSize() == len(self._body) and not _has_what_nobody_writes(self._request)

    def good(self) -> int:
        """Count the records that have to be accepted."""
        return sum(map(self._is_good, self._records(self._request)))

    def bad(self) -> int:
        """Count the records that have to be rejected."""
        return sum(not self._is_good(one) for one in self._records(self._request))

    def exact(self) -> list[Message] | None:
        """Return the spans or log records as they have to be in the store; nothing where the wire says a thing in two ways."""
        request: Any = REQUESTS[self.signal]()
        try:
            request.ParseFromString(self._body)
        except DecodeError:
            return None
        if self.signal is Signal.METRICS or request.ByteSize() != len(self._body):
            return None
        return [_as_stored(one) for one in self._records(request) if self._is_good(one)]

    def _records(self, request: Any) -> list[Any]:  # noqa: ANN401 - one of three requests
        lists = {
            Signal.TRACES: ("resource_spans", "scope_spans", "spans"),
            Signal.LOGS: ("resource_logs", "scope_logs", "log_records"),
            Signal.METRICS: ("resource_metrics", "scope_metrics", "metrics"),
        }[self.signal]
        found = [request]
        for name in lists:
            found = [inner for outer in found for inner in getattr(outer, name)]
        return found

    def _is_good(self, record: Any) -> bool:  # noqa: ANN401 - one of three records
        if self.signal is not Signal.TRACES:
            return True
        return all(len(one) == size and any(one) for one, size in ((record.trace_id, 16), (record.span_id, 8)))


def _has_what_nobody_writes(message: Message) -> bool:
    """Look for groups and for the field number 0, which protobuf's specification forbids and its library keeps."""
    unknown = cast("Iterable[Any]", UnknownFieldSet(message))  # its stubs do not say so
    if any(one.field_number == 0 or one.wire_type == _GROUP for one in unknown):
        return True
    within = (
        value for one, value in message.ListFields() if one.message_type is not None for value in (value if one.is_repeated else [value])
    )
    return any(map(_has_what_nobody_writes, within))


def _as_stored(sent: Any) -> Any:  # noqa: ANN401 - a span or a log record
    """Return a record with what the store is documented to change: of a repeated key the last, no unknown fields, ids of zeros none."""
    made: Any = Span() if isinstance(sent, Span) else LogRecord()
    made.CopyFrom(sent)
    made.DiscardUnknownFields()
    _last_of_repeated(made)
    if isinstance(sent, Span):
        made.status.SetInParent()
        if not any(made.parent_span_id):
            made.ClearField("parent_span_id")
        for inner in (*made.events, *made.links):
            _last_of_repeated(inner)
    else:
        made.body.SetInParent()
        for name in ("trace_id", "span_id"):
            if not any(getattr(made, name)):
                made.ClearField(name)
    for holder in (made, *getattr(made, "events", ()), *getattr(made, "links", ())):
        _fill(holder.attributes)
    if isinstance(made, LogRecord):
        _fill_value(made.body)
    return made


def _fill(pairs: Any) -> None:  # noqa: ANN401 - a list of KeyValue
    """Give every key a value: none and an empty one say the same."""
    for pair in pairs:
        pair.value.SetInParent()
        _fill_value(pair.value)


def _fill_value(value: Any) -> None:  # noqa: ANN401 - an AnyValue
    if value.HasField("kvlist_value"):
        _fill(value.kvlist_value.values)
    elif value.HasField("array_value"):
        for item in value.array_value.values:
            _fill_value(item)


def _last_of_repeated(holder: Any) -> None:  # noqa: ANN401 - whatever has attributes
    kept = {pair.key: place for place, pair in enumerate(holder.attributes)}
    if len(kept) < len(holder.attributes):
        pairs = [holder.attributes[place] for place in sorted(kept.values())]
        copies = [type(pair).FromString(pair.SerializeToString()) for pair in pairs]
        del holder.attributes[:]
        holder.attributes.extend(copies)
