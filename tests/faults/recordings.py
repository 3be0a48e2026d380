"""A recorded run as OTLP messages that can be copied, rewritten and given ids of its own."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, MutableSequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from relaylens import semconv
from relaylens_collector.signals import Signal

UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
JOINING: Final = frozenset(
    (
        *semconv.CONVENTIONS["session_id"],
        *semconv.CONVENTIONS["run_id"],
        semconv.RELAYLENS_HANDOFF_ID,
        semconv.RELAYLENS_ESCALATION_ID,
    )
)
"""Attributes by which settling puts traces, handoffs and answers together: two twins must not share them."""

Key: TypeAlias = tuple[str, str]
"""A span: its trace id and its own, in hexadecimal."""

Attributes: TypeAlias = MutableSequence[KeyValue]
"""Protobuf's own list of attributes."""

Rewrite: TypeAlias = Callable[[Span | LogRecord, str], str]
"""Gives the text that stands in place of a text of this span."""


@dataclass
class Recording:
    """The spans and log records of one run, as they were sent."""

    name: str
    framework: str
    traces: list[ExportTraceServiceRequest] = field(default_factory=list)
    logs: list[ExportLogsServiceRequest] = field(default_factory=list)

    def copy(self) -> "Recording":
        """The same again, to be changed."""
        return Recording(
            self.name,
            self.framework,
            [ExportTraceServiceRequest.FromString(request.SerializeToString()) for request in self.traces],
            [ExportLogsServiceRequest.FromString(request.SerializeToString()) for request in self.logs],
        )

    def requests(self) -> list[tuple[Signal, bytes]]:
        """What a collector would receive."""
        traces = [(Signal.TRACES, request.SerializeToString()) for request in self.traces]
        return traces + [(Signal.LOGS, request.SerializeToString()) for request in self.logs]

    def spans(self) -> list[Span]:
        """All spans, in the order they were sent."""
        return [span for request in self.traces for group in request.resource_spans for scope in group.scope_spans for span in scope.spans]

    def records(self) -> list[LogRecord]:
        """All log records, in the order they were sent."""
        return [
            record for request in self.logs for group in request.resource_logs for scope in group.scope_logs for record in scope.log_records
        ]

    def rewrite(self, change: Rewrite) -> None:
        """Change the texts in attributes, events and log bodies."""
        for span in self.spans():
            _rewrite_attributes(span.attributes, span, change)
            for event in span.events:
                _rewrite_attributes(event.attributes, span, change)
        for record in self.records():
            _rewrite_attributes(record.attributes, record, change)
            _rewrite_value(record.body, record, change)

    def belong_to(self, service: str) -> None:
        """Make this a run of the deployment named."""
        for resource in [group.resource for request in self.traces for group in request.resource_spans] + [
            group.resource for request in self.logs for group in request.resource_logs
        ]:
            for index in reversed([place for place, pair in enumerate(resource.attributes) if pair.key == "service.name"]):
                del resource.attributes[index]
            resource.attributes.append(KeyValue(key="service.name", value=AnyValue(string_value=service)))

    def renew(self, salt: str) -> Callable[[Key], Key]:
        """Give traces, spans, sessions and the framework's own ids new values; the answer tells the new ids of a span."""

        def fresh(size: int, old: bytes) -> bytes:
            return hashlib.sha256(salt.encode() + old).digest()[:size] if old.strip(b"\0") else old

        def text(value: str) -> str:
            return UUID.sub(lambda found: _as_uuid(hashlib.sha256((salt + found[0]).encode()).hexdigest()), value)

        for span in self.spans():
            span.trace_id, span.span_id = fresh(16, span.trace_id), fresh(8, span.span_id)
            span.parent_span_id = fresh(8, span.parent_span_id)
            span.name = text(span.name)
            for link in span.links:
                link.trace_id, link.span_id = fresh(16, link.trace_id), fresh(8, link.span_id)
            _renew_joining(span.attributes, salt)
        for record in self.records():
            record.trace_id, record.span_id = fresh(16, record.trace_id), fresh(8, record.span_id)
            _renew_joining(record.attributes, salt)
        self.rewrite(lambda _owner, value: text(value))
        return lambda key: (fresh(16, bytes.fromhex(key[0])).hex(), fresh(8, bytes.fromhex(key[1])).hex())

    def move(self, nanoseconds: int) -> None:
        """Let everything happen so much later."""
        for span in self.spans():
            span.start_time_unix_nano += nanoseconds
            span.end_time_unix_nano += nanoseconds if span.end_time_unix_nano else 0
            for event in span.events:
                event.time_unix_nano += nanoseconds
        for record in self.records():
            record.time_unix_nano += nanoseconds if record.time_unix_nano else 0
            record.observed_time_unix_nano += nanoseconds if record.observed_time_unix_nano else 0


def key_of(span: Span | LogRecord) -> Key:
    """The name of a span."""
    return span.trace_id.hex(), span.span_id.hex()


def texts_of(attributes: Attributes) -> dict[str, str]:
    """The attributes that are texts, and those with parts as JSON: as the store holds them."""
    found = {}
    for pair in attributes:
        if pair.value.HasField("string_value"):
            found[pair.key] = pair.value.string_value
        elif pair.value.HasField("array_value") or pair.value.HasField("kvlist_value"):
            found[pair.key] = json.dumps(plain(pair.value), ensure_ascii=False, default=str)
    return found


def set_text(span: Span, key: str, text: str) -> None:
    """Give a span an attribute, in place of the one of that name."""
    for pair in span.attributes:
        if pair.key == key:
            pair.value.CopyFrom(AnyValue(string_value=text))
            return
    span.attributes.append(KeyValue(key=key, value=AnyValue(string_value=text)))


def drop_attributes(span: Span, keys: frozenset[str]) -> None:
    """Take attributes off a span."""
    for index in reversed([place for place, pair in enumerate(span.attributes) if pair.key in keys]):
        del span.attributes[index]


def remove(recording: Recording, unwanted: Callable[[Span], bool]) -> set[Key]:
    """Take spans out, with their log records; the answer names them."""
    gone: set[Key] = set()
    for request in recording.traces:
        for group in request.resource_spans:
            for scope in group.scope_spans:
                for index in reversed([place for place, span in enumerate(scope.spans) if unwanted(span)]):
                    gone.add(key_of(scope.spans[index]))
                    del scope.spans[index]
    for logs in recording.logs:
        for records in logs.resource_logs:
            for log_scope in records.scope_logs:
                for index in reversed([place for place, record in enumerate(log_scope.log_records) if key_of(record) in gone]):
                    del log_scope.log_records[index]
    return gone


def strings(value: AnyValue) -> Iterator[AnyValue]:
    """Every text within a value."""
    if value.HasField("string_value"):
        yield value
    for item in value.array_value.values if value.HasField("array_value") else ():
        yield from strings(item)
    for pair in value.kvlist_value.values if value.HasField("kvlist_value") else ():
        yield from strings(pair.value)


def plain(value: AnyValue) -> object:
    """A value as Python has it."""
    if value.HasField("array_value"):
        return [plain(item) for item in value.array_value.values]
    if value.HasField("kvlist_value"):
        return {pair.key: plain(pair.value) for pair in value.kvlist_value.values}
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind else None


def _rewrite_attributes(attributes: Attributes, owner: Span | LogRecord, change: Rewrite) -> None:
    for pair in attributes:
        _rewrite_value(pair.value, owner, change)


def _rewrite_value(value: AnyValue, owner: Span | LogRecord, change: Rewrite) -> None:
    for text in strings(value):
        changed = change(owner, text.string_value)
        if changed != text.string_value:
            text.string_value = changed


def _renew_joining(attributes: Attributes, salt: str) -> None:
    for pair in attributes:
        if pair.key in JOINING and pair.value.HasField("string_value") and UUID.search(pair.value.string_value) is None:
            pair.value.string_value += "-" + hashlib.sha256(salt.encode()).hexdigest()[:12]


def _as_uuid(digest: str) -> str:
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
