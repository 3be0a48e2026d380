"""Faults with questions to a person: one that is never answered, and an answer to the user that does not wait for it."""

from typing import Final

from tests.faults.answering_early import WAITING, Told, by_caller, by_later_turn, by_resumed_turn, moment_of, went_on
from tests.faults.breaking import Chance, Injected
from tests.faults.flow_faults import cut
from tests.faults.places import Question, Step
from tests.faults.planting import Planted, fill
from tests.faults.recordings import Recording
from tests.faults.repeating import extent

ANSWERED: Final = frozenset({"approved", "denied", "edited"})
DONE: Final = (
    "Good news: everything is settled now, and the money is on its way to you",
    "It has all been taken care of, you will see the change within two days",
    "Your request is complete and the new terms apply from today",
)
"""What users are told when the work is finished."""


def stall_approval(planted: Planted, chance: Chance) -> Injected | None:
    """A person is asked and never answers: the run ends with the question."""
    for question in planted.places.questions:
        asking = _asking(planted, question)
        if asking is None or not _is_answered(planted, question):
            continue
        if asking.parent is not None and (told := by_caller(planted, chance, question, asking, chance.rng.choice(WAITING))) is not None:
            fill(told[0], lambda _owner, _number: chance.entity.text)
            return Injected(told[0], asking.agent, question.span)
        _, end = extent(planted.recording, {question.span})
        if any(step.start >= end for step in planted.places.steps):
            recording = planted.recording.copy()
            cut(recording, planted, moment_of(asking, question, end))
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


def _told_after_question(planted: Planted, chance: Chance, words: str) -> Told | None:
    """A run in which somebody says something to the user after a question that has no answer; who, and in which turn."""
    for question in planted.places.questions:
        asking = _asking(planted, question)
        if asking is None or (question.state == "pending" and asking.parent is not None and went_on(planted, question, asking)):
            continue
        told = by_caller(planted, chance, question, asking, words) if asking.parent is not None else None
        told = told or by_later_turn(planted, chance, question, asking, words) or by_resumed_turn(planted, question, asking, words)
        if told is not None:
            fill(told[0], lambda _owner, _number: chance.entity.text)
            return told
    return None
