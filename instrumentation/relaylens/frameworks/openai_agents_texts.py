"""What agents of the OpenAI Agents SDK were given and said, in OpenTelemetry's form."""

import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

Message = dict[str, Any]

_TEXT_KINDS = frozenset({"input_text", "output_text", "text"})


def field(item: Any, name: str) -> Any:  # noqa: ANN401 - items are dictionaries or models of the client
    """A member of an item; None where it has none of that name."""
    return item.get(name) if isinstance(item, Mapping) else getattr(item, name, None)


def conversation(given: object, items: Iterable[Any] = ()) -> list[Message]:
    """The messages of what a run was asked, and of the items that came since."""
    messages: list[Message] = []
    if isinstance(given, str):
        messages.append(_said("user", [_text(given)]))
    elif isinstance(given, list | tuple):
        messages.extend(_message(item) for item in given)
    messages.extend(_message(getattr(item, "raw_item", item)) for item in items)
    return messages


def answered(output: Iterable[Any]) -> list[Message]:
    """One message of all that a model answered."""
    parts = [part for item in output for part in _message(item)["parts"]]
    return [_said("assistant", parts)]


def arguments(written: object) -> object:
    """Arguments as the model wrote them: their value where they are JSON, None where there are none."""
    if isinstance(written, str):
        if not written.strip():
            return None
        with contextlib.suppress(ValueError):
            return json.loads(written) or None
    return written or None


def _said(role: str, parts: list[Message]) -> Message:
    return {"role": role, "parts": parts}


def _text(content: object) -> Message:
    return {"type": "text", "content": content}


def _message(item: object) -> Message:
    """One item of the Responses API as a message."""
    kind = field(item, "type")
    if kind in {"function_call", "custom_tool_call"}:
        call = {"type": "tool_call", "id": field(item, "call_id"), "name": field(item, "name")}
        given = field(item, "arguments") if kind == "function_call" else field(item, "input")
        return _said("assistant", [{**call, "arguments": arguments(given) or {}}])
    if isinstance(kind, str) and kind.endswith("_call_output"):
        return _said("tool", [{"type": "tool_call_response", "id": field(item, "call_id"), "response": field(item, "output")}])
    if kind == "reasoning":
        summary = "\n".join(str(field(part, "text")) for part in field(item, "summary") or () if field(part, "text"))
        return _said("assistant", [{"type": "reasoning", "content": summary}])
    role = field(item, "role")
    if isinstance(role, str):
        return _said(role, _parts(field(item, "content")))
    return _said("assistant", [{"type": "generic", "generic_type": str(kind), "content": item}])


def _parts(content: object) -> list[Message]:
    """The parts of one message."""
    if isinstance(content, str) or content is None:
        return [_text(content or "")]
    parts: list[Message] = []
    for part in content if isinstance(content, list | tuple) else (content,):
        kind = field(part, "type")
        if kind in _TEXT_KINDS:
            parts.append(_text(field(part, "text") or ""))
        elif kind == "refusal":
            parts.append(_text(field(part, "refusal") or ""))
        else:
            parts.append({"type": "generic", "generic_type": str(kind), "content": part})
    return parts
