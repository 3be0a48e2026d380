"""Faults in what is said: a handoff that loses, changes or invents what the work is about."""

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.faults.breaking import Chance, Injected
from tests.faults.places import Step
from tests.faults.planting import Planted, entity, fill, marks_in, texts_by_span
from tests.faults.recordings import Key, Recording, key_of

from relaylens import semconv

HOPS: Final = 3
"""How many turns a run has to have for its context to grow."""

GROWTH: Final = 2
"""How many times more each hop has than the one before."""


def drop_entity(planted: Planted, chance: Chance) -> Injected | None:
    """What the target of a handoff receives no longer names what the work is about, and nothing that follows does."""
    return altered_at_handoff(planted, chance, lambda _number: "")


def swap_number(planted: Planted, chance: Chance) -> Injected | None:
    """The target of a handoff receives another amount than was sent, and everything that follows goes on with it."""
    whole, _, cents = chance.entity.amount.partition(".")
    wrong = f"{whole[1:]}{(int(whole[0]) + 4) % 9 + 1}.{cents}"
    return altered_at_handoff(planted, chance, lambda _number: chance.entity.text.replace(chance.entity.amount, wrong))


def invent_entity(planted: Planted, chance: Chance) -> Injected | None:
    """The target of a handoff receives a second entity that nobody upstream has named, and goes on with it."""
    other = entity(chance.rng)
    return altered_at_handoff(
        planted,
        chance,
        lambda number: chance.entity.text + ("" if number in planted.results else " and" + other.text),
        untouched=planted.results,
    )


def context_growth(planted: Planted, chance: Chance) -> Injected | None:
    """With every hop the agents are given far more than the one before: all that was said, again and again."""
    steps = [step for step in planted.places.steps if any(handoff.to_step == step.key for handoff in planted.places.handoffs)]
    if len(steps) < HOPS:
        return None
    nested = {step.key: {key for other in steps if other.parent == step.key for key in planted.places.spans_of(other)} for step in steps}
    own = {step.key: planted.places.spans_of(step) - nested[step.key] for step in steps}
    hop = {key: number for number, step in enumerate(steps, 1) for key in own[step.key]}
    recording = planted.recording.copy()
    known = {number: planted.known_at(step.start) for number, step in enumerate(steps, 1)}
    echoes = {number: _echo(planted, numbers, GROWTH**number) for number, numbers in known.items()}

    def said(owner: Span | LogRecord, number: int) -> str:
        place = hop.get(key_of(owner))
        return chance.entity.text + (echoes[place] if place is not None and number in known[place] else "")

    fill(recording, said)
    _count_tokens(recording, hop)
    heavier = _larger(planted.recording, recording) & set(hop)
    if len({hop[key] for key in heavier}) < HOPS:
        return None
    first = min((handoff for handoff in planted.places.handoffs if handoff.to_step == steps[0].key), key=lambda handoff: handoff.span)
    return Injected(recording, first.source, first.span)


def _echo(planted: Planted, numbers: AbstractSet[int], times: int) -> str:
    """What was said by then, again and again: as long as all that is said in the run, so many times."""
    once = "".join(f" Earlier: {planted.texts[number]}" for number in sorted(numbers))
    whole = sum(len(text) for text in planted.texts.values())
    return _safe(once * round(times * whole / len(once))) if once else ""


def _count_tokens(recording: Recording, hop: Mapping[Key, int]) -> None:
    """Let each hop's model calls be given so many times more tokens, and so many times more than those of the hop before."""
    counts = [
        (hop[key_of(span)], pair.value)
        for span in recording.spans()
        for pair in span.attributes
        if pair.key in semconv.CONVENTIONS["input_tokens"] and key_of(span) in hop
    ]
    before = 0
    for number in sorted({number for number, _ in counts}):
        mine = [value for of_hop, value in counts if of_hop == number]
        for value in mine:
            value.int_value = max(value.int_value * GROWTH**number, GROWTH * before)
        before = max(value.int_value for value in mine)


def _larger(before: Recording, after: Recording) -> set[Key]:
    """The spans of which a text or a count of tokens has grown: where neither is recorded, nobody can see growth."""

    def has_grown(old: KeyValue, new: KeyValue) -> bool:
        return len(str(old.value)) * 1.2 < len(str(new.value)) or old.value.int_value < new.value.int_value

    return {
        key_of(new) for old, new in zip(before.spans(), after.spans(), strict=True) if any(map(has_grown, old.attributes, new.attributes))
    }


def _safe(text: str) -> str:
    """A text that needs no quotation in JSON."""
    return re.sub(r'[\s"\\\\]+', " ", text)


def altered_at_handoff(
    planted: Planted, chance: Chance, say: Callable[[int], str], *, told: str | None = None, untouched: AbstractSet[int] = frozenset()
) -> Injected | None:
    """Change the entity in what the target of a handoff received, in its work, and in what was said first after that.

    What is told elsewhere is the entity, or the text given. Where the target received only texts that stay untouched, there is no place.
    """
    texts = texts_by_span(planted.recording)
    options = []
    for handoff in planted.places.handoffs:
        target = planted.places.step(handoff.to_step)
        if target is None or any(step.agent == target.agent and step.start < target.start for step in planted.places.steps):
            continue
        got = set[int]().union(*(marks_in(texts.get(key, ())) for key in planted.places.spans_of(target)))
        if (got & planted.known_at(target.start)) - untouched:
            options.append((handoff, target))
    if not options:
        return None
    handoff, target = chance.rng.choice(options)
    is_altered = _following(planted, target)
    recording = planted.recording.copy()
    fill(recording, lambda owner, number: say(number) if is_altered(owner, number) else told or chance.entity.text)
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
