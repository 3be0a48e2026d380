"""Living beside LangChain's instrumentation by OpenTelemetry, which a host may have switched on itself.

It puts the context of its own spans around each node, so that where the program is in a graph cannot be read from OpenTelemetry's
context; and it takes a context off later than it was put on, which would leave ours behind. That is kept from it here.
"""

import sys
from contextvars import ContextVar, Token
from typing import Any, Final

_MODULE: Final = "opentelemetry.instrumentation.genai.langchain._run_context"
_VARIABLE: Final = "_active_run"


class Apart:
    """Keeps that instrumentation from putting contexts on inside of ours."""

    def __init__(self) -> None:
        """Nothing is kept from it yet."""
        self._kept: tuple[ContextVar[Any], Token[Any]] | None = None

    def begin(self) -> None:
        """From here on it finds no frame of its own to take a context off at."""
        variable = getattr(sys.modules.get(_MODULE), _VARIABLE, None)
        if isinstance(variable, ContextVar) and self._kept is None:
            self._kept = (variable, variable.set(None))

    def end(self) -> None:
        """It finds its frame again."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept[0].reset(kept[1])
