"""What agents of AutoGen were given and said, in OpenTelemetry's form, and versions of what they are made of."""

import contextlib
import json
from collections.abc import Iterable
from typing import Any

from relaylens.frameworks.recording import fingerprint
from relaylens.missing import MISSING, Missing

Message = dict[str, Any]


def text(message: Any) -> str:  # noqa: ANN401 - a chat message
    """A message as models read it."""
    return str(message.to_model_text() if hasattr(message, "to_model_text") else message.to_text())


def given(messages: Iterable[Any]) -> list[Message]:
    """Chat messages, each with the model's context that a handoff brings along."""
    written: list[Message] = []
    for message in messages:
        written.extend(_model_message(each) for each in getattr(message, "context", None) or ())
        written.append({"role": "user", "name": message.source, "parts": [_text(text(message))]})
    return written


def task(asked: Any) -> object | Missing:  # noqa: ANN401 - the task of a run, in any of its forms
    """What a team or an agent is asked to do."""
    if isinstance(asked, str):
        return asked
    if asked is None:
        return MISSING
    messages = given(asked if isinstance(asked, list | tuple) else (asked,))
    return messages or MISSING


def plain_task(asked: Any) -> str | None:  # noqa: ANN401 - as above
    """The same as one text."""
    if asked is None or isinstance(asked, str):
        return asked
    return "\n".join(text(message) for message in (asked if isinstance(asked, list | tuple) else (asked,)))


def passed_on(message: Any) -> object:  # noqa: ANN401 - a chat message
    """What goes with a message to the agent that speaks next."""
    return given((message,)) if getattr(message, "context", None) else text(message)


def returned(result: Any) -> object:  # noqa: ANN401 - what a tool gave
    """The content of a tool's result; of a team's or an agent's the last message."""
    messages = getattr(result, "messages", None)
    return text(messages[-1]) if messages else getattr(result, "content", result)


def arguments(written: object) -> object:
    """Arguments as the model wrote them: their value where they are JSON."""
    if isinstance(written, str):
        with contextlib.suppress(ValueError):
            return json.loads(written)
    return written


def version(agent: Any) -> str | None:  # noqa: ANN401 - a chat agent or a team
    """A version of an agent by its instructions, model and tools; None for kinds that have none of them."""
    if not hasattr(agent, "_model_client"):
        return None
    return fingerprint(
        [str(message.content) for message in getattr(agent, "_system_messages", ())],
        _model(agent._model_client),  # noqa: SLF001 - AutoGen has no public way to read it
        [[tool.name, tool.description] for bench in getattr(agent, "_workbench", None) or () for tool in getattr(bench, "_tools", ())],
        sorted(getattr(agent, "_handoffs", None) or ()),
    )


def _model(client: Any) -> str:  # noqa: ANN401 - a model client
    settings = getattr(client, "_create_args", None) or {}
    return str(settings.get("model") or type(client).__qualname__)


def _text(content: object) -> Message:
    return {"type": "text", "content": content}


def _model_message(message: Any) -> Message:  # noqa: ANN401 - an LLMMessage
    """A message of a model's context."""
    content = message.content
    role = {"SystemMessage": "system", "UserMessage": "user", "AssistantMessage": "assistant"}.get(type(message).__name__, "tool")
    if isinstance(content, str):
        return {"role": role, "parts": [_text(content)]}
    return {"role": role, "parts": [_part(each) for each in content]}


def _part(each: Any) -> Message:  # noqa: ANN401 - a call, a result, a text or an image
    if hasattr(each, "call_id"):
        return {"type": "tool_call_response", "id": each.call_id, "response": each.content}
    if hasattr(each, "arguments"):
        return {"type": "tool_call", "id": each.id, "name": each.name, "arguments": arguments(each.arguments)}
    return _text(each if isinstance(each, str) else f"<{type(each).__name__}>")
