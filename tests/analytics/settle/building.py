"""Spans of small traces written by hand, in a store of their own."""

from collections.abc import Mapping

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.analytics.settle.captured import apply

from relaylens import semconv
from relaylens_analytics.settle import settle
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store

TRACE = bytes(15) + b"\x01"
SECOND = 1_000_000_000
START = 1_790_000_000 * SECOND


def span(
    number: int,
    name: str,
    start: float,
    end: float,
    attributes: Mapping[str, str] | None = None,
    *,
    parent: int = 0,
    trace: bytes = TRACE,
    failed: bool = False,
) -> Span:
    """Return a span with times in seconds after the start."""
    return Span(
        trace_id=trace,
        span_id=number.to_bytes(8),
        parent_span_id=parent.to_bytes(8) if parent else b"",
        name=name,
        start_time_unix_nano=START + int(start * SECOND),
        end_time_unix_nano=START + int(end * SECOND),
        attributes=[KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in (attributes or {}).items()],
        status=Status(code=Status.STATUS_CODE_ERROR if failed else Status.STATUS_CODE_UNSET),
    )


def agent(number: int, name: str, start: float, end: float, *, parent: int = 1, **more: str) -> Span:
    """Return an agent's span."""
    attributes = {semconv.GEN_AI_OPERATION_NAME: "invoke_agent", semconv.GEN_AI_AGENT_NAME: name}
    return span(number, f"invoke_agent {name}", start, end, attributes | more, parent=parent)


def chat(number: int, parent: int, start: float, end: float, text: str = "fine", *, failed: bool = False) -> Span:
    """Return a model call's span with its answer."""
    answer = f'[{{"role": "assistant", "parts": [{{"type": "text", "content": "{text}"}}], "finish_reason": "stop"}}]'
    attributes = {semconv.GEN_AI_OPERATION_NAME: "chat", semconv.GEN_AI_REQUEST_MODEL: "gpt-4o-mini"}
    return span(
        number, "chat", start, end, attributes | ({} if failed else {semconv.GEN_AI_OUTPUT_MESSAGES: answer}), parent=parent, failed=failed
    )


def tool(number: int, name: str, start: float, end: float, arguments: str, result: str, *, parent: int = 2, failed: bool = False) -> Span:
    """Return a tool call's span with its arguments and its result."""
    attributes = {
        semconv.GEN_AI_OPERATION_NAME: "execute_tool",
        semconv.GEN_AI_TOOL_NAME: name,
        semconv.GEN_AI_TOOL_CALL_ARGUMENTS: arguments,
        semconv.GEN_AI_TOOL_CALL_RESULT: result,
    }
    return span(number, f"execute_tool {name}", start, end, attributes, parent=parent, failed=failed)


def settle_spans(store: Store, *spans: Span, service: str | None = None) -> None:
    """Store the spans, of a service if it is named, in one request and settle."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.scope_spans.add(spans=spans)
    if service is not None:
        resource.resource.attributes.add(key=semconv.SERVICE_NAME).value.string_value = service
    apply(store, [(Signal.TRACES, request.SerializeToString())])
    settle(store.connection)
