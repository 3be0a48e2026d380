"""People in LangGraph's loop: `interrupt()` asks, `Command(resume=...)` answers, breakpoints do both without a word."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from relaylens.escalations import answer
from relaylens.frameworks.recording import Pause, Pauses
from relaylens.frameworks.verdicts import verdict
from relaylens.semconv import EscalationState

PAUSES: Final = Pauses()
"""Threads that wait for a person."""

_INTERRUPT: Final = "__interrupt__"
_BREAKPOINTS: Final = {"interrupt_before": "before", "interrupt_after": "after"}


def ask(thread: str | None, interrupts: Iterable[Any]) -> None:
    """Ask what a node's `interrupt()` asked; each question once, however many graphs its exception passes.

    Without a thread nobody can answer: LangGraph then ends there.
    """
    for each in interrupts:
        own_id = str(getattr(each, "id", ""))
        if thread is not None:
            PAUSES.ask(thread, own_id, getattr(each, "value", each), own_id=own_id or None)


def ask_at_breakpoint(thread: str | None, loop: Any) -> None:  # noqa: ANN401 - a PregelLoop
    """Ask whether to go on where a graph stopped before or after a node as its caller had told it."""
    status = getattr(loop, "status", None)
    if thread is not None and status in _BREAKPOINTS:
        nodes = sorted({task.name for task in getattr(loop, "tasks", {}).values()})
        PAUSES.ask(thread, status, {"paused": _BREAKPOINTS[status], "nodes": nodes})


def is_continued(given: object) -> bool:
    """Whether an input goes on with what a thread did before."""
    return given is None or getattr(given, "resume", None) is not None


def answer_pending(pause: Pause | None, given: Any, loop: Any) -> None:  # noqa: ANN401 - the graph's input, and the PregelLoop
    """Record the answers with which a thread goes on, by the questions that its checkpoint says were open."""
    resume = getattr(given, "resume", None)
    if resume is not None:
        pending = [each for _, channel, value in loop.checkpoint_pending_writes if channel == _INTERRUPT for each in value]
        ids = {each.id for each in pending}
        is_map = isinstance(resume, Mapping) and bool(resume) and set(resume) <= ids
        for own_id in ids:
            if not is_map or own_id in resume:
                state, reply = verdict(resume[own_id] if is_map else resume)
                answer(str(own_id), state, reply)
                if pause is not None:
                    pause.questions.pop(str(own_id), None)
    if pause is not None:
        for name in _BREAKPOINTS:
            if (asked := pause.questions.pop(name, None)) is not None:
                asked.answer(EscalationState.APPROVED)
