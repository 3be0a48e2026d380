"""CrewAI's flows: their runs, and how work passes from one method to the next."""

import enum
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry.context import Context

from relaylens.around import Around
from relaylens.frameworks.base import Framework
from relaylens.frameworks.crewai_agents import CrewStep, argument, raw
from relaylens.frameworks.crewai_people import Ask, Question, Resuming, carried_by, current_carried, feedback_given, is_waiting
from relaylens.frameworks.crewai_trail import Trail, current_trail, with_trail
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import framework_run
from relaylens.frameworks.stacking import Stacked
from relaylens.missing import MISSING
from relaylens.safety import guarded
from relaylens.scope import current_scope

_FLOW: Final = otel_context.create_key("relaylens-crewai-flow")
_CHAIN: Final = otel_context.create_key("relaylens-crewai-chain")


class _MethodTrail(Trail):
    """One call of a flow's method. One that asks a model itself, without an agent, is an agent of its own."""

    def __init__(self, framework: Framework, name: str, sources: tuple[str, ...]) -> None:
        super().__init__(sources)
        self._framework = framework
        self._name = name
        self.step: CrewStep | None = None

    def context(self, given: object) -> Context | None:
        """Where the method's own model calls belong."""
        if self.step is None:
            self.step = CrewStep(self._framework, self._name, given=given, passed_on=given)
            self.step.open()
            self.step.paused()
        return self.step.place

    def end(self, result: object = None, error: BaseException | None = None) -> None:
        """The method has done its own work."""
        step, self.step = self.step, None
        if step is not None:
            if result is not None:
                step.output(raw(result))
            step.close(error)


def method_context(given: object) -> Context | None:
    """Where a model call belongs that no agent makes: in the step of the flow's method, if there is one."""
    trail = current_trail()
    return trail.context(given) if isinstance(trail, _MethodTrail) and current_scope().step is None else None


class _FlowTrail(Around):
    """One execution of a flow: who worked last in each of its methods."""

    def __init__(self, flow: Any) -> None:  # noqa: ANN401 - CrewAI's flow
        self.flow = flow
        self.done: dict[str, tuple[str, ...]] = {}
        self.labels: dict[str, str] = {}
        """Methods by what they returned as routers."""
        self.last: tuple[str, ...] = ()
        self._outer: Trail | None = None
        self.first: tuple[str, ...] = ()
        self._token: Any = None

    def _enter(self) -> None:
        with guarded("enter a flow"):
            self._outer = current_trail()
            carried = current_carried()
            self.first = self.last = carried.agents if carried is not None else () if self._outer is None else self._outer.sources
            self._token = otel_context.attach(otel_context.set_value(_FLOW, self, otel_context.set_value(_CHAIN, None)))

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - who worked, worked
        with guarded("leave a flow"):
            otel_context.detach(self._token)
            if self._outer is not None:
                self._outer.sources = self.last


class _Chain(Around):
    """What follows on one method: routers one after the other, then the methods that listen."""

    def __init__(self, sources: tuple[str, ...]) -> None:
        self.sources = sources
        self._token: Any = None

    def _enter(self) -> None:
        with guarded("follow a flow"):
            self._token = otel_context.attach(otel_context.set_value(_CHAIN, self))

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002
        with guarded("follow a flow"):
            otel_context.detach(self._token)


class _Method(Around):
    """One call of a method of a flow."""

    def __init__(self, framework: Framework, flow: _FlowTrail, chain: _Chain | None, name: str) -> None:
        self._flow = flow
        self._chain = chain
        self._name = name
        self._trail = _MethodTrail(framework, name, self._before())
        self._token: Any = None

    def _before(self) -> tuple[str, ...]:
        """Who hands over to this method: all that it waits for where it waits for several, else the one that it follows."""
        awaited = _all_awaited(self._flow.flow, self._name)
        if awaited:
            names = [self._flow.labels.get(each, each) for each in awaited]
            return tuple(dict.fromkeys(agent for name in names for agent in self._flow.done.get(name, ())))
        return self._flow.first if self._chain is None else self._chain.sources

    def _enter(self) -> None:
        with guarded("enter a flow's method"):
            self._token = otel_context.attach(with_trail(self._trail))

    def _returned(self, value: object) -> None:
        result = value[0] if isinstance(value, tuple) and value else value
        self._trail.end(result)
        if self._flow.flow._is_router(self._name) and result is not None:  # noqa: SLF001 - CrewAI says it nowhere else
            self._flow.labels[str(result.value if isinstance(result, enum.Enum) else result)] = self._name
            if self._chain is not None:
                self._chain.sources = self._trail.sources

    def _leave(self, error: BaseException | None) -> None:
        with guarded("leave a flow's method"):
            otel_context.detach(self._token)
            self._trail.end(error=None if is_waiting(error) else error)
            self._flow.done[self._name] = self._flow.last = self._trail.sources


def _all_awaited(flow: Any, name: str) -> list[str]:  # noqa: ANN401
    """Methods and labels that a method waits for all of; none where it follows on any of them."""
    condition = flow._listen_condition(name)  # noqa: SLF001 - CrewAI says it nowhere else
    wanted = condition.get("and") if isinstance(condition, Mapping) else None
    return [str(each) for each in wanted or () if isinstance(each, str)]


def patch_flow(framework: Framework, module: ModuleType, patches: Patches) -> None:
    """See flows run."""
    _patch_people(module.Flow, patches)
    _patch_methods(framework, module.Flow, patches)
    _patch_runs(framework, module.Flow, patches)


def _patch_runs(framework: Framework, kind: type, patches: Patches) -> None:
    """See flows begin, and go on after they waited."""

    def run(flow: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        # While it streams, the flow runs by a second call, when the stream is read.
        if _is_internal(flow) or flow.stream:
            return None
        inputs = argument(args, kwargs, 0, "inputs")
        named = inputs.get("id") if isinstance(inputs, Mapping) else None
        return framework_run(framework, _name(flow), conversation=str(named or flow.flow_id) or None, given=inputs or "", result=_result)

    def run_and_follow(flow: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        return None if _is_internal(flow) or flow.stream else Stacked(run(flow, args, kwargs), _FlowTrail(flow))

    def resume(flow: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        if _is_internal(flow):
            return None
        feedback, carried = argument(args, kwargs, 0, "feedback", ""), carried_by(flow)
        run_id = None if carried is None else carried.run_id
        around = framework_run(framework, _name(flow), run_id=run_id, conversation=flow.flow_id or None, given=feedback, result=_result)
        return Stacked(around, None if carried is None else Resuming(carried), _FlowTrail(flow))

    patches.around(kind, "kickoff", run)
    patches.around(kind, "kickoff_async", run_and_follow)
    patches.around(kind, "resume_async", resume)


def _patch_methods(framework: Framework, kind: type, patches: Patches) -> None:
    """See which method follows on which."""

    def chain(flow: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        here = _current_flow(flow)
        if here is None:
            return None
        trigger = str(argument(args, kwargs, 0, "trigger_method"))
        return _Chain(here.done.get(here.labels.get(trigger, trigger), here.last))

    def method(flow: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        here, found = _current_flow(flow), otel_context.get_value(_CHAIN)
        if here is None:
            return None
        return _Method(framework, here, found if isinstance(found, _Chain) else None, str(argument(args, kwargs, 0, "method_name")))

    patches.around(kind, "_execute_method", method)
    patches.around(kind, "_execute_listeners", chain)


def _patch_people(kind: type, patches: Patches) -> None:
    """See people asked."""

    def review(flow: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        if _current_flow(flow) is None:
            return None
        definition, output = argument(args, kwargs, 1, "feedback_definition"), argument(args, kwargs, 2, "method_output")
        trail = current_trail()
        if isinstance(trail, _MethodTrail):
            trail.end(output)
        return Question({"message": getattr(definition, "message", None), "output": raw(output)}, _agents_here())

    def given(flow: object, args: Arguments, kwargs: Named, result: object) -> None:  # noqa: ARG001
        feedback_given(result)

    def ask(flow: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        return None if current_scope().run is None or _is_internal(flow) else Ask(argument(args, kwargs, 0, "message"), _agents_here())

    patches.around(kind, "ask", ask)
    patches.around(kind, "_run_human_feedback_step", review)
    patches.after(kind, "_finalize_human_feedback", given)


def _agents_here() -> tuple[str, ...]:
    """Who asks: the agent whose turn it is, else those that worked last."""
    scope, trail = current_scope(), current_trail()
    if scope.agent is not None:
        return (scope.agent,)
    if isinstance(trail, _MethodTrail) and trail.step is not None:
        return (trail.step.agent,)
    return () if trail is None else trail.sources


def _is_internal(flow: object) -> bool:
    """Whether CrewAI uses the flow itself: its agents and its memory are flows too."""
    return type(flow).__module__.startswith("crewai.")


def _current_flow(flow: object) -> _FlowTrail | None:
    found = otel_context.get_value(_FLOW)
    return found if isinstance(found, _FlowTrail) and found.flow is flow else None


def _name(flow: Any) -> str:  # noqa: ANN401
    return str(flow.name or type(flow).__name__)


def _result(value: object) -> object:
    return MISSING if is_waiting(value) else raw(value)
