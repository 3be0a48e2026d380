"""Faults between agents that work for the same one: they contradict each other, or one of them is not listened to."""

from typing import Final

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.faults.breaking import Chance, Injected, is_alone, said_within
from tests.faults.places import Handoff, Step
from tests.faults.planting import Planted, entity, fill, spellings
from tests.faults.recordings import Key, Recording, key_of
from tests.faults.renaming import rename
from tests.faults.repeating import below, copy_beside

APART: Final = 2_000_000
"""Nanoseconds between the beginnings of two agents that work at the same time."""

PEER: Final = "auditor"
ELSEWHERE: Final = "Thanks for waiting, that is all for today."


def parallel_peers(planted: Planted, chance: Chance) -> Recording | None:
    """Two agents are asked the same at the same time, and agree."""
    asked = _fan_out(planted, chance)
    if asked is None:
        return None
    recording, _, _ = asked
    fill(recording, lambda _owner, _number: chance.entity.text)
    return recording


def contradict_peer(planted: Planted, chance: Chance) -> Injected | None:
    """Two agents are asked the same at the same time, and one of them comes to another amount."""
    asked = _fan_out(planted, chance)
    if asked is None:
        return None
    recording, peer, step = asked
    known = planted.known_at(step.start)
    other = f"{chance.rng.randint(10_000, 99_999)}.{chance.rng.randint(10, 99)}"
    wrong = chance.entity.text.replace(chance.entity.amount, other)
    copies = set(peer.values())
    fill(recording, lambda owner, number: wrong if key_of(owner) in copies and number not in known else chance.entity.text)
    return Injected(recording, PEER, peer[step.key])


def heeded_peer(planted: Planted, chance: Chance) -> Recording | None:
    """An agent finds out something of its own, and what is said after that refers to it."""
    asked = _last_asked(planted)
    if asked is None:
        return None
    _, step = asked
    return _with_finding(planted, chance, step, heeded=True)


def ignore_peer(planted: Planted, chance: Chance) -> Injected | None:
    """An agent finds out something of its own, and nothing that is said after that has anything to do with it."""
    asked = _last_asked(planted)
    if asked is None:
        return None
    handoff, step = asked
    return Injected(_with_finding(planted, chance, step, heeded=False), handoff.source, step.key)


def _fan_out(planted: Planted, chance: Chance) -> tuple[Recording, dict[Key, Key], Step] | None:
    """A run in which a second agent is asked the same as another one, beside it; the copies of its spans; the step copied."""
    options = [
        (handoff, step)
        for handoff in planted.places.handoffs
        if handoff.returns and is_alone(planted, handoff) and (step := planted.places.step(handoff.to_step)) is not None
        if said_within(planted, step)
    ]
    if not options:
        return None
    handoff, step = chance.rng.choice(options)
    recording = planted.recording.copy()
    tops = {step.key} | ({handoff.span} if planted.places.calls[handoff.span].kind != "llm" else set())
    copies = copy_beside(recording, below(recording, tops), APART, chance.salt)
    rename(recording, set(copies.values()), {step.agent: PEER})
    return recording, copies, step


def _last_asked(planted: Planted) -> tuple[Handoff, Step] | None:
    """The last agent that was asked by another one, where something is said afterwards."""
    for handoff in reversed(planted.places.handoffs):
        step = planted.places.step(handoff.to_step)
        if handoff.returns and step is not None and is_alone(planted, handoff) and said_within(planted, step):
            return (handoff, step) if _said_later(planted, step) else None
    return None


def _said_later(planted: Planted, step: Step) -> set[int]:
    """The texts that were said first after a step; texts of the step itself that its caller took over are none of them."""
    return set(planted.texts) - planted.known_at(step.end) - said_within(planted, step)


def _with_finding(planted: Planted, chance: Chance, step: Step, *, heeded: bool) -> Recording:
    recording = planted.recording.copy()
    own, later = said_within(planted, step), _said_later(planted, step)
    finding = f" It is case{entity(chance.rng).text}."

    def elsewhere(_owner: Span | LogRecord, text: str) -> str:
        for number in later:
            for spelled in spellings(planted.texts[number]):
                text = text.replace(f"{spelled}~E{number}~", ELSEWHERE)
        return text

    if not heeded:
        recording.rewrite(elsewhere)
    fill(recording, lambda _owner, number: chance.entity.text + (finding if number in own or number in later else ""))
    return recording
