"""The way in for OpenTelemetry's own zero-code start: `opentelemetry-instrument python app.py`."""

from collections.abc import Collection
from typing import Any

from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined] # exported, but not by name
from opentelemetry.sdk.trace import TracerProvider

from relaylens.tracing import instrument, uninstrument


class RelaylensInstrumentor(BaseInstrumentor):  # type: ignore[misc] # see above
    """Calls `instrument()`; OpenTelemetry's loader finds it by its entry point."""

    def instrumentation_dependencies(self) -> Collection[str]:
        """Nothing need be installed for it."""
        return ()

    def _instrument(self, **kwargs: Any) -> None:  # noqa: ANN401 - the base class's form
        """Add our processor to the tracer provider that the loader has set up."""
        provider = kwargs.get("tracer_provider")
        instrument(tracer_provider=provider if isinstance(provider, TracerProvider) else None)

    def _uninstrument(self, **kwargs: Any) -> None:  # noqa: ANN401, ARG002 - the base class's form
        """Give everything back."""
        uninstrument()
