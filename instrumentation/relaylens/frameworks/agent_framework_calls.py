"""What agents of the Microsoft Agent Framework call: models, tools, and agents that are tools."""

import weakref
from types import ModuleType
from typing import Any, Final

import relaylens
from relaylens.around import Around
from relaylens.calls import ModelCall, ToolCall
from relaylens.frameworks import agent_framework_texts as texts
from relaylens.frameworks.agent_framework_following import call_either
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.handoffs import Handoff
from relaylens.missing import MISSING
from relaylens.scope import current_scope
from relaylens.semconv import GEN_AI_OUTPUT_MESSAGES, HandoffReason, TransferMode

_HANDOFF_TOOL: Final = "handoff_to_"
"""How the handoff orchestration begins the names of its tools (`get_handoff_tool_name`)."""

_agents: Final[weakref.WeakKeyDictionary[Any, str]] = weakref.WeakKeyDictionary()
"""Tools that are agents, with the agents' names."""


class _Asking(ModelCall):
    """One request to a model."""

    def __init__(self, client: Any, messages: Any, options: Any) -> None:  # noqa: ANN401 - of the framework
        """Prepare."""
        self._options = options or {}
        self._prompt = messages
        model = self._options.get("model") or getattr(client, "model", None) or "unknown"
        super().__init__(str(model), getattr(client, "otel_provider_name", None) or getattr(client, "OTEL_PROVIDER_NAME", None), "chat")

    def _started(self) -> None:
        super()._started()
        instructions = self._options.get("instructions")
        if instructions:
            self.system(instructions)
        self.messages(texts.messages(self._prompt))
        tools = [tool.to_json_schema_spec() for tool in self._options.get("tools") or () if hasattr(tool, "to_json_schema_spec")]
        if tools:
            self.tools(tools)

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - a ChatResponse
        reason = str(getattr(value, "finish_reason", None) or "stop")
        self.answer(None, finish_reason=reason, model=getattr(value, "model", None))
        written = texts.messages(value.messages)
        if written:
            written[-1]["finish_reason"] = reason
        self._set_content(GEN_AI_OUTPUT_MESSAGES, lambda: relaylens.content.as_json(written))
        usage = value.usage_details or {}
        self.usage(usage.get("input_token_count"), usage.get("output_token_count"), cached_tokens=usage.get("cache_read_input_token_count"))


class _Calling(Around):
    """A call of a tool, or of an agent that is one."""

    def __init__(self, inner: ToolCall | Handoff, arguments: object) -> None:
        """Prepare."""
        self._inner = inner
        self._arguments = arguments

    def _enter(self) -> None:
        self._inner._enter()  # noqa: SLF001 - the wrapper of patching.py is the other half of an Around, and so is this
        if isinstance(self._inner, ToolCall):
            self._inner.input(self._arguments)

    def _returned(self, value: object) -> None:
        self._inner.output(texts.plain(value))

    def _leave(self, error: BaseException | None) -> None:
        self._inner._leave(error)  # noqa: SLF001 - as above


def _unknown(named: Named, call: Any) -> None:  # noqa: ANN401 - a function_call
    """Record a call of nobody: a handoff where the framework's own tools say so, else a tool."""
    known = named["tool_map"]
    arguments = texts.arguments(call.arguments)
    words = f'Error: Requested function "{call.name}" not found.'
    if call.name.startswith(_HANDOFF_TOOL) and any(name.startswith(_HANDOFF_TOOL) for name in known):
        target, mode = call.name.removeprefix(_HANDOFF_TOOL), TransferMode.PASS_CONTROL
    elif known and all(tool in _agents for tool in known.values()):
        # An agent that can call nothing but agents.
        target, mode = call.name, TransferMode.RETURN_TO_CALLER
    else:
        tool = ToolCall(call.name, call.call_id)
        tool._enter()  # noqa: SLF001 - an error that nobody raised
        tool.input(arguments or {})
        tool._leave(LookupError(words))  # noqa: SLF001 - as above
        return
    relaylens.handoff(target, arguments or MISSING, mode=mode, failed=HandoffReason.UNKNOWN_TARGET, reason=words)


def patch_models(module: ModuleType, patches: Patches) -> None:
    """Put model calls around model clients."""

    def asked(client: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401 - the hook's form
        if current_scope().run is None:
            return None
        return _Asking(client, args[0] if args else named.get("messages"), named.get("options"))

    patches.around(module.ChatTelemetryLayer, "get_response", asked, call=call_either)


def patch_tools(module: ModuleType, patches: Patches) -> None:
    """Put tool calls around tools."""

    def invoked(tool: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401, ARG001 - the hook's form
        if current_scope().run is None:
            return None
        given: Any = named.get("arguments")
        if given is None:
            given = getattr(named.get("context"), "arguments", None)
        arguments = given.model_dump() if hasattr(given, "model_dump") else given or {}
        agent = _agents.get(tool)
        if agent is not None:
            return _Calling(Handoff(agent, arguments, TransferMode.RETURN_TO_CALLER, None), arguments)
        return _Calling(ToolCall(tool.name, named.get("tool_call_id")), arguments)

    def requested(_: object, args: Arguments, named: Named) -> None:
        call = args[0] if args else named["function_call_content"]
        if current_scope().run is not None and call.type == "function_call" and call.name not in named["tool_map"]:
            _unknown(named, call)

    patches.around(module.FunctionTool, "invoke", invoked)
    patches.before(module, "_auto_invoke_function", requested)


def patch_agents(module: ModuleType, patches: Patches) -> None:
    """Know which tools are agents."""

    def made(agent: Any, args: Arguments, named: Named, tool: Any) -> None:  # noqa: ANN401, ARG001 - the hook's form
        _agents[tool] = agent.name or agent.id

    patches.after(module.BaseAgent, "as_tool", made)
