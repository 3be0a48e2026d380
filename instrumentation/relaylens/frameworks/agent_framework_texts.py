"""What agents of the Microsoft Agent Framework were given and said, in OpenTelemetry's form."""

import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from relaylens.frameworks.recording import fingerprint
from relaylens.missing import MISSING, Missing

Written = dict[str, Any]


def messages(given: Any) -> list[Written]:  # noqa: ANN401 - a text, a message, or several
    """Messages in OpenTelemetry's form."""
    if given is None:
        return []
    several = given if isinstance(given, list | tuple) else (given,)
    return [_message(each) for each in several]


def given_or_missing(given: Any) -> object | Missing:  # noqa: ANN401 - as above
    """What a run or an agent was asked; anything else than messages as it is."""
    if given is None:
        return MISSING
    several = given if isinstance(given, list | tuple) else (given,)
    return messages(given) or MISSING if all(isinstance(each, str) or hasattr(each, "contents") for each in several) else given


def contents(given: Any) -> Iterable[Any]:  # noqa: ANN401 - as above
    """All parts of messages."""
    for each in given if isinstance(given, list | tuple) else (given,):
        yield from getattr(each, "contents", None) or ()


def arguments(written: object) -> object:
    """Arguments of a call: their value where they are JSON."""
    if isinstance(written, str):
        with contextlib.suppress(ValueError):
            return json.loads(written)
    return written


def plain(value: Any) -> object:  # noqa: ANN401 - a result, an output or an answer, of any kind
    """A value as it is read: the text of messages, responses and contents."""
    if isinstance(value, list) and value and all(hasattr(each, "contents") or hasattr(each, "type") for each in value):
        return "\n".join(str(plain(each)) for each in value)
    text = getattr(value, "text", None)
    return text if isinstance(text, str) else value


def version(agent: Any) -> str:  # noqa: ANN401 - an agent
    """A version of an agent by its instructions, model and tools."""
    options = getattr(agent, "default_options", None) or {}
    return fingerprint(
        options.get("instructions"),
        options.get("model") or getattr(getattr(agent, "client", None), "model", None),
        [[getattr(tool, "name", ""), getattr(tool, "description", "")] for tool in options.get("tools") or ()],
    )


def _message(message: Any) -> Written:  # noqa: ANN401 - a text or a Message
    if isinstance(message, str):
        return {"role": "user", "parts": [{"type": "text", "content": message}]}
    written: Written = {"role": str(message.role), "parts": [_part(each) for each in message.contents]}
    if getattr(message, "author_name", None):
        written["name"] = message.author_name
    return written


def _part(content: Any) -> Written:  # noqa: ANN401 - a Content
    kind = content.type
    if kind == "function_approval_request" and content.function_call is not None:
        # The question itself is written as such; this is what the model wants to do.
        return _part(content.function_call)
    if kind == "text":
        return {"type": "text", "content": content.text or ""}
    if kind == "text_reasoning":
        return {"type": "reasoning", "content": content.text or ""}
    if kind == "function_call":
        return {"type": "tool_call", "id": content.call_id, "name": content.name, "arguments": arguments(content.arguments)}
    if kind == "function_result":
        return {"type": "tool_call_response", "id": content.call_id, "response": content.result}
    shown = content.to_dict() if hasattr(content, "to_dict") else str(content)
    return {"type": "generic", "generic_type": kind, "content": dict(shown) if isinstance(shown, Mapping) else shown}
