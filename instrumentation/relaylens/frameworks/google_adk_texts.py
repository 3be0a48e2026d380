"""What ADK's own objects say: agents, contents, events, questions and their answers."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any, Final

from relaylens.frameworks.recording import fingerprint
from relaylens.missing import MISSING
from relaylens.semconv import EscalationState

CONFIRMATION: Final = "adk_request_confirmation"
"""The function that ADK itself calls to ask whether a tool may be called."""

INPUT: Final = "adk_request_input"
"""The function that ADK itself calls to ask for anything else."""


def text(content: Any) -> str | None:  # noqa: ANN401 - google.genai.types.Content
    """The text of a content, without thoughts; None where it has no part with a text."""
    parts = [part.text for part in getattr(content, "parts", None) or () if part.text is not None and not getattr(part, "thought", None)]
    return "".join(parts) if parts else None


def given(content: Any) -> object:  # noqa: ANN401 - as above
    """What a message says, in words or as answers to calls."""
    said = text(content)
    if said is not None:
        return said
    answers = [{"name": each.name, "response": each.response} for each in responses(content)]
    return answers or MISSING


def responses(content: Any) -> list[Any]:  # noqa: ANN401 - as above
    """The answers to calls in a message."""
    return [part.function_response for part in getattr(content, "parts", None) or () if part.function_response]


def answer(events: Any) -> object:  # noqa: ANN401 - list[Event]
    """The last thing said in words."""
    for event in reversed(events):
        said = None if getattr(event, "partial", False) else text(getattr(event, "content", None))
        if said is not None:
            return said
    return MISSING


def version(agent: Any) -> str:  # noqa: ANN401 - BaseAgent
    """A version of what the agent is made of."""
    written, model = getattr(agent, "instruction", None), getattr(agent, "model", None)
    return fingerprint(
        written if isinstance(written, str) or written is None else getattr(written, "__qualname__", ""),
        model if isinstance(model, str) or model is None else getattr(model, "model", type(model).__qualname__),
        [getattr(tool, "name", None) or getattr(tool, "__name__", type(tool).__qualname__) for tool in getattr(agent, "tools", ())],
        [each.name for each in agent.sub_agents],
    )


def questions(event: Any) -> Iterator[tuple[str, object]]:  # noqa: ANN401 - Event
    """What an event asks a person: the id of ADK's own call, and what is asked."""
    for call in event.get_function_calls():
        asked = dict(call.args or {})
        if call.name == CONFIRMATION and call.id:
            original = asked.get("originalFunctionCall") or {}
            hint = (asked.get("toolConfirmation") or {}).get("hint")
            yield call.id, {"tool": original.get("name"), "arguments": original.get("args")} | ({"hint": hint} if hint else {})
        elif call.name == INPUT and call.id:
            yield call.id, asked.get("message") or asked


def verdicts(content: Any) -> Iterator[tuple[str, EscalationState, object]]:  # noqa: ANN401 - Content
    """For each answer to such a question: the call's id, how it was answered, and with what."""
    for each in responses(content):
        if not each.id or each.name not in {CONFIRMATION, INPUT}:
            continue
        said = dict(each.response or {})
        if isinstance(said.get("response"), str):
            # ADK's own clients wrap what they send in a text.
            with contextlib.suppress(ValueError):
                inner = json.loads(said["response"])
                said = inner if isinstance(inner, dict) else said
        if each.name == INPUT:
            yield each.id, EscalationState.APPROVED, said
        elif not said.get("confirmed"):
            yield each.id, EscalationState.DENIED, said.get("payload")
        else:
            yield each.id, EscalationState.APPROVED, said.get("payload")
