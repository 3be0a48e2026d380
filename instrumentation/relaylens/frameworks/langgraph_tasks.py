"""A node of a graph at work: which agent it is, what it does for another one, and where it leads."""

import threading
from contextvars import ContextVar, Token
from dataclasses import replace
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from relaylens.around import Around
from relaylens.frameworks.base import CLIENT_SCOPES
from relaylens.frameworks.langgraph_graphs import START
from relaylens.frameworks.langgraph_people import ask
from relaylens.frameworks.langgraph_runs import Actor, GraphRun, current_graph
from relaylens.frameworks.langgraph_texts import answered, asked, asks_for_tools, written_by
from relaylens.frameworks.recording import FrameworkStep
from relaylens.safety import guarded
from relaylens.scope import Step, current_scope, with_scope

_task: "ContextVar[TaskRun | None]" = ContextVar("relaylens-langgraph-task", default=None)


def current_task() -> "TaskRun | None":
    """The node's task that runs here."""
    return _task.get()


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
        self._inside: Token[TaskRun | None] | None = None
        self.before: Step | None = None
        """The step that holds where the task begins: of the agent it works for, if any."""

    @property
    def step(self) -> Step | None:
        """The node's own step, once it has made a model call."""
        return None if self._turn is None else self._turn.step

    @property
    def place(self) -> Context | None:
        """Where calls of this task are made, if that is not where OpenTelemetry's context says."""
        step = self.step if self.step is not None else self.before
        if not self.is_network or step is None or step is current_scope().step:
            return None
        return step.place if isinstance(step, FrameworkStep) else None

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
                    self._tokens.append(otel_context.attach(place))
                    scope = current_scope()
                self.before = scope.step
                self._tokens.append(otel_context.attach(with_scope(replace(scope, turn=self if self.can_be_agent else None))))
            self._inside = _task.set(self)

    def _leave(self, error: BaseException | None) -> None:
        with guarded("leave a node"):
            self._done(error)
        inside, self._inside = self._inside, None
        if inside is not None:
            with guarded("leave a node"):
                _task.reset(inside)
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


def task_run(args: tuple[Any, ...], kwargs: dict[str, Any]) -> TaskRun | None:
    """What stands around a task of a graph that is recorded."""
    run = current_graph()
    task = args[0] if args else kwargs.get("task")
    if run is None or task is None or (task.name != START and task.name not in run.graph.nodes):
        return None
    return TaskRun(run, task)
