"""What is kept of a team of AutoGen while it runs: whose stint it is, who spoke last, what was handed over."""

from collections import defaultdict
from contextvars import ContextVar, Token
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry.context import Context

import relaylens
from relaylens.around import Around
from relaylens.frameworks import autogen_texts as texts
from relaylens.frameworks.autogen import FRAMEWORK
from relaylens.frameworks.recording import FrameworkStep
from relaylens.handoffs import Handoff
from relaylens.missing import MISSING
from relaylens.safety import guarded
from relaylens.scope import current_scope
from relaylens.semconv import TransferMode
from relaylens.transfers import Transfer


class Loop:
    """One run of a team."""

    def __init__(self, team: Any, context: Context, task: object) -> None:  # noqa: ANN401 - a BaseGroupChat
        """Begin; `context` is the place of the team's run, where its messages are handled."""
        self.context = context
        self._task = task
        self._caller = current_scope(context).agent
        taking_part = _part.get()
        self._part = taking_part if taking_part is not None and taking_part.team is team and self._caller is None else None
        self._has_begun = False
        self.handed_with: dict[str, object] = {}
        """What models wrote when they handed over, by agent."""
        self.edges: defaultdict[str, list[str]] = defaultdict(list)
        """Of a graph: the agents whose messages led to each next one."""
        self.answer: Any = None
        """The last message."""
        self.leaving: Any = None
        """A handoff to somebody who is not in the team."""
        self._members: dict[str, Any] = {member.name: member for member in team._participants}  # noqa: SLF001 - AutoGen has no public way
        self._is_swarm = is_swarm(type(team))
        self._orchestrator: str | None = None
        self._steps: dict[str, FrameworkStep] = {}
        self._active: set[str] = set()
        self._spoken: list[str] = []
        self._last: list[str] = []
        self._handed: set[tuple[str, str]] = set()
        self._calls: dict[str, Handoff] = {}
        """Members that work for an orchestrator, or first for an agent that lets the team work."""
        self._entered: dict[str, list[str]] = {}
        """Of each team that takes part: who handed over to it."""
        self._inner: dict[str, tuple[str, FrameworkStep]] = {}
        """Of each team that took part: the member that spoke last."""

    def is_person(self, name: str) -> bool:
        """Whether a member is a person."""
        return any(kind.__name__ == "UserProxyAgent" for kind in type(self._members.get(name)).__mro__)

    # What the team's manager does.

    def requested(self, name: str, manager: Any) -> None:  # noqa: ANN401 - a BaseGroupChatManager
        """The manager lets a member speak."""
        self._active.add(name)
        spoken, self._spoken = [each for each in self._spoken if not self.is_person(each)], []
        self._last = spoken or self._last
        led = self.edges.pop(name, None)
        if self.is_person(name):
            return
        if is_orchestrator(manager):
            self._call(name, manager._name)  # noqa: SLF001 - as above
            return
        sources = self._last if led is None else list(dict.fromkeys(led))
        if hasattr(self._members.get(name), "_participants"):
            self._entered[name] = sources
        elif self._last or self._has_begun:
            for source in sources:
                if (source, name) in self._handed:
                    self._handed.discard((source, name))
                elif source != name:
                    self._hand_over(source, name)
        else:
            self._begin_with(name)

    def _begin_with(self, name: str) -> None:
        """A member that speaks first, perhaps for somebody outside of the team."""
        if self._caller is not None:
            self._calls[name] = Handoff(name, self._task, TransferMode.RETURN_TO_CALLER, None).offer()
        elif self._part is not None:
            for source in self._part.loop._entered.get(self._part.name, ()):  # noqa: SLF001 - of the same class
                self._part.loop._hand_over(source, name)  # noqa: SLF001 - as above

    def _hand_over(self, source: str, target: str) -> None:
        """The last speaker's stint ends with another one's turn."""
        source, step = self._inner.get(source) or (source, self._steps.get(source))
        if step is not None:
            step.resumed()
        relaylens.handoff(target, self._said(), mode=TransferMode.PASS_CONTROL, source=source)
        if step is not None:
            step.paused()

    def _said(self) -> object:
        return MISSING if self.answer is None else texts.passed_on(self.answer)

    def _call(self, name: str, orchestrator: str) -> None:
        """An orchestrator lets a member work and gets control back."""
        step = self._steps.get(orchestrator)
        if step is not None:
            step.resumed()
        self._calls[name] = Handoff(name, self._said(), TransferMode.RETURN_TO_CALLER, None, source=orchestrator).offer()

    # What members do.

    def turn(self, container: Any) -> "Around":  # noqa: ANN401 - a ChatAgentContainer
        """What stands around a member's turn."""
        if hasattr(container._agent, "_participants"):  # noqa: SLF001 - as above
            return TakingPart(self, container._agent)  # noqa: SLF001 - as above
        return _Turn(self, container._agent, container._message_buffer)  # noqa: SLF001 - as above

    def step_of(self, agent: Any, messages: Any) -> FrameworkStep:  # noqa: ANN401 - a chat agent or a team
        """The step of a stint, in which the program is now."""
        step = self._steps.get(agent.name)
        if step is not None:
            step.resumed()
            return step
        for name in [each for each in self._steps if each not in self._active and each != self._orchestrator]:
            self._steps.pop(name).close()
        step = self._steps[agent.name] = participant_step(agent, agent.name, MISSING, messages)
        step.open()
        run = current_scope().run
        while run is not None and isinstance(offer := run.take_offer(agent.name), Transfer):
            # Several branches of a graph meet here.
            offer.accept()
        return step

    def orchestrating(self, manager: Any, messages: Any) -> FrameworkStep:  # noqa: ANN401 - as above
        """The step of an orchestrator, which lasts as long as the team runs."""
        name = self._orchestrator = manager._name  # noqa: SLF001 - as above
        step = self._steps.get(name)
        if step is None:
            step = self._steps[name] = FrameworkStep(
                FRAMEWORK, name, version=texts.version(manager), given=texts.given(messages) or MISSING
            )
            step.open()
        else:
            step.resumed()
        return step

    def step_ended(self, name: str, error: BaseException | None) -> None:
        """A turn is over; the stint goes on unless it failed."""
        self._active.discard(name)
        step = self._steps.get(name)
        if step is None:
            return
        if error is None:
            step.paused()
        else:
            self._steps.pop(name).close(error)
            call = self._calls.pop(name, None)
            if call is not None:
                call._leave(error)  # noqa: SLF001 - it was offered and not entered

    def instructed(self, message: Any) -> None:  # noqa: ANN401 - a chat message
        """An orchestrator says what is to be done, or answers."""
        self.answer = message
        step = self._steps.get(self._orchestrator or "")
        if step is not None:
            step.output(texts.text(message))

    def responded(self, name: str, message: Any) -> None:  # noqa: ANN401 - a chat message
        """A member has spoken."""
        self.answer, self.leaving = message, None
        self._has_begun = True
        self._spoken.append(name)
        self._active.discard(name)
        step = self._steps.get(name)
        if step is not None:
            step.output(texts.text(message))
        if self._caller is None and (call := self._calls.pop(name, None)) is not None:
            call.returned(texts.text(message))
        target = getattr(message, "target", None) if type(message).__name__ == "HandoffMessage" else None
        if target is None or target == name or self.is_person(name):
            return
        if target not in self._members:
            self.leaving = message
        elif self._is_swarm and not self.is_person(target):
            self._handed.add((name, target))
            relaylens.handoff(target, texts.passed_on(message), mode=TransferMode.PASS_CONTROL, source=name)

    def last_step(self) -> FrameworkStep | None:
        """The step of whoever spoke last and is no person."""
        return next((self._steps[name] for name in reversed(self._spoken or self._last) if name in self._steps), None)

    def close(self, error: BaseException | None) -> None:
        """The team has stopped: so have its members, whose failures are theirs."""
        if self._part is not None:
            speaker = next((each for each in reversed(self._spoken or self._last)), None)
            if speaker is not None:
                self._part.loop._inner[self._part.name] = self._inner.get(speaker) or (speaker, self._steps[speaker])  # noqa: SLF001
        for name, step in self._steps.items():
            step.close(error if name in self._active or name == self._orchestrator else None)
        self._steps.clear()
        for call in self._calls.values():
            if error is None and self.answer is not None:
                call.output(texts.text(self.answer))
            call._leave(error)  # noqa: SLF001 - it was offered and not entered


def is_swarm(team: type) -> bool:
    """Whether handoff messages decide who speaks next."""
    return any(kind.__name__ == "Swarm" for kind in team.__mro__)


def is_orchestrator(manager: Any) -> bool:  # noqa: ANN401 - a group chat manager
    """Whether the manager works itself: plans, instructs, and answers in the end."""
    return any(kind.__name__ == "MagenticOneOrchestrator" for kind in type(manager).__mro__)


def participant_step(agent: Any, name: str, asked: Any, messages: Any = ()) -> FrameworkStep:  # noqa: ANN401 - a chat agent or a team
    """A step of an agent, or of a team that takes part as one."""
    given = texts.given(messages) or texts.task(None if asked is MISSING else asked)
    return FrameworkStep(FRAMEWORK, name, version=texts.version(agent), description=agent.description, given=given)


class _Turn(Around):
    """A member's turn in a team."""

    def __init__(self, loop: Loop, agent: Any, messages: Any) -> None:  # noqa: ANN401 - a chat agent or a team
        self._loop = loop
        self._agent = agent
        self._messages = list(messages)
        self._asker: FrameworkStep | None = None

    def _enter(self) -> None:
        with guarded("begin an agent's turn"):
            if self._loop.is_person(self._agent.name):
                self._asker = self._loop.last_step()
                if self._asker is not None:
                    self._asker.resumed()
            else:
                self._loop.step_of(self._agent, self._messages)

    def _leave(self, error: BaseException | None) -> None:
        with guarded("end an agent's turn"):
            if self._asker is not None:
                self._asker.paused()
            self._loop.step_ended(self._agent.name, error)


class TakingPart(Around):
    """The turn of a team that takes part in another: it is no agent, its members are."""

    def __init__(self, loop: Loop, team: Any) -> None:  # noqa: ANN401 - a BaseGroupChat
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
            self.loop.step_ended(self.name, error)


_part: ContextVar[TakingPart | None] = ContextVar("relaylens-autogen-part", default=None)


class Place(Around):
    """Where a team's messages are handled: in its run, whatever task of the runtime does it."""

    def __init__(self, loop: Loop, manager: Any = None, messages: Any = ()) -> None:  # noqa: ANN401 - an orchestrator, if it is one
        """Prepare."""
        self._loop = loop
        self._manager = manager
        self._messages = messages
        self._step: FrameworkStep | None = None
        self._attached: Any = None
        self._token: Token[Loop | None] | None = None

    def _enter(self) -> None:
        with guarded("handle a team's message"):
            self._attached = otel_context.attach(self._loop.context)
            self._token = _current.set(self._loop)
            if self._manager is not None:
                self._step = self._loop.orchestrating(self._manager, self._messages)

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - it leaves through the run
        with guarded("leave a team's message"):
            if self._step is not None:
                self._step.paused()
            if self._token is not None:
                _current.reset(self._token)
            if self._attached is not None:
                otel_context.detach(self._attached)


_current: ContextVar[Loop | None] = ContextVar("relaylens-autogen-loop", default=None)


def current_loop() -> Loop | None:
    """The team's run that this is called in."""
    return _current.get()
