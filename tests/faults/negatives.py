"""Runs that look like broken ones and are not: what a healthy network does that a careless rule would call a fault."""

from typing import Final

from tests.faults.breaking import FAILURE, Chance, fail_span, told_by, tools_of
from tests.faults.flow_faults import asking_and_calling
from tests.faults.places import Call
from tests.faults.planting import Planted, fill
from tests.faults.recordings import Key, Recording, key_of, strings
from tests.faults.repeating import repeat

from relaylens import semconv

TIMES: Final = 3
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


def _repeated(planted: Planted, chance: Chance, *, result: str, argument: str = "") -> Recording | None:
    """Let a tool be called some times, each time with another result."""
    tools = tools_of(planted)
    if not tools:
        return None
    call = chance.rng.choice(tools)
    recording = planted.recording.copy()
    job = chance.rng.randint(1_000, 9_999)
    for page, copies in enumerate(repeat(recording, asking_and_calling(planted, call), TIMES, chance.salt), 2):
        _retell_within(recording, call, set(copies.values()), result.format(number=job, share=page * 20, page=page))
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
