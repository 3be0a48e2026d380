"""What the faults have in common: the truth about a broken run, and how a call is made to fail or a text is taken back."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.faults.places import Call, Handoff, Step
from tests.faults.planting import Entity, Planted, fill, leaves, marks_in, spellings, texts_by_span
from tests.faults.recordings import Key, Recording, drop_attributes, key_of
from tests.faults.repeating import below

from relaylens import semconv
from relaylens_analytics.message_shapes import parsed

OUTPUTS: Final = frozenset((*semconv.CONVENTIONS["output"], *semconv.CONVENTIONS["tool_result"]))
CONTENT: Final = ("content", "text")
FAILURE: Final = "the service did not answer within 30 seconds"


@dataclass(frozen=True)
class Injected:
    """A broken run and the truth about it."""

    recording: Recording
    blamed_agent: str
    span: Key
    """Where the fault entered."""


@dataclass(frozen=True)
class Chance:
    """What differs from one twin to the next."""

    rng: random.Random
    entity: Entity
    salt: str


Fault = Callable[[Planted, Chance], Injected | None]


def untouched(planted: Planted, chance: Chance) -> Recording:
    """The run as it is, with its entity in every text."""
    recording = planted.recording.copy()
    fill(recording, lambda _owner, _number: chance.entity.text)
    return recording


def delegation(planted: Planted, handoff: Handoff) -> set[Key]:
    """The spans with which an agent asks another one and is answered: its model's call, the tool's, and the other one's turn."""
    tops = {handoff.span} | ({handoff.to_step} if handoff.to_step else set())
    offer = next((span for span in planted.recording.spans() if key_of(span) == handoff.span), None)
    ends = {key_of(span): span.end_time_unix_nano for span in planted.recording.spans()}
    if offer is not None and planted.places.calls[handoff.span].kind != "llm":
        before = [
            call.key
            for call in planted.places.calls.values()
            if call.kind == "llm" and call.step == handoff.from_step and ends[call.key] <= offer.start_time_unix_nano
        ]
        tops |= set(before[-1:])
    return below(planted.recording, tops)


def is_alone(planted: Planted, handoff: Handoff) -> bool:
    """Whether the target of a handoff has one turn only: what came of it can then be told."""
    return sum(step.agent == handoff.target for step in planted.places.steps) == 1


def said_within(planted: Planted, step: Step) -> set[int]:
    """The texts that were said first in a step."""
    texts = texts_by_span(planted.recording)
    within = set[int]().union(*(marks_in(texts.get(key, ())) for key in planted.places.spans_of(step)))
    return within - planted.known_at(step.start)


def unsay(recording: Recording, planted: Planted, numbers: set[int]) -> None:
    """Take texts out wherever they occur."""

    def without(_owner: Span | LogRecord, text: str) -> str:
        for number in numbers:
            for spelled in sorted(spellings(planted.texts[number]), key=len, reverse=True):
                text = text.replace(f"{spelled}~E{number}~", "")
        return text

    recording.rewrite(without)


def fail_span(span: Span) -> None:
    """Let a span end with an exception and without an output."""
    drop_attributes(span, OUTPUTS)
    span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=f"TimeoutError: {FAILURE}"))
    event = span.events.add(name="exception", time_unix_nano=span.end_time_unix_nano)
    for key, value in (("exception.type", "TimeoutError"), ("exception.message", FAILURE)):
        event.attributes.append(KeyValue(key=key, value=AnyValue(string_value=value)))
    span.attributes.append(KeyValue(key=semconv.ERROR_TYPE, value=AnyValue(string_value="TimeoutError")))


def tools_of(planted: Planted) -> list[Call]:
    """The calls of tools that do not hand work to somebody and whose results are recorded, by time."""
    offers = {handoff.span for handoff in planted.places.handoffs}
    turns = {step.key for step in planted.places.steps}
    return [
        call
        for call in planted.places.calls.values()
        if call.kind == "tool" and call.step and call.key not in offers and not call.hands_over and told_by(call)
        if not below(planted.recording, {call.key}) & turns
    ]


def told_by(call: Call) -> str:
    """What a tool answered, without the wrapping of the framework: its content where that is named, else the longest text in it."""
    said = _contents(parsed(call.result or ""))
    return said[0] if said else max(leaves(call.result or ""), key=len, default="")


def _contents(value: object) -> list[str]:
    """The texts that are named as content, at any depth."""
    if isinstance(value, Mapping):
        own = [text.strip() for name in CONTENT if isinstance(text := value.get(name), str) and text.strip()]
        return own or [text for item in value.values() for text in _contents(item)]
    if isinstance(value, list | tuple):
        return [text for item in value for text in _contents(item)]
    return []
