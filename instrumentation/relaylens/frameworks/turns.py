"""Turns of agents that end when they pass control on, though the framework's own function goes on around those that come after."""

from collections.abc import Sequence
from typing import Self

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Link, Span

import relaylens
from relaylens.frameworks.recording import FrameworkStep
from relaylens.handoffs import Handoff
from relaylens.safety import guarded
from relaylens.semconv import TransferMode


class Turn(FrameworkStep):
    """An agent's turn; it is over when control is passed on."""

    is_over = False
    """Whether it has passed control on."""
    place_of_turn: Span = INVALID_SPAN
    """The span in which the turn has its place."""
    _before: "Turn | None" = None

    def after(self, before: "Turn | None") -> Self:
        """Come after another turn rather than inside of it."""
        self._before = before
        return self

    def pass_on(self, target: str, payload: object, reason: str | None = None) -> Handoff:
        """Hand over to another agent, which ends the turn."""
        offer = relaylens.handoff(target, payload, mode=TransferMode.PASS_CONTROL, reason=reason)
        if not self.is_over:
            with guarded("end a turn"):
                self.output(payload)
                self._ending(None)
                self._span.set_attributes(self._attributes)
                self._span.end(self._recorder.now())
                self.is_over = True
        return offer

    def _begin(self) -> tuple[Context | None, Sequence[Link]]:
        parent, links = super()._begin()
        if self._before is not None:
            parent = trace.set_span_in_context(self._before.place_of_turn, parent)
        self.place_of_turn = trace.get_current_span(parent)
        return parent, links

    def _returned(self, value: object) -> None:
        if not self.is_over:
            super()._returned(value)

    def _leave(self, error: BaseException | None) -> None:
        if self.is_over:
            self._suspend()
        else:
            super()._leave(error)
