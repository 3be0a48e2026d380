"""The OpenAI Agents SDK: runs, agents' turns, handoffs, agents as tools, approvals."""

from types import ModuleType

from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.patching import Patches


def _patch(module: ModuleType, patches: Patches) -> None:
    """Patch the runner and what it calls, which are imported when it is."""
    # Read only where the SDK is used.
    from relaylens.frameworks import openai_agents_calls, openai_agents_models, openai_agents_runs  # noqa: PLC0415

    openai_agents_runs.patch(FRAMEWORK, module, patches)
    openai_agents_calls.patch(patches)
    openai_agents_models.patch(FRAMEWORK, patches)


FRAMEWORK = Framework(
    name="openai-agents",
    distribution="openai-agents",
    tested=">=0.14,<0.25",
    patches={"agents.run": _patch},
    adds="Runs, one step for each stint of an agent, handoffs with what was passed on, agents as tools, tool calls with their errors, "
    "approvals with their answers (also across `RunState`), output guardrails, and the limit of turns.",
    why="Model calls are recorded by opentelemetry-instrumentation-genai-openai at the OpenAI client: it shows every request, streamed or "
    "not, Chat Completions or Responses, and whether or not the SDK's tracing is on. What listens to the SDK's tracing sees nothing when "
    "that is off, loses what follows a resumed approval, and replaces the SDK's own export. Tool calls, and calls of models that are not "
    "OpenAI's client's (LiteLLM, web sockets, models of one's own), are recorded here.",
    instrumentations=(
        "opentelemetry-instrumentation-genai-openai",
        "opentelemetry-instrumentation-openai-v2",
        "openinference-instrumentation-openai",
        "opentelemetry-instrumentation-openai",
    ),
    instead_of=(
        "openinference-instrumentation-openai-agents",
        "opentelemetry-instrumentation-openai-agents-v2",
        "opentelemetry-instrumentation-genai-openai-agents",
        "opentelemetry-instrumentation-openai-agents",
    ),
    details=CLIENT_SCOPES,
    silent=frozenset(
        {
            # They record the same runs, agents, tools and model calls from the SDK's tracing.
            "openinference.instrumentation.openai_agents",
            "opentelemetry.instrumentation.openai_agents",
            "opentelemetry.instrumentation.genai.openai_agents",
        }
    ),
)
