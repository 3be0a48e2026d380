"""Strands Agents: runs, agents' turns, handoffs in swarms and graphs, agents as tools, interrupts."""

from types import ModuleType
from typing import Any, Final

from relaylens.around import Around, call_async_generator
from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import Region
from relaylens.frameworks.strands_networks import NetworkCall, ToolCall, call_watching
from relaylens.frameworks.strands_runs import AgentCall

_HANDOFF_TOOL: Final = "handoff_to_agent"
"""The tool that a swarm gives to its agents."""


def _agents(module: ModuleType, patches: Patches) -> None:
    """Every way to call an agent comes through this one."""

    def call(agent: Any, args: Arguments, kwargs: Named) -> Around:  # noqa: ANN401 - a strands.Agent
        return AgentCall(FRAMEWORK, agent, args[0] if args else kwargs.get("prompt"))

    patches.around(module.Agent, "stream_async", call, call=call_watching)


def _networks(name: str) -> Any:  # noqa: ANN401 - a patch
    def patch(module: ModuleType, patches: Patches) -> None:
        def call(network: Any, args: Arguments, kwargs: Named) -> Around:  # noqa: ANN401 - a Swarm or a Graph
            return NetworkCall(FRAMEWORK, network, args[0] if args else kwargs.get("task"))

        patches.around(getattr(module, name), "stream_async", call, call=call_watching)

    return patch


def _models(module: ModuleType, patches: Patches) -> None:
    """Strands records its model calls itself."""
    patches.around(module, "stream_messages", lambda *_: Region(FRAMEWORK, silent=CLIENT_SCOPES), call=call_async_generator)


def _tools(module: ModuleType, patches: Patches) -> None:
    """Attempts to hand over that the swarm refuses are answers of its tool."""

    def call(_: object, args: Arguments, __: Named) -> Around | None:
        use, results = args[1], args[2]
        return ToolCall(use, results) if use.get("name") == _HANDOFF_TOOL else None

    patches.around(module.ToolExecutor, "_stream", call, call=call_async_generator)


FRAMEWORK: Final = Framework(
    name="strands",
    distribution="strands-agents",
    tested=">=1.62,<2",
    patches={
        "strands.agent.agent": _agents,
        "strands.event_loop.event_loop": _models,
        "strands.tools.executors._executor": _tools,
        "strands.multiagent.swarm": _networks("Swarm"),
        "strands.multiagent.graph": _networks("Graph"),
    },
    adds="Runs of agents, swarms and graphs, one step for each turn of an agent, handoffs in swarms and along the edges of graphs, agents "
    "called as tools, refused handoffs, interrupts with their answers, and the limits that end a network without an error.",
    why="Strands' own OpenTelemetry shows every model and tool call with its content; it writes to the tracer provider of the process.",
    details=frozenset({"strands.telemetry.tracer"}) | CLIENT_SCOPES,
)
