"""Runs and handoffs across threads, queues and processes: W3C `traceparent` and `baggage` headers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from opentelemetry import baggage, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, SpanContext
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from relaylens.scope import RunState
from relaylens.semconv import GEN_AI_CONVERSATION_ID, GEN_AI_TRANSFER_TARGET_NAME, RELAYLENS_HANDOFF_ID, RELAYLENS_RUN_ID

HeaderValue = str | bytes | Sequence[str | bytes]
Headers = Mapping[str, HeaderValue] | Iterable[tuple[str, HeaderValue]]
"""Headers as HTTP servers and message queues hand them over."""

_TRACE: Final = TraceContextTextMapPropagator()
_BAGGAGE: Final = W3CBaggagePropagator()


@dataclass(frozen=True)
class Carried:
    """What headers say."""

    context: SpanContext
    run: RunState
    handoff: str | None
    target: str | None


def headers_for(context: SpanContext, run: RunState | None, handoff: str | None = None, target: str | None = None) -> dict[str, str]:
    """Headers that continue a run under a span; the host's own baggage is not sent along."""
    headers: dict[str, str] = {}
    _TRACE.inject(headers, trace.set_span_in_context(NonRecordingSpan(context), Context()))
    items = {
        RELAYLENS_RUN_ID: None if run is None else run.id,
        GEN_AI_CONVERSATION_ID: None if run is None else run.conversation,
        RELAYLENS_HANDOFF_ID: handoff,
        GEN_AI_TRANSFER_TARGET_NAME: target,
    }
    carried = Context()
    for key, value in items.items():
        if value is not None:
            carried = baggage.set_baggage(key, value, carried)
    _BAGGAGE.inject(headers, carried)
    return headers


def read_headers(headers: Headers) -> Carried:
    """What headers say; what is missing or malformed is left out."""
    plain = _plain(headers)
    context = trace.get_current_span(_TRACE.extract(plain, Context())).get_span_context()
    items = baggage.get_all(_BAGGAGE.extract(plain, Context()))

    def item(key: str) -> str | None:
        value = items.get(key)
        return value if isinstance(value, str) else None

    run = RunState(item(RELAYLENS_RUN_ID), item(GEN_AI_CONVERSATION_ID))
    return Carried(context, run, item(RELAYLENS_HANDOFF_ID), item(GEN_AI_TRANSFER_TARGET_NAME))


def _plain(headers: Headers) -> dict[str, str]:
    """Lower-case names and one text each."""
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    plain: dict[str, str] = {}
    for name, given in pairs:
        value = given[0] if isinstance(given, Sequence) and not isinstance(given, str | bytes) else given
        plain[str(name).lower()] = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return plain
