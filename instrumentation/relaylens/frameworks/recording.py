"""Runs, steps, handoffs and questions of frameworks, on the same spans that `relaylens.run()` and its like write."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from relaylens import content
from relaylens.around import Around
from relaylens.escalations import Escalation
from relaylens.frameworks.base import Framework
from relaylens.missing import MISSING, Missing
from relaylens.safety import guarded
from relaylens.scope import Scope, current_scope, with_scope
from relaylens.semconv import GEN_AI_CONVERSATION_ID, RELAYLENS_RUN_ID
from relaylens.transfers import Transfer
from relaylens.work import AgentStep, Run

Result = Callable[[Any], object]
"""From what a framework's function returned: the text, value or messages to record as output; MISSING records nothing."""

_MOST_PAUSED: Final = 10_000


@dataclass
class Pause:
    """A run that waits for a person, as this process remembers it."""

    run_id: str | None
    conversation: str | None
    questions: dict[str, Escalation] = field(default_factory=dict)
    """What was asked, by the framework's name for the question (a call id, an interrupt id)."""

    state: object = None
    """What a framework's file wants to remember until then."""


class Pauses:
    """Runs that wait for a person, by what the framework will name when it resumes them: a thread, a session, a state object's id."""

    def __init__(self) -> None:
        """None yet."""
        self._kept: OrderedDict[Hashable, Pause] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, key: Hashable, name: str, question: object, *, to: str = "human", own_id: str | None = None) -> Escalation:
        """Ask a person, once for each name, and remember the run that is open here under this key.

        `own_id` is the question's id where the framework has one that whoever resumes will know, perhaps in another process.
        """
        run = current_scope().run
        with self._lock:
            pause = self._kept.get(key)
            if pause is None:
                pause = self._kept[key] = Pause(None if run is None else run.id, None if run is None else run.conversation)
                if len(self._kept) > _MOST_PAUSED:
                    self._kept.popitem(last=False)
            known = pause.questions.get(name)
        if known is not None:
            return known
        asked = Escalation(question, to, own_id).ask()
        with self._lock:
            return pause.questions.setdefault(name, asked)

    def waiting(self, key: Hashable) -> Pause | None:
        """The run that waits under this key; it goes on waiting."""
        with self._lock:
            return self._kept.get(key)

    def resume(self, key: Hashable) -> Pause | None:
        """The run that waited under this key and no longer does."""
        with self._lock:
            return self._kept.pop(key, None)


class Region(Around):
    """A part of a run in which a framework's work is recorded, or in which the spans of some instrumentations say nothing.

    A framework that records its model calls itself silences `CLIENT_SCOPES` around them, where the same calls would be recorded again.
    """

    def __init__(self, framework: Framework, *, silent: frozenset[str] = frozenset()) -> None:
        """Prepare."""
        self._framework = framework
        self._silent = silent
        self._context: Context | None = None
        self._token: Any = None

    def _enter(self) -> None:
        with guarded("enter a framework"):
            scope = _marked(current_scope(), self._framework)
            self._context = with_scope(replace(scope, silent=scope.silent | self._silent))
            self._resume()

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - the error belongs to the spans around
        self._suspend()

    def _suspend(self) -> None:
        with guarded("leave a framework"):
            token, self._token = self._token, None
            if token is not None:
                otel_context.detach(token)

    def _resume(self) -> None:
        with guarded("enter a framework"):
            if self._context is not None and self._token is None:
                self._token = otel_context.attach(self._context)


class FrameworkRun(Run):
    """A framework's execution from its entry point to its answer."""

    def __init__(  # noqa: PLR0913 - one run, all its parts by name
        self,
        framework: Framework,
        name: str,
        *,
        run_id: str | None,
        conversation: str | None,
        user: str | None,
        given: object | Missing,
        result: Result | None,
    ) -> None:
        """Prepare a run."""
        super().__init__(name, run_id, conversation, user)
        self._inside = _marked(Scope(), framework)
        self._given_input = given
        self._result = result

    def _started(self) -> None:
        super()._started()
        if self._state.conversation is None:
            # Frameworks without a thread or session: one conversation a run, so that its traces stay together.
            self._state.conversation = self._state.id
            self.set(GEN_AI_CONVERSATION_ID, self._state.id)
        if not isinstance(self._given_input, Missing):
            self.input(self._given_input)

    def rename(self, run_id: str) -> None:
        """Be the run of this name, which is found out only now; nothing else has been written in it."""
        self._state.id = run_id
        self.set(RELAYLENS_RUN_ID, run_id)

    def _called(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """The input was given already."""

    def _returned(self, value: object) -> None:
        produced = MISSING if self._result is None else self._result(value)
        if not isinstance(produced, Missing):
            self.output(produced)


class FrameworkStep(AgentStep):
    """An agent's turn in a framework. One that is not a single call is `open()`ed, `paused()`, `resumed()` and `close()`d."""

    def __init__(  # noqa: PLR0913 - what is known of an agent, by name
        self,
        framework: Framework,
        name: str,
        *,
        version: str | None = None,
        agent_id: str | None = None,
        description: str | None = None,
        given: object | Missing = MISSING,
        result: Result | None = None,
        received: Transfer | None = None,
        payload: object | Missing = MISSING,
    ) -> None:
        """Prepare a step; `given` is its input, `result` finds the output in what the function returns."""
        super().__init__(name, version=version, agent_id=agent_id, description=description, received=received, payload=payload)
        self._framework = framework
        self._given_input = given
        self._result = result

    def open(self) -> None:
        """Begin the turn and make it the place where the program is."""
        self._enter()

    @property
    def place(self) -> Context | None:
        """The context in which the turn's work is done."""
        return self._context

    def paused(self) -> None:
        """Leave the place, while the turn goes on."""
        self._suspend()

    def resumed(self) -> None:
        """Make it the place where the program is again."""
        self._resume()

    def close(self, error: BaseException | None = None) -> None:
        """End the turn."""
        self._leave(error)

    def _scope(self, outer: Scope) -> Scope:
        return super()._scope(_marked(outer, self._framework))

    def _started(self) -> None:
        super()._started()
        if not isinstance(self._given_input, Missing):
            self.input(self._given_input)

    def _called(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """The input was given already."""

    def _returned(self, value: object) -> None:
        produced = MISSING if self._result is None else self._result(value)
        if not isinstance(produced, Missing):
            self.output(produced)


def framework_run(  # noqa: PLR0913 - one run, all its parts by name
    framework: Framework,
    name: str,
    *,
    run_id: str | None = None,
    conversation: str | None = None,
    user: str | None = None,
    given: object | Missing = MISSING,
    result: Result | None = None,
) -> Around | None:
    """What stands around a framework's entry point: a run, or, inside of a run, only the mark that the framework's work is recorded.

    `run_id` and `conversation` are those of a run that goes on here (see `Pauses`).
    """
    scope = current_scope()
    if scope.run is None:
        return FrameworkRun(framework, name, run_id=run_id, conversation=conversation, user=user, given=given, result=result)
    if framework.details <= scope.details and framework.silent <= scope.silent:
        return None
    return Region(framework)


def fingerprint(*parts: object) -> str:
    """A version for an agent that has none: the same as long as its instructions, model and tools are the same."""
    return hashlib.sha256(content.as_json(parts).encode()).hexdigest()[:12]


def _marked(scope: Scope, framework: Framework) -> Scope:
    """The scope, in which the framework's own spans are details."""
    if framework.details <= scope.details and framework.silent <= scope.silent:
        return scope
    return replace(scope, details=scope.details | framework.details, silent=scope.silent | framework.silent)
