"""Texts for spans: any value as text or JSON, and messages in OpenTelemetry's form."""

import contextlib
import dataclasses
import inspect
import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

_DEEPEST: Final = 32

_ENCODER: Final = json.JSONEncoder(ensure_ascii=False)
_quoted: Final[Callable[[str], str]] = json.encoder.encode_basestring
"""A text as JSON writes it, by the same function that the encoder uses."""


def as_json(value: object) -> str:
    """The value as JSON; what JSON has no word for becomes its text."""
    return _ENCODER.encode(_plain(value))


def as_text(value: object) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else as_json(value)


def _plain(value: object, depth: int = 0) -> object:
    """The value in JSON's own types."""
    if type(value) is str or type(value) is int:
        return value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        # JSON has no NaN and no infinity.
        return value if math.isfinite(value) else repr(value)
    inner = _members(value)
    if depth > _DEEPEST or inner is None:
        return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)
    if type(inner) is dict or isinstance(inner, Mapping):
        return {str(key): _plain(item, depth + 1) for key, item in inner.items()}
    return [_plain(item, depth + 1) for item in inner]


def _members(value: object) -> Mapping[object, object] | Collection[object] | None:
    """What a value holds, by name or in order; None when it holds nothing that JSON knows."""
    if type(value) is dict or type(value) is list:
        return value
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    dump = getattr(value, "model_dump", None)
    if callable(dump) and not isinstance(value, type):
        dumped = dump()
        return dumped if isinstance(dumped, Mapping | list) else None
    return None


def messages(value: object, role: str, finish_reason: str | None = None) -> str:
    """Messages as OpenTelemetry writes them, from a text, a value, or a list of messages in OpenAI's or OpenTelemetry's form."""
    if type(value) is str:
        return _text_message(value, role, finish_reason)
    given = value if _is_message_list(value) else [{"role": role, "content": as_text(value)}]
    written = [_message(message, role) for message in given]  # type: ignore[attr-defined] # a list, seen above
    if finish_reason is not None and written:
        written[-1]["finish_reason"] = finish_reason
    return as_json(written)


def _text_message(text: str, role: str, finish_reason: str | None) -> str:
    """A list of one message that is a text: the most frequent one by far, and the host waits for it."""
    finish = "" if finish_reason is None else f', "finish_reason": {_quoted(finish_reason)}'
    return f'[{{"role": {_quoted(role)}, "parts": [{{"type": "text", "content": {_quoted(text)}}}]{finish}}}]'


def answer(text: object, tool_calls: Sequence[Mapping[str, object]], finish_reason: str) -> str:
    """One answer of a model, with the tools it wants called; an empty text stays visible as an empty text."""
    if type(text) is str and not tool_calls:
        return _text_message(text, "assistant", finish_reason)
    parts: list[object] = []
    if text is not None or not tool_calls:
        parts.append({"type": "text", "content": "" if text is None else as_text(text)})
    parts.extend(_tool_call(call) for call in tool_calls)
    return as_json([{"role": "assistant", "parts": parts, "finish_reason": finish_reason}])


def text_parts(text: object) -> str:
    """A system prompt as a list of parts."""
    return as_json([{"type": "text", "content": as_text(text)}])


def _is_message_list(value: object) -> bool:
    """Whether the value is a list of messages rather than a value that happens to be a list."""
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(item, Mapping) and "role" in item and ("content" in item or "parts" in item) for item in value)
    )


def _message(message: Mapping[str, object], role: str) -> dict[str, object]:
    """One message with parts."""
    if "parts" in message:
        return dict(message)
    parts: list[object] = []
    content = message.get("content")
    if message.get("tool_call_id") is not None:
        parts.append({"type": "tool_call_response", "id": message["tool_call_id"], "response": _plain(content)})
    elif content is not None:
        parts.append({"type": "text", "content": as_text(content)})
    calls = message.get("tool_calls")
    if isinstance(calls, list | tuple):
        parts.extend(_tool_call(call) for call in calls if isinstance(call, Mapping))
    written: dict[str, object] = {"role": message.get("role", role), "parts": parts}
    if message.get("name") is not None:
        written["name"] = message["name"]
    return written


def _tool_call(call: Mapping[str, object]) -> dict[str, object]:
    """A request to call a tool, from OpenAI's nested or a flat form."""
    function = call.get("function")
    inner: Mapping[str, object] = function if isinstance(function, Mapping) else call
    arguments = inner.get("arguments")
    if isinstance(arguments, str):
        # A model may write arguments that are no JSON; then the text itself is the evidence.
        with contextlib.suppress(ValueError):
            arguments = json.loads(arguments)
    return {"type": "tool_call", "id": call.get("id"), "name": inner.get("name"), "arguments": _plain(arguments)}


def call_arguments(function: Callable[..., Any], args: tuple[object, ...], kwargs: Mapping[str, object]) -> dict[str, object]:
    """Arguments of a call by name, without the object or class a method belongs to."""
    try:
        bound = inspect.signature(function).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return {"args": list(args), **kwargs}
    return {name: value for place, (name, value) in enumerate(bound.items()) if not (place == 0 and name in {"self", "cls"})}


def single(arguments: Mapping[str, object]) -> object:
    """The only argument itself, several by name."""
    return next(iter(arguments.values())) if len(arguments) == 1 else dict(arguments)
