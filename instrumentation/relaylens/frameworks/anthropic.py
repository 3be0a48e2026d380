"""Anthropic's client: whoever calls a model with it, by hand or through a framework."""

from types import ModuleType
from typing import Any, Final

from opentelemetry import trace

from relaylens.around import Around
from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.patching import Patches
from relaylens.frameworks.recording import Region

OWN_SCOPE: Final = "com.anthropic.sdk.python"
"""Of the client's own spans, which it writes of every call, without prompt and answer."""


def _patch(module: ModuleType, patches: Patches) -> None:
    """Let the client say nothing of a call of which its instrumentation says more; without one, its own spans are what there is."""
    patches.around(module.SyncAPIClient, "request", _silenced)
    patches.around(module.AsyncAPIClient, "request", _silenced)


def _silenced(instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Around | None:  # noqa: ANN401, ARG001 - the patch's form
    """What keeps the client's own span out of what is exported, when the span around it records the same call."""
    scope = getattr(trace.get_current_span(), "instrumentation_scope", None)
    return Region(FRAMEWORK, silent=frozenset({OWN_SCOPE})) if scope is not None and scope.name in CLIENT_SCOPES - {OWN_SCOPE} else None


FRAMEWORK = Framework(
    name="anthropic",
    distribution="anthropic",
    tested=">=2.11,<3",
    patches={"anthropic._base_client": _patch},
    adds="Each call is one span, also where the client traces itself. Agents, handoffs and questions to people of a network written by "
    "hand are said with `relaylens.agent()`, `handoff()` and `escalate()`.",
    why="opentelemetry-instrumentation-genai-anthropic records every call of Messages, whole, streamed and parsed, with prompt, answer, "
    "tool calls, tokens and errors. The client's own OpenTelemetry has no texts unless each client is told so, and none of an empty answer "
    "in a stream of events; the instrumentations of the other projects have its tokens twice beside it.",
    instrumentations=(
        "opentelemetry-instrumentation-genai-anthropic",
        "openinference-instrumentation-anthropic",
        "opentelemetry-instrumentation-anthropic",
    ),
    instrumentations_after="anthropic",
)
