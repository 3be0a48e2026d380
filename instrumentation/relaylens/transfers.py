"""Work on its way to an agent, as the side sees it that receives it."""

from collections.abc import Sequence
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN_CONTEXT, Link, NonRecordingSpan, SpanContext

from relaylens import content, recorder
from relaylens.around import Around
from relaylens.carrying import Headers, headers_for, read_headers
from relaylens.missing import MISSING, Missing
from relaylens.recording import write_event
from relaylens.safety import guarded
from relaylens.scope import RunState, Scope, Step, current_scope, with_scope
from relaylens.semconv import (
    GEN_AI_AGENT_NAME,
    RELAYLENS_HANDOFF_ID,
    RELAYLENS_HANDOFF_REASON,
    RELAYLENS_HANDOFF_RECEIVED,
    RELAYLENS_HANDOFF_STATUS,
    HandoffStatus,
    Operation,
)


class Transfer(Around):
    """Work for a target, with what is needed to take it: the offer's span and the run it belongs to."""

    def __init__(self, target: str | None, payload: object | Missing) -> None:
        """Describe the work; a subclass fills in where it comes from."""
        self.target = target
        self._payload = payload
        self._id: str | None = None
        self._context: SpanContext = INVALID_SPAN_CONTEXT
        self._run: RunState | None = None
        self._offered_by: Step | None = None

    def _make_sure(self) -> None:
        """Work that is used has been offered."""

    @property
    def id(self) -> str | None:
        """`relaylens.handoff.id`; None when headers brought a run without a handoff."""
        self._make_sure()
        return self._id

    @property
    def payload(self) -> object:
        """What was sent along."""
        return None if isinstance(self._payload, Missing) else self._payload

    @property
    def run(self) -> RunState | None:
        """The run the work belongs to."""
        return self._run

    def headers(self) -> dict[str, str]:
        """W3C headers to send along; the other side calls `receive(headers)`. The receipt is then expected there."""
        with guarded("write headers"):
            self._make_sure()
            self.taken()
            return headers_for(self._context, self._run, self._id, self.target)
        return {}

    def accept(self, payload: object | Missing = MISSING) -> None:
        """State that the target has the work, and what it got (by default what was sent)."""
        self._answer(HandoffStatus.ACCEPTED, None, payload)

    def refuse(self, reason: str | None = None) -> None:
        """State that the target does not take the work."""
        self._answer(HandoffStatus.REFUSED, reason, MISSING)

    def _answer(self, status: HandoffStatus, reason: str | None, payload: object | Missing) -> None:
        """Write the receipt: on the target's open step, else as a span of its own."""
        with guarded("answer a handoff"):
            self._make_sure()
            if self._id is None:
                return
            self.taken()
            step = current_scope().step
            if step is not None and step is not self._offered_by and step.take(self, status, reason, payload):
                return
            captures = recorder.current().capture_content
            write_event(
                f"{Operation.RECEIVE_HANDOFF} {self.target}",
                {
                    GEN_AI_AGENT_NAME: self.target,
                    RELAYLENS_HANDOFF_ID: self._id,
                    RELAYLENS_HANDOFF_STATUS: status.value,
                    RELAYLENS_HANDOFF_REASON: reason if captures else None,
                    RELAYLENS_HANDOFF_RECEIVED: self.received_text(payload) if captures else None,
                },
                operation=Operation.RECEIVE_HANDOFF,
                parent=self.parent_context(),
                links=self.links(),
            )

    def is_from(self, step: Step | None) -> bool:
        """Whether this step has offered it, or passes it on."""
        return self._id is not None and self._offered_by is step

    def place(self) -> tuple[SpanContext, RunState | None, str | None]:
        """What headers say of it: the offer's span, the run and its id."""
        return self._context, self._run, self._id

    def taken(self) -> None:
        """Nobody need wait for the target any more."""
        if self._run is not None:
            self._run.drop_offer(self)

    def close(self) -> None:
        """End what is still open of it."""

    def received_text(self, payload: object | Missing) -> str | None:
        """What arrived: what the receiver says, else what was sent as it is at this moment."""
        value = self._payload if isinstance(payload, Missing) else payload
        return None if isinstance(value, Missing) else content.as_text(value)

    def links(self) -> Sequence[Link]:
        """A link from the receipt to the offer."""
        return (Link(self._context, {RELAYLENS_HANDOFF_ID: self._id}),) if self._context.is_valid and self._id is not None else ()

    def parent_context(self) -> Context:
        """Where the receiving side goes on: in the run that is open here, else in the offer's and, outside of any span, under the offer."""
        here = otel_context.get_current()
        if current_scope(here).run is not None:
            return here
        if not trace.get_current_span(here).get_span_context().is_valid and self._context.is_valid:
            here = trace.set_span_in_context(NonRecordingSpan(self._context), here)
        return with_scope(Scope(run=self._run), here)


class Received(Transfer):
    """What arrived with headers: a run, and the handoff that brought it here if there was one.

    Inside `with`, everything belongs to that run, and the target's step receives the handoff. Outside of it, name it:
    `agent("docs", received=...)`.
    """

    def __init__(self, headers: Headers, payload: object | Missing) -> None:
        """Read the headers."""
        super().__init__(None, payload)
        self._token: Any = None
        with guarded("read headers"):
            carried = read_headers(headers)
            self.target, self._id, self._context, self._run = carried.target, carried.handoff, carried.context, carried.run
            if self._id is not None:
                self._run.add_offer(self)

    def _enter(self) -> None:
        with guarded("go on with a run"):
            context = with_scope(Scope(run=self._run), otel_context.get_current())
            if self._context.is_valid:
                context = trace.set_span_in_context(NonRecordingSpan(self._context), context)
            self._token = otel_context.attach(context)

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - the error belongs to the spans inside
        self._suspend()

    def _suspend(self) -> None:
        with guarded("leave a run"):
            token, self._token = self._token, None
            if token is not None:
                otel_context.detach(token)

    def _resume(self) -> None:
        self._enter()


def receive(headers: Headers, payload: object | Missing = MISSING) -> Received:
    """Go on with the run whose `headers()` another thread or process sent, and with the handoff that brought it here.

    `payload` is what actually arrived; it is recorded as what the target got.
    """
    return Received(headers, payload)


def carry() -> dict[str, str]:
    """W3C headers of where the program is now, to send along with work by any way: the run, its conversation, the trace.

    The other side calls `receive(headers)`. A handoff that this agent has offered last, and that nobody has taken, goes along: the
    step that begins on the other side has then received it. May be called as often as the work is sent.
    """
    with guarded("write headers"):
        scope = current_scope()
        waiting = [] if scope.run is None else scope.run.waiting()
        for offer in reversed(waiting):
            if isinstance(offer, Transfer) and offer.is_from(scope.step):
                return headers_for(*offer.place(), offer.target)
        return headers_for(trace.get_current_span().get_span_context(), scope.run)
    return {}
