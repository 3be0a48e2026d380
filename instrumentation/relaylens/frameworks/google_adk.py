"""Google ADK: runners, agents' turns, transfers, agents as tools, fixed orders of agents, confirmations."""

from types import ModuleType

from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.patching import Patches


def _patch(module: ModuleType, patches: Patches) -> None:
    """Stand around runners and agents once these are imported."""
    # Read only where the framework is used.
    from relaylens.frameworks import google_adk_runs  # noqa: PLC0415

    google_adk_runs.patch(FRAMEWORK, module, patches)


FRAMEWORK = Framework(
    name="google-adk",
    distribution="google-adk",
    tested=">=2.9,<3",
    patches={"google.adk.runners": _patch},
    adds="Runs, one step for each turn of an agent, transfers, agents as tools and tasks, the orders of SequentialAgent, LoopAgent and "
    "ParallelAgent, transfers to agents that there are not, and confirmations with their answers.",
    why="ADK's own OpenTelemetry shows every model request and tool call; its newest attributes, which hold the texts, are switched on. "
    "OpenInference's instrumentation replaces ADK's own spans and is therefore not switched on.",
    details=frozenset(
        {"gcp.vertex.agent", "openinference.instrumentation.google_adk", "opentelemetry.instrumentation.google_genai"} | CLIENT_SCOPES
    ),
)
