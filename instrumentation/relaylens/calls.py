"""What an agent calls in a step: tools and models."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self, overload

from opentelemetry.context import Context
from opentelemetry.trace import Link, SpanKind

from relaylens import content
from relaylens.around import P, R
from relaylens.recording import Recorded
from relaylens.semconv import (
    GEN_AI_INPUT_MESSAGES,
    GEN_AI_OUTPUT_MESSAGES,
    GEN_AI_PROVIDER_NAME,
    GEN_AI_REQUEST_MODEL,
    GEN_AI_RESPONSE_FINISH_REASONS,
    GEN_AI_RESPONSE_MODEL,
    GEN_AI_SYSTEM_INSTRUCTIONS,
    GEN_AI_TOOL_CALL_ARGUMENTS,
    GEN_AI_TOOL_CALL_ID,
    GEN_AI_TOOL_CALL_RESULT,
    GEN_AI_TOOL_DEFINITIONS,
    GEN_AI_TOOL_NAME,
    GEN_AI_TOOL_TYPE,
    GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
    GEN_AI_USAGE_INPUT_TOKENS,
    GEN_AI_USAGE_OUTPUT_TOKENS,
    Operation,
)


class ToolCall(Recorded):
    """One call of a tool."""

    operation = Operation.EXECUTE_TOOL
    names_agent = True

    def __init__(self, name: str | None, call_id: str | None) -> None:
        """Prepare a tool call."""
        super().__init__(name, {GEN_AI_TOOL_CALL_ID: call_id, GEN_AI_TOOL_TYPE: "function"})

    def input(self, arguments: object) -> Self:
        """Record the arguments."""
        self._set_content(GEN_AI_TOOL_CALL_ARGUMENTS, lambda: content.as_text(arguments))
        return self

    def output(self, result: object) -> Self:
        """Record the result."""
        self._set_content(GEN_AI_TOOL_CALL_RESULT, lambda: content.as_text(result))
        return self

    def _begin(self) -> tuple[Context | None, Sequence[Link]]:
        self._name = self._name or "tool"
        self._attributes[GEN_AI_TOOL_NAME] = self._name
        return None, ()

    def _called(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.input(content.call_arguments(function, args, kwargs))

    def _returned(self, value: object) -> None:
        self.output(value)


class ModelCall(Recorded):
    """One call of a model, for calls that no instrumentation records."""

    kind = SpanKind.CLIENT
    names_agent = True

    def __init__(self, model: str, provider: str | None, operation: str) -> None:
        """Prepare a model call."""
        super().__init__(model, {GEN_AI_REQUEST_MODEL: model, GEN_AI_PROVIDER_NAME: provider})
        self.operation = operation

    def system(self, text: object) -> Self:
        """Record the system prompt."""
        self._set_content(GEN_AI_SYSTEM_INSTRUCTIONS, lambda: content.text_parts(text))
        return self

    def messages(self, messages: object) -> Self:
        """Record the prompt: a text, or a list of messages in OpenAI's or OpenTelemetry's form."""
        self._set_content(GEN_AI_INPUT_MESSAGES, lambda: content.messages(messages, "user"))
        return self

    def tools(self, definitions: object) -> Self:
        """Record the tools the model may call."""
        self._set_content(GEN_AI_TOOL_DEFINITIONS, lambda: content.as_text(definitions))
        return self

    def answer(
        self,
        text: object | None = None,
        *,
        tool_calls: Sequence[Mapping[str, object]] = (),
        finish_reason: str | None = None,
        model: str | None = None,
    ) -> Self:
        """Record what the model answered, why it stopped and which model it was."""
        reason = finish_reason or ("tool_calls" if tool_calls else "stop")
        self.set(GEN_AI_RESPONSE_FINISH_REASONS, [reason])
        self.set(GEN_AI_RESPONSE_MODEL, model or self._name)
        self._set_content(GEN_AI_OUTPUT_MESSAGES, lambda: content.answer(text, tool_calls, reason))
        return self

    def usage(self, input_tokens: int | None = None, output_tokens: int | None = None, *, cached_tokens: int | None = None) -> Self:
        """Record the tokens of the prompt, of the answer, and of the part of the prompt that came from a cache."""
        self.set(GEN_AI_USAGE_INPUT_TOKENS, input_tokens)
        self.set(GEN_AI_USAGE_OUTPUT_TOKENS, output_tokens)
        self.set(GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS, cached_tokens)
        return self

    def _called(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.messages(content.single(content.call_arguments(function, args, kwargs)))

    def _returned(self, value: object) -> None:
        self.answer(value)


@overload
def tool(name: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def tool(name: str | None = None, *, call_id: str | None = None) -> ToolCall: ...
def tool(name: str | Callable[P, R] | None = None, *, call_id: str | None = None) -> ToolCall | Callable[P, R]:
    """One call of a tool; `call_id` is the model's name for it."""
    if callable(name):
        return ToolCall(None, None)(name)
    return ToolCall(name, call_id)


def model_call(model: str, *, provider: str | None = None, operation: str = "chat") -> ModelCall:
    """One call of a model, written by hand; not needed where an instrumentation of the client records it."""
    return ModelCall(model, provider, operation)
