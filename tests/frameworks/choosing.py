"""Which of the tools that a framework offers an action calls, and with which arguments."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.frameworks.actions import Action, CallTool, HandOver, Say

_NAMED_BY_FRAMEWORKS: Final = ("magenticoneorchestrator",)
AGENTS: Final = (
    "triage",
    "docs",
    "drafter",
    "approver",
    "billing",
    "planner",
    "executor",
    "validator",
    "supervisor",
    "human",
    *_NAMED_BY_FRAMEWORKS,
)

_VERBS: Final = r"(?:(?:transfer|handoff|hand_off|handover|delegate|delegate_task|route|assign|send)(?:_back)?_to|ask|call|consult|run)"
_GENERIC: Final = re.compile(
    r"(?:transfer|handoff|hand_off|handover|route|delegate)_to_(?:an?_?(?:other)?_)?agent|handoff|hand_off|handover|transfer|delegate"
    r"|(?:delegate|delegate_work|delegate_tasks?)_to_(?:an?_?other_)?(?:coworker|co_worker|members?|agents?|teammate)",
)
_TARGET_ARGUMENTS: Final = ("agent_name", "to_agent", "coworker", "member_id", "target_agent", "target", "recipient", "agent", "to", "name")
_FINAL_ANSWER: Final = "final_answer"


@dataclass(frozen=True)
class Tool:
    """A tool as a request offers it."""

    name: str
    schema: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The name in lower case with words joined by `_`."""
        return re.sub(r"[^a-z0-9]+", "_", self.name.lower()).strip("_")

    @property
    def properties(self) -> Mapping[str, Any]:
        """The arguments it takes, with the schema of each."""
        return self.schema.get("properties") or {}


@dataclass(frozen=True)
class Call:
    """A tool call as the model answers it."""

    name: str
    arguments: dict[str, Any]


def choose(action: Action, offered: Iterable[Tool]) -> Call | str:
    """The call or the text with which a model that is offered these tools does the action."""
    tools = list(offered)
    match action:
        case HandOver(target, message):
            return _hand_over(target, message, tools)
        case CallTool(name, arguments):
            found = next((each for each in tools if each.key == name or each.key.endswith(f"_{name}")), Tool(name))
            return Call(found.name, _arguments(found, arguments, "Parcel 4711"))
        case Say(text):
            final = next((each for each in tools if each.key == _FINAL_ANSWER), None)
            # smolagents takes an answer only through this tool.
            return Call(final.name, _arguments(final, {"answer": text}, text)) if final else text
    message = f"A failing call answers with an HTTP error, it chooses no tool: {action}"
    raise TypeError(message)


def _hand_over(target: str, message: str, tools: list[Tool]) -> Call:
    named = re.compile(rf"{_VERBS}_{target}(?:_agent)?")
    for each in tools:
        if named.fullmatch(each.key):
            return Call(each.name, _arguments(each, {}, message))
    for each in tools:
        if each.key in {target, f"{target}_agent"}:
            return Call(each.name, _arguments(each, {}, message))
    for each in tools:
        argument = next((name for name in _TARGET_ARGUMENTS if name in each.properties), None)
        if argument is not None and _GENERIC.fullmatch(each.key):
            return Call(each.name, _arguments(each, {argument: _as_listed(target, each.properties[argument])}, message))
    return _by_analogy(target, message, tools)


def _by_analogy(target: str, message: str, tools: list[Tool]) -> Call:
    """The call of a tool that is not offered, named as the offered ones are: what a model makes up."""
    for verbs in (rf"{_VERBS}_", ""):
        for each in tools:
            for agent in AGENTS:
                if re.fullmatch(rf"{verbs}{agent}(?:_agent)?", each.key):
                    return Call(re.sub(agent, target, each.name, flags=re.IGNORECASE), _arguments(each, {}, message))
    return Call(f"transfer_to_{target}", {})


def _as_listed(target: str, schema: Mapping[str, Any]) -> str:
    """The target as the schema writes agents: from its list where it has one, else the plain name."""
    listed = [str(value) for value in schema.get("enum") or ()]
    for value in listed:
        if re.sub(r"[^a-z0-9]+", "_", value.lower()) in {target, f"{target}_agent"}:
            return value
    for value in listed:
        for agent in AGENTS:
            if agent in value.lower():
                return re.sub(agent, target, value, flags=re.IGNORECASE)
    return target


def _arguments(called: Tool, given: Mapping[str, Any], message: str) -> dict[str, Any]:
    """The given arguments that the tool knows, and a value for each other one that it needs."""
    if not called.properties:
        return dict(given)
    chosen = {name: value for name, value in given.items() if name in called.properties}
    needed = list(called.schema.get("required") or ())
    if not chosen and not needed:
        needed = [name for name, schema in called.properties.items() if _type(schema) == "string"][:1]
    for name in needed:
        if name not in chosen:
            chosen[name] = _value(called.properties.get(name, {}), message)
    return chosen


def _type(schema: Mapping[str, Any]) -> str:
    kinds = schema.get("type") or next((each.get("type") for each in schema.get("anyOf") or () if each.get("type") != "null"), "string")
    return str(kinds if isinstance(kinds, str) else next((kind for kind in kinds if kind != "null"), "string"))


def _value(schema: Mapping[str, Any], message: str) -> object:
    if schema.get("enum"):
        return schema["enum"][0]
    values: dict[str, object] = {"integer": 1, "number": 1, "boolean": False, "object": {}, "array": [], "null": None}
    return values.get(_type(schema), message)
