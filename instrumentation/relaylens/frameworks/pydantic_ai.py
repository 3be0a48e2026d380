"""Pydantic AI: runs, agents' turns, agents called by other agents' tools and output functions, approvals."""

from types import ModuleType

from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.patching import Patches


def _patch(module: ModuleType, patches: Patches) -> None:  # noqa: ARG001 - the hook's form
    """Switch the framework's own instrumentation on, and stand around what it stands around."""
    # Read only where the framework is used.
    from relaylens.frameworks import pydantic_ai_runs  # noqa: PLC0415

    pydantic_ai_runs.patch(FRAMEWORK, patches)


FRAMEWORK = Framework(
    name="pydantic-ai",
    distribution="pydantic-ai-slim",
    tested=">=2.0,<3",
    patches={"pydantic_ai": _patch},
    adds="Runs, one step for each run of an agent, the handoff where an agent runs inside another one's tool (control returns) or output "
    "function (control passes on), where a later agent goes on with the messages of an earlier one, and approvals of tools with their "
    "answers, also when they come with a message history from another process.",
    why="Pydantic AI's own OpenTelemetry shows every model request, tool call and retry, streamed or not, in the newest form of its "
    "messages; it is switched on for all agents that the program does not instrument itself.",
    details=frozenset({"pydantic-ai"}) | CLIENT_SCOPES,
)
