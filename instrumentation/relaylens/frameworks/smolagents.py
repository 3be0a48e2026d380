"""smolagents: its agents, the team members they call, models and tools, also those that written code calls."""

from types import ModuleType
from typing import Final

from relaylens.frameworks import smolagents_agents, smolagents_calls
from relaylens.frameworks.base import Framework
from relaylens.frameworks.patching import Patches

_RECORDED_AGAIN: Final = frozenset(
    {
        "openinference.instrumentation.smolagents",
        "opentelemetry.instrumentation.genai.smolagents",
        "opentelemetry.instrumentation.smolagents",
    }
)
"""Instrumentations of smolagents, should the host have switched one on: all they say is said here."""


def _patch_agents(module: ModuleType, patches: Patches) -> None:
    smolagents_agents.patch_agents(FRAMEWORK, module, patches)


FRAMEWORK: Final = Framework(
    name="smolagents",
    distribution="smolagents",
    tested=">=1.22,<1.27",
    patches={
        "smolagents.agents": _patch_agents,
        "smolagents.models": smolagents_calls.patch_models,
        "smolagents.tools": smolagents_calls.patch_tools,
        "smolagents.default_tools": smolagents_calls.patch_user_input,
        "smolagents.local_python_executor": smolagents_calls.patch_local_python,
        "smolagents.remote_executors": smolagents_calls.patch_remote_python,
    },
    adds=(
        "The run of the agent that is asked; each agent's turn; calls of team members, by tool calls and by written code, also of members "
        "that do not exist; questions by `UserInputTool`; the end at the step limit; model calls, tools and executed code."
    ),
    why="Model and tool calls are seen at `Model.generate` and `Tool.__call__`, the same for every provider and for both kinds of agent.",
    details=_RECORDED_AGAIN,
    silent=_RECORDED_AGAIN,
)
