"""Every setting: its argument, its environment variables, its default and what it does.

Precedence, the same for all: the argument of `instrument()`, then the variables in the order written here, then the default.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from relaylens.capturing import Capture, capture_of
from relaylens.exceptions import SettingError
from relaylens.redaction import Redact, redact_words
from relaylens.safety import report
from relaylens.semconv import ContentLevel

T = TypeVar("T")

_TRUE: Final = {"1", "true", "yes", "on", "span_only", "span_and_event"}
_FALSE: Final = {"0", "false", "no", "off", "no_content", "event_only"}
PROTOCOLS: Final = ("http/protobuf", "grpc")


def _text(value: str) -> str:
    """A text that is not blank."""
    if not value.strip():
        message = "is empty"
        raise SettingError(message)
    return value.strip()


def _switch(value: str) -> bool:
    """On or off, in the words that OpenTelemetry's variables use."""
    word = value.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    message = f"is {value!r}; allowed are true and false"
    raise SettingError(message)


def _frameworks(value: str) -> bool | tuple[str, ...]:
    """All, none, or the names of some."""
    if value.strip().lower() in _TRUE | _FALSE:
        return _switch(value)
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _whole(value: str) -> int:
    """A size, a count or a time."""
    try:
        size = int(value)
    except ValueError:
        size = -1
    if size < 0:
        message = f"is {value!r}; allowed are whole numbers from 0"
        raise SettingError(message)
    return size


def _protocol(value: str) -> str:
    """One of the protocols that are spoken here."""
    if value.strip() in PROTOCOLS:
        return value.strip()
    message = f"is {value!r}; allowed are {' and '.join(PROTOCOLS)}"
    raise SettingError(message)


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One declaration: where the value comes from, what it is otherwise, and what it does."""

    name: str
    """Argument of `instrument()`."""
    variables: tuple[str, ...]
    """Environment variables, the first that is set wins."""
    default: T
    """Value when neither is given."""
    read: Callable[[str], T]
    """Turns the variable's text into a value or raises `SettingError`."""
    sentence: str
    """What it does, in one sentence."""
    when_meaningless: T | None = None
    """What holds where a variable's text means nothing; None to pass it over. Privacy must not be lost by a typing error."""

    def resolve(self, given: T | None = None, environ: Mapping[str, str] | None = None) -> T:
        """The value that holds now; a variable with a meaningless value is reported and passed over."""
        if given is not None:
            return given
        environ = os.environ if environ is None else environ
        for variable in self.variables:
            if variable not in environ:
                continue
            try:
                return self.read(environ[variable])
            except SettingError as error:
                report(f"use {variable}", error)
                if self.when_meaningless is not None:
                    return self.when_meaningless
        return self.default

    def checked(self, given: T | None) -> T | None:
        """The argument itself, once its text means something."""
        if isinstance(given, str):
            try:
                return self.read(given)
            except SettingError as error:
                message = f"instrument({self.name}=...) {error}."
                raise SettingError(message) from None
        return given


SERVICE: Final = Setting[str | None](
    name="service",
    variables=("OTEL_SERVICE_NAME",),
    default=None,
    read=_text,
    sentence="Name of the service in every chart; without it `service.name` of OTEL_RESOURCE_ATTRIBUTES, else `unknown_service`.",
)
ENDPOINT: Final = Setting[str | None](
    name="endpoint",
    variables=("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
    default=None,
    read=_text,
    sentence="Where spans go; without it the collector on this machine (http://127.0.0.1:4318, or :4317 for gRPC).",
)
PROTOCOL: Final = Setting[str](
    name="protocol",
    variables=("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"),
    default="http/protobuf",
    read=_protocol,
    sentence="`http/protobuf` or `grpc`.",
)
CAPTURE_CONTENT: Final = Setting[Capture](
    name="capture_content",
    variables=("RELAYLENS_CAPTURE_CONTENT", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"),
    default=Capture(),
    read=capture_of,
    sentence="Content that leaves the process: `all`, `metadata` (sizes, roles, hashes) or `none`, also by agent: `all,payroll=none`.",
    when_meaningless=Capture(ContentLevel.NONE),
)
REDACT: Final = Setting[Redact](
    name="redact",
    variables=("RELAYLENS_REDACT",),
    default=False,
    read=redact_words,
    sentence="Taken out of all texts: `true`, or kinds by name (`mail,phone,iban,card,secret,jwt,national_id,ip`), or functions.",
    when_meaningless=True,
)
HASH_USER_IDS: Final = Setting[bool](
    name="hash_user_ids",
    variables=("RELAYLENS_HASH_USER_IDS",),
    default=False,
    read=_switch,
    sentence="Whether end users are named by a keyed hash (HMAC-SHA256) instead of their own id.",
    when_meaningless=True,
)
PRIVACY_KEY: Final = Setting[str | None](
    name="privacy_key",
    variables=("RELAYLENS_PRIVACY_KEY",),
    default=None,
    read=_text,
    sentence="Key of these hashes; with it they are the same in all processes, and what is redacted keeps a pseudonym: `[mail:3f9a1c02]`.",
)
FRAMEWORKS: Final = Setting[bool | tuple[str, ...]](
    name="frameworks",
    variables=("RELAYLENS_FRAMEWORKS",),
    default=True,
    read=_frameworks,
    sentence="Whether installed agent frameworks and model clients are recorded, or the names of those that are (`langgraph,openai`).",
)
DISABLED: Final = Setting[bool](
    name="disabled",
    variables=("OTEL_SDK_DISABLED",),
    default=False,
    read=_switch,
    sentence="Records nothing at all.",
)
RAISE_ERRORS: Final = Setting[bool](
    name="raise_errors",
    variables=("RELAYLENS_RAISE_ERRORS",),
    default=False,
    read=_switch,
    sentence="Lets an error inside Relaylens out instead of logging it; for the tests of Relaylens itself.",
)
SPOOL_DIR: Final = Setting[str | None](
    name="spool_dir",
    variables=("RELAYLENS_SPOOL_DIR",),
    default=None,
    read=_text,
    sentence="Folder in which spans wait on disk while the collector is away; without it `relaylens/spool` in the user's folder for state.",
)
SPOOL_BYTES: Final = Setting[int](
    name="spool_bytes",
    variables=("RELAYLENS_SPOOL_BYTES",),
    default=67_108_864,
    read=_whole,
    sentence="Size of that folder for one destination and service, at most; with 0 spans wait in memory only.",
)
QUEUE_SIZE: Final = Setting[int](
    name="queue_size",
    variables=("OTEL_BSP_MAX_QUEUE_SIZE",),
    default=2048,
    read=_whole,
    sentence="Spans that wait in memory, at most.",
)
BATCH_SIZE: Final = Setting[int](
    name="batch_size",
    variables=("OTEL_BSP_MAX_EXPORT_BATCH_SIZE",),
    default=512,
    read=_whole,
    sentence="Spans in one request, at most.",
)
SCHEDULE_DELAY: Final = Setting[int](
    name="schedule_delay",
    variables=("OTEL_BSP_SCHEDULE_DELAY",),
    default=5000,
    read=_whole,
    sentence="Milliseconds that a span waits in memory, at most.",
)

SETTINGS: Final = (
    SERVICE,
    ENDPOINT,
    PROTOCOL,
    CAPTURE_CONTENT,
    REDACT,
    HASH_USER_IDS,
    PRIVACY_KEY,
    FRAMEWORKS,
    DISABLED,
    SPOOL_DIR,
    SPOOL_BYTES,
    QUEUE_SIZE,
    BATCH_SIZE,
    SCHEDULE_DELAY,
    RAISE_ERRORS,
)
"""All of them, in the order of the documentation."""
