"""CrewAI: crews, flows and agents, from the classes that run them and from the events they emit."""

from collections.abc import Callable
from types import ModuleType
from typing import Final

from relaylens.frameworks import crewai_agents, crewai_calls, crewai_crews, crewai_flows, crewai_people
from relaylens.frameworks.base import Framework
from relaylens.frameworks.patching import Patches

_RECORDED_AGAIN: Final = frozenset({"openinference.instrumentation.crewai", "opentelemetry.instrumentation.crewai"})
"""Instrumentations of CrewAI, should the host have switched one on: all they say is said here."""


def _for_crewai(patch: Callable[[Framework, ModuleType, Patches], None]) -> Callable[[ModuleType, Patches], None]:
    """What is put in place after the import of a module, knowing the framework it belongs to."""
    return lambda module, patches: patch(FRAMEWORK, module, patches)


FRAMEWORK: Final = Framework(
    name="crewai",
    distribution="crewai",
    tested=">=1.15,<1.16",
    patches={
        "crewai.events.event_bus": crewai_calls.patch_events,
        "crewai.llm": crewai_calls.patch_models,
        "crewai.llms.providers.openai.completion": crewai_calls.patch_models,
        "crewai.llms.providers.anthropic.completion": crewai_calls.patch_models,
        "crewai.llms.providers.azure.completion": crewai_calls.patch_models,
        "crewai.llms.providers.bedrock.completion": crewai_calls.patch_models,
        "crewai.llms.providers.gemini.completion": crewai_calls.patch_models,
        "crewai.llms.providers.openai_compatible.completion": crewai_calls.patch_models,
        "crewai.llms.providers.snowflake.completion": crewai_calls.patch_models,
        "crewai.tools.base_tool": crewai_calls.patch_tools,
        "crewai.tools.structured_tool": crewai_calls.patch_tools,
        "crewai.tools.agent_tools.base_agent_tools": crewai_agents.patch_delegation,
        "crewai.agents.agent_executor": crewai_people.patch_executor,
        "crewai.agents.crew_agent_executor": crewai_people.patch_executor,
        "crewai.experimental.agent_executor": crewai_people.patch_executor,
        "crewai.core.providers.human_input": crewai_people.patch_input,
        "crewai.agent.core": _for_crewai(crewai_agents.patch_agent),
        "crewai.task": _for_crewai(crewai_crews.patch_task),
        "crewai.crew": _for_crewai(crewai_crews.patch_crew),
        "crewai.flow.runtime": _for_crewai(crewai_flows.patch_flow),
    },
    adds=(
        "The run of a crew, a flow or a single agent; each agent's turn; delegation and questions to coworkers, also to one that does not "
        "exist; passing on from task to task and from one flow method to the next; people asked by `human_input`, `@human_feedback` and "
        "`Flow.ask`; guardrails as validations; model and tool calls."
    ),
    why="CrewAI's own events tell of every model call with its tokens, whichever the provider; its tools are seen where they run.",
    details=_RECORDED_AGAIN,
    silent=_RECORDED_AGAIN,
)
