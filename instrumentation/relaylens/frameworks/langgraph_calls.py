"""What stands around an execution of a graph: the run, the agent that the graph is, and the handoff by which it was called."""

from contextvars import ContextVar, Token
from typing import Any, Self

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from relaylens.around import Around
from relaylens.frameworks.base import Framework
from relaylens.frameworks.langgraph_foreign import Apart
from relaylens.frameworks.langgraph_graphs import Facts, facts_of
from relaylens.frameworks.langgraph_people import PAUSES, ask_at_breakpoint, is_continued
from relaylens.frameworks.langgraph_runs import Actor, GraphRun, Left, enter_graph, leave_graph
from relaylens.frameworks.langgraph_tasks import TaskRun, current_task, is_signal, parent_command
from relaylens.frameworks.langgraph_texts import answered, asked, asks_for_tools
from relaylens.frameworks.recording import FrameworkRun, FrameworkStep, Pause, framework_run
from relaylens.handoffs import Handoff, handoff
from relaylens.missing import MISSING
from relaylens.safety import guarded
from relaylens.scope import current_scope, normalised
from relaylens.semconv import TransferMode

_AGENT = "agent"
"""Name of an agent that has none."""


class GraphCall(Around):
    """One execution of a graph."""

    keeps_items = False

    def __init__(self, framework: Framework, graph: Any, facts: Facts, given: Any, thread: str | None) -> None:  # noqa: ANN401 - a Pregel and its input
        """Prepare."""
        self._framework = framework
        self._graph = graph
        self._facts = facts
        self.given = given
        self._thread = thread
        self._task: TaskRun | None = None
        self._outer: Around | None = None
        self._call: Handoff | None = None
        self._actor: Actor | None = None
        self._run: GraphRun | None = None
        self._marks: tuple[Token[GraphRun | None], Token[GraphCall | None]] | None = None
        self._apart = Apart()
        self._output: Any = None
        self._is_top = False
        self.pause: Pause | None = None

    @classmethod
    def of(cls, framework: Framework, graph: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Self:  # noqa: ANN401 - a Pregel
        """Around the call of a graph with these arguments."""
        given = args[0] if args else kwargs.get("input")
        config = (args[1] if len(args) > 1 else kwargs.get("config")) or {}
        thread = (config.get("configurable") or {}).get("thread_id") or ((graph.config or {}).get("configurable") or {}).get("thread_id")
        return cls(framework, graph, facts_of(graph), given, None if thread is None else str(thread))

    @classmethod
    def here(cls) -> "GraphCall | None":
        """The execution that runs here."""
        return _call.get()

    @property
    def goes_on(self) -> bool:
        """Whether it goes on with what its thread did before."""
        return self._is_top and is_continued(self.given)

    def ended(self, loop: Any) -> None:  # noqa: ANN401 - a PregelLoop
        """See the output of the graph."""
        self._output = getattr(loop, "output", None)
        if self._is_top:
            ask_at_breakpoint(self._thread, loop)

    def _enter(self) -> None:
        with guarded("begin a graph"):
            self._task = current_task()
            self._is_top = self._task is None
            if self._is_top and self._thread is not None:
                self.pause = PAUSES.waiting(self._thread) if is_continued(self.given) else None
                if self.pause is None:
                    PAUSES.resume(self._thread)
            self._enter_run()
            self._enter_agent()
            self._resume_mark()

    def _enter_run(self) -> None:
        self._outer = framework_run(
            self._framework,
            self._facts.name or "LangGraph",
            run_id=None if self.pause is None else self.pause.run_id,
            conversation=self._thread if self.pause is None else self.pause.conversation,
            given=MISSING if is_continued(self.given) else asked(self.given),
        )
        if self._outer is not None:
            self._outer._enter()  # noqa: SLF001 - one Around made of several

    def _enter_agent(self) -> None:
        """Find out who calls, and begin the agent's turn where the graph is one."""
        scope = current_scope()
        task = self._task
        succeeds = task is not None and task.is_network and task.step is None and scope.step is task.before
        if task is not None and succeeds:
            base, callers, node = task.run.base, task.acted or task.actors, task.task.name
        else:
            base, node = otel_context.get_current(), None
            callers = [] if scope.step is None else [Actor(scope.step.agent, delegates=True)]
        self._run = run = self._new_run(base, callers)
        if not self._facts.is_agent:
            return
        name = self._facts.agent or node or _AGENT
        if not succeeds and scope.step is not None and (self._facts.agent is None or normalised(name) == normalised(scope.step.agent)):
            # The program's own step around an agent is that agent's.
            return
        given = getattr(self.given, "resume", None) or "(continued)" if is_continued(self.given) else asked(self.given)
        if task is not None and succeeds:
            same = [] if task.acted else callers
            self._actor = task.run.begin(name, same, given, node=node, version=self._facts.version)
            task.acted.append(self._actor)
        else:
            if scope.step is not None:
                self._call = run.called_again(name) or handoff(name, given, mode=TransferMode.RETURN_TO_CALLER)
                self._call._enter()  # noqa: SLF001 - one Around made of several
            self._actor = self._begun(name, given)
        if self._actor.step is not None:
            self._actor.step.resumed()

    def _new_run(self, base: Context, callers: list[Actor]) -> GraphRun:
        """The run of the graph, with what is known from before a person was asked."""
        run = GraphRun(self._framework, self._graph, self._facts, base, self._root_thread(), entry=callers)
        if (task := self._task) is not None:
            run.cut_off, run.called_before = task.run.cut_off, task.run.called_before
        if self.pause is not None and isinstance(self.pause.state, Left):
            run.called_before = self.pause.state.cut_off
            if not self._facts.is_agent:
                run.go_on_from(self.pause.state)
        return run

    def _begun(self, name: str, given: object) -> Actor:
        step = FrameworkStep(self._framework, name, version=self._facts.version, given=given, received=self._call)
        step.open()
        step.paused()
        return Actor(name, step=step)

    def _root_thread(self) -> str | None:
        return self._thread or (None if self._task is None else self._task.run.thread)

    def _resume_mark(self) -> None:
        if self._run is not None and self._marks is None:
            self._marks = (enter_graph(self._run), _call.set(self))
            self._apart.begin()

    def _suspend_mark(self) -> None:
        marks, self._marks = self._marks, None
        if marks is not None:
            self._apart.end()
            _call.reset(marks[1])
            leave_graph(marks[0])

    def _suspend(self) -> None:
        with guarded("leave a graph"):
            self._suspend_mark()
            if self._actor is not None and self._actor.step is not None:
                self._actor.step.paused()
            for part in (self._call, self._outer):
                if part is not None:
                    part._suspend()  # noqa: SLF001 - one Around made of several

    def _resume(self) -> None:
        with guarded("enter a graph"):
            for part in (self._outer, self._call):
                if part is not None:
                    part._resume()  # noqa: SLF001 - one Around made of several
            if self._actor is not None and self._actor.step is not None:
                self._actor.step.resumed()
            self._resume_mark()

    def _leave(self, error: BaseException | None) -> None:
        with guarded("end a graph"):
            self._suspend_mark()
        with guarded("end a graph"):
            self._end(None if is_signal(error) else error, error)
        with guarded("end a graph"):
            if self._call is not None:
                if self._run is not None and type(error).__name__ == "GraphInterrupt":
                    self._run.cut_off.append(self._call)
                self._call._leave(None if is_signal(error) else error)  # noqa: SLF001 - one Around made of several
        if self._outer is not None:
            self._outer._leave(None if is_signal(error) else error)  # noqa: SLF001 - one Around made of several

    def _end(self, failure: BaseException | None, error: BaseException | None) -> None:
        """Write the answers, and tell the task around who acted last."""
        answer = None if self._output is None else answered(self._output)
        if (command := parent_command(error)) is not None:
            answer = asks_for_tools(command) or answered(getattr(command, "update", None))
        if self._run is not None:
            if not self._facts.is_agent and self._task is not None and self._task.is_network:
                self._task.acted.extend(self._run.final)
            self._run.close(error)
        if self._actor is not None:
            self._actor.answer = answer
            if self._actor.step is not None and answer is not None:
                self._actor.step.output(answer)
            if self._call is not None and answer is not None:
                self._call.output(answer)
            self._actor.close(failure)
        if isinstance(self._outer, FrameworkRun) and answer is not None and failure is None:
            self._outer.output(answer)
        if self._is_top and self._thread is not None and (pause := PAUSES.waiting(self._thread)) is not None:
            if pause.questions:
                pause.state = None if self._run is None else self._run.left()
            else:
                PAUSES.resume(self._thread)


_call: ContextVar[GraphCall | None] = ContextVar("relaylens-langgraph-call", default=None)
