"""Texts reduced to what can be counted and compared: `capture_content="metadata"`.

What is left of a text is `[text 123 kdhfjwqzab]`: its length, and a keyed hash by which equal texts are seen to be equal. JSON keeps its
structure, so that settling still finds roles, tool calls and empty answers where it looks for them. A few phrases of programs
(`Error:`, `requires confirmation`) are kept, since they say how something ended and nothing of what it was about.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_ROLES: Final = frozenset(
    {"system", "developer", "user", "assistant", "tool", "function", "human", "ai", "model", "tool-call", "tool-response"}
)
_TYPES: Final = frozenset(
    {
        "text", "tool_call", "tool_call_response", "tool_use", "tool_result", "reasoning", "thinking", "blob", "file", "uri", "image",
        "image_url", "audio", "refusal", "server_tool_call", "generic", "function", "function_call", "function_call_output",
        "function_approval_request",
        "function_approval_response", "human", "ai", "system", "tool", "constructor", "message", "output_text", "input_text",
        "TextMessage", "HandoffMessage", "StopMessage", "ToolCallRequestEvent", "ToolCallExecutionEvent", "ToolCallSummaryMessage",
        "MultiModalMessage", "UserInputRequestedEvent", "FunctionCall", "FunctionExecutionResult",
    }
)  # fmt: skip
_IDENTIFIERS: Final = frozenset(
    {"id", "tool_call_id", "call_id", "toolUseId", "finish_reason", "index", "lc", "source", "target", "lc_agent_name"}
)
_CALLS: Final = ("arguments", "toolUseId", "tool_call_id")
_OUTCOMES: Final = frozenset({"error", "failed", "failure", "ok", "success", "succeeded", "completed"})
_CONTENT: Final = frozenset({"arguments", "args", "kwargs", "response", "result", "input", "output", "content", "parameters", "properties"})
_PERSON_OR_AGENT: Final = frozenset({"agent_name", "to_agent", "coworker", "member_id", "agent", "target", "handoff_to", "recipient"})
_TRANSFER: Final = re.compile(r"(?i)transfer|hand_?off|hand_?over|delegate|route_to|ask_question")

_IDENTIFIER: Final = re.compile(r"[\w.:/@+|<>#~-]{0,128}\Z")
_NAME: Final = re.compile(r"[\w.:/-]+(?: [\w.:/-]+){0,3}\Z")
_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z_.-]{0,39}\Z")
"""A key of JSON that a programmer has named; one with digits may as well be data."""

_LEADING: Final = re.compile(r"(?i)\W{0,8}(?:error|exception|traceback|runtimeerror|valueerror|refus(?:ed|al|ing)|declin(?:ed|ing))\b")
_TELLING: Final = re.compile(
    r"Command\(graph=|\(?Interrupt\(|(?:langgraph\.errors\.)?(?:ParentCommand|GraphInterrupt)|GraphRecursionError|LlmCallsLimitExceeded|"
    r"UsageLimitExceeded|"
    r"ConvergenceException|MaxTurnsExceeded|[Rr]ecursion limit|[Mm]ax(?:imum)? (?:number of )?(?:turns|iterations|steps)|"
    r"current_agent_name='[\w .-]{1,64}'|\b(?:requires|needs|awaiting|waiting for) (?:your |human |user )?(?:confirmation|approval)\b"
)
_LOOKED_AT: Final = 3000
_DEEPEST: Final = 40
_MOST_REMEMBERED: Final = 1024
_LONGEST_REMEMBERED: Final = 2048
_TOKEN: Final = re.compile(r"[\w.:@/-]{1,64}\Z")


class Reducer:
    """Reduces texts, with the key of their hashes."""

    def __init__(self, key: bytes, *, is_shared: bool) -> None:
        """With a key that other processes have too, a single value can be followed from one to the other."""
        self._key = key
        self._is_shared = is_shared
        self._remembered = lru_cache(_MOST_REMEMBERED)(self._reduced)

    def document(self, text: str, *, tool: str = "") -> str:
        """What is left of an attribute: JSON with its structure, or a text."""
        value = parsed(text)
        if value is None:
            return self.text(text)
        return json.dumps(self._value(value, "", 0, is_content=False, tool=tool), ensure_ascii=False)

    def arguments(self, text: str, *, tool: str = "") -> str:
        """What is left of a tool's arguments or a payload, in which everything is content."""
        value = parsed(text)
        return self.text(text) if value is None else json.dumps(self._value(value, "", 0, is_content=True, tool=tool), ensure_ascii=False)

    def text(self, text: str) -> str:
        """What is left of a text; an empty one stays empty."""
        # A conversation is sent again with every call of a model: the same texts, again and again.
        return (self._remembered if len(text) <= _LONGEST_REMEMBERED else self._reduced)(text)

    def _reduced(self, text: str) -> str:
        """What is left of a text."""
        if not text.strip():
            return ""
        leading = _LEADING.match(text)
        telling = telling_phrase(text)
        phrase = telling or (leading.group().strip() if leading else "")
        if self._is_shared and _TOKEN.match(text) and any(character.isdigit() for character in text):
            left = f"[value {len(text)} v7{self._hash(text)}]"
        else:
            left = f"[text {len(text)} {self._hash(text)}]"
        return f"{phrase}: {left}" if phrase else left

    def _hash(self, text: str) -> str:
        """Ten letters; settling reads digits as values that can be followed."""
        digest = hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
        return "".join(chr(ord("a") + byte % 26) for byte in digest[:10])

    def _value(self, value: object, name: str, depth: int, *, is_content: bool, tool: str) -> object:
        """A value of JSON; `is_content` where no structure is known any more."""
        if depth > _DEEPEST:
            return None
        if isinstance(value, dict):
            return self._members(value, depth, is_content=is_content, tool=tool)
        if isinstance(value, list):
            return [self._value(item, name, depth + 1, is_content=is_content, tool=tool) for item in value]
        if isinstance(value, str):
            return self._string(value, name, depth, is_content=is_content, tool=tool)
        return value if value is None or isinstance(value, bool) else self.text(repr(value))

    def _members(self, value: Mapping[str, object], depth: int, *, is_content: bool, tool: str) -> dict[str, object]:
        """A JSON object; what is named in the way of messages and tool calls keeps its words for structure."""
        is_message = not is_content and (value.get("role") in _ROLES or value.get("type") in _TYPES or any(key in value for key in _CALLS))
        named = value.get("name")
        inner_tool = named if is_message and isinstance(named, str) else tool
        reduced: dict[str, object] = {}
        for key, member in value.items():
            if is_message and self._is_structure(key, member):
                reduced[key] = member
                continue
            inner = is_content or (key in _CONTENT and not _is_parts(member))
            written = key if _KEY.match(key) else self.text(key) or "[text 0]"
            reduced[written] = self._value(member, key, depth + 1, is_content=inner, tool=inner_tool)
        return reduced

    @staticmethod
    def _is_structure(key: str, member: object) -> bool:
        """Whether a member of a message says how it is built."""
        if not isinstance(member, str):
            return key == "index" and isinstance(member, int)
        if key == "role":
            return member in _ROLES
        if key == "type":
            return member in _TYPES
        return (key in _IDENTIFIERS and _IDENTIFIER.match(member) is not None) or (key == "name" and _NAME.match(member) is not None)

    def _string(self, value: str, name: str, depth: int, *, is_content: bool, tool: str) -> str:
        """A text in JSON, which may be JSON itself."""
        if name in {"status", "error"} and value in _OUTCOMES:
            return value
        if name in _PERSON_OR_AGENT and _TRANSFER.search(tool) and _NAME.match(value):
            return value
        inner = parsed(value)
        if inner is not None:
            return json.dumps(self._value(inner, name, depth + 1, is_content=is_content or name in _CONTENT, tool=tool), ensure_ascii=False)
        return self.text(value)


def _is_parts(member: object) -> bool:
    """Whether the content of a message is a list of parts or blocks, which have a structure of their own."""
    return (
        isinstance(member, list)
        and bool(member)
        and all(isinstance(item, Mapping) and ({"type", "text", "role"} & item.keys() or "toolUse" in item) for item in member)
    )


def parsed(text: str) -> object:
    """The JSON object or list that a text is; None when it is something else."""
    if text[:1] not in {"{", "["} or text[-1:] not in {"}", "]"}:
        return None
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def telling_phrase(text: str | None) -> str:
    """The phrase of a framework in a text that says that this is no error, or which limit was reached; else nothing."""
    found = _TELLING.search(text[:_LOOKED_AT]) if text else None
    return found.group() if found else ""


def is_name(text: str) -> bool:
    """Whether a text can be the name of an agent: a few words."""
    return _NAME.match(text) is not None


def is_identifier(text: str) -> bool:
    """Whether a text is a name, a number or an address rather than something said."""
    return _IDENTIFIER.match(text) is not None
