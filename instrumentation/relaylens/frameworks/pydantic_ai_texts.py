"""What Pydantic AI's own objects say: agents, prompts, outputs, approvals and their answers."""

from collections.abc import Iterator
from typing import Any

from relaylens.frameworks.recording import fingerprint
from relaylens.missing import MISSING
from relaylens.semconv import EscalationState


def name(agent: Any) -> str:  # noqa: ANN401 - pydantic_ai.Agent
    """The agent's name, as the framework names it on its own spans."""
    return getattr(agent, "name", None) or "agent"


def version(agent: Any) -> str:  # noqa: ANN401 - as above
    """A version of what the agent is made of."""
    model = getattr(agent, "model", None)
    return fingerprint(
        [_instruction(each) for each in getattr(agent, "_instructions", ())],
        [_instruction(each) for each in getattr(agent, "_system_prompts", ())],
        getattr(model, "model_name", None) or str(model),
        [sorted(getattr(toolset, "tools", ())) for toolset in getattr(agent, "toolsets", ())],
    )


def description(agent: Any) -> str | None:  # noqa: ANN401 - as above
    """What the agent is said to be for."""
    said = getattr(agent, "description", None)
    return said if isinstance(said, str) else None


def _instruction(given: object) -> str:
    """An instruction by its text, a function by its name."""
    inner = getattr(given, "instruction", given)
    return inner if isinstance(inner, str) else getattr(inner, "__qualname__", type(inner).__qualname__)


def prompt(given: Any) -> object:  # noqa: ANN401 - str | Sequence[UserContent]
    """A prompt of one text as that text."""
    return given[0] if isinstance(given, list | tuple) and len(given) == 1 else given


def output(result: Any) -> object:  # noqa: ANN401 - AgentRunResult
    """What a run produced; one that waits has produced nothing yet."""
    return MISSING if is_waiting(result.output) else result.output


def answer(result: Any) -> object:  # noqa: ANN401 - as above
    """What a run gives back to whoever called it."""
    return result.output


def is_waiting(value: Any) -> bool:  # noqa: ANN401 - the output's own type
    """Whether an output says which tools wait."""
    return type(value).__name__ == "DeferredToolRequests"


def approvals(value: Any) -> list[Any]:  # noqa: ANN401 - as above
    """The calls that wait for a person's approval."""
    return list(value.approvals) if is_waiting(value) else []


def question(call: Any) -> dict[str, object]:  # noqa: ANN401 - ToolCallPart
    """What a person is asked: may this tool be called with these arguments."""
    return {"tool": call.tool_name, "arguments": call.args_as_dict()}


def results(given: Any) -> dict[str, object]:  # noqa: ANN401 - DeferredToolResults
    """What was brought along for calls that waited."""
    brought = {"approvals": given.approvals, "calls": given.calls}
    return {kind: values for kind, values in brought.items() if values}


def verdicts(given: Any) -> Iterator[tuple[str, EscalationState, object, str | None]]:  # noqa: ANN401 - DeferredToolResults | None
    """For each approval: the call, how it was answered, with which words and by whom."""
    if given is None:
        return
    answered_by = getattr(given, "answered_by", {})
    for call_id, verdict in given.approvals.items():
        kind = type(verdict).__name__
        state, reply = (EscalationState.APPROVED if verdict is True else EscalationState.DENIED), None
        if kind == "ToolApproved":
            reply = verdict.override_args
            state = EscalationState.APPROVED if reply is None else EscalationState.EDITED
        elif kind == "ToolDenied":
            reply = verdict.message
        yield call_id, state, reply, answered_by.get(call_id)


def open_calls(messages: Any) -> tuple[Any, list[str]]:  # noqa: ANN401 - list[ModelMessage]
    """The last answer of a model in a history, and the calls in it that have no result yet."""
    returned: set[str] = set()
    for message in reversed(messages):
        if message.kind == "response":
            called = [part.tool_call_id for part in message.parts if part.part_kind == "tool-call"]
            return message, [call_id for call_id in called if call_id not in returned]
        returned.update(part.tool_call_id for part in message.parts if getattr(part, "tool_call_id", None))
    return None, []
