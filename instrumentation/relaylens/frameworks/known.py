"""Which instrumentation records which library that has no file here; the list is also the permission: nothing else is switched on."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Library:
    """A framework or model client, and the distributions that instrument it, the one that shows most of a network first."""

    name: str
    distributions: tuple[str, ...]


KNOWN: Final = (
    # Agent frameworks. Two instrumentations of one library would record every call twice, so one of each is switched on.
    Library(
        "openai-agents",
        (
            "openinference-instrumentation-openai-agents",
            "opentelemetry-instrumentation-openai-agents-v2",
            "opentelemetry-instrumentation-genai-openai-agents",
            "opentelemetry-instrumentation-openai-agents",
        ),
    ),
    Library(
        "langchain",
        (
            "openinference-instrumentation-langchain",
            "opentelemetry-instrumentation-genai-langchain",
            "opentelemetry-instrumentation-langchain",
        ),
    ),
    Library("llama-index", ("openinference-instrumentation-llama-index", "opentelemetry-instrumentation-genai-llama-index")),
    Library("agno", ("openinference-instrumentation-agno", "opentelemetry-instrumentation-genai-agno")),
    Library("autogen-agentchat", ("openinference-instrumentation-autogen-agentchat",)),
    Library("dspy", ("openinference-instrumentation-dspy",)),
    Library("haystack", ("openinference-instrumentation-haystack", "opentelemetry-instrumentation-haystack")),
    Library("mcp", ("openinference-instrumentation-mcp",)),
    # No spans of its own: threads and thread pools go on where they were started, which Python leaves to the program.
    Library("threading", ("opentelemetry-instrumentation-threading",)),
    # Model clients.
    Library("bedrock", ("openinference-instrumentation-bedrock", "opentelemetry-instrumentation-bedrock")),
    Library("mistralai", ("openinference-instrumentation-mistralai", "opentelemetry-instrumentation-mistralai")),
    Library("groq", ("openinference-instrumentation-groq", "opentelemetry-instrumentation-groq")),
    Library("google-genai", ("openinference-instrumentation-google-genai", "opentelemetry-instrumentation-google-generativeai")),
    Library("vertexai", ("openinference-instrumentation-vertexai", "opentelemetry-instrumentation-vertexai")),
    Library("litellm", ("openinference-instrumentation-litellm",)),
    Library("ollama", ("opentelemetry-instrumentation-ollama",)),
)
"""All that are known."""

CONTENT_OFF: Final = {
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "NO_CONTENT",
    "OPENINFERENCE_HIDE_INPUTS": "true",
    "OPENINFERENCE_HIDE_OUTPUTS": "true",
    "TRACELOOP_TRACE_CONTENT": "false",
}
"""How the other projects are told to keep texts out: variables, since none of them takes it any other way."""

CONTENT_ON: Final = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_ONLY"}
"""How OpenTelemetry's own are told to record texts, which they do not by themselves."""
