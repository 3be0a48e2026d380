"""Conversations with teams and agents of AutoGen, and the questions in them that wait for a user."""

import threading
import uuid
import weakref
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

import relaylens
from relaylens.around import Around
from relaylens.escalations import Escalation
from relaylens.frameworks import autogen_texts as texts
from relaylens.frameworks.recording import Pause, Pauses
from relaylens.safety import guarded
from relaylens.semconv import EscalationState

_MOST_SAVED: Final = 10_000


class Conversations:
    """What each team or agent is talked with about: it remembers all that was said until it is reset, so that is one conversation."""

    def __init__(self) -> None:
        """None yet."""
        self._names: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        self._saved: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, talker: Any) -> str:  # noqa: ANN401 - a team or an agent
        """Name of its conversation."""
        with self._lock:
            name = self._names.get(talker)
            if name is None:
                name = self._names[talker] = getattr(talker, "_team_id", None) or str(uuid.uuid4())
            return name

    def forget(self, talker: Any) -> None:  # noqa: ANN401 - as above
        """It was reset: the next one is another."""
        with self._lock:
            if talker in self._names:
                self._names[talker] = str(uuid.uuid4())

    def saved(self, talker: Any, state: Mapping[str, Any]) -> None:  # noqa: ANN401 - as above
        """Its state was saved: whoever goes on from there goes on with the conversation."""
        last = _last_message(state)
        if last is not None:
            name = self.of(talker)
            with self._lock:
                self._saved[last] = name
                if len(self._saved) > _MOST_SAVED:
                    self._saved.popitem(last=False)

    def loaded(self, talker: Any, state: Mapping[str, Any]) -> None:  # noqa: ANN401 - as above
        """It goes on from a saved state."""
        last = _last_message(state)
        with self._lock:
            name = None if last is None else self._saved.get(last)
            if name is not None:
                self._names[talker] = name


def _last_message(state: Mapping[str, Any]) -> str | None:
    """The id of the last message of a team's thread."""
    for each in state.get("agent_states", {}).values():
        thread = each.get("message_thread") if isinstance(each, Mapping) else None
        if thread:
            return str(thread[-1].get("id"))
    return None


conversations: Final = Conversations()

_pauses: Final = Pauses()
"""Runs that wait for a user, by their conversation: the next that is said in it is the answer."""


def ask(conversation: str, message: Any) -> None:  # noqa: ANN401 - a HandoffMessage
    """A team or an agent handed over to somebody outside of it, and waits."""
    _pauses.ask(conversation, message.id, texts.passed_on(message), to=message.target, own_id=message.id)


def ask_with(conversation: str, message: Any, arguments: object) -> None:  # noqa: ANN401 - as above
    """The same, with what the model has written about it."""
    _pauses.ask(conversation, message.id, arguments, to=message.target, own_id=message.id)


def resumed(conversation: str, task: object) -> Pause | None:
    """The run that waited for what is said now."""
    return None if task is None else _pauses.resume(conversation)


def answer(pause: Pause | None, task: object) -> None:
    """The user's words: AutoGen knows no verdict, so whatever was answered lets the work go on."""
    for question in () if pause is None else pause.questions.values():
        relaylens.answer(question.id, EscalationState.APPROVED, texts.plain_task(task))


class Asking(Around):
    """A user who takes part in a team: the agent that spoke before asks."""

    def __init__(self, name: str, question: object) -> None:
        """Prepare."""
        self._question = Escalation(question, name)

    def _enter(self) -> None:
        self._question.ask()

    def _returned(self, value: object) -> None:
        self._question.answer(EscalationState.APPROVED, value)

    def _leave(self, error: BaseException | None) -> None:
        """A question without an answer stays pending."""
        with guarded("note a question without an answer"):
            if isinstance(error, TimeoutError):
                self._question.answer(EscalationState.TIMED_OUT)
