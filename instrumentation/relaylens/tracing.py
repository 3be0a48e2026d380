"""`instrument()`: one call that sends the spans of this process to the collector."""

import functools
import os
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry import trace
from opentelemetry.sdk.environment_variables import OTEL_ATTRIBUTE_COUNT_LIMIT, OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import NoOpTracer

from relaylens import recorder
from relaylens.capturing import Content, capture_of
from relaylens.delivering import Route
from relaylens.exceptions import MissingExtraError, SettingError
from relaylens.exporting import Sender, make_sender
from relaylens.frameworks import Switched, SwitchedOn, switch_on
from relaylens.privacy import Privacy
from relaylens.processing import StampingProcessor
from relaylens.recorder import VERSION, Clock, Recorder
from relaylens.redaction import Redact, redactor_of
from relaylens.safety import guarded, logger, raise_errors
from relaylens.semconv import SERVICE_NAME
from relaylens.settings import (
    CAPTURE_CONTENT,
    DISABLED,
    FRAMEWORKS,
    HASH_USER_IDS,
    PRIVACY_KEY,
    PROTOCOL,
    RAISE_ERRORS,
    REDACT,
    SERVICE,
    SPOOL_BYTES,
    SPOOL_DIR,
)
from relaylens.spool import spool_folder

_MOST_ATTRIBUTES = 2048
"""Instrumentations that write one attribute for each message overflow the SDK's 128 and lose the first, which matter most."""

_lock = threading.Lock()
_active: "Instrumentation | None" = None
_own_provider: TracerProvider | None = None


@dataclass
class Instrumentation:
    """What `instrument()` has set up."""

    provider: Any = None
    """The tracer provider in use: the host's own where it had one."""
    processor: StampingProcessor | None = None
    """What stamps and sends the spans; None where nothing is sent."""
    switched: Switched = field(default_factory=Switched)

    @property
    def frameworks(self) -> list[SwitchedOn]:
        """Instrumentations of frameworks that were switched on."""
        return self.switched.instrumentations

    def flush(self, timeout: float = 5.0) -> bool:
        """Send what has ended by now; False when that takes longer than `timeout` seconds."""
        return self.processor is None or self.processor.force_flush(int(timeout * 1000))

    def shutdown(self, timeout: float = 5.0) -> None:
        """Send what has ended by now, for `timeout` seconds at most, and stop sending."""
        if self.processor is not None:
            self.processor.close(timeout)
        _forget(self)

    def uninstrument(self, timeout: float = 5.0) -> None:
        """Switch off what was switched on, and shut down."""
        self.switched.off()
        self.shutdown(timeout)


def instrument(  # noqa: PLR0913 - each is a setting with a name
    service: str | None = None,
    *,
    endpoint: str | None = None,
    protocol: str | None = None,
    headers: Mapping[str, str] | None = None,
    capture_content: Content | None = None,
    redact: Redact | None = None,
    hash_user_ids: bool | None = None,
    privacy_key: str | None = None,
    frameworks: bool | Collection[str] | None = None,
    tracer_provider: TracerProvider | None = None,
    exporter: SpanExporter | None = None,
    clock: Clock | None = None,
) -> Instrumentation:
    """Send the spans of this process to a Relaylens collector, or to any other that speaks OTLP.

    What is not given comes from OpenTelemetry's own variables (docs/instrumentation.md lists them). A tracer provider that the
    host has set up is kept and only added to. A second call changes nothing and returns what the first one set up.

    `exporter` takes the place of OTLP, and `clock` that of the machine's time; programs that replay or simulate need them.
    """
    global _active  # noqa: PLW0603 - one set-up for the process
    asked = PROTOCOL.checked(protocol)
    privacy = _privacy(capture_content, redact, hash_user_ids, privacy_key)
    with _lock:
        if _active is not None:
            return _active
        raise_errors(switch=RAISE_ERRORS.resolve())
        captures = privacy.capture.keeps_texts
        made = Instrumentation()
        if DISABLED.resolve():
            recorder.use(Recorder(NoOpTracer(), capture_content=captures))
            _active = made
            return made
        make: Callable[[], Sender] | None = None
        try:
            if exporter is None:
                make = functools.partial(make_sender, PROTOCOL.resolve(asked), endpoint, headers)
                make()
        except MissingExtraError as error:
            if asked is not None:
                raise
            # The variable was set for another program; this one still runs.
            make = None
            logger.error("%s. No spans are sent.", error)
        with guarded("set up tracing"):
            route = functools.partial(_route, exporter, make)
            _set_up(made, SERVICE.resolve(service), tracer_provider, route, privacy, Recorder(NoOpTracer(), captures, clock))
        with guarded("switch on the instrumentation of frameworks"):
            asked_for = FRAMEWORKS.resolve(frameworks if frameworks is None or isinstance(frameworks, bool) else tuple(frameworks))
            if asked_for:
                only = None if isinstance(asked_for, bool) else asked_for
                made.switched = switch_on(made.provider, capture_content=captures, only=only)
        _active = made
        return made


def _privacy(
    capture_content: Content | None,
    redact: Redact | None,
    hash_user_ids: bool | None,  # noqa: FBT001 - as it was given to instrument()
    privacy_key: str | None,
) -> Privacy:
    """What may leave the process, from the arguments and the variables; SettingError where an argument means nothing."""
    key_text = PRIVACY_KEY.resolve(PRIVACY_KEY.checked(privacy_key))
    key = None if key_text is None else key_text.encode()
    argument = "capture_content"
    try:
        capture = CAPTURE_CONTENT.resolve(None if capture_content is None else capture_of(capture_content))
        argument = "redact"
        redactor = redactor_of(REDACT.resolve(redact), key)
    except SettingError as error:
        message = f"instrument({argument}=...) {error}."
        raise SettingError(message) from None
    return Privacy(capture, redactor, hash_user_ids=HASH_USER_IDS.resolve(hash_user_ids), key=key)


def _set_up(  # noqa: PLR0913, PLR0917 - one call, all its parts by name
    made: Instrumentation,
    service: str | None,
    given: TracerProvider | None,
    route_for: Callable[[Resource], Route | None],
    privacy: Privacy,
    using: Recorder,
) -> None:
    """Take the host's tracer provider or make one, and add our processor to it."""
    provider, is_own = _provider(service, given)
    made.provider = provider
    recorder.use(Recorder(provider.get_tracer("relaylens", VERSION), using.capture_content, using.clock))
    own = _resource(service) if is_own else None
    route = route_for(provider.resource if own is None else own)
    if route is not None:
        made.processor = StampingProcessor(route, own, privacy)
        provider.add_span_processor(made.processor)


def _route(exporter: SpanExporter | None, make: Callable[[], Sender] | None, resource: Resource) -> Route | None:
    """Where spans go and wait; those of another service or for another collector wait elsewhere."""
    if make is None:
        return None if exporter is None else Route(resource, exporter=exporter)
    folder = spool_folder(SPOOL_DIR.resolve(), make().endpoint, str(resource.attributes.get(SERVICE_NAME, "")))
    return Route(resource, make_sender=make, spool=folder, spool_bytes=SPOOL_BYTES.resolve())


def _provider(service: str | None, given: TracerProvider | None) -> tuple[TracerProvider, bool]:
    """The tracer provider to use, and whether it is ours."""
    global _own_provider  # noqa: PLW0603 - OpenTelemetry lets a process set it once, so it is kept
    if given is not None:
        return given, False
    present = trace.get_tracer_provider()
    if isinstance(present, TracerProvider):
        return present, present is _own_provider
    limited = any(variable in os.environ for variable in (OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT, OTEL_ATTRIBUTE_COUNT_LIMIT))
    limits = SpanLimits() if limited else SpanLimits(max_span_attributes=_MOST_ATTRIBUTES)
    provider = TracerProvider(resource=_resource(service), span_limits=limits)
    if isinstance(present, trace.ProxyTracerProvider):
        trace.set_tracer_provider(provider)
        _own_provider = provider
    return provider, True


def _resource(service: str | None) -> Resource:
    """What is said of this process; OpenTelemetry's variables are part of it."""
    return Resource.create({SERVICE_NAME: service} if service is not None else {})


def _forget(ended: Instrumentation) -> None:
    """Make room for another `instrument()`."""
    global _active  # noqa: PLW0603 - see instrument
    with _lock:
        if _active is ended:
            _active = None
            recorder.use(None)


def flush(timeout: float = 5.0) -> bool:
    """Send what has ended by now; False when that takes longer than `timeout` seconds."""
    return _active is None or _active.flush(timeout)


def shutdown(timeout: float = 5.0) -> None:
    """Send what has ended by now, for `timeout` seconds at most, and stop sending."""
    if _active is not None:
        _active.shutdown(timeout)


def uninstrument(timeout: float = 5.0) -> None:
    """Undo `instrument()`: frameworks are switched off, what has ended is sent, nothing more is."""
    if _active is not None:
        _active.uninstrument(timeout)
