"""What a model was told and what it answered, from whichever of the six encodings a span uses, as one list to display.

The encodings are: flattened indexed attributes, JSON in one attribute, span events, log records, a framework's own JSON, and nothing. Of
those a span has, the first in this order that says something is taken. Pure Python on the few spans of one run; nothing here raises.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from relaylens import semconv
from relaylens_analytics.message_shapes import Kind, Message, parsed, read, written

__all__ = ["Event", "Exchange", "Kind", "Message", "exchange", "read"]

_FLAT: Final = re.compile(r"llm\.(input|output)_messages\.(\d{1,6})\.message\.(.+)")
_FLAT_CALL: Final = re.compile(r"tool_calls\.(\d{1,6})\.tool_call\.(id|function\.name|function\.arguments)")
_FLAT_CONTENT: Final = re.compile(r"contents\.(\d{1,6})\.message_content\.(type|text|image)")
_OLD_FLAT: Final = re.compile(r"gen_ai\.(prompt|completion)\.(\d{1,6})\.(role|content)")
_MESSAGE_EVENT: Final = re.compile(r"gen_ai\.(system|user|assistant|tool)\.message")
_CHOICE: Final = "gen_ai.choice"

ANSWERED_IN_PARTS: Final = ("ai.response.text", "ai.response.object", "ai.response.toolCalls")
"""Attributes that each say a part of the answer."""

GIVEN: Final = ("gcp.vertex.agent.llm_request", *(key for key in semconv.CONVENTIONS["input"] if key != semconv.GEN_AI_INPUT_MESSAGES))
"""Attributes of which the first that is there says what was given, where nothing more exact does."""

ANSWERED: Final = (
    "gcp.vertex.agent.llm_response",
    *(key for key in semconv.CONVENTIONS["output"] if key != semconv.GEN_AI_OUTPUT_MESSAGES and key not in ANSWERED_IN_PARTS),
)
"""The same for the answer."""

RESULTS: Final = semconv.CONVENTIONS["tool_result"]
"""The same for what a tool gave back."""

CARRIERS: Final = rf"^(gen_ai\.|llm\.|({'|'.join(map(re.escape, (*GIVEN, *ANSWERED, *ANSWERED_IN_PARTS, *RESULTS)))})$)"
"""Matches the keys of all attributes that can hold messages."""


@dataclass(frozen=True, slots=True)
class Event:
    """A span event, or a log record of a span, as far as it can hold messages."""

    name: str
    attributes: Mapping[str, str]
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """What went into a model, tool or agent, and what came out."""

    given: tuple[Message, ...]
    answered: tuple[Message, ...]


def exchange(attributes: Mapping[str, str], events: Sequence[Event] = (), logs: Sequence[Event] = ()) -> Exchange:
    """Read a span's messages; both sides are empty where it holds none."""
    return Exchange(tuple(_given(attributes, events, logs)), tuple(_answered(attributes, events, logs)))


def _given(attributes: Mapping[str, str], events: Sequence[Event], logs: Sequence[Event]) -> list[Message]:
    found = (
        _from(attributes, events, logs, semconv.GEN_AI_INPUT_MESSAGES, "user")
        or _flattened(attributes, "input")
        or _spoken(events)
        or _spoken(logs)
        or _old_flattened(attributes, "prompt")
        or _first(attributes, GIVEN, "user")
    )
    system = _from(attributes, events, logs, semconv.GEN_AI_SYSTEM_INSTRUCTIONS, "system")
    return found if any(message.role == "system" for message in found) else [*system, *found]


def _answered(attributes: Mapping[str, str], events: Sequence[Event], logs: Sequence[Event]) -> list[Message]:
    return (
        _from(attributes, events, logs, semconv.GEN_AI_OUTPUT_MESSAGES, "assistant")
        or _flattened(attributes, "output")
        or _chosen(events)
        or _chosen(logs)
        or _old_flattened(attributes, "completion")
        or [message for key in ANSWERED_IN_PARTS for message in _first(attributes, (key,), "assistant")]
        or _first(attributes, ANSWERED, "assistant")
        or _first(attributes, RESULTS, "tool")
    )


def _from(attributes: Mapping[str, str], events: Sequence[Event], logs: Sequence[Event], key: str, role: str) -> list[Message]:
    """Read an attribute of the span, or of its events, or of its log records."""
    for carrier in (attributes, *(event.attributes for event in events), *(log.attributes for log in logs)):
        if carrier.get(key):
            return read(carrier[key], role)
    return []


def _first(attributes: Mapping[str, str], keys: Iterable[str], role: str) -> list[Message]:
    return next((read(attributes[key], role) for key in keys if attributes.get(key)), [])


def _flattened(attributes: Mapping[str, str], side: str) -> list[Message]:
    """Read OpenInference's indexed attributes; a missing key is normal, and the list may begin anywhere."""
    messages: dict[int, dict[str, str]] = {}
    for key, value in attributes.items():
        match = _FLAT.fullmatch(key)
        if match is not None and match[1] == side:
            messages.setdefault(int(match[2]), {})[match[3]] = value
    return [found for place in sorted(messages) for found in _flat_message(messages[place])]


def _flat_message(fields: Mapping[str, str]) -> Iterator[Message]:
    contents: dict[int, dict[str, str]] = {}
    calls: dict[int, dict[str, str]] = {}
    for key, value in fields.items():
        for pattern, group in ((_FLAT_CONTENT, contents), (_FLAT_CALL, calls)):
            match = pattern.fullmatch(key)
            if match is not None:
                group.setdefault(int(match[1]), {})[match[2]] = value
    texts = [contents[place].get("text") or contents[place].get("image") or "" for place in sorted(contents)]
    message = {
        "role": fields.get("role", "user"),
        "content": fields["content"] if "content" in fields else "\n".join(texts),
        "name": fields.get("name"),
        "tool_call_id": fields.get("tool_call_id"),
    }
    tool_calls = [
        {"id": call.get("id"), "name": call.get("function.name"), "arguments": call.get("function.arguments")}
        for _, call in sorted(calls.items())
    ]
    if "content" in fields or contents or calls:
        yield from read(written({**message, "tool_calls": tool_calls}), "user")


def _old_flattened(attributes: Mapping[str, str], side: str) -> list[Message]:
    """Read the indexed attributes that OpenLLMetry wrote before the JSON ones."""
    messages: dict[int, dict[str, str]] = {}
    for key, value in attributes.items():
        match = _OLD_FLAT.fullmatch(key)
        if match is not None and match[1] == side:
            messages.setdefault(int(match[2]), {})[match[3]] = value
    otherwise = "user" if side == "prompt" else "assistant"
    return [found for _, fields in sorted(messages.items()) for found in read(fields.get("content", ""), fields.get("role", otherwise))]


def _spoken(events: Sequence[Event]) -> list[Message]:
    """Read one event or log record per message."""
    found = ((_MESSAGE_EVENT.fullmatch(event.name), event) for event in events)
    return [message for match, event in found if match is not None for message in _event_message(event, match[1])]


def _chosen(events: Sequence[Event]) -> list[Message]:
    return [message for event in events if event.name == _CHOICE for message in _event_message(event, "assistant")]


def _event_message(event: Event, role: str) -> list[Message]:
    said = event.attributes.get("content") or event.attributes.get("message") or event.body
    if said is None:
        return []
    value = parsed(said)
    if isinstance(value, dict) and not isinstance(value.get("message"), dict):
        return read(written({"role": role, **value}), role)
    if isinstance(value, dict):
        return read(written({"role": role, **value["message"]}), role)
    messages = read(said, role)
    if role == "tool":
        return [
            Message(role, Kind.TOOL_RESULT, message.text, message.name, message.id or event.attributes.get("id")) for message in messages
        ]
    return messages
