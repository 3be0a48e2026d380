"""Switches the installed instrumentations on, and off again."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
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


def switch_on(tracer_provider: object, *, capture_content: bool) -> list[SwitchedOn]:
    """Switch on one instrumentation for each known library that has one installed; what fails is logged and passed over."""
    installed = _installed()
    chosen = [
        (library.name, distribution, installed[distribution])
        for library in KNOWN
        for distribution in [next((name for name in library.distributions if name in installed), None)]
        if distribution is not None
    ]
    if chosen:
        for variable, value in (CONTENT_ON if capture_content else CONTENT_OFF).items():
            # What the host has set itself is left alone.
            os.environ.setdefault(variable, value)
    switched: list[SwitchedOn] = []
    for library, distribution, points in chosen:
        for point in points:
            with guarded(f"switch on {distribution}"):
                instrumentor = point.load()()
                if getattr(instrumentor, "is_instrumented_by_opentelemetry", False):
                    continue
                instrumentor.instrument(tracer_provider=tracer_provider)
                switched.append(SwitchedOn(library, distribution, instrumentor))
    return switched


def switch_off(switched: Iterable[SwitchedOn]) -> None:
    """Switch off what was switched on here."""
    for each in switched:
        with guarded(f"switch off {each.distribution}"):
            each.instrumentor.uninstrument()


def _installed() -> dict[str, list[EntryPoint]]:
    """Entry points of the installed instrumentations by the normalised name of their distribution."""
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=_GROUP):
        if point.dist is not None:
            found.setdefault(re.sub(r"[-_.]+", "-", point.dist.name).lower(), []).append(point)
    return found
