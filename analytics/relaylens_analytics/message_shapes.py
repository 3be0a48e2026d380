"""Turns one text of any framework's dialect into messages: JSON, Python's own notation, or plain text.

Known are OpenTelemetry's parts, OpenAI's chat and Responses items, LangChain's serialised messages, Anthropic's and Bedrock's blocks and
Gemini's contents. What is none of them is shown as it came: nothing is lost, and nothing raises, whatever the text is.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

DEEPEST: Final = 40
"""Nesting beyond this is shown as text."""

LONGEST_NOTATION: Final = 200_000
"""A text longer than this is not read as Python's notation, whose reader needs many times its size."""


class Kind(StrEnum):
    """What a message is."""

    TEXT = "text"
    TOOL_CALL = "tool_call"
    TOOL_RESULT = "tool_result"
    REASONING = "reasoning"


@dataclass(frozen=True, slots=True)
class Message:
    """One thing said, called, returned or thought."""

    role: str
    """`system`, `user`, `assistant`, `tool`, or the framework's own word."""

    kind: Kind
    """What it is."""

    text: str
    """Words, arguments or result."""

    name: str | None = None
    """The tool called, or who speaks."""

    id: str | None = None
    """Identifier of the tool call."""


_ROLES: Final = {
    "human": "user",
    "humanmessage": "user",
    "humanmessagechunk": "user",
    "ai": "assistant",
    "aimessage": "assistant",
    "aimessagechunk": "assistant",
    "model": "assistant",
    "systemmessage": "system",
    "toolmessage": "tool",
    "tool-response": "tool",
    "tool-call": "assistant",
    "function": "tool",
}
_SPEAKERS: Final = {"human", "ai", "system", "tool", "user", "assistant", "developer", "function"}
_LISTS: Final = ("messages", "generations", "choices", "contents", "candidates", "output")
_NOTATION: Final = ("{'", "[{'", '[{"', '{"role"')
_REPR: Final = re.compile(r"ChatMessage\(role=<MessageRole\.\w+: '(\w+)'>")
_WORDS: Final = ("content", "text", "thinking", "reasoning", "summary", "value")


def read(text: str, role: str) -> list[Message]:
    """Read a text as messages; `role` is who speaks where the text does not say."""
    try:
        return list(_walk(parsed(text), role, 0))
    except RecursionError:
        return [Message(role, Kind.TEXT, text)]


def parsed(text: str) -> object:
    """Read JSON or Python's notation of a list or dict; any other text stays a text."""
    stripped = text.strip()
    if not stripped.startswith(("[", "{", '"')):
        return text
    try:
        return json.loads(stripped)
    except (ValueError, RecursionError):
        pass
    # A text that was cut off is neither, and Python's parser takes long to say so.
    if len(stripped) > LONGEST_NOTATION or stripped[-1] not in "]}":
        return text
    try:
        return ast.literal_eval(stripped)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def written(value: object) -> str:
    """Write any value as text: a text as it is, the rest as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError, RecursionError):
        return str(type(value))


def _walk(value: object, role: str, depth: int) -> Iterator[Message]:
    """Yield the messages of a value; a list is read item by item."""
    if value is None:
        return
    if depth > DEEPEST or not isinstance(value, str | Mapping | list | tuple):
        yield Message(role, Kind.TEXT, written(value))
    elif isinstance(value, str):
        inner = parsed(value) if value.startswith(_NOTATION) else value
        if isinstance(inner, str):
            speaker = _REPR.match(value)
            yield Message(_role(speaker[1]) if speaker else role, Kind.TEXT, value)
        else:
            yield from _walk(inner, role, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _walk(item, role, depth + 1)
    else:
        yield from _walk_mapping(value, role, depth)


def _walk_mapping(value: Mapping[object, object], role: str, depth: int) -> Iterator[Message]:
    kind = _name(value.get("type"))
    if "lc" in value and isinstance(value.get("kwargs"), Mapping):
        path = value.get("id")
        speaker = str(path[-1]) if isinstance(path, list) and path else role
        yield from _message(_mapping(value["kwargs"]), _role(speaker), depth)
    elif isinstance(value.get("data"), Mapping) and kind in _SPEAKERS:
        yield from _message(_mapping(value["data"]), _role(str(kind)), depth)
    elif isinstance(value.get("parts"), list):
        yield from _without_echoes(list(_walk_parts(_list(value["parts"]), _role(value.get("role"), role), depth)))
    elif kind in _PARTS:
        yield from _PARTS[kind](value, role, depth)
    elif any(isinstance(value.get(name), list) for name in _LISTS):
        for name in ("system_instruction", "instructions", "system"):
            yield from _walk(value.get(name), "system", depth + 1)
        name = next(name for name in _LISTS if isinstance(value.get(name), list))
        yield from _walk(value[name], role, depth + 1)
    elif isinstance(value.get("message"), Mapping):
        yield from _walk(value["message"], role, depth + 1)
    elif any(name in value for name in ("role", "tool_calls", "function_call")) or (kind in _SPEAKERS and "content" in value):
        yield from _message(value, _role(value.get("role") or kind, role), depth)
    elif _is_block(value):
        yield from _block(value, role, depth)
    else:
        yield from _plain_mapping(value, role, depth)


def _plain_mapping(value: Mapping[object, object], role: str, depth: int) -> Iterator[Message]:
    """Yield what a mapping says that is no message: the AI SDK's prompt or call of a tool, or itself as it is."""
    if isinstance(value.get("prompt"), str):
        yield from _walk(value.get("system"), "system", depth + 1)
        yield from _walk(value["prompt"], "user", depth + 1)
    elif "toolName" in value:
        yield from _call_part(value, role, depth)
    else:
        yield Message(role, Kind.TEXT, written(value))


def _message(value: Mapping[object, object], role: str, depth: int) -> Iterator[Message]:
    """Yield what a chat message says and calls; one that says nothing and calls nothing is an empty text."""
    speaker = _role(value.get("role"), role)
    name = _name(value.get("name"))
    found = list(_walk_parts([value.get("reasoning_content")], speaker, depth, Kind.REASONING))
    content = value.get("content")
    if speaker == "tool" and not _holds_results(content):
        found.append(Message(speaker, Kind.TOOL_RESULT, _words(content), name, _name(value.get("tool_call_id") or value.get("id"))))
    elif isinstance(content, list):
        found.extend(_walk_parts(content, speaker, depth))
    else:
        said = _walk(content, speaker, depth + 1) if content != "" else ()
        found.extend(replace(message, name=message.name or name) for message in said)
    for call in (*_list(value.get("tool_calls")), value.get("function_call")):
        found.extend(_call(call, speaker))
    if value.get("refusal"):
        found.append(Message(speaker, Kind.TEXT, written(value["refusal"])))
    yield from found or [Message(speaker, Kind.TEXT, "", name)]


def _holds_results(content: object) -> bool:
    """Whether a tool's message has a part for each result, as the AI SDK's has."""
    return any(isinstance(part, Mapping) and part.get("type") == "tool-result" for part in _list(content))


def _walk_parts(parts: Sequence[object], role: str, depth: int, kind: Kind = Kind.TEXT) -> Iterator[Message]:
    for part in parts:
        if isinstance(part, str):
            yield Message(role, kind, part)
        elif isinstance(part, Mapping) and isinstance(part.get("type"), str) and part["type"] in _PARTS:
            yield from _PARTS[part["type"]](part, role, depth)
        elif isinstance(part, Mapping) and _is_block(part):
            yield from _block(part, role, depth)
        elif part is not None:
            yield from _walk(part, role, depth + 1)


def _without_echoes(parts: Sequence[Message]) -> Iterator[Message]:
    """Leave out what a message says twice: an empty text beside a call, a result's text beside the result."""
    answered = {part.text for part in parts if part.kind is Kind.TOOL_RESULT and part.id}
    for part in parts:
        empty = part.kind is Kind.TEXT and not part.text and len(parts) > 1
        echo = part.kind is Kind.TOOL_RESULT and not part.id and part.text in answered
        if not empty and not echo:
            yield part


def _call(call: object, role: str) -> Iterator[Message]:
    if not isinstance(call, Mapping):
        return
    function = call.get("function")
    inner = function if isinstance(function, Mapping) else call
    arguments = next((inner[name] for name in ("arguments", "args", "input") if inner.get(name) is not None), "")
    called = _name(inner.get("name") or inner.get("toolName"))
    yield Message(role, Kind.TOOL_CALL, written(arguments), called, _name(call.get("id") or call.get("call_id") or call.get("toolCallId")))


def _is_block(value: Mapping[object, object]) -> bool:
    return any(
        name in value
        for name in ("toolUse", "toolResult", "functionCall", "functionResponse", "function_response", "text", "reasoningContent")
    )


def _block(value: Mapping[object, object], role: str, depth: int) -> Iterator[Message]:
    """Yield one of Bedrock's or Gemini's blocks, which are named by their key."""
    use, result = value.get("toolUse"), value.get("toolResult")
    called, answered = value.get("functionCall"), value.get("functionResponse") or value.get("function_response")
    if isinstance(use, Mapping):
        yield Message(role, Kind.TOOL_CALL, written(use.get("input")), _name(use.get("name")), _name(use.get("toolUseId")))
    elif isinstance(result, Mapping):
        yield Message("tool", Kind.TOOL_RESULT, _words(result.get("content")), None, _name(result.get("toolUseId")))
    elif isinstance(called, Mapping):
        yield from _call(called, role)
    elif isinstance(answered, Mapping):
        yield Message("tool", Kind.TOOL_RESULT, written(answered.get("response")), _name(answered.get("name")), _name(answered.get("id")))
    elif "text" in value:
        yield Message(role, Kind.TEXT, written(value["text"]))
    else:
        yield from _walk_parts([_words(value.get("reasoningContent"))], role, depth, Kind.REASONING)


def _text_part(part: Mapping[object, object], role: str, depth: int) -> Iterator[Message]:
    said = part.get("content") if part.get("content") is not None else part.get("text")
    if role == "tool":
        yield Message(role, Kind.TOOL_RESULT, written(said))
    else:
        yield from _walk(said if said is not None else "", role, depth + 1)


def _result_part(part: Mapping[object, object], _role: str, _depth: int) -> Iterator[Message]:
    names = ("response", "result", "output", "content")
    answer = next((part[name] for name in names if part.get(name) is not None), "")
    call = next((_name(part[key]) for key in ("call_id", "tool_use_id", "tool_call_id", "toolCallId", "id") if part.get(key)), None)
    yield Message("tool", Kind.TOOL_RESULT, _words(answer), _name(part.get("name") or part.get("toolName")), call)


def _call_part(part: Mapping[object, object], role: str, _depth: int) -> Iterator[Message]:
    call = {**part, "id": part.get("call_id") or part.get("id") or part.get("toolCallId")}
    yield from _call(call, "assistant" if role == "user" else role)


def _reasoning_part(part: Mapping[object, object], role: str, _depth: int) -> Iterator[Message]:
    yield Message(role, Kind.REASONING, _words(next((part[name] for name in _WORDS if part.get(name)), "")))


def _approval_part(part: Mapping[object, object], role: str, _depth: int) -> Iterator[Message]:
    call = part.get("function_call")
    for asked in _call(call, role):
        if part.get("type") == "function_approval_request":
            yield asked
        else:
            yield Message(role, Kind.TOOL_RESULT, "approved" if part.get("approved") else "not approved", asked.name, asked.id)
    if not isinstance(call, Mapping):
        yield Message(role, Kind.TEXT, written(part))


def _item_part(part: Mapping[object, object], role: str, depth: int) -> Iterator[Message]:
    yield from _message(part, _role(part.get("role"), role), depth)


_PARTS: Final[dict[str, Callable[[Mapping[object, object], str, int], Iterator[Message]]]] = {
    "text": _text_part,
    "input_text": _text_part,
    "output_text": _text_part,
    "tool_call": _call_part,
    "tool-call": _call_part,
    "tool_use": _call_part,
    "function_call": _call_part,
    "tool_call_response": _result_part,
    "tool_result": _result_part,
    "tool-result": _result_part,
    "function_call_output": _result_part,
    "reasoning": _reasoning_part,
    "thinking": _reasoning_part,
    "function_approval_request": _approval_part,
    "function_approval_response": _approval_part,
    "message": _item_part,
}


def _words(content: object) -> str:
    """Join the texts of a content, however it is nested."""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        said = next((content[name] for name in _WORDS if isinstance(content.get(name), str | list)), None)
        return written(content) if said is None else _words(said)
    if isinstance(content, list):
        return "\n".join(_words(item) for item in content)
    return written(content)


def _role(speaker: object, otherwise: str = "user") -> str:
    if not isinstance(speaker, str) or not speaker:
        return otherwise
    return _ROLES.get(speaker.lower(), speaker.lower())


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _mapping(value: object) -> Mapping[object, object]:
    return value if isinstance(value, Mapping) else {}
