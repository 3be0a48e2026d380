"""Agno: agents, teams that delegate to their members, workflows, people who confirm."""

from types import ModuleType

from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.patching import Patches


def _patch_agents(module: ModuleType, patches: Patches) -> None:
    """Patch the runs of agents."""
    # Read only where Agno is used.
    from relaylens.frameworks import agno_runs  # noqa: PLC0415

    agno_runs.patch_agents(FRAMEWORK, module, patches)


def _patch_teams(module: ModuleType, patches: Patches) -> None:
    """Patch the runs of teams."""
    from relaylens.frameworks import agno_runs  # noqa: PLC0415 - as above

    agno_runs.patch_teams(FRAMEWORK, module, patches)


def _patch_members(module: ModuleType, patches: Patches) -> None:
    """Patch how teams find their members."""
    from relaylens.frameworks import agno_calls  # noqa: PLC0415 - as above

    agno_calls.patch_members(module, patches)


def _patch_models(module: ModuleType, patches: Patches) -> None:
    """Patch what models do: they are asked, and run the tools that they ask for."""
    from relaylens.frameworks import agno_calls  # noqa: PLC0415 - as above

    agno_calls.patch_models(FRAMEWORK, module, patches)


def _patch_workflow(module: ModuleType, patches: Patches) -> None:
    """Patch the runs of workflows."""
    from relaylens.frameworks import agno_workflows  # noqa: PLC0415 - as above

    agno_workflows.patch_workflow(FRAMEWORK, module, patches)


def _patch_parallel(module: ModuleType, patches: Patches) -> None:
    """Patch the branches of workflows."""
    from relaylens.frameworks import agno_workflows  # noqa: PLC0415 - as above

    agno_workflows.patch_parallel(module, patches)


FRAMEWORK = Framework(
    name="agno",
    distribution="agno",
    tested=">=2.6,<4",
    patches={
        "agno.agent._run": _patch_agents,
        "agno.team._run": _patch_teams,
        "agno.team._tools": _patch_members,
        "agno.models.base": _patch_models,
        "agno.workflow.workflow": _patch_workflow,
        "agno.workflow.parallel": _patch_parallel,
    },
    adds="Runs, a step for each run of an agent or a team's leader, the handoff to each member with what came back, members that do not "
    "exist, steps of workflows, confirmations and other questions to people with their answers, errors that Agno keeps to itself, model "
    "and tool calls.",
    why="All models of Agno are asked, and all tools run, by one class, which is patched: every provider's calls are seen alike, with "
    "prompt, answer, tool calls and tokens. The instrumentations of Agno keep trees of their own, in which a member is no part of its "
    "team's turn.",
    instead_of=(
        "openinference-instrumentation-agno",
        "opentelemetry-instrumentation-genai-agno",
        "opentelemetry-instrumentation-agno",
    ),
    details=CLIENT_SCOPES,
    silent=frozenset(
        {
            # They record the same runs, agents, tools and model calls.
            "openinference.instrumentation.agno",
            "opentelemetry.instrumentation.agno",
            "opentelemetry.instrumentation.genai.agno",
        }
    ),
)
