"""A span around a block of the host's code, with the run and the agent it belongs to."""

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Link, Span, SpanContext, SpanKind, Status, StatusCode
from opentelemetry.util.types import AttributeValue

from relaylens import recorder
from relaylens.around import Around
from relaylens.safety import guarded
from relaylens.scope import Scope, current_scope, with_scope
from relaylens.semconv import ERROR_TYPE, GEN_AI_AGENT_NAME, GEN_AI_CONVERSATION_ID, GEN_AI_OPERATION_NAME, RELAYLENS_RUN_ID

STOPPED: Final = (asyncio.CancelledError, KeyboardInterrupt)
"""The work was called off: neither done nor failed."""

NO_ERROR: Final = (*STOPPED, GeneratorExit, SystemExit)
"""These only steer the program."""


class Recorded(Around):
    """A span that opens and closes around a block; the base of runs, agents, tools, model calls and validations."""

    operation: str
    kind: SpanKind = SpanKind.INTERNAL
    names_agent = False
    """Whether the span says whose step it belongs to."""

    def __init__(self, name: str | None, attributes: Mapping[str, AttributeValue | None] | None = None) -> None:
        """Prepare; nothing is written before the block begins."""
        self._name = name
        self._given: dict[str, AttributeValue] = {key: value for key, value in (attributes or {}).items() if value is not None}
        self._attributes: dict[str, AttributeValue] = {}
        self._written = 0
        self._recorder = recorder.current()
        self._span: Span = INVALID_SPAN
        self._context: Context | None = None
        self._token: Any = None

    @property
    def span(self) -> Span:
        """The OpenTelemetry span, for attributes of one's own."""
        return self._span

    # What subclasses say of themselves.

    def _span_name(self) -> str:
        """Name of the span."""
        return f"{self.operation} {self._name}"

    def _begin(self) -> tuple[Context | None, Sequence[Link]]:
        """Prepare attributes at the last moment; the answer is the parent context (None: the one that holds) and the links."""
        return None, ()

    def _scope(self, outer: Scope) -> Scope:
        """The scope that holds inside the block."""
        return outer

    def _started(self) -> None:
        """Do what needs the span."""

    def _ending(self, error: BaseException | None) -> None:
        """Write the last attributes."""

    # The span's life.

    def _enter(self) -> None:
        with guarded("start a span"):
            self._recorder = recorder.current()
            self._span = INVALID_SPAN
            self._attributes = dict(self._given)
            parent, links = self._begin()
            parent = otel_context.get_current() if parent is None else parent
            outer = current_scope(parent)
            scope = self._scope(outer)
            self._attributes = core_attributes(self.operation, scope) | self._attributes
            if self.names_agent and outer.agent is not None:
                self._attributes[GEN_AI_AGENT_NAME] = outer.agent
            self._written = len(self._attributes)
            inside = parent if scope is outer else with_scope(scope, parent)
            self._span = self._recorder.tracer.start_span(
                self._span_name(), inside, self.kind, self._attributes, links, self._recorder.now()
            )
            self._context = trace.set_span_in_context(self._span, inside)
            self._started()
            if self._token is None:
                self._token = otel_context.attach(self._context)

    def _leave(self, error: BaseException | None) -> None:
        with guarded("end a span"):
            self._ending(error)
            if error is not None:
                write_error(self._span, error, self._recorder)
            # The SDK drops the oldest attributes when there are too many; written again these are the newest.
            if len(self._attributes) != self._written or getattr(self._span, "dropped_attributes", None):
                self._span.set_attributes(self._attributes)
        with guarded("end a span"):
            self._span.end(self._recorder.now())
        self._suspend()

    def _suspend(self) -> None:
        with guarded("leave a context"):
            token, self._token = self._token, None
            if token is not None:
                otel_context.detach(token)

    def _resume(self) -> None:
        with guarded("enter a context"):
            if self._context is not None and self._token is None:
                self._token = otel_context.attach(self._context)

    def _name_after(self, function: Callable[..., Any]) -> None:
        if self._name is None:
            self._name = getattr(function, "__name__", "function")

    # What the block says.

    def set(self, key: str, value: AttributeValue | None) -> None:
        """Set an attribute of this vocabulary on the span; it is kept however many others follow."""
        if value is not None:
            with guarded("set an attribute"):
                self._attributes[key] = value
                self._span.set_attribute(key, value)
                self._written = len(self._attributes)

    def _set_content(self, key: str, written: Callable[[], str]) -> None:
        """Set a text, unless texts are not to be kept."""
        if self._recorder.capture_content:
            with guarded("record a text"):
                self._span.set_attribute(key, written())


def core_attributes(operation: str, scope: Scope) -> dict[str, AttributeValue]:
    """What every span of ours says from its start."""
    core: dict[str, AttributeValue] = {GEN_AI_OPERATION_NAME: str(operation)}
    if scope.run is not None:
        if scope.run.id is not None:
            core[RELAYLENS_RUN_ID] = scope.run.id
        if scope.run.conversation is not None:
            core[GEN_AI_CONVERSATION_ID] = scope.run.conversation
    return core


def write_error(span: Span, error: BaseException, using: recorder.Recorder) -> None:
    """Mark the span as failed by an exception; what only steers the program is no failure."""
    if isinstance(error, NO_ERROR):
        return
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    span.set_attribute(ERROR_TYPE, name)
    if using.capture_content:
        span.set_status(Status(StatusCode.ERROR, str(error)))
        span.record_exception(error, timestamp=using.now())
    else:
        span.set_status(Status(StatusCode.ERROR))
        span.add_event("exception", {"exception.type": name}, using.now())


def write_event(  # noqa: PLR0913 - one span, all its parts by name
    name: str,
    attributes: Mapping[str, AttributeValue | None],
    *,
    operation: str,
    parent: Context | None = None,
    links: Sequence[Link] = (),
    id_key: str | None = None,
) -> tuple[str, SpanContext]:
    """Write a span that begins and ends in this instant; the answer is its id, which `id_key` names on it, and its context."""
    using = recorder.current()
    parent = otel_context.get_current() if parent is None else parent
    given = {key: value for key, value in attributes.items() if value is not None}
    moment = using.now()
    span = using.tracer.start_span(
        name, parent, SpanKind.INTERNAL, core_attributes(operation, current_scope(parent)) | given, links, moment
    )
    context = span.get_span_context()
    own_id = new_id(context)
    if id_key is not None:
        span.set_attribute(id_key, own_id)
    span.end(moment)
    return own_id, context


def new_id(context: SpanContext) -> str:
    """A name for what a span stands for, unique among all processes."""
    return f"{context.trace_id:032x}-{context.span_id:016x}" if context.is_valid else uuid.uuid4().hex
