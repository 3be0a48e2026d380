"""Handing work to another agent: the offer."""

from collections.abc import Callable
from typing import Any, Self

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN_CONTEXT, Span, SpanKind

from relaylens import content, recorder
from relaylens.around import P, R
from relaylens.missing import MISSING, Missing
from relaylens.recording import core_attributes, new_id, write_error
from relaylens.safety import guarded, logger
from relaylens.scope import current_scope
from relaylens.semconv import (
    GEN_AI_AGENT_NAME,
    GEN_AI_TOOL_CALL_RESULT,
    GEN_AI_TRANSFER_MODE,
    GEN_AI_TRANSFER_TARGET_NAME,
    GEN_AI_TRANSFER_TARGET_TYPE,
    RELAYLENS_HANDOFF_ID,
    RELAYLENS_HANDOFF_PAYLOAD,
    RELAYLENS_HANDOFF_REASON,
    RELAYLENS_HANDOFF_STATUS,
    HandoffReason,
    Operation,
    TransferMode,
)
from relaylens.transfers import Transfer


class Handoff(Transfer):
    """Work this agent offers to another one.

    With mode `pass_control` the offer is written in the instant it is made. With `return_to_caller` it stays open until
    the `with` block ends or `returned(...)` is called, at the latest until the offering agent's step ends.
    """

    def __init__(  # noqa: PLR0913 - one handoff, all its parts by name
        self,
        target: str,
        payload: object | Missing,
        mode: TransferMode | None,
        reason: str | None,
        *,
        source: str | None = None,
        failed: HandoffReason | None = None,
    ) -> None:
        """Prepare an offer."""
        super().__init__(target, payload)
        self._mode = mode
        self._reason = reason
        self._source = source
        self._failed = failed
        self._span: Span | None = None
        self._token: Any = None
        self._decorates = False

    def offer(self) -> Self:
        """Write the offer, unless it is written already."""
        with guarded("offer a handoff"):
            if self._id is None:
                self._offer()
        return self

    def _make_sure(self) -> None:
        self.offer()

    def _offer(self) -> None:
        using = recorder.current()
        scope = current_scope()
        mode = self._mode or TransferMode.PASS_CONTROL
        moment = using.now()
        attributes = core_attributes(Operation.HANDOFF, scope) | {
            GEN_AI_TRANSFER_TARGET_NAME: self.target or "",
            GEN_AI_TRANSFER_TARGET_TYPE: "agent",
            GEN_AI_TRANSFER_MODE: mode.value,
        }
        source = scope.agent if self._source is None else self._source
        if source is not None:
            attributes[GEN_AI_AGENT_NAME] = source
        if self._failed is not None:
            attributes[RELAYLENS_HANDOFF_STATUS] = self._failed.value
        span = using.tracer.start_span(
            f"{Operation.HANDOFF} {self.target}", kind=SpanKind.INTERNAL, attributes=attributes, start_time=moment
        )
        self._context = span.get_span_context()
        self._id = new_id(self._context)
        self._run, self._offered_by = scope.run, scope.step
        with guarded("describe a handoff"):
            span.set_attribute(RELAYLENS_HANDOFF_ID, self._id)
            if using.capture_content and self._reason is not None:
                span.set_attribute(RELAYLENS_HANDOFF_REASON, self._reason)
            if using.capture_content and not isinstance(self._payload, Missing):
                span.set_attribute(RELAYLENS_HANDOFF_PAYLOAD, content.as_text(self._payload))
        if self._run is not None and self._failed is None:
            self._run.add_offer(self)
        if mode is TransferMode.PASS_CONTROL:
            span.end(moment)
            return
        self._span = span
        if scope.step is not None:
            scope.step.keep_open(self)

    def output(self, result: object) -> Self:
        """Record what came back from the target."""
        with guarded("record what came back"):
            if self._span is not None and recorder.current().capture_content:
                self._span.set_attribute(GEN_AI_TOOL_CALL_RESULT, content.as_text(result))
        return self

    def returned(self, result: object | Missing = MISSING) -> None:
        """Control is back, with this result; ends an open offer."""
        if not isinstance(result, Missing):
            self.output(result)
        self.close()

    def close(self) -> None:
        """End an offer that is still open."""
        with guarded("end a handoff"):
            span, self._span = self._span, None
            if span is not None:
                span.end(recorder.current().now())

    def _enter(self) -> None:
        # A decorated call is offered once its arguments are known.
        if not self._decorates:
            self.offer()
            self._resume()

    def _leave(self, error: BaseException | None) -> None:
        self._suspend()
        with guarded("record an error"):
            if self._span is not None and error is not None:
                write_error(self._span, error, recorder.current())
        self.close()

    def _resume(self) -> None:
        with guarded("enter a handoff"):
            if self._span is not None and self._token is None:
                self._token = otel_context.attach(trace.set_span_in_context(self._span))

    def _suspend(self) -> None:
        with guarded("leave a handoff"):
            token, self._token = self._token, None
            if token is not None:
                otel_context.detach(token)

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Decorate the function that calls the other agent: each call is a handoff, its arguments are what is sent."""
        if self._id is not None:
            logger.warning("Decorate with relaylens.handoff(%r) where no span is open: here it has offered work already.", self.target)
        return super().__call__(function)

    def _renew(self) -> None:
        self._id, self._context, self._span, self._run = None, INVALID_SPAN_CONTEXT, None, None
        self._mode = self._mode or TransferMode.RETURN_TO_CALLER
        self._decorates = True

    def _called(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if isinstance(self._payload, Missing):
            self._payload = content.single(content.call_arguments(function, args, kwargs))
        self.offer()
        self._resume()

    def _returned(self, value: object) -> None:
        self.output(value)


def handoff(  # noqa: PLR0913 - one handoff, all its parts by name
    target: str,
    payload: object | Missing = MISSING,
    *,
    mode: TransferMode | str | None = None,
    reason: str | None = None,
    source: str | None = None,
    failed: HandoffReason | str | None = None,
) -> Handoff:
    """Hand work to another agent, now: the next step of that agent in this run receives it.

    `mode` says whether control comes back: `pass_control` (the default) or `return_to_caller` (the default of a decorator).
    `source` names who hands over where that is not the agent whose step is open here; `failed` says that the attempt came to
    nothing at once (`unknown_target`, `refused`, `timed_out`, `errored`), so that no one is expected to receive it.
    Where no span is open nobody hands over anything: it is then a decorator, or is offered when it is entered or used.
    """
    made = Handoff(target, payload, None, reason)
    with guarded("offer a handoff"):
        made = Handoff(
            target,
            payload,
            None if mode is None else TransferMode(mode),
            reason,
            source=source,
            failed=None if failed is None else HandoffReason(failed),
        )
        if current_scope().run is not None or trace.get_current_span().get_span_context().is_valid:
            made.offer()
    return made
