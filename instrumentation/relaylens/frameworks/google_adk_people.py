"""Questions that ADK's agents ask, and what goes on when they are answered."""

import contextlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import relaylens
from relaylens.around import Around
from relaylens.frameworks.recording import Pause, Pauses
from relaylens.handoffs import Handoff
from relaylens.safety import guarded
from relaylens.scope import RunState
from relaylens.semconv import EscalationState

_MOST_REMEMBERED: Final = 10_000
_INTERRUPTED: Final = "NodeInterruptedError"
"""What goes through the agents that have called one which waits: a pause, no error."""

_pauses: Final = Pauses()
"""Runs that wait for a person, by the id of ADK's call that asks."""
_askers: Final[OrderedDict[str, str]] = OrderedDict()
"""Who asked, by the id of ADK's call."""
_waiting: Final[OrderedDict[str, set[tuple[str | None, str]]]] = OrderedDict()
"""Calls of agents that wait, by run: who calls and who is called."""


@dataclass(frozen=True)
class Answer:
    """A person's answer on its way to the agent that asked."""

    agent: str
    questions: tuple[str, ...]
    state: EscalationState
    reply: object

    def write(self) -> None:
        """Record it where the program is."""
        for question in self.questions:
            relaylens.answer(question, self.state, self.reply)


@dataclass
class Resumed:
    """What goes on in a run."""

    run: str
    answers: list[Answer] = field(default_factory=list)
    """Those that have not reached who asked."""
    calls: set[tuple[str | None, str]] = field(default_factory=set)
    """They are made again, and nothing is handed over anew."""

    def end(self) -> None:
        """Record the answers to agents that did not come to their turn."""
        _resumed.pop(self.run, None)
        answers, self.answers = self.answers, []
        for answer in answers:
            answer.write()


_resumed: Final[dict[str, Resumed]] = {}
"""What goes on now, by run."""


def ask(call: str, question: object, agent: str) -> None:
    """An agent asks a person by a call of ADK's own."""
    _pauses.ask(call, call, question, own_id=call)
    _remember(_askers, call, agent)


def waiting(call: str) -> Pause | None:
    """The run that waits for the answer to this call."""
    return _pauses.waiting(call)


def resume(run: RunState | None, answers: Sequence[tuple[str, EscalationState, object]]) -> Resumed | None:
    """Go on with a run: an answer is recorded in the turn of the agent that asked, or at once where that is not known here."""
    if run is None or run.id is None or not answers:
        return None
    resumed = _resumed.setdefault(run.id, Resumed(run.id))
    resumed.calls |= _waiting.pop(run.id, set())
    for call, state, reply in answers:
        pause = _pauses.resume(call)
        questions = (call,) if pause is None else tuple(each.id for each in pause.questions.values())
        answer = Answer(_askers.pop(call, ""), questions, state, reply)
        if answer.agent:
            resumed.answers.append(answer)
        else:
            answer.write()
    return resumed


def arrive(run: RunState | None, agent: str) -> None:
    """Record the answers to what an agent has asked, in its turn."""
    resumed = None if run is None or run.id is None else _resumed.get(run.id)
    if resumed is not None:
        here = [each for each in resumed.answers if each.agent == agent]
        resumed.answers = [each for each in resumed.answers if each.agent != agent]
        for answer in here:
            answer.write()


def waits(run: str, caller: str | None, called: str) -> None:
    """An agent that was called waits for a person."""
    _remember(_waiting, run, {*_waiting.get(run, ()), (caller, called)})


def goes_on(run: RunState, caller: str | None, called: str, *, arrives: bool = False) -> bool:
    """Whether a call is one that had to wait, made again; once the agent that is called `arrives`, the next one is a new call."""
    resumed = _resumed.get(run.id or "")
    if resumed is None or (caller, called) not in resumed.calls:
        return False
    if arrives:
        resumed.calls.discard((caller, called))
    return True


def is_pause(error: BaseException | None) -> bool:
    """Whether what goes through an agent only says that another one waits."""
    return type(error).__name__ == _INTERRUPTED


class Call(Around):
    """A handoff around the call of another agent."""

    def __init__(self, handoff: Handoff, caller: str | None, run: str) -> None:
        """Prepare."""
        self._handoff = handoff
        self._call = (caller, handoff.target or "")
        self._run = run

    def _enter(self) -> None:
        self._handoff._enter()  # noqa: SLF001 - the other half of an Around

    def _returned(self, value: object) -> None:
        self._handoff.output(value)

    def _leave(self, error: BaseException | None) -> None:
        if is_pause(error):
            with guarded("remember a call that waits"):
                waits(self._run, *self._call)
        self._handoff._leave(None if is_pause(error) else error)  # noqa: SLF001 - the other half of an Around


def _remember(kept: OrderedDict[str, Any], key: str, value: object) -> None:
    """Keep something for when the program goes on."""
    kept[key] = value
    while len(kept) > _MOST_REMEMBERED:
        with contextlib.suppress(KeyError):
            kept.popitem(last=False)
