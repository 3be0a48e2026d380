"""Turns stored rows back into the protobuf messages they came from."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import duckdb
from google.protobuf import json_format
from google.protobuf.message import DecodeError, EncodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status, TracesData

Row = Mapping[str, Any]


_REFERENCE: Final = "\x01"
"""How a cell begins whose text is kept apart, see the schema of spans."""
_SHALLOW: Final = 20
"""A value whose JSON has fewer brackets lies in no reader's way."""

_REFERENCES: Final = re.compile("\x01[0-9]{1,18}(,[0-9]{1,18})*")


class Messages:
    """The rows of a store as OTLP messages."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read from this connection."""
        self._connection = connection
        self._texts: dict[int, str] = {}

    def trace(self, trace_id: str) -> TracesData:
        """Return all spans of a trace, each with its resource and scope; a span that came in several versions is there several times."""
        spans = self._rows("SELECT * FROM spans WHERE trace_id = $trace ORDER BY batch, ordinal", {"trace": trace_id})
        resources = self._by_key("resource", spans)
        scopes = self._by_key("scope", spans)
        data = TracesData()
        of_resource: dict[Any, ResourceSpans] = {}
        of_scope: dict[Any, Any] = {}
        for row in spans:
            key = row["resource"]
            if key not in of_resource:
                of_resource[key] = data.resource_spans.add(
                    resource=self._resource(resources[key]), schema_url=resources[key]["schema_url"] or ""
                )
            both = key, row["scope"]
            if both not in of_scope:
                found = scopes[row["scope"]]
                of_scope[both] = of_resource[key].scope_spans.add(scope=self._scope(found), schema_url=found["schema_url"] or "")
            of_scope[both].spans.append(self._span(row))
        return data

    def spans(self, batches: Iterable[int]) -> list[Span]:
        """Return the spans of the batches in their order."""
        rows = self._rows(
            "SELECT * FROM spans WHERE batch IN (SELECT unnest($batches)) ORDER BY batch, ordinal", {"batches": list(batches)}
        )
        return [self._span(row) for row in rows]

    def log_records(self, batches: Iterable[int]) -> list[LogRecord]:
        """Return the log records of the batches in their order."""
        rows = self._rows("SELECT * FROM logs WHERE batch IN (SELECT unnest($batches)) ORDER BY batch, ordinal", {"batches": list(batches)})
        return [self._log_record(row) for row in rows]

    def resources(self, batch: int) -> list[tuple[Resource, str]]:
        """Return each span's resource and its schema URL."""
        rows = self._rows(
            "SELECT resources.* FROM spans JOIN resources USING (resource) WHERE spans.batch = $batch ORDER BY ordinal", {"batch": batch}
        )
        return [(self._resource(row), row["schema_url"] or "") for row in rows]

    def scopes(self, batch: int) -> list[tuple[InstrumentationScope, str]]:
        """Return each span's scope and its schema URL."""
        rows = self._rows(
            "SELECT scopes.* FROM spans JOIN scopes USING (scope) WHERE spans.batch = $batch ORDER BY ordinal", {"batch": batch}
        )
        return [(self._scope(row), row["schema_url"] or "") for row in rows]

    def text(self, cell: str | None) -> str:
        """Return the text of a cell."""
        if cell is None or not cell.startswith(_REFERENCE):
            return cell or ""
        return "".join(self._texts[int(text_id)] for text_id in cell[1:].split(","))

    def _by_key(self, name: str, spans: list[Row]) -> dict[Any, Row]:
        """Return the resources or scopes of spans by their key."""
        wanted = list({row[name] for row in spans})
        sql = {
            "resource": "SELECT * FROM resources WHERE resource IN (SELECT unnest($wanted::UUID[]))",
            "scope": "SELECT * FROM scopes WHERE scope IN (SELECT unnest($wanted::UUID[]))",
        }[name]
        return {row[name]: row for row in self._rows(sql, {"wanted": wanted})}

    def _rows(self, sql: str, parameters: Mapping[str, object]) -> list[Row]:
        """Return rows by column name."""
        found = self._connection.execute(sql, dict(parameters))
        names = [column[0] for column in found.description or ()]
        rows: list[Row] = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        missing = {text_id for row in rows for text_id in _references(row)} - self._texts.keys()
        texts = self._connection.execute(
            "SELECT text_id, text FROM texts WHERE text_id IN (SELECT unnest($ids::BIGINT[]))", {"ids": list(missing)}
        )
        self._texts.update(texts.fetchall())
        return rows

    def _attributes(self, row: Row) -> list[KeyValue]:
        """Return the attributes in a row or struct."""
        pairs = zip(row["attributes"].items(), row["attribute_types"], strict=True)
        return [KeyValue(key=key, value=any_value(letter, self.text(cell))) for (key, cell), letter in pairs]

    def _span(self, row: Row) -> Span:
        """Return a span."""
        return Span(
            trace_id=bytes.fromhex(row["trace_id"]),
            span_id=bytes.fromhex(row["span_id"]),
            parent_span_id=bytes.fromhex(row["parent_span_id"] or ""),
            trace_state=row["trace_state"],
            flags=row["flags"],
            name=self.text(row["name"]),
            kind=row["kind"],
            start_time_unix_nano=row["start_time_unix_nano"],
            end_time_unix_nano=row["end_time_unix_nano"],
            attributes=self._attributes(row),
            dropped_attributes_count=row["dropped_attributes_count"],
            events=[
                Span.Event(
                    time_unix_nano=event["time_unix_nano"],
                    name=event["name"],
                    attributes=self._attributes(event),
                    dropped_attributes_count=event["dropped_attributes_count"],
                )
                for event in row["events"]
            ],
            dropped_events_count=row["dropped_events_count"],
            links=[
                Span.Link(
                    trace_id=bytes.fromhex(link["trace_id"] or ""),
                    span_id=bytes.fromhex(link["span_id"] or ""),
                    trace_state=link["trace_state"],
                    attributes=self._attributes(link),
                    dropped_attributes_count=link["dropped_attributes_count"],
                    flags=link["flags"],
                )
                for link in row["links"]
            ],
            dropped_links_count=row["dropped_links_count"],
            status=Status(message=self.text(row["status_message"]), code=row["status_code"]),
        )

    def _log_record(self, row: Row) -> LogRecord:
        """Return a log record."""
        return LogRecord(
            time_unix_nano=row["time_unix_nano"],
            observed_time_unix_nano=row["observed_time_unix_nano"],
            severity_number=row["severity_number"],
            severity_text=row["severity_text"],
            body=any_value(row["body_type"], self.text(row["body"])),
            attributes=self._attributes(row),
            dropped_attributes_count=row["dropped_attributes_count"],
            flags=row["flags"],
            trace_id=bytes.fromhex(row["trace_id"] or ""),
            span_id=bytes.fromhex(row["span_id"] or ""),
            event_name=row["event_name"],
        )

    def _resource(self, row: Row) -> Resource:
        """Return a resource."""
        resource = Resource(attributes=self._attributes(row), dropped_attributes_count=row["dropped_attributes_count"])
        for ref in json.loads(row["entity_refs"] or "[]"):
            json_format.ParseDict(ref, resource.entity_refs.add())
        return resource

    def _scope(self, row: Row) -> InstrumentationScope:
        """Return a scope."""
        return InstrumentationScope(
            name=row["name"],
            version=row["version"],
            attributes=self._attributes(row),
            dropped_attributes_count=row["dropped_attributes_count"],
        )


def _references(value: object) -> Iterator[int]:
    """Find the texts that cells in a row refer to."""
    if isinstance(value, str):
        # Columns that are no cells may hold anything a sender likes.
        if _REFERENCES.fullmatch(value):
            yield from map(int, value[1:].split(","))
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def any_value(letter: str, text: str) -> AnyValue:  # noqa: PLR0911 - one return for each kind
    """Return the value that a cell's text and kind stand for."""
    match letter:
        case "s":
            return AnyValue(string_value=text)
        case "i":
            return AnyValue(int_value=int(text))
        case "b":
            return AnyValue(bool_value={"true": True, "false": False}[text])
        case "d":
            return AnyValue(double_value=float(text))
        case "x":
            return AnyValue(bytes_value=base64.b64decode(text))
        case "p":
            return _readable(base64.b64decode(text))
        case "a" | "k" | "A" | "K":
            value = _nested(letter, text)
            is_shallow = text.count("[") + text.count("{") < _SHALLOW
            return value if is_shallow else _readable(value.SerializeToString())
    return AnyValue()


def _nested(letter: str, text: str) -> AnyValue:
    """Return the array or kvlist that JSON stands for."""
    match letter:
        case "A":
            return AnyValue(array_value=json_format.Parse(text, ArrayValue()))
        case "K":
            return AnyValue(kvlist_value=json_format.Parse(text, KeyValueList()))
    return _from_json(json.loads(text))


def _readable(written: bytes) -> AnyValue:
    """Return the value that these bytes are, or a value of these bytes where a reader of its trace could not take it.

    Protobuf's libraries take messages 100 deep in each other, and refuse the whole message for one text in it that is not UTF-8.
    """
    try:
        value = AnyValue.FromString(written)
        deepest = TracesData()
        deepest.resource_spans.add().scope_spans.add().spans.add().events.add().attributes.add().value.CopyFrom(value)
        TracesData.FromString(deepest.SerializeToString())
    except (DecodeError, EncodeError):
        return AnyValue(bytes_value=written)
    return value


def _from_json(value: Any) -> AnyValue:  # noqa: ANN401, PLR0911 - any JSON value, one return for each kind
    """Return the value that plain JSON stands for."""
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=[_from_json(item) for item in value]))
        case dict():
            return AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key=key, value=_from_json(item)) for key, item in value.items()]))
    return AnyValue()
