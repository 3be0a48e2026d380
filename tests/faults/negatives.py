"""Runs that look like broken ones and are not: what a healthy network does that a careless rule would call a fault."""

from typing import Final

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.faults.breaking import FAILURE, Chance, fail_span, said_within, told_by, tools_of, untouched
from tests.faults.flow_faults import asking_and_calling
from tests.faults.places import Call
from tests.faults.planting import Planted, fill, spellings
from tests.faults.recordings import Key, Recording, key_of, strings
from tests.faults.repeating import below, repeat

from relaylens import semconv

TIMES: Final = 3
ASKING: Final = "Shall I go ahead with it? Please answer yes or no"
AGREEING: Final = "Yes, please go ahead"
ARGUMENTS: Final = frozenset((*semconv.CONVENTIONS["tool_arguments"], *semconv.CONVENTIONS["input"], "tool.parameters"))


def polling_tool(planted: Planted, chance: Chance) -> Recording | None:
    """A tool is asked again and again for the state of a job, and the state moves on."""
    return _repeated(planted, chance, result="Job {number} is still running, {share} % of it done.")


def paging_tool(planted: Planted, chance: Chance) -> Recording | None:
    """A tool is called for one page after the other, each with its own number and its own content."""
    return _repeated(planted, chance, result="Page {page}: entries {number} to {share}.", argument=" page {page}")


def retry_that_succeeds(planted: Planted, chance: Chance) -> Recording | None:
    """A tool fails, is called again, and answers."""
    tools = tools_of(planted)
    if not tools:
        return None
    call = chance.rng.choice(tools)
    recording = planted.recording.copy()
    [again] = repeat(recording, asking_and_calling(planted, call), 1, chance.salt)
    for span in recording.spans():
        if key_of(span) == call.key:
            fail_span(span)
    _retell_within(recording, call, set(again), f"Error: {FAILURE}")
    fill(recording, lambda _owner, _number: chance.entity.text)
    return recording


def supervisor(planted: Planted, chance: Chance) -> Recording | None:
    """One agent asks several others, one after the other, and has the answer of each: as it was recorded."""
    asked = {(handoff.source, handoff.target) for handoff in planted.places.handoffs}
    turns = [step.agent for step in planted.places.steps]
    for agent in {source for source, _ in asked}:
        others = sum(source == agent for source, _ in asked)
        comes_back = turns.count(agent) > 1 or any(handoff.returns and handoff.source == agent for handoff in planted.places.handoffs)
        if others > 1 and comes_back:
            return untouched(planted, chance)
    return None


def confirmation_turn(planted: Planted, chance: Chance) -> Recording | None:
    """The last agent asks the user whether to go ahead, is told yes in the next turn, and does it."""
    last = planted.places.steps[-1] if planted.places.steps else None
    own = said_within(planted, last) if last is not None else set()
    if last is None or not own or last.parent is not None or any(handoff.from_step == last.key for handoff in planted.places.handoffs):
        return None
    if {question.span for question in planted.places.questions} & planted.places.spans_of(last):
        return None
    recording = planted.recording.copy()
    [again] = repeat(recording, below(recording, {last.key}), 1, chance.salt)
    first, second = set(again), set(again.values())
    asked = {number for number in planted.known_at(last.start) if number not in own}

    def said(owner: Span | LogRecord, text: str) -> str:
        numbers, new = (own, ASKING) if key_of(owner) in first else (asked, AGREEING) if key_of(owner) in second else (set[int](), "")
        for number in numbers:
            for spelled in spellings(planted.texts[number]):
                text = text.replace(f"{spelled}~E{number}~", f"{new}~E{number}~")
        return text

    recording.rewrite(said)
    fill(recording, lambda _owner, _number: chance.entity.text)
    return recording


def _repeated(planted: Planted, chance: Chance, *, result: str, argument: str = "") -> Recording | None:
    """Let a tool be called some times, each time with another result; a person is not polled."""
    questions = {question.span for question in planted.places.questions}
    tools = [call for call in tools_of(planted) if not below(planted.recording, {call.key}) & questions]
    if not tools:
        return None
    call = chance.rng.choice(tools)
    recording = planted.recording.copy()
    job = chance.rng.randint(1_000, 9_999)
    repeated = repeat(recording, asking_and_calling(planted, call), TIMES, chance.salt)
    turns = [{key: key for key in repeated[0]}, *repeated]
    # what the answer is made of comes last
    for page, copies in enumerate(turns[:-1], 1):
        _retell_within(recording, call, set(copies.values()), result.format(number=job, share=page * 20, page=page))
    for page, copies in enumerate(turns, 1):
        if argument:
            _extend_arguments(recording, copies[call.key], argument.format(page=page))
    fill(recording, lambda _owner, _number: chance.entity.text)
    return recording


def _retell_within(recording: Recording, call: Call, keys: set[Key], new: str) -> None:
    """Let a call have another result in these spans only."""
    old = told_by(call)
    for span in recording.spans():
        if key_of(span) in keys:
            values = [pair.value for pair in span.attributes if pair.key not in ARGUMENTS]
            values += [pair.value for event in span.events for pair in event.attributes]
            for text in [text for value in values for text in strings(value)]:
                text.string_value = text.string_value.replace(old, new)


def _extend_arguments(recording: Recording, key: Key, more: str) -> None:
    """Add to the first text among the arguments of a call."""
    for span in recording.spans():
        if key_of(span) == key:
            for pair in span.attributes:
                if pair.key in ARGUMENTS:
                    for text in strings(pair.value):
                        place = text.string_value.rfind('"')
                        value = text.string_value
                        text.string_value = value[:place] + more + value[place:] if place > 0 else value + more
