"""What a person's answer comes to."""

from collections.abc import Mapping
from typing import Any, Final

from relaylens.semconv import EscalationState

_DENIED: Final = frozenset({"reject", "rejected", "deny", "denied", "decline", "declined", "no", "n", "false", "ignore", "cancel", "abort"})
_EDITED: Final = frozenset({"edit", "edited", "respond", "response", "update", "feedback", "modify"})
_VERDICT_KEYS: Final = ("type", "decision", "action", "approved", "approve", "accepted", "status", "answer")


def verdict(reply: Any) -> tuple[EscalationState, object | None]:  # noqa: ANN401 - what a person said
    """What an answer comes to: LangChain's own decisions and plain words are known, any other text is an approval that says more."""
    if isinstance(reply, Mapping) and isinstance(reply.get("decisions"), list):
        return _worst(reply["decisions"]), dict(reply)
    if isinstance(reply, list) and reply and all(isinstance(item, Mapping) and "type" in item for item in reply):
        return _worst(reply), reply
    if isinstance(reply, Mapping):
        said = next((reply[key] for key in _VERDICT_KEYS if isinstance(reply.get(key), bool | str)), None)
        return _state(said), dict(reply)
    return _state(reply), None if isinstance(reply, bool) else reply


def _state(said: object) -> EscalationState:
    if isinstance(said, bool):
        return EscalationState.APPROVED if said else EscalationState.DENIED
    word = said.strip().lower().rstrip(".!") if isinstance(said, str) else ""
    if word in _DENIED:
        return EscalationState.DENIED
    return EscalationState.EDITED if word in _EDITED else EscalationState.APPROVED


def _worst(decisions: list[Any]) -> EscalationState:
    states = {_state(each.get("type")) for each in decisions if isinstance(each, Mapping)}
    for state in (EscalationState.DENIED, EscalationState.EDITED):
        if state in states:
            return state
    return EscalationState.APPROVED
