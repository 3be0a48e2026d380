"""What Agno's models do for an agent: they are asked, they run the tools that they ask for, and delegate to members."""

from types import ModuleType
from typing import Any, Final

import relaylens
from relaylens.around import Around
from relaylens.calls import ModelCall, ToolCall
from relaylens.content import as_text
from relaylens.frameworks.agno_runs import Stint
from relaylens.frameworks.base import CLIENT_SCOPES, Framework
from relaylens.frameworks.patching import Arguments, Named, Patches
from relaylens.frameworks.recording import Region
from relaylens.safety import guarded
from relaylens.scope import current_scope
from relaylens.semconv import HandoffReason, TransferMode

_DELEGATES: Final = frozenset({"delegate_task_to_member", "delegate_task_to_members"})
"""The tools of a team that only hand over to members: what they do is a handoff, recorded where the member's run begins."""
_TEAM_TOOLS: Final = "agno.team."


class ToolError(Exception):
    """What Agno says of an error in a tool, which it keeps to itself."""


class _ModelCall(Around):
    """One request of a model, in which its client's instrumentation says nothing."""

    keeps_items = False

    def __init__(self, framework: Framework, model: Any, named: Named) -> None:  # noqa: ANN401 - agno.models.base.Model
        """Prepare."""
        provider = getattr(model, "provider", None)
        self._call = ModelCall(str(model.id), provider.lower() if isinstance(provider, str) else None, "chat")
        self._silence = Region(framework, silent=CLIENT_SCOPES)
        self._messages = named["messages"]
        self._tools = named.get("tools")
        self._said = named["assistant_message"]

    def _enter(self) -> None:
        self._call._enter()  # noqa: SLF001 - both are Arounds
        self._silence._enter()  # noqa: SLF001 - as above

    def _called(self, function: Any, args: Arguments, kwargs: Named) -> None:  # noqa: ANN401, ARG002 - the hook's form
        self._call.messages([_message(each) for each in self._messages])
        if self._tools:
            self._call.tools(self._tools)

    def _record_answer(self) -> None:
        """Write the answer, which is in the message that was given along."""
        said = self._said
        calls = [call for call in said.tool_calls or () if isinstance(call, dict)]
        self._call.answer(as_text(said.content) if said.content else (None if calls else ""), tool_calls=calls)
        metrics = said.metrics
        if metrics is not None and (metrics.input_tokens or metrics.output_tokens):
            self._call.usage(metrics.input_tokens, metrics.output_tokens, cached_tokens=metrics.cache_read_tokens or None)

    def _suspend(self) -> None:
        self._silence._suspend()  # noqa: SLF001 - as above
        self._call._suspend()  # noqa: SLF001 - as above

    def _resume(self) -> None:
        self._call._resume()  # noqa: SLF001 - as above
        self._silence._resume()  # noqa: SLF001 - as above

    def _leave(self, error: BaseException | None) -> None:
        with guarded("note an error"):
            step = current_scope().step
            if isinstance(step, Stint):
                step.error = error
        if error is None:
            with guarded("record an answer"):
                self._record_answer()
        self._silence._leave(error)  # noqa: SLF001 - as above
        self._call._leave(error)  # noqa: SLF001 - as above


def _message(message: Any) -> dict[str, Any]:  # noqa: ANN401 - agno.models.message.Message
    """A message in OpenAI's form."""
    role = "system" if message.role == "developer" else message.role
    written: dict[str, Any] = {"role": role, "content": message.content if message.content is None else as_text(message.content)}
    if message.tool_calls:
        written["tool_calls"] = message.tool_calls
    if message.tool_call_id is not None:
        written["tool_call_id"] = message.tool_call_id
    return written


class _Call(Around):
    """One call of a tool, read to its end where it is a generator."""

    keeps_items = False

    def __init__(self, call: Any, results: list[Any] | None) -> None:  # noqa: ANN401 - FunctionCall
        """Prepare; `results` is where its result is put, if it is not returned."""
        self._function_call = call
        self._results = results
        self._tool = ToolCall(call.function.name, call.call_id)
        self._failure: BaseException | None = None

    def _enter(self) -> None:
        self._tool._enter()  # noqa: SLF001 - an Around
        with guarded("record a call"):
            self._tool.input(self._function_call.arguments or {})

    def _returned(self, value: Any) -> None:  # noqa: ANN401 - what was yielded, or (success, timer, call, result)
        error = self._function_call.error
        if self._results is None:
            done, result = value[0] is True, value[3].result
            if done and not hasattr(result, "__next__") and not hasattr(result, "__anext__"):
                self._tool.output(getattr(result, "content", result))
            failed = value[0] is False
        elif self._results:
            message = self._results[-1]
            failed = bool(message.tool_call_error)
            self._tool.output(message.content)
        else:
            failed = False
        if failed or error:
            self._failure = ToolError(str(error or "no more is known"))

    def _suspend(self) -> None:
        self._tool._suspend()  # noqa: SLF001 - as above

    def _resume(self) -> None:
        self._tool._resume()  # noqa: SLF001 - as above

    def _leave(self, error: BaseException | None) -> None:
        self._tool._leave(error or self._failure)  # noqa: SLF001 - as above


def _is_delegation(call: Any) -> bool:  # noqa: ANN401 - FunctionCall
    """Whether a call is the team's own, which hands over."""
    module = getattr(call.function.entrypoint, "__module__", None)
    return call.function.name in _DELEGATES and (module is None or str(module).startswith(_TEAM_TOOLS))


def patch_models(framework: Framework, module: ModuleType, patches: Patches) -> None:
    """Put spans around what models are asked and the tools that they run."""

    def asked(model: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401 - the hook's form
        given = dict(zip(("messages", "assistant_message"), args, strict=False)) | named
        # What Agno asks of a model beside every run (memories in the background) is nobody's turn.
        return None if current_scope().run is None else _ModelCall(framework, model, given)

    def called(model: Any, args: Arguments, named: Named) -> Around | None:  # noqa: ANN401, ARG001 - the hook's form
        given = dict(zip(("function_call", "function_call_results"), args, strict=False)) | named
        call = given["function_call"]
        return None if current_scope().run is None or _is_delegation(call) else _Call(call, given.get("function_call_results"))

    def told(model: Any, args: Arguments, named: Named) -> None:  # noqa: ANN401, ARG001 - the hook's form
        given = dict(zip(("function_call", "success", "output"), args, strict=False)) | named
        call, step = given["function_call"], current_scope().step
        member = (call.arguments or {}).get("member_id")
        if isinstance(step, Stint) and member in step.unknown:
            step.unknown.discard(member)
            words = as_text(given.get("output") or "").partition("\n")[0]
            relaylens.handoff(
                member,
                (call.arguments or {}).get("task"),
                mode=TransferMode.RETURN_TO_CALLER,
                failed=HandoffReason.UNKNOWN_TARGET,
                reason=words,
            )

    model = module.Model
    for name in ("_process_model_response", "_aprocess_model_response", "process_response_stream", "aprocess_response_stream"):
        patches.around(model, name, asked)
    patches.around(model, "run_function_call", called)
    patches.around(model, "arun_function_call", called)
    patches.before(model, "create_function_call_result", told)


def patch_members(module: ModuleType, patches: Patches) -> None:
    """See which members a team does not have."""

    def found(instance: Any, args: Arguments, named: Named, result: Any) -> None:  # noqa: ANN401, ARG001 - the hook's form
        step = current_scope().step
        member = named.get("member_id") or (args[1] if len(args) > 1 else None)
        if isinstance(step, Stint) and isinstance(member, str):
            # It is looked for in the teams within this one too: the last answer is that of the whole.
            (step.unknown.add if result is None else step.unknown.discard)(member)

    patches.after(module, "_find_member_by_id", found)
