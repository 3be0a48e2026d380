"""The Microsoft Agent Framework: agents and workflows are runs, agents are steps, and what passes between executors are handoffs."""

from types import ModuleType
from typing import Final

from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.patching import Patches


def _layers(module: ModuleType, patches: Patches) -> None:
    """Agents and their models, where the framework's own telemetry stands around them."""
    # Read only where the framework is used.
    from relaylens.frameworks import agent_framework_agents, agent_framework_calls  # noqa: PLC0415

    agent_framework_agents.patch(module, patches)
    agent_framework_calls.patch_models(module, patches)


def _tools(module: ModuleType, patches: Patches) -> None:
    """Tools."""
    from relaylens.frameworks import agent_framework_calls  # noqa: PLC0415 - as above

    agent_framework_calls.patch_tools(module, patches)


def _as_tools(module: ModuleType, patches: Patches) -> None:
    """Agents as tools."""
    from relaylens.frameworks import agent_framework_calls  # noqa: PLC0415 - as above

    agent_framework_calls.patch_agents(module, patches)


def _workflows(module: ModuleType, patches: Patches) -> None:
    """Workflows, each of whose modules is seen when it is imported."""
    from relaylens.frameworks import agent_framework_flows as flows  # noqa: PLC0415 - as above

    of_module = {
        "_executor": flows.patch_executor,
        "_functional": flows.patch_workflow,
        "_runner_context": flows.patch_runner,
        "_workflow": flows.patch_workflow,
        "_workflow_builder": flows.patch_builder,
        "_workflow_context": flows.patch_context,
    }
    of_module[module.__name__.rpartition(".")[2]](module, patches)


FRAMEWORK: Final = Framework(
    name="agent-framework",
    distribution="agent-framework-core",
    tested=">=1.23,<2",
    patches={
        "agent_framework.observability": _layers,
        "agent_framework._tools": _tools,
        "agent_framework._agents": _as_tools,
        "agent_framework._workflows._executor": _workflows,
        "agent_framework._workflows._functional": _workflows,
        "agent_framework._workflows._runner_context": _workflows,
        "agent_framework._workflows._workflow": _workflows,
        "agent_framework._workflows._workflow_builder": _workflows,
        "agent_framework._workflows._workflow_context": _workflows,
    },
    adds="Runs of workflows and of agents alone, one step for each turn of an agent, handoffs of the handoff orchestration and along the "
    "edges between agents, agents as tools, model calls, tool calls with their errors, approvals and other requests with their answers.",
    why="The framework's own OpenTelemetry has texts only in logs, or by a setting that would change what the program's own exporters get, "
    "and no span for a handoff. Relaylens records the same calls by the framework's functions, with any model client.",
    silent=frozenset({"agent_framework"}) | CLIENT_SCOPES,
)
