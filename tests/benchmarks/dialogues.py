"""Generated model calls whose texts are as hard to compress as those of real agents, always the same for a seed.

The words follow one another as in the English documentation that comes with Python: each is drawn by the two before it, and now and then
from anywhere, so that the texts compress no better than the answers of recorded agents do (`docs/benchmarks/size.md` has both figures).
"""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pydoc_data import topics
from typing import Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from relaylens import semconv

SPANS_PER_REQUEST: Final = 256
TURNS: Final = 30
AT_ONCE: Final = 40
"""Conversations that go on side by side."""

AGENTS: Final = ("triage", "retriever", "drafter", "approver", "planner", "executor")
TOOLS: Final = ("search_orders", "read_document", "ask_person")

_START: Final = 1_790_000_000_000_000_000
_MILLISECOND: Final = 1_000_000
_JUMP: Final = 0.02
"""How often a word has nothing to do with those before it."""


class Prose:
    """Writes texts."""

    def __init__(self, seed: int) -> None:
        """Learn which word follows which two."""
        self.random = random.Random(seed)  # noqa: S311 - the same texts each time, nothing secret
        self._words = re.findall(r"[A-Za-z][A-Za-z'-]*[.,;:]?|\d+", " ".join(topics.topics.values()))
        self._after: dict[tuple[str, str], list[str]] = {}
        for first, second, third in zip(self._words, self._words[1:], self._words[2:], strict=False):
            self._after.setdefault((first, second), []).append(third)

    def text(self, fewest: int, most: int) -> str:
        """Return so many words; short texts are more frequent than long ones."""
        draw = self.random.random
        count = int(fewest * (most / fewest) ** draw())
        place = int(draw() * (len(self._words) - 2))
        first, second = self._words[place : place + 2]
        written = []
        for _ in range(count):
            written.append(first)
            known = self._after.get((first, second))
            first, second = (
                second,
                known[int(draw() * len(known))] if known and draw() > _JUMP else self._words[int(draw() * len(self._words))],
            )
        return " ".join(written)


@dataclass(slots=True)
class _Conversation:
    """One conversation as far as it has come."""

    agent: str
    id: str | None
    """None for a single call: no instrumentation makes up a conversation."""
    user: str
    messages: list[dict[str, object]] = field(default_factory=list)


class _Calls:
    """Writes spans of model calls."""

    def __init__(self, seed: int, *, bare: bool = False) -> None:
        """Give each agent its instructions and the definitions of its tools, unless bare."""
        self.prose = Prose(seed)
        self._now = _START
        self._given: dict[str, dict[str, str]] = {agent: {} if bare else self._agent(agent) for agent in AGENTS}

    def _agent(self, name: str) -> dict[str, str]:
        """Return what every call of an agent is told."""
        tools = [
            {
                "type": "function",
                "name": tool,
                "description": self.prose.text(15, 40),
                "parameters": {
                    "type": "object",
                    "properties": {key: {"type": "string", "description": self.prose.text(4, 12)} for key in ("subject", "reason")},
                    "required": ["subject"],
                },
            }
            for tool in TOOLS
        ]
        instructions = [{"type": "text", "content": f"You are the {name}. {self.prose.text(200, 400)}"}]
        return {semconv.GEN_AI_SYSTEM_INSTRUCTIONS: json.dumps(instructions), semconv.GEN_AI_TOOL_DEFINITIONS: json.dumps(tools)}

    def begin(self, *, single: bool = False) -> _Conversation:
        """Begin a conversation."""
        draw = self.prose.random
        return _Conversation(draw.choice(AGENTS), None if single else draw.randbytes(16).hex(), f"user-{draw.randint(1, 5000)}")

    def turn(self, conversation: _Conversation) -> Span:
        """Ask the model once more: the call is told all that was said before."""
        draw = self.prose.random
        conversation.messages.append(_message("user", self.prose.text(20, 160)))
        answer = _message("assistant", self.prose.text(30, 240))
        self._now += draw.randint(1, 20) * _MILLISECOND
        started = self._now + draw.randint(0, _MILLISECOND)
        span = Span(
            trace_id=draw.randbytes(16),
            span_id=draw.randbytes(8),
            name="chat gpt-4.1",
            kind=Span.SpanKind.SPAN_KIND_CLIENT,
            start_time_unix_nano=started,
            end_time_unix_nano=started + draw.randint(400, 9000) * _MILLISECOND + draw.randint(0, _MILLISECOND),
            status=Status(code=Status.StatusCode.STATUS_CODE_OK),
            flags=256,
        )
        texts = {
            semconv.GEN_AI_OPERATION_NAME: "chat",
            semconv.GEN_AI_AGENT_NAME: conversation.agent,
            **({} if conversation.id is None else {semconv.GEN_AI_CONVERSATION_ID: conversation.id}),
            semconv.USER_ID: conversation.user,
            semconv.GEN_AI_PROVIDER_NAME: "openai",
            semconv.GEN_AI_REQUEST_MODEL: "gpt-4.1",
            semconv.GEN_AI_RESPONSE_MODEL: "gpt-4.1-2026-04-14",
            "gen_ai.response.id": "chatcmpl-" + draw.randbytes(12).hex(),
            "server.address": "api.openai.com",
            **self._given[conversation.agent],
            semconv.GEN_AI_INPUT_MESSAGES: json.dumps(conversation.messages),
            semconv.GEN_AI_OUTPUT_MESSAGES: json.dumps([answer]),
        }
        for key, text in texts.items():
            span.attributes.add(key=key).value.string_value = text
        span.attributes.add(key=semconv.GEN_AI_RESPONSE_FINISH_REASONS).value.array_value.values.add(string_value="stop")
        span.attributes.add(key="gen_ai.request.temperature").value.double_value = 0.2
        span.attributes.add(key=semconv.GEN_AI_USAGE_INPUT_TOKENS).value.int_value = (
            sum(len(str(one)) for one in conversation.messages) // 4
        )
        span.attributes.add(key=semconv.GEN_AI_USAGE_OUTPUT_TOKENS).value.int_value = len(str(answer)) // 4
        conversation.messages.append(answer)
        return span


def single_calls(count: int, seed: int = 1, *, bare: bool = False) -> Iterator[bytes]:
    """Write requests with so many calls, each a trace of its own; bare ones are told neither instructions nor tools."""
    calls = _Calls(seed, bare=bare)
    yield from _requests(calls.turn(calls.begin(single=True)) for _ in range(count))


def conversations(count: int, seed: int = 1) -> Iterator[bytes]:
    """Write requests with so many conversations of 30 turns, some side by side; each call repeats all that was said."""
    calls = _Calls(seed)

    def spans() -> Iterator[Span]:
        for first in range(0, count, AT_ONCE):
            going = [calls.begin() for _ in range(min(AT_ONCE, count - first))]
            for _ in range(TURNS):
                yield from map(calls.turn, going)

    yield from _requests(spans())


def _message(role: str, content: str) -> dict[str, object]:
    """Return a message as OpenTelemetry's GenAI conventions have it."""
    return {"role": role, "parts": [{"type": "text", "content": content}]}


def _requests(spans: Iterator[Span]) -> Iterator[bytes]:
    """Put the spans into requests."""
    request = _request()
    for span in spans:
        request.resource_spans[0].scope_spans[0].spans.append(span)
        if len(request.resource_spans[0].scope_spans[0].spans) == SPANS_PER_REQUEST:
            yield request.SerializeToString()
            request = _request()
    if request.resource_spans[0].scope_spans[0].spans:
        yield request.SerializeToString()


def _request() -> ExportTraceServiceRequest:
    """Return a request without spans."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    for key, value in (
        (semconv.SERVICE_NAME, "support-network"),
        ("telemetry.sdk.language", "python"),
        ("telemetry.sdk.name", "opentelemetry"),
    ):
        resource_spans.resource.attributes.add(key=key).value.string_value = value
    resource_spans.scope_spans.add().scope.name = "opentelemetry.instrumentation.openai_v2"
    return request
