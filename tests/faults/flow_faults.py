"""Faults in the flow of work: calls that fail unseen, work done twice or for ever, turns that never come."""

import re
from collections.abc import Set as AbstractSet
from functools import partial
from itertools import chain
from typing import Final

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.faults.breaking import FAILURE, Chance, Injected, delegation, fail_span, is_alone, said_within, told_by, tools_of, unsay
from tests.faults.places import Call
from tests.faults.planting import Planted, entity, fill, marks_in, spellings, texts_by_span
from tests.faults.recordings import Key, Recording, key_of, remove, strings
from tests.faults.renaming import exchange_names
from tests.faults.repeating import below, repeat
from tests.faults.telling import retell

from relaylens import semconv

TIMES: Final = 4
"""How often a call is repeated."""

TURNS: Final = 6
"""How many turns are put in between two agents; an even number, so that the work ends where it was to go."""

PAST: Final = 13
"""In how many runs an agent had its turn before it goes quiet."""

QUIET: Final = 5
"""In how many runs it then has none."""

HOUR: Final = 3_600 * 10**9

FINISH: Final = re.compile(r'(\\*"(?:finish_reason|finishReason|stop_reason|stopReason)\\*"\s*:\s*\\*")(\w+)(\\*")')
"""A reason to finish, as JSON writes it at any depth of quotation."""

CUT_OFF: Final = "length"
INFERRED: Final = frozenset({"agent_switch", "nested_agent"})
"""Rules that see a handoff by the turn that it leads to: without the turn there is nothing to see."""


def swallow_child_error(planted: Planted, chance: Chance) -> Injected | None:
    """An agent that was asked by another one fails and gives nothing back; the one that asked goes on as if nothing had been."""
    asked = [(handoff, planted.places.step(handoff.to_step)) for handoff in planted.places.handoffs if handoff.returns]
    options = [step for handoff, step in asked if step is not None and is_alone(planted, handoff)]
    if not options:
        return None
    child = chance.rng.choice(options)
    recording = planted.recording.copy()
    inside = planted.places.spans_of(child)
    calls = [call for call in planted.places.calls.values() if call.key in inside and call.kind == "llm"]
    if len(calls) > 1:
        remove(recording, lambda span: key_of(span) == calls[-1].key)
    for span in recording.spans():
        if key_of(span) == child.key:
            fail_span(span)
    unsay(recording, planted, said_within(planted, child))
    _fill(recording, chance)
    return Injected(recording, child.agent, child.key)


def swallow_tool_error(planted: Planted, chance: Chance) -> Injected | None:
    """A tool fails and tells the model so; it is not called again, and the run goes on to its answer."""
    last: dict[str | None, Call] = {call.tool: call for call in tools_of(planted)}
    if not last:
        return None
    call = chance.rng.choice(list(last.values()))
    recording = planted.recording.copy()
    for span in recording.spans():
        if key_of(span) == call.key:
            fail_span(span)
    retell(recording, call.key, told_by(call), f"Error: {FAILURE}")
    _fill(recording, chance)
    return Injected(recording, str(call.agent), call.key)


def duplicate_delegation(planted: Planted, chance: Chance) -> Injected | None:
    """An agent asks another one for the same again right after it had the answer."""
    texts = texts_by_span(planted.recording)
    asked = [
        handoff
        for handoff in planted.places.handoffs
        # where nothing that is asked is recorded, nobody can see that it is the same
        if handoff.returns and is_alone(planted, handoff) and any(marks_in(texts.get(key, ())) for key in delegation(planted, handoff))
    ]
    if not asked:
        return None
    handoff = chance.rng.choice(asked)
    recording = planted.recording.copy()
    _fill(recording, chance)
    repeat(recording, delegation(planted, handoff), 1, chance.salt)
    return Injected(recording, handoff.source, handoff.span)


def loop(planted: Planted, chance: Chance) -> Injected | None:
    """A tool is called again and again with the same arguments, and answers the same."""
    tools = tools_of(planted)
    if not tools:
        return None
    call = chance.rng.choice(tools)
    recording = planted.recording.copy()
    _fill(recording, chance)
    repeat(recording, asking_and_calling(planted, call), TIMES, chance.salt)
    return Injected(recording, str(call.agent), call.key)


def ping_pong(planted: Planted, chance: Chance) -> Injected | None:
    """Two agents hand the same work to and fro, and no tool brings anything new.

    The turn with which the target hands back is the source's turn with the names changed over: so it is a handoff of this framework.
    """
    linked = any(pair.key == semconv.RELAYLENS_HANDOFF_ID for span in planted.recording.spans() for pair in span.attributes)
    options = []
    for handoff in planted.places.handoffs:
        source, target = planted.places.step(handoff.from_step), planted.places.step(handoff.to_step)
        # a handoff with an identifier of its own is one, however often its spans are copied
        if source is None or target is None or source.agent == target.agent or linked or handoff.returns or source.end > target.start:
            continue
        turn = below(planted.recording, {source.key, handoff.span})
        new = set[Key]().union(*(asking_and_calling(planted, call) for call in tools_of(planted) if call.key in turn))
        options.append((handoff, turn - (new - {handoff.span, source.key})))
    if not options:
        return None
    handoff, keys = chance.rng.choice(options)
    recording = planted.recording.copy()
    _fill(recording, chance)
    for copies in repeat(recording, keys, TURNS, chance.salt)[::2]:
        exchange_names(recording, set(copies.values()), handoff.source, handoff.target)
    return Injected(recording, handoff.source, handoff.span)


def orphan_handoff(planted: Planted, chance: Chance) -> Injected | None:
    """Work is handed over and nobody begins it: the turn of the target is not there, nor, where control went with it, anything after."""
    options = [
        (handoff, step)
        for handoff in planted.places.handoffs
        if handoff.rule not in INFERRED and (step := planted.places.step(handoff.to_step)) is not None and step.key != handoff.span
        if is_alone(planted, handoff)
    ]
    if not options:
        return None
    handoff, target = chance.rng.choice(options)
    recording = planted.recording.copy()
    if handoff.returns:
        gone = below(recording, {target.key}) - {handoff.span}
        unsay(recording, planted, said_within(planted, target))
        remove(recording, lambda span: key_of(span) in gone)
    else:
        cut(recording, planted, target.start)
    _fill(recording, chance)
    return Injected(recording, handoff.source, handoff.span)


def quiet_agent(planted: Planted, chance: Chance) -> Injected | None:
    """An agent that had its turn in every run has none any more, and the runs end without it: a deployment of its own, with its past.

    Runs of one deployment that others are put between would break the silence, so this one stands for itself.
    """
    steps = planted.places.steps
    last = next((step for step in reversed(steps) if not any(other.parent == step.key for other in steps)), None)
    if last is None or {step.agent for step in steps if step.end <= last.start} <= {last.agent}:
        return None
    silent = {step.key for step in steps if step.agent == last.agent}
    offers = {handoff.span for handoff in planted.places.handoffs if handoff.to_step in silent} - {step.key for step in steps}
    gone = below(planted.recording, silent | {key for key in offers if planted.places.calls[key].kind != "llm"})
    if gone & {step.key for step in steps if step.agent != last.agent}:
        return None
    said = set[int]().union(*(said_within(planted, step) for step in steps if step.key in silent))
    recording = Recording(planted.recording.name, planted.recording.framework)
    shown: Key | None = None
    for hour in range(-PAST, QUIET):
        run = planted.recording.copy()
        if hour >= 0:
            unsay(run, planted, said)
            remove(run, lambda span: key_of(span) in gone)
        fill(run, partial(_named, entity(chance.rng).text))
        run.move(hour * HOUR)
        renamed = run.renew(f"{chance.salt} hour {hour}")
        shown = renamed(steps[0].key)
        recording.traces += run.traces
        recording.logs += run.logs
    recording.belong_to(f"lab__{planted.recording.name}__quiet")
    return Injected(recording, last.agent, shown) if shown is not None else None


def truncate_answer(planted: Planted, chance: Chance) -> Injected | None:
    """The last answer of an agent's model is cut off in the middle, and the span says that the model ran out of tokens."""
    texts = texts_by_span(planted.recording)
    telling = {key for key, said in texts.items() if any(FINISH.search(text) for text in said)}
    telling |= {key_of(span) for span in planted.recording.spans() if any("finish_reason" in pair.key for pair in span.attributes)}
    options = [call for call in planted.places.calls.values() if call.kind == "llm" and call.step and call.key in telling]
    said = {call.key: answer_of(planted, call, texts) for call in options}
    options = [call for call in options if said[call.key]]
    if not options:
        return None
    call = options[-1]
    recording = planted.recording.copy()
    _cut_text(recording, planted, said[call.key])
    for span in recording.spans():
        if key_of(span) == call.key:
            _finish(span)
    for record in recording.records():
        if key_of(record) == call.key:
            _finish(record)
    _fill(recording, chance)
    return Injected(recording, str(call.agent), call.key)


def asking_and_calling(planted: Planted, call: Call) -> set[tuple[str, str]]:
    """A call of a tool with the model's call that asked for it."""
    spans = {key_of(span): span for span in planted.recording.spans()}
    before = [
        other.key
        for other in planted.places.calls.values()
        if other.kind == "llm" and other.step == call.step and spans[other.key].end_time_unix_nano <= spans[call.key].start_time_unix_nano
    ]
    return below(planted.recording, {call.key, *before[-1:]})


def cut(recording: Recording, planted: Planted, moment: int, *, but: AbstractSet[Key] = frozenset()) -> None:
    """End a run at a moment: what began later is not there but for some spans, and what goes on is without what was said later."""
    known = planted.known_at(moment)
    unsay(recording, planted, set(planted.texts) - known)
    remove(recording, lambda span: span.start_time_unix_nano >= moment and key_of(span) not in but)


def answer_of(planted: Planted, call: Call, texts: dict[tuple[str, str], list[str]]) -> set[int]:
    """The texts that a model said first in a call."""
    spans = {key_of(span): span for span in planted.recording.spans()}
    said = marks_in(texts.get(call.key, ()))
    return {number for number in said if planted.said.get(number) == spans[call.key].end_time_unix_nano}


def _cut_text(recording: Recording, planted: Planted, numbers: set[int]) -> None:
    """Leave the first half of texts wherever they occur."""

    def halved(_owner: Span | LogRecord, text: str) -> str:
        for number in numbers:
            whole = planted.texts[number]
            half = whole[: len(whole) // 2].rstrip()
            for spelled, short in zip(spellings(whole), spellings(half), strict=False):
                text = text.replace(f"{spelled}~E{number}~", short)
        return text

    recording.rewrite(halved)


def _finish(item: Span | LogRecord) -> None:
    """Say that the model ran out of tokens, wherever the span, an event on it or a record says why it finished."""
    events = item.events if isinstance(item, Span) else ()
    for pair in chain(item.attributes, *(event.attributes for event in events)):
        for text in strings(pair.value):
            if "finish_reason" in pair.key:
                text.string_value = CUT_OFF
            else:
                text.string_value = FINISH.sub(rf"\g<1>{CUT_OFF}\g<3>", text.string_value)


def _named(text: str, _owner: Span | LogRecord, _number: int) -> str:
    """The same entity in every text."""
    return text


def _fill(recording: Recording, chance: Chance) -> None:
    fill(recording, lambda _owner, _number: chance.entity.text)
