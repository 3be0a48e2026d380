"""Messages of LlamaIndex in OpenTelemetry's form, and what its models say of an answer."""

import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

_MOST_MESSAGES: Final = 50
"""Messages of one prompt; what went before them was the prompt of an earlier turn."""


def prompt(messages: Iterable[Any]) -> list[dict[str, object]]:
    """A prompt, whole."""
    return [message(each) for each in messages]


def asked(messages: Iterable[Any]) -> list[dict[str, object]]:
    """What an agent was given, without its instructions."""
    found = [each for each in messages if _role(each) != "system"]
    left_out = len(found) - _MOST_MESSAGES
    written = [message(each) for each in found[-_MOST_MESSAGES:]]
    if left_out > 0:
        written.insert(0, {"role": "user", "parts": [{"type": "text", "content": f"({left_out} earlier messages)"}]})
    return written


def answered(output: Any) -> object:  # noqa: ANN401 - an AgentOutput, a StopEvent's result, or whatever a workflow gives back
    """What an agent or a workflow answered."""
    response = getattr(output, "response", None)
    if response is None:
        return output
    written = message(response)
    if _role(response) == "assistant" and not any(part["type"] == "tool_call" for part in _parts(written)):
        written["parts"] = [
            *_parts(written),
            *(_selection(call) for call in getattr(output, "tool_calls", ()) if hasattr(call, "tool_kwargs")),
        ]
    return [written]


def message(given: Any) -> dict[str, object]:  # noqa: ANN401 - a ChatMessage
    """One message."""
    role, text = _role(given), getattr(given, "content", None)
    about: Mapping[str, Any] = getattr(given, "additional_kwargs", None) or {}
    if role == "tool":
        return {"role": role, "parts": [{"type": "tool_call_response", "id": about.get("tool_call_id"), "response": text}]}
    calls = [_selection(block) for block in getattr(given, "blocks", ()) if getattr(block, "block_type", "") == "tool_call"]
    calls = calls or [_called(call) for call in about.get("tool_calls") or ()]
    parts: list[dict[str, object]] = [] if calls and not text else [{"type": "text", "content": text or ""}]
    return {"role": role, "parts": [*parts, *calls]}


def usage(response: Any) -> tuple[int | None, int | None]:  # noqa: ANN401 - a ChatResponse
    """The tokens of the prompt and of the answer, where the model's provider told them."""
    raw = getattr(response, "raw", None)
    told = _get(raw, "usage") or getattr(response, "additional_kwargs", None) or {}
    found = [_first(told, names) for names in (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))]
    return found[0], found[1]


def finish_reason(response: Any) -> str | None:  # noqa: ANN401 - a ChatResponse
    """Why the model stopped, where its provider told it."""
    choices = _get(getattr(response, "raw", None), "choices")
    reason = _get(choices[0], "finish_reason") if isinstance(choices, list) and choices else None
    return str(reason) if reason else None


def _role(given: Any) -> str:  # noqa: ANN401
    role = getattr(given, "role", "user")
    return str(getattr(role, "value", role))


def _parts(written: dict[str, object]) -> list[dict[str, object]]:
    parts = written["parts"]
    return parts if isinstance(parts, list) else []


def _selection(call: Any) -> dict[str, object]:  # noqa: ANN401 - a ToolSelection or a ToolCallBlock
    identity = getattr(call, "tool_id", None) or getattr(call, "tool_call_id", None)
    return {"type": "tool_call", "id": identity, "name": call.tool_name, "arguments": _arguments(call.tool_kwargs)}


def _called(call: Any) -> dict[str, object]:  # noqa: ANN401 - a tool call of OpenAI's client
    function = _get(call, "function")
    return {
        "type": "tool_call",
        "id": _get(call, "id"),
        "name": _get(function, "name"),
        "arguments": _arguments(_get(function, "arguments")),
    }


def _arguments(given: Any) -> object:  # noqa: ANN401
    if isinstance(given, str):
        with contextlib.suppress(ValueError):
            return json.loads(given)
    return given


def _get(thing: Any, name: str) -> Any:  # noqa: ANN401
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)


def _first(told: Any, names: Iterable[str]) -> int | None:  # noqa: ANN401
    return next((value for name in names if isinstance(value := _get(told, name), int)), None)
