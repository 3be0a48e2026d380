"""Ways in which a user is told something before a person has answered: by the caller, by a later turn, by a run that goes on alone."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final, TypeAlias

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.faults.breaking import Chance, told_by
from tests.faults.flow_faults import answer_of, cut
from tests.faults.places import Call, Question, Step
from tests.faults.planting import Planted, all_texts, exchanges, marks_in, spellings, texts_by_span
from tests.faults.recordings import Attributes, Key, Recording, key_of, remove
from tests.faults.renaming import exchange_names
from tests.faults.repeating import PAUSE, copy_beside, extent

from relaylens_analytics.message_shapes import Kind

WAITING: Final = (
    "I have asked a colleague to look at it and will come back to you",
    "A person has to agree to this first, so please bear with us",
    "This is on hold until somebody has approved it",
)
"""What users are told while somebody still has to decide."""

UNDECIDED: Final = (
    "no decision yet",
    "request sent to the duty desk, nobody has answered so far",
    "queued for review",
    "awaiting approval",
    "status: pending",
    "",
)
"""What a call that asks a person gives back while nobody has decided."""

OF_ANSWERS: Final = ("output", "completion", "finish")
"""Words in the keys of what a model answered, in every convention."""

Told: TypeAlias = tuple[Recording, str, Key]
"""A run in which somebody says something to the user; who, and in which turn."""


def by_caller(planted: Planted, chance: Chance, question: Question, asking: Step, words: str) -> Told | None:
    """Whoever had asked the agent that waits does not wait: it says its piece, or says one where it had been silent.

    What the person answered has not come, and the agent that asked says that it waits.
    """
    caller = asking
    while caller.parent is not None and (above := planted.places.step(caller.parent)) is not None:
        caller = above
    asked, _ = extent(planted.recording, {question.span})
    later = calls_after(planted, caller, asking.end)
    if later and any(step.start >= extent(planted.recording, {later[-1].key})[0] for step in planted.places.steps):
        return None
    recording = planted.recording.copy()
    texts = texts_by_span(recording)
    waits = set[int]().union(*(answer_of(planted, call, texts) for call in calls_after(planted, asking, asked)))
    # without a call of its model, what the caller says is an account of its framework
    account = {number for number in marks_in(texts[caller.key]) if planted.said[number] >= asking.end}
    said = answer_of(planted, later[-1], texts) if later else account
    if not said if later else not _add_answer(recording, planted, caller, asking, words, chance.salt):
        return None
    _take_back(recording, {key_of(span) for span in recording.spans() if span.end_time_unix_nano >= asked}, planted, question, chance)
    say(recording, planted, waits, chance.rng.choice(WAITING))
    say(recording, planted, said, words)
    return recording, caller.agent, caller.key


def by_later_turn(planted: Planted, chance: Chance, question: Question, asking: Step, words: str) -> Told | None:
    """Who answered once the person had agreed does so before, or another agent that has answered already does so again."""
    _, end = extent(planted.recording, {question.span})
    steps = [step for step in planted.places.steps if step.parent is None]
    later = [step for step in steps if step.start >= max(end, asking.end)]
    earlier = [step for step in steps if step.end <= asking.start and step.agent != asking.agent]
    call = _last_words(planted, later) or _last_words(planted, earlier)
    step = planted.places.step(planted.places.calls[call].step) if call is not None else None
    if call is None or step is None:
        return None
    moment = moment_of(asking, question, end)
    recording = planted.recording.copy()
    said = answer_of(planted, planted.places.calls[call], texts_by_span(recording))
    copies = copy_beside(recording, _way_to(recording, call, step.key), moment + PAUSE - step.start, f"before the answer {question.span}")
    beside = _hang_beside(recording, set(copies.values()), asking.key)
    _take_back(recording, beside, planted, question, chance)
    say(recording, planted, said, words)
    cut(recording, planted, moment, but=beside)
    return recording, step.agent, (asking.key[0], copies[step.key][1])


def by_resumed_turn(planted: Planted, question: Question, asking: Step, words: str) -> Told | None:
    """The run goes on as if the person had answered, and nobody has: the message of the person is not there."""
    later = [step for step in planted.places.steps if step.parent is None and step.start >= asking.end]
    if not later or not question.answer:
        return None
    said = {number for number, moment in planted.said.items() if moment > later[-1].start}
    asked, _ = extent(planted.recording, {question.span})
    answer = question.answer
    brought = {key_of(owner) for owner, text in all_texts(planted.recording) if any(spelled in text for spelled in spellings(answer))}
    if not said or brought & {step.key for step in planted.places.steps}:
        return None
    recording = planted.recording.copy()
    remove(recording, lambda span: key_of(span) in brought and span.start_time_unix_nano >= asked)
    say(recording, planted, said, words)
    return recording, later[-1].agent, later[-1].key


def moment_of(asking: Step, question: Question, end: int) -> int:
    """When the run stands still: the asking turn is over, or the answer is there before that."""
    return min([moment for moment in (asking.end, question.answered) if moment is not None and moment >= end], default=end)


def calls_after(planted: Planted, step: Step, moment: int) -> list[Call]:
    """The calls of a turn's model that began after a moment."""
    starts = {key_of(span): span.start_time_unix_nano for span in planted.recording.spans()}
    return [call for call in planted.places.calls.values() if call.kind == "llm" and call.step == step.key and starts[call.key] >= moment]


def went_on(planted: Planted, question: Question, asking: Step) -> bool:
    """Whether the turn that asked went on to an answer in words: then a person has answered, though nobody recorded what."""
    _, end = extent(planted.recording, {question.span})
    spoken = dict(exchanges(planted.recording))
    return any(message.kind is Kind.TEXT for call in calls_after(planted, asking, end) for message in spoken[call.key].answered)


def _add_answer(recording: Recording, planted: Planted, caller: Step, asking: Step, words: str, salt: str) -> bool:
    """Let the model of a turn be called once more and answer in words, as a model of another agent did; whether one did."""
    own = [call.key for call in planted.places.calls.values() if call.kind == "llm" and call.step == caller.key][-1:]
    others = [step for step in planted.places.steps if step.key not in {caller.key, asking.key}]
    mould = _last_words(planted, others)
    of_mould = planted.places.step(planted.places.calls[mould].step) if mould is not None else None
    if not own or mould is None or of_mould is None:
        return False
    said = answer_of(planted, planted.places.calls[mould], texts_by_span(recording))
    start, _ = extent(recording, set(own))
    (copy,) = copy_beside(recording, set(own), caller.end + PAUSE - start, f"{salt} another answer").values()
    spans = {key_of(span): span for span in recording.spans()}
    _answer_as(spans[copy].attributes, spans[mould].attributes)
    del spans[copy].events[:]
    spans[copy].events.extend(event for event in spans[mould].events if "choice" in event.name)
    exchange_names(recording, {copy}, of_mould.agent, caller.agent)
    say(recording, planted, said, words, within={copy})
    end, place = spans[copy].end_time_unix_nano, spans[copy]
    while (above := spans.get((copy[0], place.parent_span_id.hex()))) is not None:
        end, place = end + PAUSE, above
        place.end_time_unix_nano = max(place.end_time_unix_nano, end)
    return True


def _answer_as(mine: Attributes, others: Attributes) -> None:
    """Put what another call's attributes say of its answer in the place of what these say."""
    for index in reversed([place for place, pair in enumerate(mine) if any(word in pair.key for word in OF_ANSWERS)]):
        del mine[index]
    mine.extend(pair for pair in others if any(word in pair.key for word in OF_ANSWERS))


def _last_words(planted: Planted, steps: Sequence[Step]) -> Key | None:
    """The last model call of the last of these turns that ends with an answer in words, which are known."""
    spoken = dict(exchanges(planted.recording))
    texts = texts_by_span(planted.recording)
    for step in reversed(steps):
        calls = [call for call in planted.places.calls.values() if call.kind == "llm" and call.step == step.key]
        answered = spoken[calls[-1].key].answered if calls else []
        said = marks_in(message.text for message in answered)
        if said and said & answer_of(planted, calls[-1], texts) and not any(message.kind is Kind.TOOL_CALL for message in answered):
            return calls[-1].key
    return None


def _way_to(recording: Recording, call: Key, step: Key) -> set[Key]:
    """The spans from a turn down to one of its calls."""
    parents = {key_of(span): (span.trace_id.hex(), span.parent_span_id.hex()) for span in recording.spans()}
    way, place = {call, step}, call
    while place != step and place in parents:
        way.add(place)
        place = parents[place]
    return way


def _hang_beside(recording: Recording, copies: AbstractSet[Key], turn: Key) -> set[Key]:
    """Put copied spans into the trace of a turn, under what that turn hangs under; the answer names them as they are there."""
    parent = next(span.parent_span_id for span in recording.spans() if key_of(span) == turn)
    items: list[Span | LogRecord] = [*recording.spans(), *recording.records()]
    for item in [item for item in items if key_of(item) in copies]:
        if isinstance(item, Span) and (item.trace_id.hex(), item.parent_span_id.hex()) not in copies:
            item.parent_span_id = parent
        item.trace_id = bytes.fromhex(turn[0])
    return {(turn[0], span) for _, span in copies}


def _take_back(recording: Recording, keys: AbstractSet[Key], planted: Planted, question: Question, chance: Chance) -> None:
    """Let what the person answered be unknown in these spans."""
    asking = planted.places.calls.get(question.span)
    if question.answer is None or asking is None:
        return
    answer, undecided = told_by(replace(asking, result=question.answer)), chance.rng.choice(UNDECIDED)

    def unanswered(owner: Span | LogRecord, text: str) -> str:
        if key_of(owner) in keys and answer:
            for old, new in zip(spellings(answer), spellings(undecided) * len(spellings(answer)), strict=False):
                text = text.replace(old, new)
        return text

    recording.rewrite(unanswered)


def say(recording: Recording, planted: Planted, numbers: AbstractSet[int], words: str, *, within: AbstractSet[Key] | None = None) -> None:
    """Put other words in the place of texts, wherever they occur, or within some spans."""

    def other(owner: Span | LogRecord, text: str) -> str:
        for number in numbers if within is None or key_of(owner) in within else ():
            for spelled in spellings(planted.texts[number]):
                text = text.replace(f"{spelled}~E{number}~", words)
        return text

    recording.rewrite(other)
