"""Changes what a model was told a tool had answered, and leaves alone what agents said in the same words."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Final

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.faults.recordings import Attributes, Key, Recording, key_of, strings, texts_of

ANSWERS_A_CALL: Final = frozenset({"tool_call_id", "call_id", "tool_use_id", "toolUseId"})
"""A message that names the call it belongs to, and does not make it, is the call's answer."""

MAKES_A_CALL: Final = frozenset({"arguments", "args", "input", "function"})
FLAT: Final = re.compile(r"(llm\.input_messages\.\d+\.message\.)(.+)")


def retell(recording: Recording, call: Key, old: str, new: str) -> None:
    """Let a call's result be another one, on its own span and wherever a model was told of it."""

    def told(text: str) -> str:
        return text.replace(old, new)

    for span in recording.spans():
        if key_of(span) == call:
            _change(span.attributes, told)
            for event in span.events:
                _change(event.attributes, told)
            continue
        _retell_flat(span.attributes, told)
        for event in span.events:
            if "tool" in event.name:
                _change(event.attributes, told)
    for record in recording.records():
        if "tool" in record.event_name:
            for text in strings(record.body):
                text.string_value = told(text.string_value)
    recording.rewrite(lambda owner, text: _retell_json(owner, text, old, told))


def _change(attributes: Attributes, told: Callable[[str], str]) -> None:
    for pair in attributes:
        for text in strings(pair.value):
            text.string_value = told(text.string_value)


def _retell_flat(attributes: Attributes, told: Callable[[str], str]) -> None:
    texts = texts_of(attributes)
    for pair in attributes:
        found = FLAT.fullmatch(pair.key)
        if found and (texts.get(f"{found[1]}role") == "tool" or f"{found[1]}tool_call_id" in texts) and pair.value.HasField("string_value"):
            pair.value.string_value = told(pair.value.string_value)


def _retell_json(_owner: Span | LogRecord, text: str, old: str, told: Callable[[str], str]) -> str:
    if old.split("\n", maxsplit=1)[0][:20] not in text or not text.lstrip().startswith(("[", "{")):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    changed = _retell_value(value, told, within=False)
    return text if changed == value else json.dumps(changed, ensure_ascii=False)


def _retell_value(value: object, told: Callable[[str], str], *, within: bool) -> object:
    if isinstance(value, str):
        if value.lstrip().startswith(("[", "{")):
            try:
                inner = json.loads(value)
            except ValueError:
                inner = None
            if isinstance(inner, dict | list):
                changed = _retell_value(inner, told, within=within)
                return value if changed == inner else json.dumps(changed, ensure_ascii=False)
        return told(value) if within else value
    if isinstance(value, list):
        return [_retell_value(item, told, within=within) for item in value]
    if isinstance(value, dict):
        inside = within or _is_answer(value)
        return {key: _retell_value(item, told, within=inside) for key, item in value.items()}
    return value


def _is_answer(value: Mapping[str, object]) -> bool:
    if value.get("role") == "tool" or "functionResponse" in value or "function_response" in value:
        return True
    kind = str(value.get("type") or value.get("part_kind") or "")
    return (
        ("tool" in kind or "function" in kind) and ("response" in kind or "result" in kind or "return" in kind or "output" in kind)
    ) or (bool(ANSWERS_A_CALL & value.keys()) and not MAKES_A_CALL & value.keys())
