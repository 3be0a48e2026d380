"""How spans are written now: the tracer, the clock and whether texts are kept."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from opentelemetry import trace
from opentelemetry.trace import Tracer

from relaylens.settings import CAPTURE_CONTENT

Clock = Callable[[], int]
"""Nanoseconds since 1970."""


def _version() -> str | None:
    """Version of the installed distribution, if it is installed at all."""
    try:
        return version("relaylens")
    except PackageNotFoundError:
        return None


VERSION: Final = _version()


@dataclass(frozen=True)
class Recorder:
    """What every call of the API needs to write a span."""

    tracer: Tracer
    capture_content: bool
    clock: Clock | None = None

    def now(self) -> int | None:
        """The time to write, or nothing so that the SDK takes the machine's."""
        return None if self.clock is None else self.clock()


_current: Recorder | None = None


def current() -> Recorder:
    """The recorder that `instrument()` set, else one on the host's own tracer provider."""
    if _current is not None:
        return _current
    # Nothing takes texts out of what another's processors send: unless all may leave, none is written.
    return Recorder(tracer=trace.get_tracer("relaylens", VERSION), capture_content=CAPTURE_CONTENT.resolve().keeps_all)


def use(recorder: Recorder | None) -> None:
    """Write with this recorder from now on."""
    global _current  # noqa: PLW0603 - there is one way to write at a time
    _current = recorder
