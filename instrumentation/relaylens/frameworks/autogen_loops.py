"""What is kept of a team of AutoGen while it runs: whose stint it is, who spoke last, what was handed over."""

from collections import defaultdict
from contextlib import nullcontext
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry.context import Context

import relaylens
from relaylens.frameworks import autogen_texts as texts
from relaylens.frameworks.autogen_turns import Stint, step_of, taking_part
from relaylens.handoffs import Handoff
from relaylens.missing import MISSING
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
        self._part = taking_part(team) if self._caller is None else None
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
        self._stints: dict[str, Stint] = {}
        self._active: set[str] = set()
        self._spoken: list[str] = []
        self._last: list[str] = []
        self._handed: set[tuple[str, str]] = set()
        self._calls: dict[str, Handoff] = {}
        """Members that work for an orchestrator, or first for an agent that lets the team work."""
        self._entered: dict[str, list[str]] = {}
        """Of each team that takes part: who handed over to it."""
        self._inner: dict[str, tuple[str, Stint]] = {}
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
        source, stint = self._inner.get(source) or (source, self._stints.get(source))
        with nullcontext() if stint is None else stint():
            relaylens.handoff(target, self._said(), mode=TransferMode.PASS_CONTROL, source=source)

    def _said(self) -> object:
        return MISSING if self.answer is None else texts.passed_on(self.answer)

    def _call(self, name: str, orchestrator: str) -> None:
        """An orchestrator lets a member work and gets control back."""
        self._calls[name] = Handoff(name, self._said(), TransferMode.RETURN_TO_CALLER, None, source=orchestrator).offer()

    # What members do.

    def stint_of(self, agent: Any, messages: Any) -> Stint:  # noqa: ANN401 - a chat agent
        """The stint that a member's turn is part of."""
        stint = self._stints.get(agent.name)
        if stint is not None:
            return stint
        for name in [each for each in self._stints if each not in self._active and each != self._orchestrator]:
            self._stints.pop(name).step.close()
        stint = self._stints[agent.name] = Stint(step_of(agent, agent.name, texts.given(messages)))
        with stint():
            run = current_scope().run
            while run is not None and isinstance(offer := run.take_offer(agent.name), Transfer):
                # Several branches of a graph meet here.
                offer.accept()
        return stint

    def orchestrating(self, manager: Any, message: Any) -> Stint:  # noqa: ANN401 - as above
        """The stint of an orchestrator, which lasts as long as the team runs."""
        name = self._orchestrator = manager._name  # noqa: SLF001 - as above
        stint = self._stints.get(name)
        if stint is None:
            given = texts.given(getattr(message, "messages", None) or ())
            token = otel_context.attach(self.context)
            stint = self._stints[name] = Stint(step_of(manager, name, given))
            otel_context.detach(token)
        return stint

    def turn_ended(self, name: str, error: BaseException | None) -> None:
        """A turn is over; the stint goes on unless it failed."""
        self._active.discard(name)
        if error is not None:
            stint = self._stints.pop(name, None)
            if stint is not None:
                stint.step.close(error)
            call = self._calls.pop(name, None)
            if call is not None:
                call._leave(error)  # noqa: SLF001 - it was offered and not entered

    def instructed(self, message: Any) -> None:  # noqa: ANN401 - a chat message
        """An orchestrator says what is to be done, or answers."""
        self.answer = message
        stint = self._stints.get(self._orchestrator or "")
        if stint is not None:
            stint.step.output(texts.text(message))

    def responded(self, name: str, message: Any) -> None:  # noqa: ANN401 - a chat message
        """A member has spoken."""
        self.answer, self.leaving = message, None
        self._has_begun = True
        self._spoken.append(name)
        self._active.discard(name)
        stint = self._stints.get(name)
        if stint is not None:
            stint.step.output(texts.text(message))
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

    def last_stint(self) -> Stint | None:
        """That of whoever spoke last and is no person."""
        return next((self._stints[name] for name in reversed(self._spoken or self._last) if name in self._stints), None)

    def close(self, error: BaseException | None) -> None:
        """The team has stopped: so have its members, whose failures are theirs."""
        speakers = self._spoken or self._last
        if self._part is not None and speakers and (speakers[-1] in self._stints or speakers[-1] in self._inner):
            last = self._inner.get(speakers[-1]) or (speakers[-1], self._stints[speakers[-1]])
            self._part.loop._inner[self._part.name] = last  # noqa: SLF001 - of the same class
        for name, stint in self._stints.items():
            stint.step.close(error if name in self._active or name == self._orchestrator else None)
        self._stints.clear()
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
