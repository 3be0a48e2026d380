"""Prompts and answers of LangGraph's agents: the messages of a state in OpenTelemetry's form, or the state itself."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

_ROLES: Final = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant", "system": "system", "tool": "tool", "function": "tool"}
_MOST_MESSAGES: Final = 50
"""Messages of one prompt; what went before them was the prompt of an earlier step."""

_RESULTS: Final = ("__return__", "__end__")
_HIDDEN: Final = ("remaining_steps", "is_last_step")


def asked(state: object) -> object:
    """What an agent was given."""
    found = messages_of(state)
    if found is None:
        return _without_machinery(state)
    left_out = len(found) - _MOST_MESSAGES
    written = [_message(message) for message in found[-_MOST_MESSAGES:]]
    if left_out > 0:
        written.insert(0, {"role": "user", "parts": [{"type": "text", "content": f"({left_out} earlier messages)"}]})
    return written


def answered(state: object) -> object:
    """What an agent or a graph answered: its last message, else its state."""
    found = messages_of(state)
    if found is None:
        return _without_machinery(state)
    return [_message(found[-1])]


def asks_for_tools(command: Any) -> object | None:  # noqa: ANN401 - a Command
    """The message with which an agent handed over: the last one of the model that a command carries along."""
    found = messages_of(getattr(command, "update", None)) or []
    called = [message for message in found if getattr(message, "tool_calls", None)]
    return [_message(called[-1])] if called else None


def as_messages(prompt: object) -> list[dict[str, object]]:
    """A prompt, whole."""
    return [_message(message) for message in _listed(prompt)]


def as_answer(message: Any, reason: object) -> list[dict[str, object]]:  # noqa: ANN401 - an AIMessage
    """A model's answer, with why it stopped."""
    written = _message(message)
    calls = written["parts"] if isinstance(written["parts"], list) else []
    stopped = str(reason) if reason else ("tool_calls" if any(part.get("type") == "tool_call" for part in calls) else "stop")
    return [{**written, "finish_reason": stopped}]


def messages_of(state: object) -> list[Any] | None:
    """The messages of a state; None where it has none."""
    if isinstance(state, list | tuple):
        pairs = [item for item in state if isinstance(item, tuple) and len(item) == 2 and item[0] == "messages"]  # noqa: PLR2004 - key and value
        found = [message for _, messages in pairs for message in _listed(messages)] or (list(state) if _all_messages(state) else [])
    else:
        found = _listed(state.get("messages") if isinstance(state, Mapping) else getattr(state, "messages", None))
    return found or None


def written_by(writes: Collection[tuple[str, Any]], triggers: Iterable[str]) -> object:
    """What a node wrote into the state."""
    control = set(triggers)
    kept = [(channel, value) for channel, value in writes if channel not in control and not channel.startswith(("__", "branch:", "join:"))]
    if not kept:
        # A function of LangGraph's functional form writes its result to a channel of the machinery.
        return next((value for channel, value in writes if channel in _RESULTS), {})
    if any(channel == "messages" for channel, _ in kept):
        return [("messages", value) for channel, value in kept if channel == "messages"]
    return dict(kept)


def _listed(messages: object) -> list[Any]:
    if messages is None or isinstance(messages, str):
        return [] if messages is None else [messages]
    return list(messages) if isinstance(messages, list | tuple) and not _is_pair(messages) else [messages]


def _is_pair(value: object) -> bool:
    """Whether a value is a message written as ("user", "text")."""
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(item, str) for item in value)  # noqa: PLR2004 - role and text


def _all_messages(items: Iterable[object]) -> bool:
    return all(hasattr(item, "content") and hasattr(item, "type") for item in items)


def _without_machinery(state: object) -> object:
    return {key: value for key, value in state.items() if key not in _HIDDEN} if isinstance(state, Mapping) else state


def _message(message: Any) -> dict[str, object]:  # noqa: ANN401 - a BaseMessage, a mapping, a pair or a text
    """One message in OpenTelemetry's form."""
    if _is_pair(message):
        return {"role": _ROLES.get(message[0], message[0]), "parts": _texts(message[1])}
    if isinstance(message, str):
        return {"role": "user", "parts": _texts(message)}
    get = message.get if isinstance(message, Mapping) else lambda key, default=None: getattr(message, key, default)
    kind = get("role") if isinstance(message, Mapping) else get("type")
    role = _ROLES.get(str(kind), str(kind))
    content = get("content")
    if role == "tool":
        return {"role": role, "parts": [{"type": "tool_call_response", "id": get("tool_call_id"), "response": content}]}
    calls = [
        {"type": "tool_call", "id": call.get("id"), "name": call.get("name"), "arguments": call.get("args")}
        for call in get("tool_calls") or ()
        if isinstance(call, Mapping)
    ]
    written: dict[str, object] = {"role": role, "parts": [*_texts(content, leave_out_empty=bool(calls)), *calls]}
    if get("name"):
        written["name"] = get("name")
    return written


def _texts(content: object, *, leave_out_empty: bool = False) -> list[dict[str, object]]:
    """The texts of a message; an answer without a word stays visible as an empty text."""
    if isinstance(content, list):
        texts = [item if isinstance(item, str) else item.get("text", "") for item in content if isinstance(item, str | Mapping)]
        found = [text for text in texts if text]
    else:
        found = [content] if content else []
    if not found and not leave_out_empty:
        found = [""]
    return [{"type": "text", "content": text} for text in found]
