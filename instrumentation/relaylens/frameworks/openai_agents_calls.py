"""What agents of the OpenAI Agents SDK do in their turns: handoffs, tools, agents as tools; and what guardrails say of it."""

import sys
from collections.abc import Iterable
from contextvars import ContextVar, Token
from typing import Any

import relaylens
from relaylens.around import Around
from relaylens.calls import ToolCall
from relaylens.frameworks import openai_agents_texts as texts
from relaylens.frameworks.openai_agents_runs import current_loop
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.handoffs import Handoff
from relaylens.judgements import Validation
from relaylens.safety import guarded
from relaylens.semconv import GEN_AI_AGENT_NAME, HandoffReason, TransferMode, Verdict

_HANDOFF_TOOL = "transfer_to_"
"""How the SDK begins the names of its handoff tools (`Handoff.default_tool_name`)."""


class _HandingOver(Around):
    """The SDK's own handing over: it finds the next agent and what that agent is given."""

    def __init__(self, named: Named) -> None:
        """Prepare."""
        self._asked = named["run_handoffs"]

    def _enter(self) -> None:
        """Whether anything is handed over is known afterwards."""

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - SingleStepResult
        first, *others = self._asked
        written = texts.arguments(first.tool_call.arguments)
        passed_on = texts.conversation(value.original_input, (*value.pre_step_items, *value.new_step_items))
        relaylens.handoff(value.next_step.new_agent.name, passed_on if written is None else written, mode=TransferMode.PASS_CONTROL)
        loop = current_loop()
        if loop is not None:
            loop.passed_on = written is not None
        for other in others:
            _failed(other.handoff.agent_name, other.tool_call, HandoffReason.REFUSED, "Multiple handoffs detected, ignoring this one.")

    def _leave(self, error: BaseException | None) -> None:
        if isinstance(error, Exception):
            with guarded("record a handoff that failed"):
                first = self._asked[0]
                _failed(first.handoff.agent_name, first.tool_call, HandoffReason.ERRORED, str(error))


def _failed(
    target: str,
    call: Any,  # noqa: ANN401 - a function call
    failed: HandoffReason,
    reason: str,
    mode: TransferMode = TransferMode.PASS_CONTROL,
) -> None:
    relaylens.handoff(target, texts.arguments(call.arguments), mode=mode, failed=failed, reason=reason)


def _named_alike(name: str, tools: Iterable[Any]) -> str | None:
    """Whom a call is for that is named as all of the caller's agents as tools are: `ask_billing`, if the others are `ask_docs` etc."""
    agents = [(tool.name, _agent_of(tool).name) for tool in tools if getattr(tool, "_is_agent_tool", False)]
    words = {tool.removesuffix(agent) if tool.endswith(agent) else "" for tool, agent in agents}
    word = words.pop() if len(words) == 1 else ""
    return name.removeprefix(word) if word and name.startswith(word) else None


class _Understanding(Around):
    """The SDK's reading of a model's answer, in which it finds calls of tools and agents that there are none of."""

    def __init__(self, named: Named) -> None:
        """Prepare."""
        self._named = named

    def _enter(self) -> None:
        """Nothing is known yet."""

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - ProcessedResponse
        for each in getattr(value, "function_tools_not_found", ()):
            self._not_found(each.tool_call, f"Tool '{each.tool_name}' not found.")

    def _leave(self, error: BaseException | None) -> None:
        if type(error).__name__ != "ModelBehaviorError":
            return
        with guarded("record a call of something unknown"):
            known = {tool.name for tool in self._named["all_tools"]} | {each.tool_name for each in self._named["handoffs"]}
            for item in self._named["response"].output:
                name = texts.field(item, "name")
                if texts.field(item, "type") == "function_call" and name not in known and str(name) in str(error):
                    self._not_found(item, str(error))
                    return

    def _not_found(self, call: Any, words: str) -> None:  # noqa: ANN401 - a function call
        """Record a call of nobody: a handoff where the SDK's own names say so, else a tool."""
        for other in self._named["agent"].handoffs:
            if getattr(other, "tool_name", None) == call.name:
                _failed(other.agent_name, call, HandoffReason.REFUSED, words)
                return
        if call.name.startswith(_HANDOFF_TOOL):
            _failed(call.name.removeprefix(_HANDOFF_TOOL), call, HandoffReason.UNKNOWN_TARGET, words)
            return
        target = _named_alike(call.name, self._named["all_tools"])
        if target is not None:
            _failed(target, call, HandoffReason.UNKNOWN_TARGET, words, TransferMode.RETURN_TO_CALLER)
            return
        tool = ToolCall(call.name, call.call_id)
        tool._enter()  # noqa: SLF001 - an error that nobody raised
        tool.input(texts.arguments(call.arguments) or {})
        tool._leave(LookupError(words))  # noqa: SLF001 - as above


class _Invocation(Around):
    """A call of a tool, or of an agent as a tool, with the error that the SDK keeps from its caller."""

    def __init__(self, inner: ToolCall | Handoff, arguments: object, limit: float | None = None) -> None:
        """Prepare; `inner` is its span."""
        self._inner = inner
        self._arguments = arguments
        self._limit = limit
        self.swallowed: BaseException | None = None
        self._token: Token[_Invocation | None] | None = None

    def _enter(self) -> None:
        self._inner._enter()  # noqa: SLF001 - both are Arounds
        if isinstance(self._inner, ToolCall) and self._arguments is not None:
            self._inner.input(self._arguments)
        self._token = _invocation.set(self)

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - _FunctionToolInvocationResult, or a result
        told = type(value).__name__ == "_FunctionToolInvocationResult"
        result = value.output if told else value
        if result is not None:
            self._inner.output(result)
        if told and self._limit is not None and self.swallowed is None and value.is_sdk_generated_error:
            self.swallowed = TimeoutError(str(result))

    def _leave(self, error: BaseException | None) -> None:
        with guarded("leave a tool"):
            if self._token is not None:
                _invocation.reset(self._token)
        self._inner._leave(error or self.swallowed)  # noqa: SLF001 - as above


_invocation: ContextVar[_Invocation | None] = ContextVar("relaylens-openai-agents-invocation", default=None)


def _invoke(instance: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401, ARG001 - the hook's form
    """What stands around the call of a function tool."""
    tool, context = named["function_tool"], named["context"]
    arguments = texts.arguments(named.get("arguments"))
    if not getattr(tool, "_is_agent_tool", False):
        return _Invocation(ToolCall(tool.name, context.tool_call_id), {} if arguments is None else arguments, tool.timeout_seconds)
    if _waits_inside(context):
        # The agent goes on where a person was asked: nothing is handed over a second time.
        return None
    return _Invocation(Handoff(_agent_of(tool).name, arguments, TransferMode.RETURN_TO_CALLER, None), arguments, tool.timeout_seconds)


def _agent_of(tool: Any) -> Any:  # noqa: ANN401 - a FunctionTool, an Agent
    """The agent that a tool calls."""
    return tool._agent_instance  # noqa: SLF001 - the SDK's only word on which one it is


def _waits_inside(context: Any) -> bool:  # noqa: ANN401 - agents.tool_context.ToolContext
    """Whether the agent that is called as a tool was called before and waits for a person."""
    kept = sys.modules["agents.agent_tool_state"]
    return kept.peek_agent_tool_run_result(context.tool_call, scope_id=kept.get_agent_tool_state_scope(context)) is not None


def _act(instance: Any, args: Arguments, named: Named) -> Around:  # noqa: ANN401, ARG001 - the hook's form
    """What stands around a shell command, a patch, a computer's action or a custom tool."""
    return _Invocation(ToolCall(named["tool_name"], None), None)


def _note_error(instance: Any, args: Arguments, named: Named) -> None:  # noqa: ANN401, ARG001 - the hook's form
    """Keep an error of a tool that the model is told about and the caller is not."""
    invocation = _invocation.get()
    if invocation is not None:
        invocation.swallowed = named["error"]


class _OutputCheck(Validation):
    """An output guardrail's look at an agent's answer."""

    def __init__(self, subject: str, guardrail: str) -> None:
        """Prepare; the guardrail itself is who looks."""
        super().__init__(subject)
        self._given[GEN_AI_AGENT_NAME] = guardrail

    def _returned(self, value: object) -> None:
        function: Any = getattr(value, "output", None)
        rejected = bool(function.tripwire_triggered)
        information = function.output_info
        self.verdict(Verdict.REJECTED if rejected else Verdict.PASSED, None if information is None else str(information))


def _check(instance: Any, args: Arguments, named: Named) -> Around:  # noqa: ANN401 - the hook's form
    """What stands around an output guardrail."""
    agent = named["agent"] if "agent" in named else args[0]
    return _OutputCheck(agent.name, str(instance.get_name()))


def patch(patches: Patches) -> None:
    """Put handoffs, tool calls and checks around what does them."""
    execution, resolution = (sys.modules[f"agents.run_internal.{name}"] for name in ("tool_execution", "turn_resolution"))
    patches.around(resolution, "execute_handoffs", lambda _, __, named: _HandingOver(named))
    patches.around(resolution, "process_model_response", lambda _, __, named: _Understanding(named))
    # Its name until 0.17.
    told = "_invoke_function_tool_with_metadata" if hasattr(execution, "_invoke_function_tool_with_metadata") else "invoke_function_tool"
    patches.around(execution, told, _invoke)
    patches.around(sys.modules["agents.run_internal.tool_actions"], "with_tool_function_span", _act)
    for owner in (sys.modules["agents.tool"], execution):
        patches.before(owner, "maybe_invoke_function_tool_failure_error_function", _note_error)
    patches.around(sys.modules["agents.guardrail"].OutputGuardrail, "run", _check)
