"""CrewAI's agents: their turns, and the work they give to coworkers."""

import asyncio
from types import ModuleType
from typing import Any, Final

from opentelemetry import context as otel_context

from relaylens import recorder
from relaylens.around import Around
from relaylens.frameworks.base import Framework
from relaylens.frameworks.crewai_trail import Trail, arrive, current_crew, current_trail
from relaylens.frameworks.patching import Arguments, Make, Named, Patches
from relaylens.frameworks.recording import FrameworkStep, Result, fingerprint, framework_run
from relaylens.frameworks.stacking import Stacked
from relaylens.handoffs import Handoff, handoff
from relaylens.missing import MISSING, Missing
from relaylens.recording import write_error
from relaylens.safety import guarded
from relaylens.scope import current_scope
from relaylens.semconv import HandoffReason, TransferMode

_ATTEMPT: Final = otel_context.create_key("relaylens-crewai-delegation")


def argument(args: Arguments, kwargs: Named, place: int, name: str, default: Any = None) -> Any:  # noqa: ANN401
    """An argument of a call, by place or by name."""
    return args[place] if len(args) > place else kwargs.get(name, default)


def name_of(agent: Any) -> str:  # noqa: ANN401
    """Name of an agent: its role, without the line end that YAML leaves."""
    return str(getattr(agent, "role", "") or "agent").strip()


def raw(result: Any) -> object:  # noqa: ANN401
    """The text of what a crew, a task or an agent produced."""
    return getattr(result, "raw", result)


class CrewStep(FrameworkStep):
    """An agent's turn; it begins with what the crew or the flow passes on to the agent."""

    def __init__(  # noqa: PLR0913 - one turn, all its parts by name
        self,
        framework: Framework,
        agent: Any,  # noqa: ANN401 - CrewAI's agent, or the name of a flow's method
        *,
        task: Any = None,  # noqa: ANN401 - CrewAI's task
        given: object | Missing = MISSING,
        passed_on: object | Missing = MISSING,
        result: Result | None = None,
    ) -> None:
        """Prepare a turn on a task of the crew, or on messages."""
        is_named = isinstance(agent, str)
        super().__init__(
            framework,
            agent if is_named else name_of(agent),
            version=None if is_named else _version(agent),
            description=None if is_named else getattr(agent, "goal", None),
            given=given,
            result=result,
        )
        self._of = agent
        self._task = task
        self._passed_on = passed_on
        self._trail: Trail | None = None
        self._base: tuple[str, ...] = ()

    def does(self, agent: object, task: object) -> bool:
        """Whether this is the turn of that agent on that task, as when CrewAI tries it again."""
        return self._of is agent and self._task is task

    def _enter(self) -> None:
        with guarded("see who hands over"):
            self._arrive()
        super()._enter()

    def _arrive(self) -> None:
        scope = current_scope()
        if scope.step is not None:
            return
        crew, trail = current_crew(), current_trail()
        if crew is not None and self._task is not None:
            if crew.begins(self._task):
                arrive(crew.before(self._task), self.agent_name, self._passed_on)
        elif crew is None and trail is not None:
            self._trail, self._base = trail, trail.sources
            arrive(trail.sources, self.agent_name, self._passed_on)

    @property
    def agent_name(self) -> str:
        """Name of the agent, known before the turn begins."""
        return self._name or "agent"

    def _leave(self, error: BaseException | None) -> None:
        with guarded("remember who worked"):
            crew = current_crew()
            if crew is not None and self._task is not None:
                crew.done(self._task, self.agent_name)
            if self._trail is not None:
                self._trail.leave(self.agent_name, self._base)
            if error is not None and isinstance(self.received, Delegation):
                self.received.failed_by = error
        super()._leave(error)


class Delegation(Handoff):
    """Work or a question for a coworker, open until its answer is back."""

    def __init__(self, target: str, payload: object) -> None:
        """Prepare an offer to a coworker that exists."""
        super().__init__(target, payload, TransferMode.RETURN_TO_CALLER, None)
        self.failed_by: BaseException | None = None
        """What the coworker raised: CrewAI gives its text to the caller as if it were an answer."""

    def _returned(self, value: object) -> None:
        super()._returned(value)
        if self.failed_by is not None and self._span is not None:
            write_error(self._span, self.failed_by, recorder.current())


class _UnknownCoworker(Around):
    """An attempt that CrewAI rejects: no agent has that role."""

    def __init__(self, target: str, payload: object) -> None:
        self._target = target
        self._payload = payload

    def _enter(self) -> None:
        """Nothing is handed over."""

    def _leave(self, error: BaseException | None) -> None:
        """Nothing is open."""

    def _returned(self, value: object) -> None:
        made = handoff(
            self._target,
            self._payload,
            mode=TransferMode.RETURN_TO_CALLER,
            failed=HandoffReason.UNKNOWN_TARGET,
            reason=str(value),
        )
        made.returned(value)


class DelegationAttempt(Around):
    """The call of a tool for delegation, which may come to nothing before a coworker is looked for."""

    def __init__(self, tool: Any, given: object) -> None:  # noqa: ANN401 - CrewAI's tool
        """Prepare; `given` are the arguments as the model wrote them."""
        self._tool = tool
        self._given = given
        self._reached = False
        self._token: Any = None

    def reached(self) -> None:
        """A coworker is looked for: what follows is written there."""
        self._reached = True

    def _enter(self) -> None:
        with guarded("enter a delegation"):
            self._token = otel_context.attach(otel_context.set_value(_ATTEMPT, self))

    def _leave(self, error: BaseException | None) -> None:
        with guarded("leave a delegation"):
            otel_context.detach(self._token)
            if isinstance(error, Exception) and not self._reached:
                given = self._given if isinstance(self._given, dict) else {}
                target = given.get("coworker") or given.get("co_worker") or ""
                made = handoff(
                    str(target), self._given, mode=TransferMode.RETURN_TO_CALLER, failed=HandoffReason.ERRORED, reason=str(error)
                )
                made.returned(str(error))


def is_delegation_tool(tool: object) -> bool:
    """Whether it is one of the tools by which CrewAI's agents reach their coworkers."""
    return any(kind.__name__ == "BaseAgentTool" for kind in type(tool).__mro__)


def answered_from_cache(tool_arguments: object, result: object) -> None:
    """Write a delegation whose answer CrewAI takes from its cache of earlier ones: no coworker has a turn."""
    given = tool_arguments if isinstance(tool_arguments, dict) else {}
    target = str(given.get("coworker") or given.get("co_worker") or "")
    made = handoff(target, given, mode=TransferMode.RETURN_TO_CALLER, reason="answered from the cache of earlier results")
    made.accept()
    made.returned(result)


def patch_delegation(module: ModuleType, patches: Patches) -> None:
    """See what the tools for delegation do."""

    def make(tool: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        if current_scope().run is None:
            return None
        attempt = otel_context.get_value(_ATTEMPT)
        if isinstance(attempt, DelegationAttempt):
            attempt.reached()
        wanted = argument(args, kwargs, 0, "agent_name") or ""
        payload = {"task": argument(args, kwargs, 1, "task"), "context": argument(args, kwargs, 2, "context")}
        role = tool.sanitize_agent_name(wanted)
        target = next((agent for agent in tool.agents if tool.sanitize_agent_name(agent.role) == role), None)
        return _UnknownCoworker(wanted, payload) if target is None else Delegation(name_of(target), payload)

    patches.around(module.BaseAgentTool, "_execute", make)


def patch_agent(framework: Framework, module: ModuleType, patches: Patches) -> None:
    """See the turns of agents, in a crew and on their own."""

    def turn(agent: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        scope = current_scope()
        task = argument(args, kwargs, 0, "task")
        if scope.run is None or (isinstance(scope.step, CrewStep) and scope.step.does(agent, task)):
            return None
        context = argument(args, kwargs, 1, "context")
        description = str(getattr(task, "description", ""))
        given = f"{description}\n\n{context}" if context else description
        return CrewStep(framework, agent, task=task, given=given, passed_on=context or description, result=raw)

    def kickoff(agent: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        messages = argument(args, kwargs, 0, "messages")
        step = CrewStep(framework, agent, given=messages, passed_on=messages, result=raw)
        return Stacked(framework_run(framework, name_of(agent), given=messages, result=raw), step)

    patches.around(module.Agent, "execute_task", turn)
    patches.around(module.Agent, "aexecute_task", turn)
    patches.around(module.Agent, "kickoff", _unless_another_follows(kickoff))
    patches.around(module.Agent, "kickoff_async", kickoff)


def _unless_another_follows(make: Make) -> Make:
    """Nothing around a `kickoff` that gives back the coroutine of `kickoff_async`, as it does while an event loop runs."""

    def unless(agent: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return make(agent, args, kwargs)
        return None

    return unless


def _version(agent: Any) -> str:  # noqa: ANN401
    """A version for an agent: the same as long as what it is told, its model and its tools are the same."""
    model = getattr(agent, "llm", None)
    tools = sorted(str(getattr(tool, "name", "")) for tool in getattr(agent, "tools", None) or ())
    told = [getattr(agent, part, None) for part in ("role", "goal", "backstory")]
    return fingerprint(*told, str(getattr(model, "model", model)), tools)
