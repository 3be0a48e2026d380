"""A trace in OTLP's JSON as messages, whatever wraps it."""

import base64
from collections.abc import Iterator
from typing import Any, Final

from google.protobuf import json_format
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

_IDS: Final = ("traceId", "spanId", "parentSpanId")
_WRAPPERS: Final = ("result", "trace", "batches", "resourceSpans")
"""Jaeger wraps in `result`, Tempo in `trace` or `batches`."""


def spans_of_json(document: Any) -> Iterator[tuple[ResourceSpans, ScopeSpans, Span]]:  # noqa: ANN401 - any JSON
    """Find the spans in a document, each with the resource and scope parts it lies in."""
    while isinstance(document, dict):
        inner = next((document[name] for name in _WRAPPERS if name in document), None)
        if inner is None:
            return
        document = inner
    for part in document:
        resource = ResourceSpans()
        json_format.ParseDict(_with_ids(part), resource, ignore_unknown_fields=True)
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield resource, scope, span


def _with_ids(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Write ids as protobuf's own JSON has them."""
    if isinstance(value, list):
        return [_with_ids(item) for item in value]
    if isinstance(value, dict):
        return {
            name: base64.b64encode(bytes.fromhex(item)).decode() if name in _IDS and isinstance(item, str) else _with_ids(item)
            for name, item in value.items()
        }
    return value
