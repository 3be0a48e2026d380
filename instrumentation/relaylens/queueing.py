"""The bounded queue of spans that have ended: what the host's threads put in, and what is given up when it is full."""

import contextlib
import threading
from collections import deque
from typing import Any, Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from relaylens.accounting import Ledger, Ranges, ranges_of
from relaylens.semconv import (
    GEN_AI_OPERATION_NAME,
    RELAYLENS_HANDOFF_ID,
    RELAYLENS_RUN_OUTCOME,
    DropReason,
    Operation,
)

Entry = tuple[int | None, ReadableSpan, Any]
"""A span that ended: its number, itself, and what the stamping processor remembers of it."""

_NEEDED: Final = frozenset({Operation.INVOKE_WORKFLOW, Operation.HANDOFF, Operation.RECEIVE_HANDOFF, Operation.ESCALATE, Operation.OUTCOME})
_LOOKED_AT: Final = 32
"""Spans that are asked whether they are needed less, where room has to be made."""


class SpanQueue:
    """Spans that wait for the thread that sends; full, it gives up the less needed and says so in the ledger."""

    def __init__(self, most: int, batch: int, ledger: Ledger, wake: threading.Event) -> None:
        """Hold `most` spans, and wake the other thread when there is a `batch`."""
        self._spans: deque[Entry] = deque()
        self._most, self._batch = most, batch
        self._ledger, self._wake = ledger, wake

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._spans)

    def put(self, number: int | None, span: ReadableSpan, remembered: object) -> None:
        """Take a span that ended; with a full queue the less needed is given up."""
        spans = self._spans
        if len(spans) >= self._most and not self._make_room(span):
            if number is not None:
                self._ledger.drop(DropReason.QUEUE_FULL, ((number, number),))
                self._ledger.end(number)
            return
        # In the queue before it is out of the list of open ones: an account finds it in one of them.
        spans.append((number, span, remembered))
        if number is not None:
            self._ledger.end(number)
        if len(spans) >= self._batch and not self._wake.is_set():
            self._wake.set()

    def take(self) -> list[Entry]:
        """The oldest spans, as many as go into one request."""
        taken: list[Entry] = []
        with contextlib.suppress(IndexError):
            while len(taken) < self._batch:
                taken.append(self._spans.popleft())
        return taken

    def numbers(self) -> Ranges:
        """Which spans wait."""
        for _ in range(5):
            # A host's thread may put one in while we copy.
            with contextlib.suppress(RuntimeError):
                return numbers_of(list(self._spans))
        return ()

    def _make_room(self, span: ReadableSpan) -> bool:
        """Give up the oldest span that is needed less than this one, if this one is needed at all."""
        if not is_needed(span):
            return False
        with contextlib.suppress(IndexError):
            for place in range(_LOOKED_AT):
                number, other, _ = self._spans[place]
                if not is_needed(other):
                    del self._spans[place]
                    if number is not None:
                        self._ledger.drop(DropReason.QUEUE_FULL, ((number, number),))
                    return True
        return False


def numbers_of(entries: list[Entry]) -> Ranges:
    """The numbers of spans."""
    return ranges_of(number for number, _, _ in entries if number is not None)


def is_needed(span: ReadableSpan) -> bool:
    """Whether a span is needed before others: outcomes, failures, what passes between agents and to people, the roots of it all."""
    if span.status.status_code is StatusCode.ERROR or span.parent is None:
        return True
    attributes = span.attributes or {}
    return attributes.get(GEN_AI_OPERATION_NAME) in _NEEDED or RELAYLENS_HANDOFF_ID in attributes or RELAYLENS_RUN_OUTCOME in attributes
