"""AutoGen AgentChat: teams and agents alone are runs, agents are steps, and what the team's manager decides are handoffs."""

from types import ModuleType
from typing import Final

from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.patching import Patches


def _agents(module: ModuleType, patches: Patches) -> None:
    """Patch agents, and the tools that they call."""
    # Read only where AutoGen is used.
    from relaylens.frameworks import autogen_agents, autogen_tools  # noqa: PLC0415

    autogen_agents.patch(FRAMEWORK, module, patches)
    autogen_tools.patch(module, patches)


def _teams(module: ModuleType, patches: Patches) -> None:  # noqa: ARG001 - the hook's form
    """Patch teams."""
    from relaylens.frameworks import autogen_teams  # noqa: PLC0415 - as above

    autogen_teams.patch(FRAMEWORK, patches)


FRAMEWORK: Final = Framework(
    name="autogen",
    distribution="autogen-agentchat",
    tested=">=0.6.4,<0.8",
    patches={"autogen_agentchat.agents": _agents, "autogen_agentchat.teams": _teams},
    adds="Runs of teams and of agents alone, one step for each stint of an agent, handoffs where the team's manager lets another agent "
    "speak, agents and teams as tools, tool calls with their errors, questions to a user (handoffs out of the team, `UserProxyAgent`) "
    "with their answers, and limits that end a team.",
    why="Model calls are recorded at the model's client, by opentelemetry-instrumentation-genai-openai for OpenAI's. AutoGen's own spans "
    "have no texts and begin a trace for each message of its runtime; they are not exported from where Relaylens records the same.",
    instrumentations=(
        "opentelemetry-instrumentation-genai-openai",
        "opentelemetry-instrumentation-openai-v2",
        "openinference-instrumentation-openai",
        "opentelemetry-instrumentation-openai",
    ),
    instrumentations_after="openai",
    instead_of=("openinference-instrumentation-autogen-agentchat",),
    details=CLIENT_SCOPES,
    silent=frozenset(
        {
            "autogen GrpcWorkerAgentRuntime",
            "autogen SingleThreadedAgentRuntime",
            "autogen-core",
            "openinference.instrumentation.autogen_agentchat",
        }
    ),
)
