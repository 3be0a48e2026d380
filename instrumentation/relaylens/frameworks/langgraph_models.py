"""LangChain's model and tool calls, on the spans that `relaylens.model_call()` and `relaylens.tool()` write."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.trace import Link

from relaylens import content
from relaylens.around import Around
from relaylens.calls import ModelCall, ToolCall
from relaylens.frameworks.base import CLIENT_SCOPES
from relaylens.frameworks.langgraph_foreign import Apart
from relaylens.frameworks.langgraph_tasks import current_task, is_signal
from relaylens.frameworks.langgraph_texts import as_answer, as_messages
from relaylens.recording import Recorded, write_error
from relaylens.safety import guarded
from relaylens.scope import Scope
from relaylens.semconv import (
    GEN_AI_OUTPUT_MESSAGES,
    GEN_AI_REQUEST_MAX_TOKENS,
    GEN_AI_REQUEST_TEMPERATURE,
    RELAYLENS_SPAN_ROLE,
    SpanRole,
)

_IN_CALL: Final = otel_context.create_key("relaylens-langchain-model-call")
_INJECTED: Final = frozenset({"state", "store", "runtime", "config", "run_manager", "callbacks"})
"""Arguments that LangGraph adds to those of the model."""


class _Beside(Recorded):
    """A call that is recorded beside another instrumentation of LangChain."""

    _apart: Apart | None = None

    def _resume(self) -> None:
        super()._resume()
        if self._apart is None:
            self._apart = Apart()
        with guarded("keep an instrumentation apart"):
            self._apart.begin()

    def _suspend(self) -> None:
        with guarded("keep an instrumentation apart"):
            if self._apart is not None:
                self._apart.end()
        super()._suspend()

    def _begin(self) -> tuple[Context | None, Sequence[Link]]:
        _, links = super()._begin()
        task = current_task()
        return (None if task is None else task.place), links


class ChatCall(_Beside, ModelCall):
    """One call of a chat model."""

    def __init__(self, model: Any, prompt: Any, kwargs: Mapping[str, Any]) -> None:  # noqa: ANN401 - a BaseChatModel and its prompt
        """See what is asked of which model."""
        told = model._get_ls_params(**{key: kwargs[key] for key in ("model", "stop") if key in kwargs})  # noqa: SLF001 - LangChain's own word for it
        name = told.get("ls_model_name") or getattr(model, "model_name", None) or type(model).__name__
        super().__init__(str(name), told.get("ls_provider"), "chat")
        self._told = told
        self._prompt = prompt
        self._tools = kwargs.get("tools")
        self._mark: Any = None

    @classmethod
    def of(cls, model: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> "ChatCall | None":  # noqa: ANN401 - a BaseChatModel
        """Around a call with these arguments; None inside of another one, which is the same call."""
        task = current_task()
        if task is not None and task.can_be_agent:
            task.begin()
        if otel_context.get_value(_IN_CALL) is not None:
            return None
        prompt = args[0] if args else kwargs.get("messages", kwargs.get("input"))
        return cls(model, prompt.to_messages() if hasattr(prompt, "to_messages") else prompt, kwargs)

    def _scope(self, outer: Scope) -> Scope:
        # The model's client may record the same call itself.
        return replace(outer, silent=outer.silent | CLIENT_SCOPES)

    def _started(self) -> None:
        self.set(GEN_AI_REQUEST_TEMPERATURE, self._told.get("ls_temperature"))
        self.set(GEN_AI_REQUEST_MAX_TOKENS, self._told.get("ls_max_tokens"))
        self.messages(as_messages(self._prompt))
        if self._tools:
            self.tools(self._tools)
        if self._context is not None:
            self._context = otel_context.set_value(_IN_CALL, value=True, context=self._context)

    def _called(self, function: Any, args: Any, kwargs: Any) -> None:  # noqa: ANN401 - as in the base
        """The prompt was recorded already."""

    def _returned(self, value: object) -> None:
        message = _message_of(value)
        if message is None:
            return
        about: Mapping[str, Any] = getattr(message, "response_metadata", None) or {}
        calls = getattr(message, "tool_calls", None) or []
        reason = about.get("finish_reason") or about.get("stop_reason") or about.get("done_reason")
        self.answer(None, finish_reason=str(reason) if reason else ("tool_calls" if calls else "stop"), model=about.get("model_name"))
        self._set_content(GEN_AI_OUTPUT_MESSAGES, lambda: content.as_json(as_answer(message, reason)))
        usage = getattr(message, "usage_metadata", None) or {}
        details = usage.get("input_token_details") or {}
        self.usage(usage.get("input_tokens"), usage.get("output_tokens"), cached_tokens=details.get("cache_read"))


def _message_of(value: Any) -> Any:  # noqa: ANN401 - a ChatResult, an LLMResult, a message or its pieces
    """The message of an answer."""
    if isinstance(value, list):
        pieces = [item for item in value if hasattr(item, "content")]
        message = pieces[0] if pieces else None
        for piece in pieces[1:]:
            message = message + piece
        return message
    generations = getattr(value, "generations", None)
    while isinstance(generations, list) and generations:
        generations = generations[0]
    return getattr(generations, "message", None) or (value if hasattr(value, "content") else None)


class ToolUse(_Beside, ToolCall):
    """One call of a tool."""

    def __init__(self, tool: Any, given: Any, call_id: str | None) -> None:  # noqa: ANN401 - a BaseTool and its input
        """See what is asked of which tool."""
        super().__init__(tool.name, call_id)
        # Its name may sound like a handoff or a question: those are on spans of their own.
        self._given[RELAYLENS_SPAN_ROLE] = SpanRole.DETAIL.value
        self._tool = tool
        self._given_input = given

    @classmethod
    def of(cls, tool: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Around:  # noqa: ANN401 - a BaseTool
        """Around a call with these arguments."""
        return cls(tool, args[0] if args else kwargs.get("tool_input"), kwargs.get("tool_call_id"))

    def _called(self, function: Any, args: Any, kwargs: Any) -> None:  # noqa: ANN401, ARG002 - as in the base
        given = self._given_input
        if isinstance(given, Mapping):
            hidden = _INJECTED | getattr(self._tool, "_injected_args_keys", frozenset())
            given = {key: value for key, value in given.items() if key not in hidden}
        self.input(given)

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - a ToolMessage, a Command or a value
        said = getattr(value, "content", value)
        if getattr(value, "goto", None):
            said = {"goto": value.goto if isinstance(value.goto, str) else [getattr(each, "node", each) for each in value.goto]}
        self.output(said)
        if getattr(value, "status", None) == "error":
            write_error(self._span, ToolError(said), self._recorder)

    def _leave(self, error: BaseException | None) -> None:
        # An interrupt or a command for the graph around travels as an exception.
        super()._leave(None if is_signal(error) else error)


class ToolError(Exception):
    """What a tool said of its failure, where it told that to the model instead of raising it."""
