"""What Strands' own objects say: agents, prompts, answers, interrupts and their responses."""

from collections.abc import Iterator, Mapping
from typing import Any

from relaylens.frameworks.recording import fingerprint
from relaylens.missing import MISSING
from relaylens.semconv import EscalationState

_UNNAMED = "Strands Agents"
"""What Strands calls an agent without a name."""

_NO = frozenset({"n", "no", "deny", "denied", "reject", "rejected", "decline", "declined", "false"})
"""Responses that mean no; Strands itself knows no verdict, only what the program makes of the words."""


def name_of(agent: Any, node: str | None = None) -> str:  # noqa: ANN401 - a strands.Agent
    """The agent's name, else that of its node in a network."""
    name = getattr(agent, "name", None)
    return str(name) if name and name != _UNNAMED else node or "agent"


def version_of(agent: Any) -> str:  # noqa: ANN401 - as above
    """A version of what the agent is made of."""
    model: Any = getattr(agent, "model", None)
    config = model.get_config() if hasattr(model, "get_config") else {}
    named = config.get("model_id") if isinstance(config, Mapping) else None
    return fingerprint(getattr(agent, "system_prompt", None), named or type(model).__name__, sorted(getattr(agent, "tool_names", ())))


def session_of(thing: Any) -> str | None:  # noqa: ANN401 - an agent or a network
    """Its session, by its session manager or by the attribute that Strands' guide puts on traces."""
    manager = getattr(thing, "_session_manager", None) or getattr(thing, "session_manager", None)
    session = getattr(manager, "session_id", None)
    if session is None:
        attributes = getattr(thing, "trace_attributes", None)
        session = attributes.get("session.id") if isinstance(attributes, Mapping) else None
    return None if session is None else str(session)


def asked(prompt: Any) -> object:  # noqa: ANN401 - text, content blocks or messages
    """A prompt as text where it is text, else as it is."""
    if prompt is None:
        return MISSING
    if isinstance(prompt, list):
        texts = [_text(block) for block in prompt]
        if all(text is not None for text in texts):
            return "".join(text for text in texts if text is not None)
    return prompt


def _text(block: Any) -> str | None:  # noqa: ANN401 - a content block
    if not isinstance(block, Mapping):
        return None
    if "content" in block:
        inner = [_text(part) for part in block["content"]] if isinstance(block["content"], list) else [None]
        return None if None in inner else "".join(part for part in inner if part is not None)
    text = block.get("text")
    return text if isinstance(text, str) else None


def answered(message: Any) -> object:  # noqa: ANN401 - a message, or None
    """The text of an answer, with the tools it asks for where there are any."""
    if not isinstance(message, Mapping) or message.get("role") != "assistant":
        return MISSING
    blocks = [block for block in message.get("content", ()) if isinstance(block, Mapping)]
    text = "".join(str(block["text"]) for block in blocks if "text" in block)
    calls = [
        {"id": use.get("toolUseId"), "name": use.get("name"), "arguments": use.get("input")}
        for use in (block["toolUse"] for block in blocks if "toolUse" in block)
    ]
    if not calls:
        return text
    return [{"role": "assistant", "content": text or None, "tool_calls": calls}]


def responses(prompt: Any) -> Iterator[tuple[str, object]]:  # noqa: ANN401 - as `asked`
    """The answers to interrupts in a prompt: the interrupt's id and what was said."""
    for block in prompt if isinstance(prompt, list) else ():
        response = block.get("interruptResponse") if isinstance(block, Mapping) else None
        if isinstance(response, Mapping) and "interruptId" in response:
            yield str(response["interruptId"]), response.get("response")


def verdict_of(response: object) -> EscalationState:
    """What a response means."""
    said = response
    if isinstance(response, Mapping):
        said = next((response[key] for key in ("approved", "approve", "decision", "status") if key in response), None)
    if said is False or (isinstance(said, str) and said.strip().lower() in _NO):
        return EscalationState.DENIED
    return EscalationState.APPROVED
