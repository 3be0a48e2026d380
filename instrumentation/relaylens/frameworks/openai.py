"""OpenAI's client: whoever calls a model with it, by hand or through a framework."""

from relaylens.frameworks.base import Framework

FRAMEWORK = Framework(
    name="openai",
    distribution="openai",
    tested=">=3.52,<4",
    patches={},
    adds="Nothing: agents, handoffs and questions to people of a network written by hand are said with `relaylens.agent()`, "
    "`handoff()` and `escalate()`.",
    why="opentelemetry-instrumentation-genai-openai records every call of Chat Completions and Responses, whole, streamed and parsed, "
    "with prompt, answer, tool calls, tokens and errors; it is OpenTelemetry's own.",
    instrumentations=(
        "opentelemetry-instrumentation-genai-openai",
        "opentelemetry-instrumentation-openai-v2",
        "openinference-instrumentation-openai",
        "opentelemetry-instrumentation-openai",
    ),
    instrumentations_after="openai",
)
