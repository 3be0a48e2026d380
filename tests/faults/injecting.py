"""The faults that are put into recorded runs: each takes a run with marked texts and gives it back broken, or nothing without a place.

A fault is put in at the level of meaning: a text loses its entity in all that its reader received and in all that follows, wherever the
instrumentation writes it; a call fails on its span and in what was told of it. Where the run has several places, chance decides.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.faults.places import Call, Handoff, Step
from tests.faults.planting import Entity, Planted, entity, fill, marks_in, spellings, texts_by_span
from tests.faults.recordings import Key, Recording, drop_attributes, key_of, remove
from tests.faults.repeating import below, repeat
from tests.faults.telling import retell

from relaylens import semconv

OUTPUTS: Final = frozenset((*semconv.CONVENTIONS["output"], *semconv.CONVENTIONS["tool_result"]))
MISSING: Final = "\0"
"""Occurs in no text."""
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


def drop_entity(planted: Planted, chance: Chance) -> Injected | None:
    """What the target of a handoff receives no longer names what the work is about, and nothing that follows does."""
    return _altered_at_handoff(planted, chance, lambda _number: "")


def swap_number(planted: Planted, chance: Chance) -> Injected | None:
    """The target of a handoff receives another amount than was sent, and everything that follows goes on with it."""
    whole, _, cents = chance.entity.amount.partition(".")
    wrong = f"{whole[1:]}{(int(whole[0]) + 4) % 9 + 1}.{cents}"
    return _altered_at_handoff(planted, chance, lambda _number: chance.entity.text.replace(chance.entity.amount, wrong))


def invent_entity(planted: Planted, chance: Chance) -> Injected | None:
    """The target of a handoff receives a second entity that nobody upstream has named, and goes on with it."""
    other = entity(chance.rng)
    return _altered_at_handoff(
        planted, chance, lambda number: chance.entity.text + ("" if number in planted.results else " and" + other.text)
    )


def swallow_child_error(planted: Planted, chance: Chance) -> Injected | None:
    """An agent that was asked by another one fails and gives nothing back; the one that asked goes on as if nothing had been."""
    asked = [handoff for handoff in planted.places.handoffs if handoff.returns and _is_alone(planted, handoff)]
    if not asked:
        return None
    handoff = chance.rng.choice(asked)
    child = planted.places.step(handoff.to_step)
    if child is None:
        return None
    recording = planted.recording.copy()
    inside = planted.places.spans_of(child)
    unsaid = _said_within(planted, child)
    calls = [call for call in planted.places.calls.values() if call.key in inside and call.kind == "llm"]
    if len(calls) > 1:
        remove(recording, lambda span: key_of(span) == calls[-1].key)
    for span in recording.spans():
        if key_of(span) == child.key:
            _fail(span)
    _unsay(recording, planted, unsaid)
    fill(recording, lambda _owner, _number: chance.entity.text)
    return Injected(recording, child.agent, child.key)


def swallow_tool_error(planted: Planted, chance: Chance) -> Injected | None:
    """A tool fails and tells the model so; it is not called again, and the run goes on to its answer."""
    offers = {handoff.span for handoff in planted.places.handoffs}
    tools = [call for call in planted.places.calls.values() if call.kind == "tool" and call.agent and call.key not in offers]
    last: dict[str | None, Call] = {call.tool: call for call in tools}
    tools = [call for call in last.values() if not below(planted.recording, {call.key}) & {step.key for step in planted.places.steps}]
    if not tools:
        return None
    call = chance.rng.choice(tools)
    recording = planted.recording.copy()
    for span in recording.spans():
        if key_of(span) == call.key:
            _fail(span)
    retell(recording, call.key, (call.result or "").strip() or MISSING, f"Error: {FAILURE}")
    fill(recording, lambda _owner, _number: chance.entity.text)
    return Injected(recording, str(call.agent), call.key)


def duplicate_delegation(planted: Planted, chance: Chance) -> Injected | None:
    """An agent asks another one for the same again right after it had the answer."""
    asked = [handoff for handoff in planted.places.handoffs if handoff.returns and _is_alone(planted, handoff)]
    if not asked:
        return None
    handoff = chance.rng.choice(asked)
    recording = planted.recording.copy()
    fill(recording, lambda _owner, _number: chance.entity.text)
    repeat(recording, delegation(planted, handoff), 1, chance.salt)
    return Injected(recording, handoff.source, handoff.span)


FAULTS: Final[dict[str, Fault]] = {
    "drop_entity": drop_entity,
    "swap_number": swap_number,
    "invent_entity": invent_entity,
    "swallow_child_error": swallow_child_error,
    "swallow_tool_error": swallow_tool_error,
    "duplicate_delegation": duplicate_delegation,
}
"""Every fault by its name."""


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


def _altered_at_handoff(planted: Planted, chance: Chance, say: Callable[[int], str]) -> Injected | None:
    """Change the entity in what the target of a handoff received, in its work, and in what was said first after that."""
    texts = texts_by_span(planted.recording)
    options = []
    for handoff in planted.places.handoffs:
        target = planted.places.step(handoff.to_step)
        if target is None or any(step.agent == target.agent and step.start < target.start for step in planted.places.steps):
            continue
        got = set[int]().union(*(marks_in(texts.get(key, ())) for key in planted.places.spans_of(target)))
        if got & planted.known_at(target.start):
            options.append((handoff, target))
    if not options:
        return None
    handoff, target = chance.rng.choice(options)
    is_altered = _following(planted, target)
    recording = planted.recording.copy()
    fill(recording, lambda owner, number: say(number) if is_altered(owner, number) else chance.entity.text)
    return Injected(recording, handoff.source, handoff.span)


def _following(planted: Planted, target: Step) -> Callable[[Span | LogRecord, int], bool]:
    """Whether a text in a span comes after a handoff: in the work of the target and of agents that began after it, or said first after it.

    Agents that had a turn before remember what they knew.
    """
    known = planted.known_at(target.start)
    earlier = {step.agent for step in planted.places.steps if step.start < target.start} - {target.agent}
    after = planted.places.spans_of(target)
    for step in planted.places.steps:
        if step.start >= target.start and step.agent not in earlier:
            after |= planted.places.spans_of(step)

    def is_after(owner: Span | LogRecord, number: int) -> bool:
        key = key_of(owner)
        call = planted.places.calls.get(key)
        if key in after or number not in known:
            return True
        return isinstance(owner, Span) and (call is None or call.step is None) and owner.start_time_unix_nano >= target.start

    return is_after


def _is_alone(planted: Planted, handoff: Handoff) -> bool:
    """Whether the target of a handoff has one turn only: what came of it can then be told."""
    return sum(step.agent == handoff.target for step in planted.places.steps) == 1


def _said_within(planted: Planted, step: Step) -> set[int]:
    """The texts that were said first in a step."""
    texts = texts_by_span(planted.recording)
    within = set[int]().union(*(marks_in(texts.get(key, ())) for key in planted.places.spans_of(step)))
    return within - planted.known_at(step.start)


def _unsay(recording: Recording, planted: Planted, numbers: set[int]) -> None:
    """Take texts out wherever they occur."""

    def without(_owner: Span | LogRecord, text: str) -> str:
        for number in numbers:
            for spelled in sorted(spellings(planted.texts[number]), key=len, reverse=True):
                text = text.replace(f"{spelled}~E{number}~", "")
        return text

    recording.rewrite(without)


def _fail(span: Span) -> None:
    """Let a span end with an exception and without an output."""
    drop_attributes(span, OUTPUTS)
    span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=f"TimeoutError: {FAILURE}"))
    event = span.events.add(name="exception", time_unix_nano=span.end_time_unix_nano)
    for key, value in (("exception.type", "TimeoutError"), ("exception.message", FAILURE)):
        event.attributes.append(KeyValue(key=key, value=AnyValue(string_value=value)))
    span.attributes.append(KeyValue(key=semconv.ERROR_TYPE, value=AnyValue(string_value="TimeoutError")))
