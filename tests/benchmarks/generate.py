"""Generated agent traces: what a network of agents sends, always the same for a seed.

A run is a workflow span, the turns of three agents below it, and model and tool calls below those. Each model call carries the
turn's conversation so far, as the instrumentations do.
"""

import json
import random
from collections.abc import Iterator
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span, Status

from relaylens import semconv

SPANS_PER_REQUEST: Final = 512
AGENTS: Final = ("triage", "retriever", "drafter")
CALLS_PER_TURN: Final = 3

_START: Final = 1_790_000_000_000_000_000
_MILLISECOND: Final = 1_000_000
_WORDS_PER_MESSAGE: Final = 84


class _Runs:
    """Writes runs, one span after the other."""

    def __init__(self, seed: int) -> None:
        """Start the random numbers and the clock."""
        self._random = random.Random(seed)  # noqa: S311 - the same traces each time, nothing secret
        self._words = ["".join(self._random.choices("abcdefghijklmnopqrstuvwxyz", k=self._random.randint(2, 10))) for _ in range(2000)]
        self._now = _START

    def _text(self, words: int = _WORDS_PER_MESSAGE) -> str:
        """Return some words."""
        return " ".join(self._random.choices(self._words, k=words))

    def _span(self, name: str, trace_id: bytes, parent: bytes, attributes: dict[str, str | int | float | list[str]]) -> Span:
        """Return a span with the attributes."""
        self._now += _MILLISECOND
        span = Span(
            trace_id=trace_id,
            span_id=self._random.randbytes(8),
            parent_span_id=parent,
            name=name,
            kind=Span.SpanKind.SPAN_KIND_INTERNAL,
            start_time_unix_nano=self._now,
            end_time_unix_nano=self._now + 900_000,
            status=Status(code=Status.StatusCode.STATUS_CODE_OK),
            flags=256,
        )
        for key, value in attributes.items():
            held = span.attributes.add(key=key).value
            if isinstance(value, str):
                held.string_value = value
            elif isinstance(value, int):
                held.int_value = value
            elif isinstance(value, float):
                held.double_value = value
            else:
                for item in value:
                    held.array_value.values.add(string_value=item)
        return span

    def run(self) -> Iterator[Span]:
        """Write one run."""
        trace_id, conversation = self._random.randbytes(16), self._random.randbytes(8).hex()
        task = self._text()
        root = self._span(
            "invoke_workflow support",
            trace_id,
            b"",
            {
                semconv.GEN_AI_OPERATION_NAME: "invoke_workflow",
                semconv.GEN_AI_WORKFLOW_NAME: "support",
                semconv.GEN_AI_CONVERSATION_ID: conversation,
                semconv.USER_ID: f"user-{self._random.randint(1, 500)}",
                semconv.GEN_AI_INPUT_MESSAGES: _messages([_message("user", task)]),
            },
        )
        for agent in AGENTS:
            yield from self._turn(agent, task, trace_id, root.span_id, conversation)
        yield root

    def _turn(self, agent: str, task: str, trace_id: bytes, parent: bytes, conversation: str) -> Iterator[Span]:
        """Write one agent's turn; its own span comes last, as it ends last."""
        system = [{"type": "text", "content": f"You are the {agent}. " + self._text(40)}]
        history = [_message("user", task)]
        common: dict[str, str | int | float | list[str]] = {
            semconv.GEN_AI_AGENT_NAME: agent,
            semconv.GEN_AI_AGENT_ID: f"{agent}-1",
            semconv.GEN_AI_CONVERSATION_ID: conversation,
        }
        turn = self._span(
            f"invoke_agent {agent}",
            trace_id,
            parent,
            {semconv.GEN_AI_OPERATION_NAME: "invoke_agent", **common, semconv.GEN_AI_INPUT_MESSAGES: _messages(history)},
        )
        answer = history[0]
        for call in range(CALLS_PER_TURN):
            call_id, arguments, result = self._random.randbytes(6).hex(), self._text(12), self._text(80)
            asks = call < CALLS_PER_TURN - 1
            answer = _message("assistant", self._text(), call_id if asks else None, arguments)
            yield self._span(
                "chat gpt-4.1",
                trace_id,
                turn.span_id,
                {
                    semconv.GEN_AI_OPERATION_NAME: "chat",
                    **common,
                    semconv.GEN_AI_PROVIDER_NAME: "openai",
                    semconv.GEN_AI_REQUEST_MODEL: "gpt-4.1",
                    semconv.GEN_AI_RESPONSE_MODEL: "gpt-4.1-2026-04-14",
                    semconv.GEN_AI_RESPONSE_FINISH_REASONS: ["tool_calls" if asks else "stop"],
                    "gen_ai.request.temperature": 0.2,
                    "gen_ai.response.id": "chatcmpl-" + self._random.randbytes(12).hex(),
                    "server.address": "api.openai.com",
                    "server.port": 443,
                    semconv.GEN_AI_USAGE_INPUT_TOKENS: 300 * (call + 1),
                    semconv.GEN_AI_USAGE_OUTPUT_TOKENS: self._random.randint(20, 400),
                    semconv.GEN_AI_SYSTEM_INSTRUCTIONS: json.dumps(system),
                    semconv.GEN_AI_INPUT_MESSAGES: _messages(history),
                    semconv.GEN_AI_OUTPUT_MESSAGES: _messages([answer]),
                },
            )
            history.append(answer)
            if asks:
                yield self._span(
                    "execute_tool search_orders",
                    trace_id,
                    turn.span_id,
                    {
                        semconv.GEN_AI_OPERATION_NAME: "execute_tool",
                        **common,
                        semconv.GEN_AI_TOOL_NAME: "search_orders",
                        semconv.GEN_AI_TOOL_TYPE: "function",
                        semconv.GEN_AI_TOOL_CALL_ID: call_id,
                        semconv.GEN_AI_TOOL_CALL_ARGUMENTS: json.dumps({"query": arguments}),
                        semconv.GEN_AI_TOOL_CALL_RESULT: result,
                    },
                )
                history.append({"role": "tool", "parts": [{"type": "tool_call_response", "id": call_id, "response": result}]})
        output = turn.attributes.add(key=semconv.GEN_AI_OUTPUT_MESSAGES)
        output.value.string_value = _messages([answer])
        yield turn

    def long_run(self, count: int) -> Iterator[Span]:
        """Write one run of at least so many spans: turn after turn of the agents, as of one that does not stop."""
        trace_id, conversation = self._random.randbytes(16), self._random.randbytes(8).hex()
        root = self._span(
            "invoke_workflow support",
            trace_id,
            b"",
            {
                semconv.GEN_AI_OPERATION_NAME: "invoke_workflow",
                semconv.GEN_AI_WORKFLOW_NAME: "support",
                semconv.GEN_AI_CONVERSATION_ID: conversation,
                semconv.GEN_AI_INPUT_MESSAGES: _messages([_message("user", self._text())]),
            },
        )
        written = 1
        while written < count:
            for span in self._turn(AGENTS[self._random.randrange(len(AGENTS))], self._text(20), trace_id, root.span_id, conversation):
                written += 1
                yield span
        root.end_time_unix_nano = self._now
        yield root


def _message(role: str, content: str, call_id: str | None = None, arguments: str = "") -> dict[str, object]:
    """Return a message as OpenTelemetry's GenAI conventions have it."""
    parts: list[dict[str, object]] = [{"type": "text", "content": content}]
    if call_id is not None:
        parts.append({"type": "tool_call", "id": call_id, "name": "search_orders", "arguments": {"query": arguments}})
    return {"role": role, "parts": parts}


def _messages(messages: list[dict[str, object]]) -> str:
    """Return messages as the JSON text of an attribute."""
    return json.dumps(messages)


def trace_requests(count: int, spans_per_request: int = SPANS_PER_REQUEST, seed: int = 1) -> Iterator[bytes]:
    """Return the bodies of OTLP requests; runs go on from one request to the next."""
    runs = _Runs(seed)
    spans: list[Span] = []
    for _ in range(count):
        while len(spans) < spans_per_request:
            spans.extend(runs.run())
        yield _request(spans[:spans_per_request])
        del spans[:spans_per_request]


def long_trace(count: int, spans_per_request: int = SPANS_PER_REQUEST, seed: int = 1) -> Iterator[bytes]:
    """Return the bodies of the OTLP requests of one trace of at least so many spans."""
    spans: list[Span] = []
    for span in _Runs(seed).long_run(count):
        spans.append(span)
        if len(spans) == spans_per_request:
            yield _request(spans)
            spans = []
    if spans:
        yield _request(spans)


def _request(spans: list[Span]) -> bytes:
    """Return the body of a request with the spans."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    for key, value in (
        (semconv.SERVICE_NAME, "support-network"),
        ("telemetry.sdk.language", "python"),
        ("telemetry.sdk.name", "opentelemetry"),
        ("telemetry.sdk.version", "1.45.2"),
    ):
        resource_spans.resource.attributes.add(key=key).value.string_value = value
    scope_spans: ScopeSpans = resource_spans.scope_spans.add()
    scope_spans.scope.name = "relaylens"
    scope_spans.scope.version = "0.1.0"
    scope_spans.spans.extend(spans)
    return request.SerializeToString()
