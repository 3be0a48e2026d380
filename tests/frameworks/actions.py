"""What a scripted model does when it is called: one action for each call of an agent."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Say:
    """Answers with a text; an empty one is an answer too."""

    text: str


@dataclass(frozen=True)
class CallTool:
    """Asks for a tool."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HandOver:
    """Hands over to an agent, by whichever of the offered tools does that."""

    target: str
    message: str


@dataclass(frozen=True)
class Fail:
    """Answers with an HTTP error."""

    status: int
    code: str
    message: str


Action = Say | CallTool | HandOver | Fail
Script = dict[str, tuple[Action, ...]]
"""The actions of each agent in the order of its calls; the last Say or Fail is repeated, after anything else it says "Done."."""


def say(text: str) -> Say:
    """Answer."""
    return Say(text)


def empty() -> Say:
    """Answer without a word."""
    return Say("")


def tool(name: str, **arguments: Any) -> CallTool:  # noqa: ANN401 - whatever the tool takes
    """Ask for a tool."""
    return CallTool(name, arguments)


def handoff(target: str, message: str = "Parcel 4711 has not arrived; please take over.") -> HandOver:
    """Hand over."""
    return HandOver(target, message)


def fail(status: int, code: str, message: str) -> Fail:
    """Answer with an HTTP error."""
    return Fail(status, code, message)


def next_action(script: Script, agent: str, turn: int) -> Action:
    """What an agent does at its turn, counted from 0."""
    actions = script.get(agent, ())
    if turn < len(actions):
        return actions[turn]
    last = actions[-1] if actions else None
    return last if isinstance(last, Say | Fail) else Say("Done.")
