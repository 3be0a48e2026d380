"""What happens in LangGraph while it happens: which graph runs in which, which agent acts, and from whom it has the work."""

import threading
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from relaylens.frameworks.base import Framework
from relaylens.frameworks.langgraph_graphs import BRANCH_TO, END, START, Facts
from relaylens.frameworks.recording import FrameworkStep
from relaylens.handoffs import Handoff, handoff
from relaylens.missing import MISSING, Missing
from relaylens.semconv import HandoffReason, TransferMode

_PUSH: Final = "__pregel_push"
_SENDS: Final = "__pregel_tasks"


@dataclass(eq=False)
class Actor:
    """An agent that acted at a node, and its step while nobody has followed it."""

    agent: str
    run: "GraphRun | None" = None
    node: str | None = None
    """The node, in this run of a graph, at which it acted."""

    step: FrameworkStep | None = None
    answer: object = None
    """What it answered at last."""

    delegates: bool = False
    """It waits for what it asked for, and goes on then."""

    def close(self, error: BaseException | None = None) -> None:
        """End its step, if that is open."""
        step, self.step = self.step, None
        if step is not None:
            step.close(error)


@dataclass(eq=False)
class GraphRun:
    """One execution of one graph."""

    framework: Framework
    graph: Any
    facts: Facts
    base: Context
    """Where the steps of its agents begin."""

    thread: str | None
    entry: list[Actor] = field(default_factory=list)
    """From whom the graph has the work."""

    arrived: dict[str, list[Actor]] = field(default_factory=dict)
    """Who has led to a node that has not begun."""

    sent: dict[str, list[list[Actor]]] = field(default_factory=dict)
    """The same for each task that was sent to a node with an input of its own."""

    final: list[Actor] = field(default_factory=list)
    """Who acted last: those whose nodes led nowhere."""

    acting: list[Actor] = field(default_factory=list)
    """Every agent with an open step."""

    begun: dict[str, str] = field(default_factory=dict)
    """Nodes that were agents, with the agents' names."""

    delegated: dict[str, Handoff] = field(default_factory=dict)
    """Open calls of workers, by node."""

    cut_off: list[Handoff] = field(default_factory=list)
    """Calls of agents that a question has cut off; all graphs of a run share it."""

    called_before: list[Handoff] = field(default_factory=list)
    """Those that were cut off before, and that go on when their tools begin anew."""

    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, task: Any) -> list[Actor]:  # noqa: ANN401 - a PregelExecutableTask
        """Who has led to the node of a task that begins."""
        with self.lock:
            if task.name == START:
                return self.entry
            if task.path and task.path[0] == _PUSH:
                waiting = self.sent.get(task.name)
                return waiting.pop(0) if waiting else []
            return self.arrived.pop(task.name, [])

    def follow(self, task: Any, actors: list[Actor]) -> None:  # noqa: ANN401 - a PregelExecutableTask
        """Note where a task that is done has led to, by what it has written."""
        follows: list[Actor] = []
        unknown: list[str] = []
        leads_on = False
        triggers = self.graph.trigger_to_nodes
        with self.lock:
            for channel, value in task.writes:
                if channel == _SENDS:
                    leads_on = True
                    self.sent.setdefault(value.node, []).append(actors)
                    continue
                for node in triggers.get(channel, ()):
                    leads_on = True
                    follows = self.arrived.setdefault(node, [])
                    follows.extend(actor for actor in actors if actor not in follows)
                if channel.startswith(BRANCH_TO) and channel not in triggers and channel != f"{BRANCH_TO}{END}":
                    unknown.append(channel.removeprefix(BRANCH_TO))
            if not leads_on:
                self.final.extend(actor for actor in actors if actor not in self.final)
        for node in unknown:
            for actor in actors:
                handoff(node, source=actor.agent, failed=HandoffReason.UNKNOWN_TARGET, reason=f"The graph has no node {node}.")

    def begin(
        self,
        name: str,
        actors: list[Actor],
        given: object,
        *,
        node: str | None,
        version: str | None = None,
    ) -> Actor:
        """Begin an agent's turn: close the turns before it and write the handoffs that led to it."""
        token = otel_context.attach(self.base)
        try:
            with self.lock:
                caller = None if node is None else self.facts.workers.get(node)
                for actor in actors:
                    actor.close()
            offers = [self._offer(name, actor, node, given) for actor in self._others(name, actors, node)]
            step = FrameworkStep(self.framework, name, version=version, given=given, received=offers[0] if offers else None)
            step.open()
            step.paused()
            for offer in offers[1:]:
                offer.accept()
            acting = Actor(name, self, node, step)
            with self.lock:
                self.acting.append(acting)
                if node is not None:
                    self.begun[node] = name
                    if caller is not None and offers:
                        self.delegated[node] = offers[0]
            return acting
        finally:
            otel_context.detach(token)

    def _others(self, name: str, actors: list[Actor], node: str | None) -> list[Actor]:
        """Those who hand over: each once, and neither the agent itself nor a worker that comes back to its caller."""
        found: dict[str, Actor] = {}
        for actor in actors:
            comes_back = actor.run is self and actor.node is not None and node is not None and self.facts.workers.get(actor.node) == node
            if actor.agent != name and not comes_back:
                found.setdefault(actor.agent, actor)
        return list(found.values())

    def _offer(self, name: str, actor: Actor, node: str | None, given: object | Missing) -> Handoff:
        """Write that an agent hands over to the one of this node."""
        calls = actor.run is self and node is not None and self.facts.workers.get(node) == actor.node
        mode = TransferMode.RETURN_TO_CALLER if calls or actor.delegates else TransferMode.PASS_CONTROL
        return handoff(name, given, mode=mode, source=actor.agent)

    def called_again(self, name: str) -> Handoff | None:
        """The call of this agent that a question had cut off, if it goes on here."""
        with self.lock:
            found = next((call for call in self.called_before if call.target == name), None)
            if found is not None:
                self.called_before.remove(found)
            return found

    def came_back(self, node: str, result: object, error: BaseException | None) -> None:
        """A worker is done."""
        call = self.delegated.pop(node, None)
        if call is not None:
            if error is None:
                call.returned(result)
            else:
                call.__exit__(type(error), error, None)

    def left(self) -> "Left":
        """What led to nodes that have not begun where the graph stops for a person."""
        waiting = [*self.arrived.values(), *(sent for each in self.sent.values() for sent in each)]
        for actor in (actor for actors in waiting for actor in actors):
            actor.answer, actor.run = None, None
        return Left(self.arrived, self.sent, self.begun, self.cut_off)

    def go_on_from(self, left: "Left") -> None:
        """Take that over where the graph goes on."""
        self.arrived, self.sent, self.begun = left.arrived, left.sent, left.begun
        for actors in (*self.arrived.values(), *(sent for waiting in self.sent.values() for sent in waiting)):
            for actor in actors:
                actor.run = self

    def close(self, error: BaseException | None) -> None:
        """The graph is done: end what is open."""
        if type(error).__name__ == "GraphRecursionError":
            self._never_begun()
        for actor in self.acting:
            actor.close()
        for node in list(self.delegated):
            self.came_back(node, None, None)

    def _never_begun(self) -> None:
        """At its limit of steps the graph has moved on to agents that could not begin any more."""
        token = otel_context.attach(self.base)
        try:
            for node, actors in self.arrived.items():
                name = self.facts.held.get(node) or self.begun.get(node)
                if name is not None:
                    for actor in self._others(name, actors, node):
                        self._offer(name, actor, node, MISSING).close()
        finally:
            otel_context.detach(token)


@dataclass(frozen=True)
class Left:
    """What is remembered of a graph while a person is asked."""

    arrived: dict[str, list[Actor]]
    sent: dict[str, list[list[Actor]]]
    begun: dict[str, str]
    cut_off: list[Handoff]


_graph: ContextVar[GraphRun | None] = ContextVar("relaylens-langgraph-graph", default=None)


def current_graph() -> GraphRun | None:
    """The graph that runs here."""
    return _graph.get()


def enter_graph(run: GraphRun) -> Token[GraphRun | None]:
    """Say that a graph runs here."""
    return _graph.set(run)


def leave_graph(token: Token[GraphRun | None]) -> None:
    """Say that it no longer does."""
    _graph.reset(token)
