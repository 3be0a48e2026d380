"""smolagents' agents: runs, turns, and the team members that they call."""

from types import ModuleType
from typing import Any

from relaylens.around import Around
from relaylens.frameworks.base import Framework
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import FrameworkStep, fingerprint, framework_run
from relaylens.frameworks.smolagents_calls import ToolRequest, argument, call_begins, see_model
from relaylens.frameworks.stacking import Stacked
from relaylens.handoffs import Handoff
from relaylens.judgements import outcome
from relaylens.missing import MISSING
from relaylens.scope import current_scope
from relaylens.semconv import Evidence, Outcome, TransferMode


def patch_agents(framework: Framework, module: ModuleType, patches: Patches) -> None:
    """See agents work."""

    def turn(agent: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        see_model(agent.model, patches)
        task = argument(args, kwargs, 0, "task")
        step = FrameworkStep(
            framework, _name(agent), version=_version(agent), description=getattr(agent, "description", None), given=task, result=_final
        )
        return Stacked(framework_run(framework, _name(agent), given=task, result=_final), step)

    def member(agent: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        call_begins()
        if current_scope().step is None:
            return None
        given = {key: value for key, value in kwargs.items() if key not in {"task", "additional_args"} or value is not None}
        task = argument(args, kwargs, 0, "task")
        payload = task if set(given) <= {"task"} else {**given, "task": task}
        return Handoff(_name(agent), payload, TransferMode.RETURN_TO_CALLER, None)

    def call(agent: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        if current_scope().run is None:
            return None
        return ToolRequest(agent, str(argument(args, kwargs, 0, "tool_name")), argument(args, kwargs, 1, "arguments"))

    def limit(agent: Any, args: Arguments, kwargs: Named) -> None:  # noqa: ANN401, ARG001
        step = current_scope().step
        if not isinstance(step, FrameworkStep):
            return
        step.outcome(Outcome.FAILED)
        if not isinstance(step.received, Handoff):
            outcome(Outcome.FAILED, "Reached max steps.", evidence=Evidence.RULE)

    patches.around(module.MultiStepAgent, "_run_stream", turn)
    patches.around(module.MultiStepAgent, "__call__", member)
    patches.around(module.ToolCallingAgent, "execute_tool_call", call)
    patches.before(module.MultiStepAgent, "_handle_max_steps_reached", limit)


def _name(agent: Any) -> str:  # noqa: ANN401
    """Name of an agent; the one that is asked may have none."""
    return str(getattr(agent, "name", None) or type(agent).__name__)


def _version(agent: Any) -> str:  # noqa: ANN401
    """A version: the same as long as what the agent is told, its model, its tools and its team are the same."""
    model = getattr(agent.model, "model_id", None)
    return fingerprint(_name(agent), agent.prompt_templates, agent.instructions, model, sorted(agent.tools), sorted(agent.managed_agents))


def _final(items: object) -> object:
    """The final answer, from all that a run yields."""
    last = items[-1] if isinstance(items, list) and items else None
    return getattr(last, "output", MISSING) if type(last).__name__ == "FinalAnswerStep" else MISSING
