"""Faults with questions to a person: one that is never answered, and an answer to the user that does not wait for it."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.faults.breaking import Chance, Injected
from tests.faults.flow_faults import answer_of, cut
from tests.faults.places import Question, Step
from tests.faults.planting import Planted, exchanges, fill, leaves, marks_in, spellings, texts_by_span
from tests.faults.recordings import Key, Recording, key_of
from tests.faults.repeating import PAUSE, copy_beside, extent

from relaylens_analytics.message_shapes import Kind

ANSWERED: Final = frozenset({"approved", "denied", "edited"})
DONE: Final = (
    "Good news: everything is settled now, and the money is on its way to you",
    "It has all been taken care of, you will see the change within two days",
    "Your request is complete and the new terms apply from today",
)
"""What users are told when the work is finished."""

WAITING: Final = (
    "I have asked a colleague to look at it and will come back to you",
    "A person has to agree to this first, so please bear with us",
    "This is on hold until somebody has approved it",
)
"""What users are told while somebody still has to decide."""

UNDECIDED: Final = "no decision yet"


def stall_approval(planted: Planted, chance: Chance) -> Injected | None:
    """A person is asked and never answers: the run ends with the question."""
    for question in planted.places.questions:
        asking = _asking(planted, question)
        if asking is None or not _is_answered(planted, question):
            continue
        _, end = extent(planted.recording, {question.span})
        if any(step.start >= end for step in planted.places.steps):
            recording = planted.recording.copy()
            cut(recording, planted, _moment(asking, question, end))
            fill(recording, lambda _owner, _number: chance.entity.text)
            return Injected(recording, asking.agent, question.span)
    return None


def answer_while_pending(planted: Planted, chance: Chance) -> Injected | None:
    """A person is asked and has not answered, and the user is told all the same that the work is done."""
    told = _told_after_question(planted, chance, chance.rng.choice(DONE))
    return None if told is None else Injected(*told)


def waiting_run(planted: Planted, chance: Chance) -> Recording | None:
    """A person is asked and has not answered, and the user is told so."""
    told = _told_after_question(planted, chance, chance.rng.choice(WAITING))
    return None if told is None else told[0]


def _asking(planted: Planted, question: Question) -> Step | None:
    """The turn in which a person was asked."""
    call = planted.places.calls.get(question.span)
    if call is not None and call.step is not None:
        return planted.places.step(call.step)
    # a question that went over a bus was asked in the turn that its agent had last
    asked, _ = extent(planted.recording, {question.span})
    turns = [step for step in planted.places.steps if step.agent == question.agent and step.start <= asked]
    return max(turns, key=lambda step: step.start, default=None)


def _is_answered(planted: Planted, question: Question) -> bool:
    """Whether a person answered a question, or the same agent's next one: some frameworks ask once more when the answer is there."""
    later = planted.places.questions[planted.places.questions.index(question) :]
    return any(other.agent == question.agent and other.state in ANSWERED and other.answered is not None for other in later)


def _moment(asking: Step, question: Question, end: int) -> int:
    """When the run stands still: the asking turn is over, or the answer is there before that."""
    return min([moment for moment in (asking.end, question.answered) if moment is not None and moment >= end], default=end)


def _told_after_question(planted: Planted, chance: Chance, words: str) -> tuple[Recording, str, Key] | None:
    """A run in which somebody says something to the user after a question that has no answer; who, and in which turn."""
    for question in planted.places.questions:
        asking = _asking(planted, question)
        if asking is None:
            continue
        if question.state == "pending" and asking.parent is not None:
            if _went_on(planted, question, asking):
                continue
            told = _by_caller(planted, asking, words)
        else:
            told = _by_later_turn(planted, question, asking, words)
        if told is not None:
            fill(told[0], lambda _owner, _number: chance.entity.text)
            return told
    return None


def _by_caller(planted: Planted, asking: Step, words: str) -> tuple[Recording, str, Key] | None:
    """Whoever had asked the agent that waits says its piece."""
    caller = asking
    while caller.parent is not None and (above := planted.places.step(caller.parent)) is not None:
        caller = above
    call = _last_words(planted, [caller])
    if call is None or planted.places.calls[call].step != caller.key or extent(planted.recording, {call})[0] < asking.end:
        return None
    recording = planted.recording.copy()
    _say(recording, planted, answer_of(planted, planted.places.calls[call], texts_by_span(recording)), words)
    return recording, caller.agent, caller.key


def _by_later_turn(planted: Planted, question: Question, asking: Step, words: str) -> tuple[Recording, str, Key] | None:
    """Who answered once the person had agreed does so before, or another agent that has answered already does so again."""
    _, end = extent(planted.recording, {question.span})
    steps = [step for step in planted.places.steps if step.parent is None]
    later = [step for step in steps if step.start >= max(end, asking.end)]
    earlier = [step for step in steps if step.end <= asking.start and step.agent != asking.agent]
    call = _last_words(planted, later) or _last_words(planted, earlier)
    step = planted.places.step(planted.places.calls[call].step) if call is not None else None
    if call is None or step is None:
        return None
    moment = _moment(asking, question, end)
    recording = planted.recording.copy()
    said = answer_of(planted, planted.places.calls[call], texts_by_span(recording))
    copies = copy_beside(recording, _way_to(recording, call, step.key), moment + PAUSE - step.start, f"before the answer {question.span}")
    beside = _hang_beside(recording, set(copies.values()), asking.key)
    _take_back(recording, beside, question)
    _say(recording, planted, said, words)
    cut(recording, planted, moment, but=beside)
    return recording, step.agent, (asking.key[0], copies[step.key][1])


def _went_on(planted: Planted, question: Question, asking: Step) -> bool:
    """Whether the turn that asked went on to an answer in words: then a person has answered, though nobody recorded what."""
    _, end = extent(planted.recording, {question.span})
    starts = {key_of(span): span.start_time_unix_nano for span in planted.recording.spans()}
    spoken = dict(exchanges(planted.recording))
    later = [
        call.key for call in planted.places.calls.values() if call.kind == "llm" and call.step == asking.key and starts[call.key] >= end
    ]
    return any(message.kind is Kind.TEXT for key in later for message in spoken[key].answered)


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


def _take_back(recording: Recording, keys: AbstractSet[Key], question: Question) -> None:
    """Let what the person answered be unknown in these spans."""
    answers = sorted(set(leaves(question.answer or "")), key=len, reverse=True)

    def unanswered(owner: Span | LogRecord, text: str) -> str:
        for answer in answers if key_of(owner) in keys else ():
            for spelled in spellings(answer):
                text = text.replace(spelled, UNDECIDED)
        return text

    recording.rewrite(unanswered)


def _say(recording: Recording, planted: Planted, numbers: AbstractSet[int], words: str) -> None:
    """Put other words in the place of texts, wherever they occur."""

    def other(_owner: Span | LogRecord, text: str) -> str:
        for number in numbers:
            for spelled in spellings(planted.texts[number]):
                text = text.replace(f"{spelled}~E{number}~", words)
        return text

    recording.rewrite(other)
