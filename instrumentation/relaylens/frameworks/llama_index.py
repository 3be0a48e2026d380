"""LlamaIndex: a workflow is a run, its agents' turns are steps, and the tool `handoff` hands over."""

import weakref
from types import ModuleType
from typing import Any, Final

from relaylens.around import Around
from relaylens.frameworks.base import Framework
from relaylens.frameworks.llama_index_runs import Thinking, ToolUse, Waiting, WorkflowRun, current_run
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.judgements import outcome
from relaylens.semconv import Evidence, Outcome

_PERSON: Final = {"InputRequiredEvent", "HumanResponseEvent"}

_seen: Final[weakref.WeakKeyDictionary[Patches, set[type]]] = weakref.WeakKeyDictionary()
"""Kinds of agents that were met."""


def _workflows(module: ModuleType, patches: Patches) -> None:
    """Every workflow is started here, an agent by itself included."""

    def run(workflow: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401 - a Workflow
        given = kwargs.get("ctx")
        if given is not None and given.is_running:
            return None
        for agent in [workflow, *getattr(workflow, "agents", {}).values()]:
            _see_agent(type(agent), patches)
        return WorkflowRun(FRAMEWORK, workflow, kwargs, args)

    patches.around(module.Workflow, "run", run)


def _see_agent(kind: type, patches: Patches) -> None:
    """Put the turn around the step that a kind of agent takes, whoever wrote it."""
    owner = next((each for each in kind.__mro__ if "take_step" in vars(each)), None)
    seen = _seen.setdefault(patches, set())
    if owner is None or owner in seen:
        return
    seen.add(owner)

    def step(agent: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401 - a BaseWorkflowAgent
        run = current_run()
        messages = args[1] if len(args) > 1 else kwargs.get("llm_input", ())
        return None if run is None else Thinking(run, run.turn(agent, messages), ends=True)

    patches.around(owner, "take_step", step)


def _agents(kind: str) -> Any:  # noqa: ANN401 - a function that patches
    """The tools of the agents of a module, and the answers that they give at their limit."""

    def patch(module: ModuleType, patches: Patches) -> None:
        owner = getattr(module, kind)

        def tool(_: object, args: Arguments, kwargs: Named) -> Around | None:
            run = current_run()
            if run is None:
                return None
            used = args[1] if len(args) > 1 else kwargs["tool"]
            return ToolUse(run, used, args[2] if len(args) > 2 else kwargs["tool_input"])  # noqa: PLR2004 - the third argument

        def response(_: object, _args: Arguments, _kwargs: Named) -> Around | None:
            run = current_run()
            return None if run is None else Thinking(run, run.step, ends=False)

        def at_limit(_: object, args: Arguments, kwargs: Named) -> None:
            most = args[2] if len(args) > 2 else kwargs.get("max_iterations")  # noqa: PLR2004 - as above
            outcome(Outcome.FAILED, f"Max iterations of {most} reached", evidence=Evidence.RULE)

        patches.around(owner, "_call_tool", tool)
        patches.around(owner, "_get_llm_response", response)
        patches.before(owner, "_generate_early_stopping_response", at_limit)

    return patch


def _models(module: ModuleType, patches: Patches) -> None:
    """What LlamaIndex tells of its model calls, to whoever listens."""

    def told(_: object, args: Arguments, kwargs: Named) -> None:
        event = args[0] if args else kwargs.get("event")
        kind = type(event).__name__
        if kind in {"LLMChatStartEvent", "LLMChatEndEvent"} and (thinking := Thinking.here()) is not None:
            (thinking.begun if kind == "LLMChatStartEvent" else thinking.ended)(event)

    patches.before(module.Dispatcher, "event", told)


def _contexts(module: ModuleType, patches: Patches) -> None:
    """Waiting for a person."""

    def wait(_: object, args: Arguments, kwargs: Named) -> Around | None:
        run = current_run()
        kind = args[0] if args else kwargs.get("event_type")
        shown = args[1] if len(args) > 1 else kwargs.get("waiter_event")
        names = {each.__name__ for each in (*getattr(kind, "__mro__", ()), *type(shown).__mro__)}
        if run is None or not names & _PERSON:
            return None
        return Waiting(run, args[2] if len(args) > 2 else kwargs.get("waiter_id"))  # noqa: PLR2004 - the third argument

    patches.around(module.Context, "wait_for_event", wait)


_SCOPES: Final = frozenset(
    {
        "openinference.instrumentation.llama_index",
        "opentelemetry.instrumentation.genai.llama_index",
        "opentelemetry.instrumentation.llamaindex",
    }
)

FRAMEWORK: Final = Framework(
    name="llama-index",
    distribution="llama-index-core",
    tested=">=0.14,<0.15",
    patches={
        "workflows.workflow": _workflows,
        "llama_index.core.agent.workflow.multi_agent_workflow": _agents("AgentWorkflow"),
        "llama_index.core.agent.workflow.base_agent": _agents("BaseWorkflowAgent"),
        "llama_index_instrumentation.dispatcher": _models,
        "workflows.context.context": _contexts,
    },
    adds="the run of a workflow, each agent's turn, handoffs, agents called in tools, questions to people, model and tool calls of agents",
    why="What records LlamaIndex otherwise shows each model call twice or not at all, and agents only in texts",
    instead_of=(
        "openinference-instrumentation-llama-index",
        "opentelemetry-instrumentation-genai-llama-index",
        "opentelemetry-instrumentation-llamaindex",
    ),
    silent=_SCOPES,
)
