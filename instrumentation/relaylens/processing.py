"""The span processor: says on every span which run it belongs to and which number it has, then passes it on."""

import copy
import inspect
import itertools
import os
import threading
import uuid
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.util.types import AttributeValue

from relaylens.safety import guarded
from relaylens.scope import current_scope
from relaylens.semconv import GEN_AI_CONVERSATION_ID, RELAYLENS_PROCESS_ID, RELAYLENS_RUN_ID, RELAYLENS_SEQUENCE

_MOST_OPEN: Final = 100_000
"""Open spans whose stamp is remembered; spans that never end must not fill the memory."""


class StampingProcessor(SpanProcessor):
    """Stamps every span of a tracer provider, whoever starts it, and hands finished ones to the processor that exports.

    The process is named on the resource of what is exported, not on the provider: that may be the host's own, and a
    forked child has its parent's.
    """

    def __init__(self, inner: SpanProcessor, resource: Resource | None = None) -> None:
        """Export through `inner`; `resource` replaces the one of the spans where the provider is ours."""
        self._inner = inner
        self._resource = resource
        self._open: OrderedDict[int, dict[str, AttributeValue]] = OrderedDict()
        self._resources: dict[int, tuple[Resource, Resource]] = {}
        self._closed = False
        self._begin_process()
        if hasattr(os, "register_at_fork"):
            begin = weakref.WeakMethod(self._begin_process)

            def in_child() -> None:
                if (method := begin()) is not None:
                    method()

            os.register_at_fork(after_in_child=in_child)

    def _begin_process(self) -> None:
        """Name this process and count its spans from 1; a forked child does so again."""
        self._lock = threading.Lock()
        self.process_id = uuid.uuid4().hex
        self._sequence = itertools.count(1)
        self._resources = {}

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Stamp a span that starts."""
        if self._closed:
            return
        with guarded("stamp a span"):
            context = span.get_span_context()
            if not context.trace_flags.sampled:
                return
            stamp: dict[str, AttributeValue] = {}
            run = current_scope(parent_context).run or current_scope().run
            present: Mapping[str, AttributeValue] = span.attributes or {}
            if run is not None:
                if run.id is not None and RELAYLENS_RUN_ID not in present:
                    stamp[RELAYLENS_RUN_ID] = run.id
                if run.conversation is not None and GEN_AI_CONVERSATION_ID not in present:
                    stamp[GEN_AI_CONVERSATION_ID] = run.conversation
            with self._lock:
                stamp[RELAYLENS_SEQUENCE] = next(self._sequence)
                self._open[context.span_id] = stamp
                if len(self._open) > _MOST_OPEN:
                    self._open.popitem(last=False)
            span.set_attributes(stamp)

    def on_end(self, span: ReadableSpan) -> None:
        """Pass on a span that ended."""
        if self._closed:
            return
        with guarded("export a span"):
            self._inner.on_end(self._finished(span))

    def _finished(self, span: ReadableSpan) -> ReadableSpan:
        """The span with this process on its resource, and with its stamp where the attribute limit has pushed that out."""
        context = span.get_span_context()
        with self._lock:
            stamp = self._open.pop(context.span_id, {}) if context is not None else {}
        # A copy, since other processors see the same object.
        finished = copy.copy(span)
        finished._resource = self._named(span.resource)  # noqa: SLF001 - the SDK offers no other way to add to a resource
        present = span.attributes or {}
        if any(key not in present for key in stamp):
            attributes = BoundedAttributes(attributes={**present, **stamp}, immutable=True)
            attributes.dropped = span.dropped_attributes
            finished._attributes = attributes  # noqa: SLF001 - as above
        return finished

    def _named(self, resource: Resource) -> Resource:
        """The resource to export, made once for each that occurs."""
        known = self._resources.get(id(resource))
        if known is None or known[0] is not resource:
            base = resource if self._resource is None else self._resource
            known = (resource, base.merge(Resource({RELAYLENS_PROCESS_ID: self.process_id})))
            self._resources[id(resource)] = known
        return known[1]

    def shutdown(self) -> None:
        """Send what is left, for a few seconds at most, and stop."""
        self.close(5.0)

    def close(self, timeout: float) -> None:
        """Send what is left, for `timeout` seconds at most, and stop."""
        if self._closed:
            return
        self._closed = True
        with guarded("shut down the exporter"):
            batch = getattr(self._inner, "_batch_processor", None)
            if batch is not None and "timeout_millis" in inspect.signature(batch.shutdown).parameters:
                # The public method waits for half a minute when the collector is away.
                batch.shutdown(timeout_millis=int(timeout * 1000))
            else:
                # Older SDKs cannot be told how long; what is left then is left behind.
                _within(timeout, self._inner.shutdown)

    def force_flush(self, timeout_millis: int | None = 5000) -> bool:
        """Send what is there; False when that was not done in time."""
        if self._closed:
            return True
        done: list[bool] = []
        # The SDK's flush waits for the exporter however long that takes.
        with guarded("flush"):
            _within((5000 if timeout_millis is None else timeout_millis) / 1000, lambda: done.append(self._inner.force_flush()))
        return bool(done and done[0])


def _within(seconds: float, work: Callable[[], object]) -> None:
    """Do something that may take long, and wait for it only so long."""

    def guarded_work() -> None:
        with guarded("send what is left"):
            work()

    worker = threading.Thread(target=guarded_work, name="relaylens-sends", daemon=True)
    worker.start()
    worker.join(seconds)
