"""CrewAI's model and tool calls: models by the events CrewAI emits for every provider, tools by their own `run`."""

import contextvars
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry.trace import Status, StatusCode

from relaylens import content, recorder
from relaylens.around import Around
from relaylens.calls import ModelCall, ToolCall
from relaylens.frameworks.base import CLIENT_SCOPES
from relaylens.frameworks.crewai_agents import DelegationAttempt, answered_from_cache, argument, is_delegation_tool
from relaylens.frameworks.crewai_flows import method_context
from relaylens.frameworks.crewai_trail import NotHere
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.judgements import validation
from relaylens.safety import guarded
from relaylens.scope import Scope, current_scope, with_scope
from relaylens.semconv import ERROR_TYPE, Verdict

_MODEL: Final = otel_context.create_key("relaylens-crewai-model")
_TOLD: Final = {
    "input_tokens": ("prompt_tokens", "input_tokens", "prompt_token_count", "inputTokens"),
    "output_tokens": ("completion_tokens", "output_tokens", "candidates_token_count", "outputTokens"),
    "cached_tokens": ("cached_prompt_tokens", "cached_tokens", "cache_read_input_tokens", "cached_content_token_count"),
}
"""Names of the providers for one number each."""


DELEGATION_TOOLS: Final = frozenset({"delegate_work_to_coworker", "ask_question_to_coworker"})
"""Names that models know the tools for delegation by."""


class ModelError(Exception):
    """What CrewAI says of a model call that failed, where the exception itself is not seen."""


class _ModelScope(Around):
    """One `LLM.call`: what CrewAI's events tell of it is written, what the provider's client tells is not."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401 - CrewAI's LLM
        self.model = model
        self.call: ModelCall | None = None
        self._token: Any = None

    def _enter(self) -> None:
        with guarded("enter a model call"):
            scope = current_scope()
            inside = with_scope(replace(scope, silent=scope.silent | CLIENT_SCOPES))
            self._token = otel_context.attach(otel_context.set_value(_MODEL, self, inside))

    def _returned(self, value: object) -> None:
        if self.call is not None:
            # LiteLLM's tool calls come back without an event.
            text, calls = _answer(json.loads(content.as_json(value)))
            self.call.answer(text, tool_calls=calls)

    def _leave(self, error: BaseException | None) -> None:
        with guarded("leave a model call"):
            otel_context.detach(self._token)
            self._close(error)

    def _close(self, error: BaseException | None) -> None:
        call, self.call = self.call, None
        if call is not None:
            call.__exit__(type(error) if error else None, error, None)

    def started(self, event: Any) -> None:  # noqa: ANN401 - CrewAI's events
        """The model is asked; an earlier attempt that is still open has failed."""
        self._close(ModelError("tried again") if self.call is not None else None)
        here = method_context(event.messages)
        token = None if here is None else otel_context.attach(here)
        provider = str(getattr(self.model, "provider", None) or "") or None
        self.call = ModelCall(str(event.model or "model"), provider, "chat")
        self.call.__enter__()
        self.call.messages(event.messages)
        if event.tools:
            self.call.tools(event.tools)
        # Open, but not the place where the program is: tools that a client calls by itself are no part of the answer.
        self.call._suspend()  # noqa: SLF001 - as a step is paused
        if token is not None:
            otel_context.detach(token)

    def completed(self, event: Any) -> None:  # noqa: ANN401
        """The model has answered."""
        if self.call is None:
            return
        text, calls = _answer(event.response)
        self.call.answer(text, tool_calls=calls, finish_reason=event.finish_reason)
        if isinstance(event.usage, Mapping):
            self.call.usage(**{ours: _first(event.usage, theirs) for ours, theirs in _TOLD.items()})
        self._close(None)

    def failed(self, event: Any) -> None:  # noqa: ANN401
        """The model has failed; the exception comes when the call is left, unless CrewAI swallows it."""
        if self.call is not None:
            self.call.span.set_status(Status(StatusCode.ERROR, str(event.error) if recorder.current().capture_content else None))


def _first(usage: Mapping[str, Any], names: Sequence[str]) -> int | None:
    return next((int(usage[name]) for name in names if isinstance(usage.get(name), int | float)), None)


def _answer(response: Any) -> tuple[object | None, list[Mapping[str, object]]]:  # noqa: ANN401
    """Text and tool calls of an answer, as the providers of CrewAI give it."""
    if isinstance(response, list) and response and all(isinstance(each, Mapping) for each in response):
        return None, [_tool_call(each) for each in response]
    return response, []


def _tool_call(call: Mapping[str, Any]) -> Mapping[str, object]:
    """A tool call of OpenAI, Anthropic (`input`), Gemini (`function_call`, `args`) or Bedrock (`toolUse`) in the form of the first."""
    inner = call.get("function_call") or call.get("toolUse") or call
    if not isinstance(inner, Mapping) or "function" in inner:
        return call
    arguments = next((inner[key] for key in ("arguments", "input", "args") if key in inner), None)
    return {"id": inner.get("id") or inner.get("call_id") or inner.get("toolUseId"), "name": inner.get("name"), "arguments": arguments}


def patch_models(module: ModuleType, patches: Patches) -> None:
    """Put a scope around `call` and `acall` of the classes of models that this module defines."""

    def make(model: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401, ARG001
        if current_scope().run is None:
            return None
        around = otel_context.get_value(_MODEL)
        if isinstance(around, _ModelScope) and around.model is model and around.call is None:
            return None
        return _ModelScope(model)

    for kind in list(vars(module).values()):
        if isinstance(kind, type) and kind.__module__ == module.__name__ and any(each.__name__ == "BaseLLM" for each in kind.__mro__):
            for name in ("call", "acall"):
                if name in vars(kind):
                    patches.around(kind, name, make)


@dataclass
class _Wanted:
    """A tool that the model wants, until CrewAI says what came of it."""

    name: str
    arguments: object
    is_run: bool = False


_wanted: contextvars.ContextVar[_Wanted | None] = contextvars.ContextVar("relaylens_crewai_tool", default=None)


class _Tool(ToolCall):
    """One call of a tool; spans of clients that it uses are its own matter and not silent."""

    def __init__(self, name: str, given: object) -> None:
        """Prepare a call with these arguments."""
        super().__init__(name, None)
        self._given_input = given

    def _scope(self, outer: Scope) -> Scope:
        return replace(super()._scope(outer), silent=outer.silent - CLIENT_SCOPES)

    def _started(self) -> None:
        super()._started()
        self.input(self._given_input)

    def _called(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:  # noqa: ANN401
        """The arguments were given already."""

    def _returned(self, value: object) -> None:
        self.output(value)
        self.reports(value)

    def reports(self, value: object) -> None:
        """See whether the tool says that it failed, which CrewAI lets it do without raising."""
        if type(value).__name__ == "ToolFailure":
            reason = getattr(value, "reason", None)
            self.fails(str(getattr(value, "message", value)), str(getattr(reason, "value", "tool_failure")))

    def fails(self, message: str, kind: str) -> None:
        """State a failure that is no exception."""
        self.set(ERROR_TYPE, kind)
        self.span.set_status(Status(StatusCode.ERROR, message if recorder.current().capture_content else None))


def patch_tools(module: ModuleType, patches: Patches) -> None:
    """See tools run."""

    def run(tool: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        return _around_tool(tool, kwargs or list(args))

    def invoke(tool: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        return _around_tool(getattr(tool, "_original_tool", None) or tool, argument(args, kwargs, 0, "input"))

    for name, methods, make in (
        ("BaseTool", ("run", "arun"), run),
        ("Tool", ("run", "arun"), run),
        ("CrewStructuredTool", ("invoke", "ainvoke"), invoke),
    ):
        kind = getattr(module, name, None)
        if isinstance(kind, type) and kind.__module__ == module.__name__:
            for method in methods:
                if method in vars(kind):
                    patches.around(kind, method, make)


def _around_tool(tool: Any, given: object) -> Around | None:  # noqa: ANN401
    if current_scope().run is None:
        return None
    wanted = _wanted.get()
    name = str(getattr(tool, "name", "tool"))
    if wanted is not None and not wanted.is_run:
        wanted.is_run, name = True, wanted.name
    return DelegationAttempt(tool, given) if is_delegation_tool(tool) else _Tool(name, given)


def patch_events(module: ModuleType, patches: Patches) -> None:
    """Read the events where they are emitted: handlers run later and in threads of their own."""

    def note(bus: object, args: Arguments, kwargs: Named) -> None:  # noqa: ARG001
        event = argument(args, kwargs, 1, "event")
        read = _READ.get(str(getattr(event, "type", "")))
        if read is not None and current_scope().run is not None:
            read(event)

    patches.before(module.CrewAIEventsBus, "emit", note)


def _model_of(event: Any) -> _ModelScope | None:  # noqa: ANN401, ARG001
    found = otel_context.get_value(_MODEL)
    return found if isinstance(found, _ModelScope) else None


def _model_started(event: Any) -> None:  # noqa: ANN401
    if (scope := _model_of(event)) is not None:
        scope.started(event)


def _model_completed(event: Any) -> None:  # noqa: ANN401
    if (scope := _model_of(event)) is not None:
        scope.completed(event)


def _model_failed(event: Any) -> None:  # noqa: ANN401
    if (scope := _model_of(event)) is not None:
        scope.failed(event)


def _tool_wanted(event: Any) -> None:  # noqa: ANN401
    _wanted.set(_Wanted(str(event.tool_name), event.tool_args))


def _tool_ended(event: Any) -> None:  # noqa: ANN401
    """Write the call of a tool that never ran: an unknown one, one that a hook blocks, one whose result lies in the cache."""
    wanted = _wanted.get()
    if wanted is None or wanted.name != event.tool_name:
        return
    _wanted.set(None)
    if wanted.is_run:
        return
    error, failure = getattr(event, "error", None), getattr(event, "failure", None)
    result = getattr(event, "output", None)
    if error is None and failure is None and wanted.name in DELEGATION_TOOLS:
        answered_from_cache(wanted.arguments, result)
        return
    with _Tool(wanted.name, wanted.arguments) as tool:
        if error is not None:
            tool.fails(str(error), type(error).__qualname__)
        else:
            tool.output(result)
            tool.reports(failure)


def _guarded_answer(event: Any) -> None:  # noqa: ANN401
    """Write what a guardrail says of an agent's answer; it judges after the agent's turn, or within it."""
    if event.agent_role:
        verdict = Verdict.PASSED if event.success else Verdict.REJECTED
        token = otel_context.attach(with_scope(replace(current_scope(), step=NotHere("guardrail"))))
        validation(str(event.agent_role).strip(), verdict, None if event.error is None else str(event.error))
        otel_context.detach(token)


_READ: Final = {
    "llm_call_started": _model_started,
    "llm_call_completed": _model_completed,
    "llm_call_failed": _model_failed,
    "tool_usage_started": _tool_wanted,
    "tool_usage_finished": _tool_ended,
    "tool_usage_error": _tool_ended,
    "llm_guardrail_completed": _guarded_answer,
}
