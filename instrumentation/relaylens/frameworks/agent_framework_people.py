"""What workflows and agents of the Microsoft Agent Framework wait for people for."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import relaylens
from relaylens.frameworks import agent_framework_texts as texts
from relaylens.frameworks.recording import Pause, Pauses
from relaylens.semconv import EscalationState

_pauses: Final = Pauses()
"""Runs that wait, by the request's id: whoever answers has to name it, in any process."""


def ask(request_id: str, question: object) -> None:
    """Ask a person what the framework waits for."""
    _pauses.ask(request_id, request_id, question, own_id=request_id)


def ask_for_approvals(requests: Iterable[Any]) -> None:
    """Ask for the calls that a response waits for."""
    for request in requests:
        call = getattr(request, "function_call", None)
        if request.type == "function_approval_request" and call is not None and request.id:
            ask(request.id, {"tool": call.name, "arguments": texts.arguments(call.arguments)})


def approvals(messages: Any) -> dict[str, Any]:  # noqa: ANN401 - what an agent is given
    """The answers among messages, by the request's id."""
    return {each.id: each for each in texts.contents(messages) if each.type == "function_approval_response" and each.id}


def waiting(answers: Mapping[str, Any]) -> Pause | None:
    """The run that waits for these answers."""
    return next((pause for each in answers if (pause := _pauses.waiting(each)) is not None), None)


def answer(answers: Mapping[str, Any]) -> None:
    """Record what people have answered, once each."""
    for request_id, given in answers.items():
        pause = _pauses.resume(request_id)
        for question in () if pause is None else pause.questions.values():
            approved = getattr(given, "approved", None)
            if isinstance(approved, bool):
                relaylens.answer(question.id, EscalationState.APPROVED if approved else EscalationState.DENIED)
            else:
                relaylens.answer(question.id, EscalationState.APPROVED, texts.plain(given))
