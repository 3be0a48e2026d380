"""Turns in AutoGen's teams: where the program is while a member works, or while the team's manager decides."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, Any

from opentelemetry import context as otel_context
from opentelemetry import trace

from relaylens.around import Around
from relaylens.frameworks import autogen_texts as texts
from relaylens.frameworks.autogen import FRAMEWORK
from relaylens.frameworks.recording import FrameworkStep
from relaylens.missing import MISSING, Missing
from relaylens.safety import guarded
from relaylens.scope import current_scope, with_scope

if TYPE_CHECKING:
    from relaylens.frameworks.autogen_loops import Loop


def step_of(agent: Any, name: str, given: object | Missing) -> FrameworkStep:  # noqa: ANN401 - a chat agent or an orchestrator
    """A step of an agent, which has not begun."""
    return FrameworkStep(
        FRAMEWORK, name, version=texts.version(agent), description=getattr(agent, "description", None), given=given or MISSING
    )


class Stint:
    """A step that lasts for several turns, in several tasks of the runtime, perhaps at once."""

    def __init__(self, step: FrameworkStep) -> None:
        """Begin here."""
        self.step = step
        step.open()
        self._scope = current_scope()
        step.paused()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Be in the step."""
        token = self.enter()
        try:
            yield
        finally:
            otel_context.detach(token)

    def enter(self) -> Any:  # noqa: ANN401 - what OpenTelemetry gives
        """Be in the step until the token is detached."""
        return otel_context.attach(trace.set_span_in_context(self.step.span, with_scope(self._scope)))


class Turn(Around):
    """A member's turn in a team: in its own stint, or a user's in that of who asks."""

    def __init__(self, loop: "Loop", agent: Any, messages: Any) -> None:  # noqa: ANN401 - a chat agent, and what it gets
        """Prepare."""
        self._loop = loop
        self._agent = agent
        self._messages = list(messages)
        self._token: Any = None

    def _enter(self) -> None:
        with guarded("begin an agent's turn"):
            is_person = self._loop.is_person(self._agent.name)
            stint = self._loop.last_stint() if is_person else self._loop.stint_of(self._agent, self._messages)
            if stint is not None:
                self._token = stint.enter()

    def _leave(self, error: BaseException | None) -> None:
        with guarded("end an agent's turn"):
            if self._token is not None:
                otel_context.detach(self._token)
            self._loop.turn_ended(self._agent.name, error)


class TakingPart(Around):
    """The turn of a team that takes part in another: it is no agent, its members are."""

    def __init__(self, loop: "Loop", team: Any) -> None:  # noqa: ANN401 - a BaseGroupChat
        """Prepare."""
        self.loop = loop
        self.team = team
        self.name: str = team.name
        self._token: Token[TakingPart | None] | None = None

    def _enter(self) -> None:
        self._token = _part.set(self)

    def _leave(self, error: BaseException | None) -> None:
        with guarded("end a team's turn"):
            if self._token is not None:
                _part.reset(self._token)
            self.loop.turn_ended(self.name, error)


class Place(Around):
    """Where a team's messages are handled: in its run, whatever task of the runtime does it."""

    def __init__(self, loop: "Loop", stint: Stint | None = None) -> None:
        """Prepare; `stint` is that of the manager, if it is an agent itself."""
        self._loop = loop
        self._stint = stint
        self._attached: Any = None
        self._token: Token[Loop | None] | None = None

    def _enter(self) -> None:
        with guarded("handle a team's message"):
            self._attached = otel_context.attach(self._loop.context) if self._stint is None else self._stint.enter()
            self._token = _current.set(self._loop)

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - it leaves through the run
        with guarded("leave a team's message"):
            if self._token is not None:
                _current.reset(self._token)
            if self._attached is not None:
                otel_context.detach(self._attached)


_current: "ContextVar[Loop | None]" = ContextVar("relaylens-autogen-loop", default=None)
_part: ContextVar[TakingPart | None] = ContextVar("relaylens-autogen-part", default=None)


def current_loop() -> "Loop | None":
    """The team's run that this is called in."""
    return _current.get()


def taking_part(team: object) -> TakingPart | None:
    """The turn in another team that this team's run is."""
    part = _part.get()
    return part if part is not None and part.team is team else None
