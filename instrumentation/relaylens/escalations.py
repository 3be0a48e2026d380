"""Questions to a person: asked now, answered later, perhaps by another process."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final, Self

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN_CONTEXT, Link, NonRecordingSpan, SpanContext

from relaylens import content, recorder
from relaylens.around import Around
from relaylens.carrying import headers_for
from relaylens.recording import write_event
from relaylens.safety import guarded
from relaylens.scope import RunState, current_scope
from relaylens.semconv import (
    GEN_AI_AGENT_NAME,
    GEN_AI_CONVERSATION_ID,
    GEN_AI_TRANSFER_TARGET_NAME,
    GEN_AI_TRANSFER_TARGET_TYPE,
    HUMAN,
    RELAYLENS_ESCALATION_ANSWER,
    RELAYLENS_ESCALATION_ANSWERED_BY,
    RELAYLENS_ESCALATION_ID,
    RELAYLENS_ESCALATION_QUESTION,
    RELAYLENS_ESCALATION_STATE,
    RELAYLENS_RUN_ID,
    EscalationState,
    Operation,
)

_MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True)
class _Asked:
    """What this process remembers of a question it has asked."""

    context: SpanContext
    run: RunState | None
    to: str


_asked: OrderedDict[str, _Asked] = OrderedDict()
_lock = threading.Lock()


class Escalation(Around):
    """A question to a person. Its `id` is all that is needed to answer it, from anywhere."""

    def __init__(self, question: object, to: str, own_id: str | None = None) -> None:
        """Prepare a question; `own_id` names it where whoever answers knows it by another name than ours."""
        self._question = question
        self.to = to
        self._own_id = own_id
        self._id: str | None = None
        self._context: SpanContext = INVALID_SPAN_CONTEXT
        self._run: RunState | None = None

    @property
    def id(self) -> str:
        """`relaylens.escalation.id`."""
        self.ask()
        return self._id or ""

    def ask(self) -> Self:
        """Write the request, unless it is written already."""
        with guarded("escalate"):
            if self._id is None:
                self._ask()
        return self

    def _ask(self) -> None:
        using = recorder.current()
        scope = current_scope()
        self._run = scope.run
        attributes = {
            RELAYLENS_ESCALATION_STATE: EscalationState.REQUESTED.value,
            GEN_AI_AGENT_NAME: scope.agent,
            GEN_AI_TRANSFER_TARGET_NAME: self.to,
            GEN_AI_TRANSFER_TARGET_TYPE: HUMAN,
            RELAYLENS_ESCALATION_QUESTION: content.as_text(self._question) if using.capture_content else None,
            RELAYLENS_ESCALATION_ID: self._own_id,
        }
        own_id, self._context = write_event(
            f"{Operation.ESCALATE} {self.to}",
            attributes,
            operation=Operation.ESCALATE,
            id_key=RELAYLENS_ESCALATION_ID if self._own_id is None else None,
        )
        self._id = self._own_id or own_id
        with _lock:
            _asked[self._id] = _Asked(self._context, self._run, self.to)
            while len(_asked) > _MOST_REMEMBERED:
                _asked.popitem(last=False)

    def answer(self, state: EscalationState | str, reply: object | None = None, *, by: str | None = None) -> None:
        """Record the person's answer."""
        answer(self.id, state, reply, by=by)

    def headers(self) -> dict[str, str]:
        """W3C headers with which another process goes on in this run by `receive(headers)`."""
        with guarded("write headers"):
            self.ask()
            return headers_for(self._context, self._run)
        return {}

    def _enter(self) -> None:
        self.ask()

    def _leave(self, error: BaseException | None) -> None:
        """Nothing to close: a question without an answer stays pending."""

    def _renew(self) -> None:
        self._id, self._context, self._run = None, INVALID_SPAN_CONTEXT, None

    def _returned(self, value: object) -> None:
        state, reply = _verdict(value)
        if state is not None:
            self.answer(state, reply)


def _verdict(value: object) -> tuple[EscalationState | None, object | None]:
    """State and text of an answer, from what a decorated function returned."""
    if value is None:
        return None, None
    if isinstance(value, bool):
        return (EscalationState.APPROVED if value else EscalationState.DENIED), None
    if isinstance(value, tuple) and len(value) == 2:  # noqa: PLR2004 - a state and a text
        state, _ = _verdict(value[0])
        return state, value[1]
    if isinstance(value, str) and value in set(EscalationState):
        return EscalationState(value), None
    return EscalationState.APPROVED, value


def escalate(question: object, *, to: str = HUMAN) -> Escalation:
    """Ask a person, now; the answer comes by `answer(...)`, whenever and wherever.

    Where no span is open nobody asks anything: it is then a decorator, or asks when it is entered or used.
    """
    made = Escalation(question, to)
    with guarded("escalate"):
        if current_scope().run is not None or trace.get_current_span().get_span_context().is_valid:
            made.ask()
    return made


def answer(  # noqa: PLR0913 - one answer, all its parts by name
    escalation_id: str,
    state: EscalationState | str,
    reply: object | None = None,
    *,
    by: str | None = None,
    run: str | None = None,
    conversation: str | None = None,
) -> None:
    """Record a person's answer to a question, also in another process than the one that asked.

    `run` and `conversation` join it to its run where neither this process asked nor `receive(headers)` is open.
    """
    with guarded("record an answer"):
        using = recorder.current()
        with _lock:
            asked = _asked.get(escalation_id)
        known = asked.run if asked is not None else None
        write_event(
            f"answer {asked.to if asked is not None else HUMAN}",
            {
                RELAYLENS_RUN_ID: run or (known.id if known is not None else None),
                GEN_AI_CONVERSATION_ID: conversation or (known.conversation if known is not None else None),
                RELAYLENS_ESCALATION_ID: escalation_id,
                RELAYLENS_ESCALATION_STATE: EscalationState(state).value,
                RELAYLENS_ESCALATION_ANSWERED_BY: by,
                RELAYLENS_ESCALATION_ANSWER: content.as_text(reply) if using.capture_content and reply is not None else None,
            },
            operation=Operation.ESCALATE,
            parent=_where_answered(asked),
            links=(Link(asked.context),) if asked is not None and asked.context.is_valid else (),
        )


def _where_answered(asked: _Asked | None) -> Context:
    """Under the span that is open here, else under the question."""
    here = otel_context.get_current()
    if asked is None or trace.get_current_span(here).get_span_context().is_valid:
        return here
    return trace.set_span_in_context(NonRecordingSpan(asked.context), here)
