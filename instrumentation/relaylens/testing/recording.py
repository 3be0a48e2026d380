"""Spans kept in memory, with ids 1, 2, 3 and a clock that ticks once a second, so that the same program gives the same spans."""

import copy
import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, Span, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator

from relaylens.semconv import SERVICE_NAME
from relaylens.tracing import Instrumentation, instrument, uninstrument

SECOND: Final = 1_000_000_000
BEGIN: Final = 1_767_225_600
"""The clock's first second: 2026-01-01, 00:00 UTC."""

_MOST_ATTRIBUTES: Final = 2048


class CountingIds(IdGenerator):
    """Ids 1, 2, 3 for traces and for spans."""

    def __init__(self) -> None:
        """Start at 1."""
        self._traces = itertools.count(1)
        self._spans = itertools.count(1)

    def generate_trace_id(self) -> int:
        """The next trace."""
        return next(self._traces)

    def generate_span_id(self) -> int:
        """The next span."""
        return next(self._spans)


class TickingClock:
    """A clock that is one second further each time it is looked at."""

    def __init__(self, begin: int = BEGIN) -> None:
        """Start at a second since 1970."""
        self._seconds = itertools.count(begin)

    def __call__(self) -> int:
        """Nanoseconds since 1970."""
        return next(self._seconds) * SECOND


class SpanMemory(SpanExporter):
    """Keeps what is exported."""

    def __init__(self) -> None:
        """Begin empty."""
        self._spans: list[ReadableSpan] = []
        self._lock = threading.Lock()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Keep spans."""
        with self._lock:
            self._spans.extend(spans)
        return SpanExportResult.SUCCESS

    @property
    def spans(self) -> list[ReadableSpan]:
        """What was exported, in the order it came."""
        with self._lock:
            return list(self._spans)


class _Ticks(SpanProcessor):
    """Gives every span of a provider the clock's times for its start and end, whatever times its instrumentation has written."""

    def __init__(self, clock: TickingClock) -> None:
        """Begin with a clock."""
        self._clock = clock
        self._started: dict[int, int] = {}
        self._ended: dict[int, int] = {}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:  # noqa: ARG002 - as the SDK calls it
        """Note the start."""
        self._started[span.get_span_context().span_id] = self._clock()

    def on_end(self, span: ReadableSpan) -> None:
        """Note the end."""
        if span.context is not None:
            self._ended[span.context.span_id] = self._clock()

    def retimed(self, span: ReadableSpan) -> ReadableSpan:
        """A copy of a span with the clock's times."""
        number = 0 if span.context is None else span.context.span_id
        if number not in self._started or number not in self._ended:
            return span
        retimed = copy.copy(span)
        retimed._start_time, retimed._end_time = self._started[number], self._ended[number]  # noqa: SLF001 - the SDK offers no other way
        retimed._events = tuple(Event(event.name, event.attributes, self._ended[number]) for event in span.events)  # noqa: SLF001 - as above
        return retimed


@dataclass
class Recording:
    """What a program under test writes."""

    memory: SpanMemory
    instrumentation: Instrumentation
    ticks: _Ticks | None

    @property
    def spans(self) -> list[ReadableSpan]:
        """Spans that have ended, in the order they began."""
        self.instrumentation.flush()
        kept = [span if self.ticks is None else self.ticks.retimed(span) for span in self.memory.spans]
        return sorted(kept, key=lambda span: (span.start_time or 0, span.context.span_id if span.context else 0))


@contextmanager
def recording(*, clock: Literal["ticking", "real"] = "ticking", **settings: Any) -> Iterator[Recording]:  # noqa: ANN401 - what instrument() takes
    """Record what the program does inside the block, with `settings` for `instrument()`; nothing is sent anywhere.

    A program that calls `instrument()` itself is recorded all the same: here that call changes nothing. What it had set up before
    is switched off.
    """
    uninstrument()
    provider = _provider()
    ids = provider.id_generator
    _use_ids(provider, CountingIds())
    ticks = _Ticks(TickingClock()) if clock == "ticking" else None
    memory = SpanMemory()
    if ticks is not None:
        provider.add_span_processor(ticks)
    instrumentation = instrument(tracer_provider=provider, exporter=memory, **settings)
    try:
        yield Recording(memory, instrumentation, ticks)
    finally:
        uninstrument()
        _use_ids(provider, ids)
        _remove(provider, ticks, instrumentation.processor)


def _provider() -> TracerProvider:
    """The process's own provider, made once: frameworks that record themselves write to that one only."""
    present = trace.get_tracer_provider()
    if isinstance(present, TracerProvider):
        return present
    provider = TracerProvider(
        resource=Resource({SERVICE_NAME: "tests"}), span_limits=SpanLimits(max_span_attributes=_MOST_ATTRIBUTES), shutdown_on_exit=False
    )
    if isinstance(present, trace.ProxyTracerProvider):
        trace.set_tracer_provider(provider)
    return provider


def _use_ids(provider: TracerProvider, ids: IdGenerator) -> None:
    """Number spans by `ids` from now on, also those of tracers that were made before."""
    tracers: Mapping[object, object] = getattr(provider, "_tracers", {})
    for holder in (provider, *tracers.values()):
        vars(holder)["id_generator"] = ids


def _remove(provider: TracerProvider, *processors: SpanProcessor | None) -> None:
    """Take processors of an ended test out of the provider, which lives on."""
    every = provider._active_span_processor  # noqa: SLF001 - the SDK can only add
    with every._lock:  # noqa: SLF001 - as above
        every._span_processors = tuple(kept for kept in every._span_processors if kept not in processors)  # noqa: SLF001 - as above
