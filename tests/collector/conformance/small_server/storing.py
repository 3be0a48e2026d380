"""What the small server keeps: spans in memory, and every request in a file where a folder is given."""

import hashlib
import os
import threading
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import DecodeError
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span
from tests.collector.conformance.small_server.decoding import REQUESTS, BadDataError, Part, cut_off_spans, parts_of

Kept = tuple[bytes, bytes, Span]


class NoRoomError(Exception):
    """The disk does not take it; later it may."""


class Store:
    """Takes requests as protobuf; safe to use from any thread."""

    def __init__(self, folder: Path | None, fault: str) -> None:
        """Read what an earlier process has kept."""
        self.fault = fault
        self.is_broken = False
        self._lock = threading.Lock()
        self._seen: set[bytes] = set()
        self._spans: dict[str, list[Kept]] = {}
        self._repeats = 0
        self._unwritten: list[bytes] = []
        self._file = None if folder is None else (folder / "requests").open("ab+")
        if self._file is not None:
            self._load()

    def submit(self, signal: str, body: bytes) -> tuple[int, str]:
        """Keep a request: how many of its records are rejected, and why."""
        good, rejected, message = self._read(signal, body)
        known = hashlib.sha256(signal.encode() + body).digest()
        with self._lock:
            if known in self._seen and self.fault != "stores what comes again":
                return rejected, message
            self._write(signal, body)
            self._seen.add(known)
            for part in good:
                self._keep(part)
        return rejected, message

    def salvage(self, body: bytes) -> None:
        """Keep what can be read of a request that was cut off, as no server should."""
        with self._lock:
            for span in cut_off_spans(body):
                self._keep(Part(b"", b"", span))

    def trace(self, trace_id: str) -> dict[str, Any]:
        """A trace in OTLP's JSON."""
        with self._lock:
            kept = list(self._spans.get(trace_id, ()))
        if self.fault == "hides spans without a parent":
            there = {span.span_id for _, _, span in kept}
            kept = [one for one in kept if not one[2].parent_span_id or one[2].parent_span_id in there - {one[2].span_id}]
        return {"resourceSpans": [_document(*one) for one in kept]}

    def _read(self, signal: str, body: bytes) -> tuple[list[Part], int, str]:
        if self.fault == "empty requests are bad" and not body:
            what = "there is nothing in it"
            raise BadDataError(what)
        if signal != "traces":
            try:
                request = REQUESTS[signal].FromString(body)
            except DecodeError as error:
                raise BadDataError(str(error)) from error
            if isinstance(request, ExportMetricsServiceRequest) and self.fault == "metrics without data are bad":
                self._refuse_empty(request)
            return [], 0, ""
        parts = parts_of(body)
        good = [part for part in parts if part.span is not None and (_has_ids(part.span) or self.fault == "takes any id")]
        if self.fault == "a broken text costs all" and any(part.span is None for part in parts):
            what = "a text is not UTF-8"
            raise BadDataError(what)
        if self.fault == "a deep value is our error" and any(part.span is None for part in parts):
            raise RuntimeError(self.fault)
        if self.fault == "unknown fields are bad" and any(part.span is not None and len(UnknownFieldSet(part.span)) for part in parts):
            what = "unknown fields"
            raise BadDataError(what)
        rejected = len(parts) - len(good)
        if self.fault == "counts one for all":
            rejected = min(rejected, 1)
        said = f"{rejected} spans have bad ids or cannot be read." * (rejected if self.fault == "tells of each" else 1)
        return good, rejected, said if rejected else ""

    def _refuse_empty(self, request: ExportMetricsServiceRequest) -> None:
        for resource in request.resource_metrics:
            for scope in resource.scope_metrics:
                if any(metric.WhichOneof("data") is None for metric in scope.metrics):
                    what = "a metric has no data"
                    raise BadDataError(what)

    def _write(self, signal: str, body: bytes) -> None:
        record = len(body).to_bytes(4) + signal[0].encode() + body
        if self._file is None:
            return
        if self.fault == "acknowledges before it writes":
            self._unwritten.append(record)
            return
        end = self._file.tell()
        try:
            self._file.write(record)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self.is_broken = True
            os.truncate(self._file.fileno(), end)
            raise NoRoomError(str(error)) from error

    def _load(self) -> None:
        if self._file is None:
            return
        self._file.seek(0)
        written = self._file.read()
        place = 0
        while place + 5 <= len(written):
            length = int.from_bytes(written[place : place + 4])
            signal = {"t": "traces", "m": "metrics", "l": "logs"}[written[place + 4 : place + 5].decode()]
            body = written[place + 5 : place + 5 + length]
            if len(body) < length:
                os.truncate(self._file.fileno(), place)
                break
            self._seen.add(hashlib.sha256(signal.encode() + body).digest())
            for part in self._read(signal, body)[0]:
                self._keep(part)
            place += 5 + length

    def _keep(self, part: Part) -> None:
        span, resource = Span(), part.resource
        if part.span is not None:
            span.CopyFrom(part.span)
        match self.fault:
            case "forgets state":
                span.trace_state = ""
            case "signed times":
                span.end_time_unix_nano = min(span.end_time_unix_nano, 2**63 - 1)
            case "cuts long texts":
                span.name = span.name[:1000]
            case "forgets where a schema is":
                origin = ResourceSpans.FromString(resource)
                origin.schema_url = ""
                resource = origin.SerializeToString()
        self._change_attributes(span)
        trace = self._spans.setdefault(span.trace_id.hex(), [])
        if self.fault == "overwrites":
            trace[:] = [one for one in trace if one[2].span_id != span.span_id]
        trace.append((resource, part.scope, span))

    def _change_attributes(self, span: Span) -> None:
        last: dict[str, AnyValue] = {}
        self._repeats += 1
        for pair in span.attributes:
            if self.fault == "repeated keys by chance" and self._repeats % 2:
                last.setdefault(pair.key, pair.value)
            else:
                last[pair.key] = pair.value
        kept = []
        for key, value in last.items():
            if self.fault == "integers as doubles" and value.HasField("int_value"):
                value.double_value = value.int_value
            if self.fault == "drops what is not finite" and value.HasField("double_value") and value.double_value - value.double_value != 0:
                continue
            if self.fault == "bytes as text" and value.HasField("bytes_value"):
                value.string_value = value.bytes_value.hex()
            kept.append((key, value))
        copied = Span()
        for key, value in kept:
            copied.attributes.add(key=key).value.CopyFrom(value)
        del span.attributes[:]
        span.attributes.extend(copied.attributes)


def _has_ids(span: Span) -> bool:
    return len(span.trace_id) == 16 and len(span.span_id) == 8 and any(span.trace_id) and any(span.span_id)


def _document(resource: bytes, scope: bytes, span: Span) -> dict[str, Any]:
    origin, part = ResourceSpans.FromString(resource), ScopeSpans.FromString(scope)
    part.spans.append(span)
    origin.scope_spans.append(part)
    document: dict[str, Any] = json_format.MessageToDict(origin, use_integers_for_enums=True)
    written = document["scopeSpans"][0]["spans"][0]
    written |= {"traceId": span.trace_id.hex(), "spanId": span.span_id.hex(), "parentSpanId": span.parent_span_id.hex()}
    for link, sent in zip(written.get("links", ()), span.links, strict=True):
        link |= {"traceId": sent.trace_id.hex(), "spanId": sent.span_id.hex()}
    return document
