"""Switches the installed instrumentations on, and off again."""

import os
import re
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from relaylens.frameworks.known import CONTENT_OFF, CONTENT_ON, KNOWN
from relaylens.safety import guarded

_GROUP = "opentelemetry_instrumentor"
"""Where instrumentations say that they are there."""


@dataclass(frozen=True)
class SwitchedOn:
    """An instrumentation that was switched on here."""

    library: str
    distribution: str
    instrumentor: Any


@dataclass
class Switched:
    """All that `switch_on` has done, so that it can be undone."""

    instrumentations: list[SwitchedOn] = field(default_factory=list)
    variables: list[str] = field(default_factory=list)
    """Environment variables that were set."""

    def off(self) -> None:
        """Undo it."""
        while self.instrumentations:
            each = self.instrumentations.pop()
            with guarded(f"switch off {each.distribution}"):
                each.instrumentor.uninstrument()
        while self.variables:
            os.environ.pop(self.variables.pop(), None)


def switch_on(tracer_provider: object, *, capture_content: bool) -> Switched:
    """Switch on one instrumentation for each known library that has one installed; what fails is logged and passed over."""
    installed = _installed()
    switched = Switched()
    for library in KNOWN:
        distribution = next((name for name in library.distributions if name in installed), None)
        if distribution is None:
            continue
        _tell_about_content(switched, capture_content=capture_content)
        for point in installed[distribution]:
            with guarded(f"switch on {distribution}"):
                instrumentor = point.load()()
                if not getattr(instrumentor, "is_instrumented_by_opentelemetry", False):
                    instrumentor.instrument(tracer_provider=tracer_provider)
                    switched.instrumentations.append(SwitchedOn(library.name, distribution, instrumentor))
    return switched


def _tell_about_content(switched: Switched, *, capture_content: bool) -> None:
    """Set the variables by which other projects are told about texts; what the host has set itself is left alone."""
    for variable, value in (CONTENT_ON if capture_content else CONTENT_OFF).items():
        if variable not in os.environ:
            os.environ[variable] = value
            switched.variables.append(variable)


def _installed() -> dict[str, list[EntryPoint]]:
    """Entry points of the installed instrumentations by the normalised name of their distribution."""
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=_GROUP):
        if point.dist is not None:
            found.setdefault(re.sub(r"[-_.]+", "-", point.dist.name).lower(), []).append(point)
    return found
