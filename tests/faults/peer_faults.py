"""Faults between agents that work for the same one: they contradict each other, or one of them is not listened to."""

import json
from typing import Final

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.faults.breaking import Chance, Injected, is_alone, said_within
from tests.faults.places import Handoff, Step
from tests.faults.planting import Planted, entity, exchanges, fill, marks_in
from tests.faults.recordings import Key, Recording, key_of
from tests.faults.renaming import rename
from tests.faults.repeating import below, copy_beside

from relaylens_analytics.message_shapes import Kind

APART: Final = 2_000_000
"""Nanoseconds between the beginnings of two agents that work at the same time."""

PEER: Final = "auditor"
SHORTEST: Final = 12
"""Characters of an answer: a shorter one may stand anywhere."""

FINDINGS: Final = (
    "The carrier's log {place} shows that a neighbour signed for the second parcel, so only {amount} of the claim is open",
    "Before anything goes out the ledger has to be corrected: entry {place} was booked twice, and {amount} belongs to somebody else",
    "According to annex {place} of the contract, changes worth more than {amount} are forbidden until the owner has agreed in writing",
)
"""What an agent finds out that nobody else knows."""


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
    known = planted.known_at(step.start) | _asked(planted, step)
    other = f"{chance.rng.randint(10_000, 99_999)}.{chance.rng.randint(10, 99)}"
    wrong = chance.entity.text.replace(chance.entity.amount, other)
    copies = set(peer.values())
    fill(recording, lambda owner, number: wrong if key_of(owner) in copies and number not in known else chance.entity.text)
    return Injected(recording, PEER, peer[step.key])


def heeded_peer(planted: Planted, chance: Chance) -> Recording | None:
    """An agent finds out something of its own, and the last word refers to it."""
    return _reported(planted, chance, heeded=True)[0]


def ignore_peer(planted: Planted, chance: Chance) -> Injected | None:
    """An agent finds out something of its own, and nothing that is said or asked for after that has anything to do with it."""
    recording, asked = _reported(planted, chance, heeded=False)
    return Injected(recording, asked[0].source, asked[1].key) if recording is not None and asked is not None else None


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


def _asked(planted: Planted, step: Step) -> set[int]:
    """The texts with which a turn was asked: a capture may hold them nowhere before."""
    calls = _calls_of(planted, step)
    given = next((said.given for key, said in exchanges(planted.recording) if calls and key == calls[0]), ())
    return marks_in(message.text for message in given)


def _reported(planted: Planted, chance: Chance, *, heeded: bool) -> tuple[Recording | None, tuple[Handoff, Step] | None]:
    """A run in which the last agent that was asked, and whose answer nobody passed on, answers with a finding of its own."""
    spoken = {key: [message for message in said.answered if message.kind is Kind.TEXT] for key, said in exchanges(planted.recording)}
    asking = {key: [message.text for message in said.answered] for key, said in exchanges(planted.recording)}
    starts = {key_of(span): span.start_time_unix_nano for span in planted.recording.spans()}
    for handoff in reversed(planted.places.handoffs):
        step = planted.places.step(handoff.to_step)
        if not handoff.returns or step is None or not is_alone(planted, handoff):
            continue
        answer = next(reversed([message.text for key in _calls_of(planted, step) for message in spoken.get(key, ())]), "")
        later = [key for call in planted.places.calls.values() if call.kind == "llm" and starts[key := call.key] >= step.end]
        closing = [message.text for key in later for message in spoken.get(key, ())][-1:]
        passed_on = any(answer in text for key in later for text in asking.get(key, ()))
        if len(answer) < SHORTEST or not closing or passed_on:
            continue
        own = entity(chance.rng)
        finding = chance.rng.choice(FINDINGS).format(place=f"REF-{own.identifier}", amount=own.amount)
        recording = planted.recording.copy()
        _replace(recording, answer, finding)
        if heeded:
            _replace(recording, closing[0], f"{closing[0]} {finding}")
        fill(recording, lambda _owner, _number: chance.entity.text)
        return recording, (handoff, step)
    return None, None


def _calls_of(planted: Planted, step: Step) -> list[Key]:
    """The model calls of a turn, by time."""
    return [call.key for call in planted.places.calls.values() if call.kind == "llm" and call.step == step.key]


def _replace(recording: Recording, old: str, new: str) -> None:
    """Put another text in the place of one, wherever it occurs and however JSON writes it."""
    forms = {
        _quoted(old, ascii_only=ascii_only, times=times): _quoted(new, ascii_only=ascii_only, times=times)
        for times in (0, 1, 2)
        for ascii_only in (True, False)
    }

    def replaced(_owner: Span | LogRecord, text: str) -> str:
        for before, after in sorted(forms.items(), key=lambda form: len(form[0]), reverse=True):
            text = text.replace(before, after)
        return text

    recording.rewrite(replaced)


def _quoted(text: str, *, ascii_only: bool, times: int) -> str:
    """A text as it stands in JSON so many times over."""
    for _ in range(times):
        text = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
    return text
