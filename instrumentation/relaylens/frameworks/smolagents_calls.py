"""smolagents' model calls, tool calls and executed code, and the questions it asks its user."""

import contextvars
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import ModuleType
from typing import Any, Final

import wrapt
from opentelemetry import context as otel_context

from relaylens.around import Around
from relaylens.calls import ModelCall, ToolCall
from relaylens.escalations import Escalation
from relaylens.frameworks.base import CLIENT_SCOPES
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.handoffs import handoff
from relaylens.safety import guarded
from relaylens.scope import Scope, current_scope
from relaylens.semconv import HUMAN, EscalationState, HandoffReason, TransferMode

_MODEL: Final = otel_context.create_key("relaylens-smolagents-model")
_CALL: Final = otel_context.create_key("relaylens-smolagents-call")
_MEMBERS_TAKE: Final = frozenset({"task", "additional_args"})
"""Arguments of a team member, by which the model calls it."""

_FINAL_ANSWER: Final = "final_answer"
_ROLES: Final = {"tool-call": "assistant", "tool-response": "user"}
"""Roles that smolagents sends to a model as others."""

_PROVIDERS: Final = {
    "AzureOpenAIModel": "azure.ai.openai",
    "OpenAIModel": "openai",
    "AmazonBedrockModel": "aws.bedrock",
    "InferenceClientModel": "huggingface",
    "TransformersModel": "transformers",
    "VLLMModel": "vllm",
    "MLXModel": "mlx",
}
_seen_models = threading.Lock()


def argument(args: Arguments, kwargs: Named, place: int, name: str) -> Any:  # noqa: ANN401
    """An argument of a call, by place or by name."""
    return args[place] if len(args) > place else kwargs.get(name)


class _Model(ModelCall):
    """One call of a model; what its client tells is not written again."""

    def __init__(self, module: ModuleType, model: Any, messages: object, tools: object) -> None:  # noqa: ANN401 - smolagents' model
        super().__init__(str(model.model_id or type(model).__name__), _provider(model), "chat")
        self.model = model
        self._module = module
        self._asked = messages
        self._offered = tools
        self._around: Any = None

    def _scope(self, outer: Scope) -> Scope:
        return replace(super()._scope(outer), silent=outer.silent | CLIENT_SCOPES)

    def _started(self) -> None:
        super()._started()
        if self._context is not None:
            self._context = otel_context.set_value(_MODEL, self, self._context)
        if isinstance(self._asked, list):
            self.messages([_message(each) for each in self._asked])
        if isinstance(self._offered, list) and self._offered:
            self.tools([self._module.get_tool_json_schema(each) for each in self._offered])

    def _called(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:  # noqa: ANN401
        """The messages were given already."""

    def _returned(self, value: Any) -> None:  # noqa: ANN401
        said = self._module.agglomerate_stream_deltas(value) if isinstance(value, list) else value
        choices = getattr(getattr(said, "raw", None), "choices", None)
        reason = getattr(choices[0], "finish_reason", None) if choices else None
        calls = [
            {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}
            for call in getattr(said, "tool_calls", None) or ()
        ]
        self.answer(_text(getattr(said, "content", said)) if not calls or said.content else None, tool_calls=calls, finish_reason=reason)
        usage = getattr(said, "token_usage", None)
        if usage is not None:
            self.usage(usage.input_tokens, usage.output_tokens)


def _provider(model: object) -> str | None:
    return next((_PROVIDERS[kind.__name__] for kind in type(model).__mro__ if kind.__name__ in _PROVIDERS), None)


def _message(message: Any) -> dict[str, object]:  # noqa: ANN401
    """A message in OpenAI's form."""
    given: Mapping[str, Any] = message if isinstance(message, Mapping) else vars(message)
    role = given.get("role")
    role = str(getattr(role, "value", role))
    return {"role": _ROLES.get(role, role), "content": _text(given.get("content"))}


def _text(content: Any) -> object:  # noqa: ANN401
    """The text of a message that is a list of texts."""
    if isinstance(content, list) and all(isinstance(each, Mapping) and isinstance(each.get("text"), str) for each in content):
        return "\n".join(each["text"] for each in content)
    return content


def patch_models(module: ModuleType, patches: Patches) -> None:
    """See the models of smolagents work."""
    for kind in list(vars(module).values()):
        if isinstance(kind, type) and kind.__module__ == module.__name__ and kind is not module.Model and issubclass(kind, module.Model):
            _patch_model(module, kind, patches)


def see_model(model: object, patches: Patches) -> None:
    """See an agent's model, if its class is the program's own."""
    bases = [kind for kind in type(model).__mro__ if kind.__name__ == "Model" and kind.__module__ == "smolagents.models"]
    if not bases:
        return
    with _seen_models:
        for kind in type(model).__mro__:
            if kind not in bases and issubclass(kind, bases[0]):
                import smolagents.models as module  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - it is loaded

                _patch_model(module, kind, patches)


def _patch_model(module: ModuleType, kind: type, patches: Patches) -> None:
    def make(model: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        outer = otel_context.get_value(_MODEL)
        if current_scope().run is None or (isinstance(outer, _Model) and outer.model is model):
            return None
        return _Model(module, model, argument(args, kwargs, 0, "messages"), argument(args, kwargs, 3, "tools_to_call_from"))

    for name in ("generate", "generate_stream"):
        own = vars(kind).get(name)
        if own is not None and not isinstance(own, wrapt.FunctionWrapper):
            patches.around(kind, name, make)


class SmolTool(ToolCall):
    """One call of a tool, or one piece of code that is executed."""

    def __init__(self, name: str, given: object) -> None:
        """Prepare a call with these arguments."""
        super().__init__(name, None)
        self._given_input = given

    def _started(self) -> None:
        super()._started()
        self.input(self._given_input)

    def _called(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:  # noqa: ANN401
        """The arguments were given already."""


class ToolRequest(Around):
    """One call that a ToolCallingAgent makes for its model, until the tool or the member itself begins."""

    def __init__(self, agent: Any, name: str, arguments: object) -> None:  # noqa: ANN401 - smolagents' agent
        """Prepare."""
        self._agent = agent
        self._name = name
        self._arguments = arguments
        self._is_reached = False
        self._token: Any = None

    def reached(self) -> None:
        """What follows is written by the tool or the member."""
        self._is_reached = True

    def _enter(self) -> None:
        with guarded("see a call"):
            self._token = otel_context.attach(otel_context.set_value(_CALL, self))

    def _leave(self, error: BaseException | None) -> None:
        with guarded("see a call"):
            otel_context.detach(self._token)
            if error is not None and not self._is_reached:
                self._came_to_nothing(error)

    def _came_to_nothing(self, error: BaseException) -> None:
        """Write a call of something that does not exist, or that does not take these arguments."""
        members = self._agent.managed_agents or {}
        is_known = self._name in members or self._name in self._agent.tools
        as_member = isinstance(self._arguments, dict) and "task" in self._arguments and self._arguments.keys() <= _MEMBERS_TAKE
        if self._name in members or (members and not is_known and as_member):
            failed = HandoffReason.ERRORED if is_known else HandoffReason.UNKNOWN_TARGET
            mode = TransferMode.RETURN_TO_CALLER
            handoff(self._name, self._arguments, mode=mode, failed=failed, reason=str(error)).returned()
        else:
            tool = SmolTool(self._name, self._arguments)
            tool.__enter__()
            tool.__exit__(type(error), error, None)


def call_begins() -> None:
    """Tell the call around that its tool or member has begun."""
    call = otel_context.get_value(_CALL)
    if isinstance(call, ToolRequest):
        call.reached()


def patch_tools(module: ModuleType, patches: Patches) -> None:
    """See tools work."""

    def make(tool: Any, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ANN401
        call_begins()
        # What gives the final answer is the answer, and a question to the user is written as one.
        if current_scope().run is None or tool.name == _FINAL_ANSWER or _asks_user(tool):
            return None
        given = {key: value for key, value in kwargs.items() if key != "sanitize_inputs_outputs"}
        named = dict(zip(tool.inputs, args, strict=False)) if args and not isinstance(args[0], Mapping) else {}
        return SmolTool(str(tool.name), {**named, **given} if named or given or not args else args[0])

    for name in ("Tool", "PipelineTool"):
        if "__call__" in vars(getattr(module, name, object)):
            patches.around(getattr(module, name), "__call__", make)


def _asks_user(tool: object) -> bool:
    return any(kind.__name__ == "UserInputTool" for kind in type(tool).__mro__)


class _Code(SmolTool):
    """A piece of code that an agent has written."""

    def _returned(self, value: Any) -> None:  # noqa: ANN401
        self.output({"logs": getattr(value, "logs", None), "output": getattr(value, "output", value)})


def _execute(executor: object, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ARG001
    return None if current_scope().step is None else _Code("python_interpreter", {"code": argument(args, kwargs, 0, "code_action")})


def patch_local_python(module: ModuleType, patches: Patches) -> None:
    """See code run here, and let what it calls know where it is, in a thread of its own."""

    def carry(pool_class: object, args: Arguments, kwargs: Named, pool: ThreadPoolExecutor) -> None:  # noqa: ARG001
        submit = pool.submit

        def submit_here(function: Any, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            return submit(contextvars.copy_context().run, function, *args, **kwargs)

        pool.submit = submit_here  # type: ignore[method-assign]

    patches.around(module.LocalPythonExecutor, "__call__", _execute)
    if hasattr(module, "ThreadPoolExecutor"):
        # Older versions run code in the agent's thread.
        patches.after(module, "ThreadPoolExecutor", carry)


def patch_remote_python(module: ModuleType, patches: Patches) -> None:
    """See code run elsewhere; what it calls there is not seen."""
    patches.around(module.RemotePythonExecutor, "__call__", _execute)


class _Question(Around):
    """A question to the user of the program."""

    def __init__(self, question: object) -> None:
        self._escalation = Escalation(question, HUMAN)

    def _enter(self) -> None:
        self._escalation.ask()

    def _returned(self, value: object) -> None:
        self._escalation.answer(EscalationState.APPROVED, value)

    def _leave(self, error: BaseException | None) -> None:
        """A question without an answer stays open."""


def patch_user_input(module: ModuleType, patches: Patches) -> None:
    """See questions to the user."""

    def make(tool: object, args: Arguments, kwargs: Named) -> Around | None:  # noqa: ARG001
        return None if current_scope().run is None else _Question(argument(args, kwargs, 0, "question"))

    patches.around(module.UserInputTool, "forward", make)
