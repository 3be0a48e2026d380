"""The span processor: says on every span which run it belongs to and which number it has, then passes it on."""

import copy
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import INVALID_SPAN_CONTEXT, SpanContext
from opentelemetry.util.types import AttributeValue

from relaylens.delivering import Delivery, Route
from relaylens.privacy import Kin, Privacy
from relaylens.safety import guarded
from relaylens.scope import Scope, current_scope
from relaylens.semconv import (
    GEN_AI_AGENT_NAME,
    GEN_AI_AGENT_VERSION,
    GEN_AI_CONVERSATION_ID,
    RELAYLENS_ORIGINAL_TRACE_ID,
    RELAYLENS_PROCESS_ID,
    RELAYLENS_RUN_ID,
    RELAYLENS_SEQUENCE,
    RELAYLENS_SPAN_ROLE,
    SpanRole,
)

_NOTHING: Final[Mapping[str, AttributeValue]] = {}

_MOST_OPEN: Final = 100_000
"""Open spans whose stamp is remembered; spans that never end must not fill the memory."""


_MOST_PLACED: Final = 10_000
"""Spans, open or ended, of which is remembered in which step they were started."""


_OVERRULED: Final = frozenset({GEN_AI_CONVERSATION_ID})
"""What the run says better than a span that is a detail of it: some frameworks give each inner agent a conversation of its own."""


@dataclass(frozen=True)
class _Place:
    """Where a span goes in what is exported."""

    trace_id: int
    parent: SpanContext | None


@dataclass(slots=True)
class _Open:
    """What is kept of a span until it ends."""

    number: int | None
    stamp: dict[str, AttributeValue]
    is_silent: bool
    place: _Place | None
    kin: Kin | None = None


def _stamp(scope: Scope, present: Mapping[str, AttributeValue], *, is_detail: bool) -> dict[str, AttributeValue]:
    """What is said on a span of the place it was started at; what the span says itself is kept."""
    stamp: dict[str, AttributeValue] = {}
    run = scope.run
    if run is not None:
        if run.id is not None and RELAYLENS_RUN_ID not in present:
            stamp[RELAYLENS_RUN_ID] = run.id
        if run.conversation is not None and (is_detail or GEN_AI_CONVERSATION_ID not in present):
            stamp[GEN_AI_CONVERSATION_ID] = run.conversation
    if is_detail:
        said = {RELAYLENS_SPAN_ROLE: SpanRole.DETAIL.value}
        if scope.step is not None:
            said |= {GEN_AI_AGENT_NAME: scope.step.agent, GEN_AI_AGENT_VERSION: scope.step.version or ""}
        stamp |= {key: value for key, value in said.items() if value and key not in present}
    return stamp


def _scope_of(instrumentation: str, name: str, parent_context: Context | None) -> Scope:
    """Where a span starts.

    An instrumentation that keeps a tree of its own names a parent that began elsewhere in the run: the place where the span
    starts says more.
    """
    here = current_scope()
    if here.turn is not None and here.turn.step is None:
        here.turn.model_call(instrumentation, name)
        here = current_scope()
    if parent_context is None:
        return here
    scope = current_scope(parent_context)
    return here if scope.run is None or (here.run is scope.run and instrumentation in here.details) else scope


class StampingProcessor(SpanProcessor):
    """Stamps every span of a tracer provider, whoever starts it, and hands finished ones to what sends them.

    The process is named on the resource of what is exported, not on the provider: that may be the host's own, and a
    forked child has its parent's.
    """

    def __init__(self, route: Route, resource: Resource | None = None, privacy: Privacy | None = None) -> None:
        """Send along `route`; `resource` replaces the one of the spans where it is ours; `privacy` says what may leave."""
        self._resource = resource
        self._privacy = Privacy() if privacy is None else privacy
        self._open: OrderedDict[int, _Open] = OrderedDict()
        self._steps: OrderedDict[int, int] = OrderedDict()
        self._silent: OrderedDict[int, SpanContext | None] = OrderedDict()
        self._resources: dict[int, tuple[Resource, Resource]] = {}
        self._inherited: frozenset[int] = frozenset()
        self._closed = False
        self._lock = threading.Lock()
        self._delivery = Delivery(replace(route, resource=self._privacy.resource(route.resource)), self._finished)
        if hasattr(os, "register_at_fork"):
            begin = weakref.WeakMethod(self._in_child)

            def in_child() -> None:
                if (method := begin()) is not None:
                    method()

            os.register_at_fork(after_in_child=in_child)

    @property
    def process_id(self) -> str:
        """`relaylens.process.id`."""
        return self._delivery.process_id

    def _in_child(self) -> None:
        """A forked child is a process of its own; spans that were open belong to the parent, which sends them."""
        self._lock = threading.Lock()
        self._inherited = self._inherited.union(self._open)
        self._open = OrderedDict()
        self._resources = {}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Stamp a span that starts."""
        if self._closed:
            return
        with guarded("stamp a span"):
            context = span.get_span_context()
            if not context.trace_flags.sampled:
                return
            name = "" if span.instrumentation_scope is None else span.instrumentation_scope.name
            scope = _scope_of(name, span.name, parent_context)
            is_silent = name in scope.silent
            stamp = {} if is_silent else _stamp(scope, span.attributes or _NOTHING, is_detail=name in scope.details)
            number = None if is_silent else self._delivery.dispatcher().ledger.begin()
            if number is not None:
                stamp[RELAYLENS_SEQUENCE] = number
            with self._lock:
                parent = self._exported_parent(span)
                if is_silent:
                    self._silent[context.span_id] = parent
                    if len(self._silent) > _MOST_PLACED:
                        self._silent.popitem(last=False)
                place = self._place(span, context, scope, parent, moves=name in scope.details)
                self._open[context.span_id] = _Open(number, stamp, is_silent, place, self._privacy.begun(span, parent_context, scope.agent))
                if len(self._open) > _MOST_OPEN:
                    self._open.popitem(last=False)
            for key, value in stamp.items():
                span.set_attribute(key, value)

    def _exported_parent(self, span: Span) -> SpanContext | None:
        """The nearest span above this one that is exported."""
        parent = span.parent
        return parent if parent is None else self._silent.get(parent.span_id, parent)

    def _place(self, span: Span, context: SpanContext, scope: Scope, parent: SpanContext | None, *, moves: bool) -> "_Place | None":
        """Where the span belongs in the step's tree, if it was not started there: some instrumentations keep trees of their own."""
        beside = None if parent is span.parent else _Place(context.trace_id, parent)
        step = INVALID_SPAN_CONTEXT if scope.step is None else scope.step.span.get_span_context()
        if not step.is_valid:
            return beside
        self._steps[context.span_id] = step.span_id
        if len(self._steps) > _MOST_PLACED:
            self._steps.popitem(last=False)
        if parent is not None and (parent.span_id == step.span_id or self._steps.get(parent.span_id) == step.span_id):
            return beside if context.trace_id == step.trace_id or not moves else _Place(step.trace_id, parent)
        return _Place(step.trace_id, step) if context.trace_id == step.trace_id or moves else beside

    def on_end(self, span: ReadableSpan) -> None:
        """Pass on a span that ended."""
        if self._closed:
            return
        with guarded("export a span"):
            context = span.context
            if context is None or not context.trace_flags.sampled or context.span_id in self._inherited:
                return
            with self._lock:
                opened = self._open.pop(context.span_id, None)
            if opened is None or not opened.is_silent:
                self._delivery.dispatcher().queue.put(None if opened is None else opened.number, span, opened)

    def _finished(self, span: ReadableSpan, opened: "_Open | None") -> ReadableSpan:
        """The span with this process on its resource, in its step, and with its stamp where the attribute limit has pushed that out."""
        # A copy, since other processors see the same object.
        finished = copy.copy(span)
        finished._resource = self._named(span.resource)  # noqa: SLF001 - the SDK offers no other way to add to a resource
        if opened is None:
            return self._privacy.cleaned(finished)
        stamp, place, context = opened.stamp, opened.place, span.context
        if place is not None and context is not None:
            finished._parent = place.parent  # noqa: SLF001 - as above
            if place.trace_id != context.trace_id:
                stamp = {**stamp, RELAYLENS_ORIGINAL_TRACE_ID: f"{context.trace_id:032x}"}
                finished._context = SpanContext(  # noqa: SLF001 - as above
                    place.trace_id, context.span_id, context.is_remote, context.trace_flags, context.trace_state
                )
        present = span.attributes or {}
        if any(
            key not in present or (key in _OVERRULED and RELAYLENS_SPAN_ROLE in stamp and present[key] != value)
            for key, value in stamp.items()
        ):
            attributes = BoundedAttributes(attributes={**present, **stamp}, immutable=True)
            attributes.dropped = span.dropped_attributes
            finished._attributes = attributes  # noqa: SLF001 - as above
        return self._privacy.cleaned(finished, opened.kin)

    def _named(self, resource: Resource) -> Resource:
        """The resource to export, made once for each that occurs."""
        known = self._resources.get(id(resource))
        if known is None or known[0] is not resource:
            base = resource if self._resource is None else self._resource
            known = (resource, self._privacy.resource(base).merge(Resource({RELAYLENS_PROCESS_ID: self._delivery.process_id})))
            self._resources[id(resource)] = known
        return known[1]

    def shutdown(self) -> None:
        """Send what is left, for a few seconds at most, and stop."""
        self.close(None)

    def close(self, timeout: float | None) -> None:
        """Send what is left, for `timeout` seconds at most, and stop."""
        if self._closed:
            return
        self._closed = True
        with guarded("stop sending"):
            self._delivery.close(timeout)

    def force_flush(self, timeout_millis: int | None = 5000) -> bool:
        """Send what is there; False when that was not done in time."""
        if self._closed:
            return True
        with guarded("flush"):
            return self._delivery.flush((5000 if timeout_millis is None else timeout_millis) / 1000)
        return False
