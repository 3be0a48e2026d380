"""The same spans as requests in each of OTLP's forms, sent to a server, and read back from it."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from google.protobuf import json_format
from opentelemetry.proto.trace.v1.trace_pb2 import Span, TracesData
from tests.collector.store.building import request

from relaylens_collector.conformance.answers import JSON, PROTOBUF
from relaylens_collector.conformance.target import Target

TRANSPORTS: Final = ("HTTP with protobuf", "HTTP with JSON", "gRPC")
_IDS: Final = ("traceId", "spanId", "parentSpanId")


def body_of(spans: Iterable[Span], transport: str) -> bytes:
    """A request with the spans."""
    made = request(*spans)
    if transport != "HTTP with JSON":
        return made.SerializeToString()
    return json.dumps(_with_hex_ids(json_format.MessageToDict(made, use_integers_for_enums=True))).encode()


def send(target: Target, body: bytes, transport: str) -> bool:
    """Send a request; whether all of it was taken."""
    if transport == "gRPC":
        called = target.call(body)
        return called.code.value[0] == 0 and not called.body
    reply = target.post(body, JSON if transport == "HTTP with JSON" else PROTOBUF)
    return reply.status == 200 and not reply.response().HasField("partial_success")


def read_as_json(target: Target, trace: bytes) -> list[Span]:
    """The spans of a trace as the read API writes them in JSON."""
    reply = target.send("GET", f"/api/v1/traces/{trace.hex()}", headers={"accept": JSON})
    return _spans(json_format.ParseDict(_with_base64_ids(json.loads(reply.body)), TracesData()))


def read_as_protobuf(target: Target, trace: bytes) -> list[Span]:
    """The spans of a trace as the read API writes them in protobuf."""
    reply = target.send("GET", f"/api/v1/traces/{trace.hex()}", headers={"accept": PROTOBUF})
    return _spans(TracesData.FromString(reply.body))


def by_fields(spans: Iterable[Span]) -> list[bytes]:
    """Spans so that they are equal when every field is: NaN too, which is not equal to itself."""
    whole = []
    for span in spans:
        copied = Span()
        copied.CopyFrom(span)
        copied.status.SetInParent()
        for attribute in copied.attributes:
            attribute.value.SetInParent()
        whole.append(copied.SerializeToString(deterministic=True))
    return sorted(whole)


def _spans(data: TracesData) -> list[Span]:
    return [span for resource in data.resource_spans for scope in resource.scope_spans for span in scope.spans]


def _with_hex_ids(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Write ids as OTLP has them."""
    return _with_ids(value, lambda written: base64.b64decode(written).hex())


def _with_base64_ids(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Write ids as protobuf's own JSON has them."""
    return _with_ids(value, lambda written: base64.b64encode(bytes.fromhex(written)).decode())


def _with_ids(value: Any, written: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, list):
        return [_with_ids(item, written) for item in value]
    if isinstance(value, Mapping):
        return {name: written(item) if name in _IDS and isinstance(item, str) else _with_ids(item, written) for name, item in value.items()}
    return value
