"""What happens in LangGraph while it happens: which graph runs in which, which agent acts, and from whom it has the work."""

import threading
from dataclasses import dataclass, field, replace
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from relaylens.around import Around
from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.langgraph_graphs import BRANCH_TO, END, START, Facts
from relaylens.frameworks.langgraph_people import ask
from relaylens.frameworks.langgraph_texts import answered, asked, asks_for_tools, written_by
from relaylens.frameworks.recording import FrameworkStep
from relaylens.handoffs import Handoff, handoff
from relaylens.missing import MISSING, Missing
from relaylens.safety import guarded
from relaylens.scope import Step, current_scope, with_scope
from relaylens.semconv import HandoffReason, TransferMode

_GRAPH: Final = otel_context.create_key("relaylens-langgraph-graph")
_TASK: Final = otel_context.create_key("relaylens-langgraph-task")
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


def current_graph() -> GraphRun | None:
    """The graph that runs here."""
    found = otel_context.get_value(_GRAPH)
    return found if isinstance(found, GraphRun) else None


def current_task() -> "TaskRun | None":
    """The node's task that runs here."""
    found = otel_context.get_value(_TASK)
    return found if isinstance(found, TaskRun) else None


def in_graph(run: GraphRun) -> Context:
    """The context that holds here, inside of a graph."""
    return otel_context.set_value(_GRAPH, run)


class TaskRun(Around):
    """One task of a graph: a node at work, which may turn out to be an agent."""

    def __init__(self, run: GraphRun, task: Any) -> None:  # noqa: ANN401 - a PregelExecutableTask
        """See who has led here."""
        self.run = run
        self.task = task
        self.actors = run.take(task)
        self.acted: list[Actor] = []
        """Agents that acted in this task: graphs that it holds or calls, or the node itself."""

        self._turn: Actor | None = None
        self._lock = threading.Lock()
        self._tokens: list[Any] = []
        self.before: Step | None = None
        """The step that holds where the task begins: of the agent it works for, if any."""

    @property
    def step(self) -> Step | None:
        """The node's own step, once it has made a model call."""
        return None if self._turn is None else self._turn.step

    @property
    def is_network(self) -> bool:
        """Whether the task is a node of a network, not a part of an agent."""
        return not self.run.facts.is_agent

    @property
    def can_be_agent(self) -> bool:
        """Whether a model call would make the node an agent."""
        return self.is_network and self.task.name in self.run.facts.can_be_agents

    def model_call(self, instrumentation: str, name: str) -> None:
        """A client that records its calls itself is used in a node."""
        if instrumentation in CLIENT_SCOPES and "embedding" not in name.lower():
            self.begin()

    def begin(self) -> None:
        """The node makes a model call: it is an agent."""
        with self._lock, guarded("begin an agent's turn"):
            if self._turn is None:
                name = self.task.name
                before = [] if self.acted else self.actors
                same = next((actor for actor in before if actor.agent == name and actor.step is not None), None)
                self._turn = same or self.run.begin(name, before, asked(self.task.input), node=name)
                self.acted.append(self._turn)

    def _enter(self) -> None:
        with guarded("enter a node"):
            scope = current_scope()
            if self.is_network:
                open_steps = [actor.step for actor in self.actors if actor.step is not None]
                if len(open_steps) == 1 and (place := open_steps[0].place) is not None:
                    # What no agent does, such as a tool node, is done for the agent before it.
                    self._tokens.append(otel_context.attach(_joined(place)))
                    scope = current_scope()
                self.before = scope.step
                self._tokens.append(otel_context.attach(with_scope(replace(scope, turn=self if self.can_be_agent else None))))
            self._tokens.append(otel_context.attach(otel_context.set_value(_TASK, self)))

    def _leave(self, error: BaseException | None) -> None:
        with guarded("leave a node"):
            self._done(error)
        while self._tokens:
            token = self._tokens.pop()
            with guarded("leave a node"):
                otel_context.detach(token)

    def _done(self, error: BaseException | None) -> None:
        """Write what the node did, and where it leads."""
        if error is not None:
            _note_pause(self.run, error)
        if not self.is_network:
            return
        turn = self._turn
        if turn is not None and turn.step is not None:
            self._answer(turn, turn.step, error)
        if error is not None:
            for actor in self.acted:
                actor.close(None if is_signal(error) else error)
        actors = self.acted[-1:] if turn is not None else self.acted
        self.run.came_back(self.task.name, actors[-1].answer if actors else None, None if is_signal(error) else error)
        if error is None:
            self.run.follow(self.task, [_at(actor, self.run, self.task.name) for actor in actors] or self.actors)
        elif parent_command(error) is not None:
            self.run.final.extend(actors or self.actors)

    def _answer(self, turn: Actor, step: FrameworkStep, error: BaseException | None) -> None:
        """Write what the node's agent answered: what it wrote into the state."""
        command = parent_command(error)
        if error is None:
            turn.answer = answered(written_by(self.task.writes, self.run.graph.trigger_to_nodes))
        elif command is not None:
            turn.answer = asks_for_tools(command) or answered(getattr(command, "update", None))
        if turn.answer is not None:
            step.output(turn.answer)


def _at(actor: Actor, run: GraphRun, node: str) -> Actor:
    """An agent of a graph in a node acts at that node."""
    actor.run, actor.node = run, node
    return actor


def _note_pause(run: GraphRun, error: BaseException) -> None:
    """Ask what `interrupt()` asks."""
    if type(error).__name__ in {"GraphInterrupt", "NodeInterrupt"} and error.args:
        ask(run.thread, error.args[0] if isinstance(error.args[0], list | tuple) else ())


def parent_command(error: BaseException | None) -> Any:  # noqa: ANN401 - a Command, or None
    """The command for the graph around, which LangGraph sends as an exception."""
    return error.args[0] if type(error).__name__ == "ParentCommand" and error is not None and error.args else None


def is_signal(error: BaseException | None) -> bool:
    """Whether an exception only steers the graphs: an interrupt, or a command for the graph around."""
    return any(kind.__name__ == "GraphBubbleUp" for kind in type(error).__mro__)


def _joined(place: Context) -> Context:
    """The place of a step, in the graph that runs here."""
    run, task = otel_context.get_value(_GRAPH), otel_context.get_value(_TASK)
    return otel_context.set_value(_TASK, task, otel_context.set_value(_GRAPH, run, place))


def task_run(args: tuple[Any, ...], kwargs: dict[str, Any]) -> TaskRun | None:
    """What stands around a task of a graph that is recorded."""
    run = current_graph()
    task = args[0] if args else kwargs.get("task")
    if run is None or task is None or (task.name != START and task.name not in run.graph.nodes):
        return None
    return TaskRun(run, task)
