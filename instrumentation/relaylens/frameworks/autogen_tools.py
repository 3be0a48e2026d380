"""What agents of AutoGen call: tools, agents and teams as tools, and agents that there are none of."""

import sys
from contextvars import ContextVar, Token
from types import ModuleType
from typing import Any, Final

import relaylens
from relaylens.around import Around
from relaylens.calls import ToolCall
from relaylens.frameworks import autogen_texts as texts
from relaylens.frameworks.autogen_turns import current_loop
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.handoffs import Handoff
from relaylens.missing import MISSING
from relaylens.safety import guarded
from relaylens.scope import current_scope
from relaylens.semconv import HandoffReason, TransferMode

_HANDOFF_TOOL: Final = "transfer_to_"
"""How AutoGen begins the names of its handoff tools (`Handoff.set_defaults`)."""


class _Known(Around):
    """A call that is seen already, so that the run of its tool is no further one."""

    keeps_items = True

    def __init__(self, tool: object) -> None:
        """Prepare."""
        self.tool = tool
        self.swallowed: BaseException | None = None
        self._token: Token[_Known | None] | None = None

    def _enter(self) -> None:
        self._token = _known.set(self)

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - of whoever is called
        with guarded("leave a tool"):
            if self._token is not None:
                _known.reset(self._token)


class _Invocation(_Known):
    """A call of a tool, or of an agent or a team as a tool, with the error that AutoGen keeps from its caller."""

    def __init__(self, tool: object, inner: ToolCall | Handoff, arguments: object) -> None:
        """Prepare; `inner` is its span."""
        super().__init__(tool)
        self._inner = inner
        self._arguments = arguments

    def _enter(self) -> None:
        self._inner._enter()  # noqa: SLF001 - the wrapper of patching.py is the other half of an Around, and so is this
        if isinstance(self._inner, ToolCall):
            self._inner.input(self._arguments)
        super()._enter()

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - a call with its result, or a result
        result = value[1] if isinstance(value, tuple) else value[-1] if isinstance(value, list) and value else value
        content = texts.returned(result)
        self._inner.output(content)
        if getattr(result, "is_error", False) and self.swallowed is None:
            self.swallowed = RuntimeError(str(content))

    def _suspend(self) -> None:
        self._inner._suspend()  # noqa: SLF001 - as above

    def _resume(self) -> None:
        self._inner._resume()  # noqa: SLF001 - as above

    def _leave(self, error: BaseException | None) -> None:
        super()._leave(error)
        self._inner._leave(error or self.swallowed)  # noqa: SLF001 - as above


_known: ContextVar[_Known | None] = ContextVar("relaylens-autogen-call", default=None)


class _Running(Around):
    """The run of a tool in a call that is seen: an error is known here, before it becomes a text."""

    keeps_items = False

    def __init__(self, call: _Known) -> None:
        """Prepare."""
        self._call = call

    def _enter(self) -> None:
        """The call has begun already."""

    def _leave(self, error: BaseException | None) -> None:
        if isinstance(error, Exception):
            self._call.swallowed = error


def _call(tool: Any, name: str, call_id: str | None, arguments: object) -> _Invocation:  # noqa: ANN401 - a BaseTool, if it is known
    """What stands around the call of a tool."""
    runner = getattr(tool, "_task_runner", None)
    if runner is None or hasattr(runner, "_participants"):
        # A team is no agent: what it does in the tool tells to whom the work goes.
        return _Invocation(tool, ToolCall(name, call_id), arguments)
    asked = arguments.get("task", arguments) if isinstance(arguments, dict) else arguments
    return _Invocation(tool, Handoff(name, asked, TransferMode.RETURN_TO_CALLER, None), arguments)


def _meant(name: str, tools: list[Any], *, is_handing_over: bool) -> tuple[str, TransferMode] | None:
    """Which agent a call of an unknown tool was meant for; None where it may have been any tool."""
    if is_handing_over and name.startswith(_HANDOFF_TOOL):
        return name.removeprefix(_HANDOFF_TOOL), TransferMode.PASS_CONTROL
    if tools and all(hasattr(tool, "_task_runner") for tool in tools):
        # An agent that can call nothing but agents.
        return name, TransferMode.RETURN_TO_CALLER
    return None


def _execute(instance: object, args: Arguments, named: Named) -> Around | None:  # noqa: ARG001 - the hook's form
    """What stands around what an agent does for one call that its model asks for."""
    call = named["tool_call"] if "tool_call" in named else args[0]
    benches, handoffs = named.get("workbench") or (), named.get("handoff_tools") or ()
    if current_scope().run is None:
        return None
    arguments = texts.arguments(call.arguments)
    handing_over = next((tool for tool in handoffs if tool.name == call.name), None)
    if handing_over is not None:
        loop = current_loop()
        if loop is not None:
            loop.handed_with[named.get("agent_name", "")] = arguments
        return _Known(handing_over)
    static = [getattr(bench, "_tools", None) for bench in benches]
    tools = [each for tools in static for each in tools or ()]
    tool = next((each for each in tools if each.name == call.name), None)
    if tool is None and None not in static:
        meant = _meant(call.name, tools, is_handing_over=bool(handoffs))
        if meant is not None:
            target, mode = meant
            reason = f"Error: tool '{call.name}' not found in any workbench"
            relaylens.handoff(target, arguments or MISSING, mode=mode, failed=HandoffReason.UNKNOWN_TARGET, reason=reason)
            return None
    return _call(tool, call.name, call.id, arguments)


def _run(instance: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401 - a BaseTool
    """What stands around a tool that runs."""
    known = _known.get()
    if known is not None and known.tool is instance:
        return _Running(known)
    if current_scope().run is None:
        return None
    # An agent of the program's own kind runs its tools itself.
    return _call(instance, instance.name, named.get("call_id"), args[0] if args else named.get("args"))


def patch(module: ModuleType, patches: Patches) -> None:
    """Put calls around what runs tools."""
    tools = sys.modules["autogen_core.tools"]
    patches.around(module.AssistantAgent, "_execute_tool_call", _execute)
    patches.around(tools.BaseTool, "run_json", _run)
    patches.around(tools.BaseStreamTool, "run_json_stream", _run)
