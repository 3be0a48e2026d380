"""Runs of a small agent as OTLP requests, good ones that vary a little and odd ones."""

import hashlib
import json
import random
from collections.abc import Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

SECOND = 1_000_000_000
BEGAN = 1_790_000_000 * SECOND

Call = tuple[str, str, str]
"""A tool, its arguments and what it gave back."""


def usual_calls(seed: int) -> list[Call]:
    """Two to four searches, a price for each, and their sum: runs of a few seeds are seldom of one kind."""
    rng = random.Random(seed)  # noqa: S311 - a fixed variety for the tests
    prices = [rng.randint(40, 980) for _ in range(2 + seed % 3)]
    calls = [
        ("search", json.dumps({"query": "hotel " + "abcdefgh"[: rng.randint(3, 8)]}), f"Hotel {place}, two stars, free") for place in prices
    ]
    calls += [("price", json.dumps({"hotel": place}), f"${price}/night") for place, price in enumerate(prices)]
    return [*calls, ("sum", json.dumps({"of": "+".join(map(str, prices))}), str(sum(prices)))]


def odd_calls(seed: int) -> list[Call]:
    """The same with the second call answered in another form and at another length."""
    calls = usual_calls(seed)
    calls[1] = (*calls[1][:2], '{"results": [{"id": 17, "text": "' + "x y, " * 300 + '"}]}')
    return calls


def request(number: int, calls: Sequence[Call], service: str = "booking", *, asks_person: bool = False) -> bytes:
    """One run as a request: an agent's turn, a model call before each call of a tool, and an answer; or a question that nobody answers."""
    trace = hashlib.sha256(f"{service} {number}".encode()).digest()[:16]
    begin = BEGAN + number * 100 * SECOND
    message = ExportTraceServiceRequest()
    resource = message.resource_spans.add()
    resource.resource.attributes.append(_pair("service.name", service))
    spans = resource.scope_spans.add().spans
    root = _span(
        trace,
        0,
        begin,
        begin + 90 * SECOND,
        "invoke_agent booker",
        {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "booker"},
    )
    spans.append(root)
    for place, (tool, arguments, result) in enumerate(calls, 1):
        at = begin + place * 2 * SECOND
        spans.append(_model(trace, 2 * place, at, ""))
        values = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": tool,
            "gen_ai.tool.call.arguments": arguments,
            "gen_ai.tool.call.result": result,
        }
        spans.append(_span(trace, 2 * place + 1, at + SECOND, at + 2 * SECOND, f"execute_tool {tool}", values))
    if asks_person:
        values = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "request_approval"}
        spans.append(_span(trace, 98, begin + 70 * SECOND, begin + 71 * SECOND, "execute_tool request_approval", values))
        spans[0].attributes.append(_pair("relaylens.run.outcome", "completed"))
    spans.append(_model(trace, 99, begin + 80 * SECOND, f"That is {calls[-1][2]} for all nights together."))
    return message.SerializeToString()


def call_span(number: int) -> str:
    """The id of the span of a run's call, counted from 1."""
    return _span_id(2 * number + 1).hex()


def trace_id(number: int, service: str = "booking") -> str:
    """The id of a run's trace."""
    return hashlib.sha256(f"{service} {number}".encode()).hexdigest()[:32]


def _model(trace: bytes, place: int, at: int, text: str) -> Span:
    answer = [{"role": "assistant", "parts": [{"type": "text", "content": text}] if text else []}]
    values = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.output.messages": json.dumps(answer)}
    if not text:
        answer[0]["parts"] = [{"type": "tool_call", "id": str(place), "name": "next", "arguments": {}}]
        del values["gen_ai.output.messages"]
    return _span(trace, place, at, at + SECOND, "chat m", values)


def _span(trace: bytes, place: int, start: int, end: int, name: str, values: dict[str, str]) -> Span:
    return Span(
        trace_id=trace,
        span_id=_span_id(place),
        parent_span_id=_span_id(0) if place else b"",
        name=name,
        start_time_unix_nano=start,
        end_time_unix_nano=end,
        attributes=[_pair(key, value) for key, value in values.items()],
    )


def _span_id(place: int) -> bytes:
    return (place + 1).to_bytes(8, "big")


def _pair(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))
