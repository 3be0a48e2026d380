"""Spans of the real SDK with ids 1, 2, 3 and a clock that ticks once a second, so that whole trees can be written down."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.trace import StatusCode

import relaylens
from relaylens import safety

SECOND = 1_000_000_000


class Counting(IdGenerator):
    """Ids 1, 2, 3."""

    def __init__(self) -> None:
        """Start at 1."""
        self._traces = itertools.count(1)
        self._spans = itertools.count(1)

    def generate_span_id(self) -> int:
        """The next span."""
        return next(self._spans)

    def generate_trace_id(self) -> int:
        """The next trace."""
        return next(self._traces)


@dataclass
class Recording:
    """Where the spans of a test end up."""

    provider: TracerProvider
    exporter: InMemorySpanExporter
    instrumentation: relaylens.Instrumentation
    seconds: Iterator[int] = field(repr=False)

    def spans(self) -> list[ReadableSpan]:
        """Finished spans in the order they began."""
        self.instrumentation.flush()
        return sorted(self.exporter.get_finished_spans(), key=lambda span: span.get_span_context().span_id)  # type: ignore[union-attr]

    def tree(self) -> list[dict[str, Any]]:
        """Everything that matters of the finished spans, in the order they began; the stamp of every span is left out."""
        return [plain(span) for span in self.spans()]

    def attributes(self, name: str) -> dict[str, Any]:
        """Attributes of the only span with this name."""
        (found,) = [entry for entry in self.tree() if entry["name"] == name]
        attributes: dict[str, Any] = found["attributes"]
        return attributes


def plain(span: ReadableSpan) -> dict[str, Any]:
    """A span in plain values: ids as numbers, times in seconds."""
    context = span.get_span_context()
    assert context is not None
    assert span.start_time is not None
    assert span.end_time is not None
    written: dict[str, Any] = {
        "name": span.name,
        "id": context.span_id,
        "trace": context.trace_id,
        "parent": None if span.parent is None else span.parent.span_id,
        "time": (span.start_time // SECOND, span.end_time // SECOND),
        "attributes": {key: value for key, value in (span.attributes or {}).items() if key != "relaylens.sequence"},
    }
    if span.status.status_code is not StatusCode.UNSET:
        written["status"] = (span.status.status_code.name, span.status.description)
    if span.events:
        written["events"] = [(event.name, event.timestamp // SECOND) for event in span.events]
    if span.links:
        written["links"] = [(link.context.trace_id, link.context.span_id) for link in span.links]
    return written


@pytest.fixture(autouse=True)
def _strict(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Errors of ours come out, no variable of the machine holds, and nothing stays set up."""
    for variable in ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_EXPORTER_OTLP_ENDPOINT", "RELAYLENS_CAPTURE_CONTENT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("RELAYLENS_RAISE_ERRORS", "true")
    yield
    relaylens.uninstrument()
    safety.raise_errors(switch=False)


@pytest.fixture
def record() -> Iterator[Callable[..., Recording]]:
    """Sets up recording with the arguments of `instrument()`."""
    made: list[TracerProvider] = []

    def begin(**arguments: Any) -> Recording:  # noqa: ANN401 - whatever instrument() takes
        seconds = itertools.count(1)
        exporter = InMemorySpanExporter()
        provider = TracerProvider(id_generator=Counting(), resource=Resource({"service.name": "tests"}), shutdown_on_exit=False)
        made.append(provider)
        settings: dict[str, Any] = {"clock": lambda: next(seconds) * SECOND, "frameworks": False, **arguments}
        instrumentation = relaylens.instrument(tracer_provider=provider, exporter=exporter, **settings)
        return Recording(provider, exporter, instrumentation, seconds)

    yield begin
    relaylens.uninstrument()
    for provider in made:
        provider.shutdown()


@pytest.fixture
def recording(record: Callable[..., Recording]) -> Recording:
    """Recording as it is without any arguments."""
    return record()


def names(spans: Sequence[ReadableSpan]) -> list[str]:
    """Names of spans."""
    return [span.name for span in spans]
