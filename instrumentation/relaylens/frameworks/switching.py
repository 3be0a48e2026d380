"""Switches the support of frameworks on, each when the program imports it, and off again."""

import logging
import os
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import wrapt
from packaging.specifiers import SpecifierSet

from relaylens.frameworks.base import Framework
from relaylens.frameworks.known import CONTENT_OFF, CONTENT_ON, KNOWN
from relaylens.frameworks.patching import Patches
from relaylens.frameworks.supported import SUPPORTED, load
from relaylens.safety import guarded, logger

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

    provider: Any = None
    instrumentations: list[SwitchedOn] = field(default_factory=list)
    frameworks: list[Framework] = field(default_factory=list)
    """Frameworks that are installed; each is patched once it is imported."""
    patches: Patches = field(default_factory=Patches)
    variables: list[str] = field(default_factory=list)
    """Environment variables that were set."""
    is_on: bool = False

    def off(self) -> None:
        """Undo it."""
        self.is_on = False
        self.patches.undo()
        while self.instrumentations:
            each = self.instrumentations.pop()
            with guarded(f"switch off {each.distribution}"):
                each.instrumentor.uninstrument()
        while self.variables:
            os.environ.pop(self.variables.pop(), None)


def switch_on(tracer_provider: object, *, capture_content: bool, only: Collection[str] | None = None) -> Switched:
    """Switch on every framework and model client that is installed here, or only those named; what fails is logged and passed over."""
    switched = Switched(tracer_provider, is_on=True)
    switched.patches.tracer_provider = tracer_provider
    installed = _installed()
    _tell_about_content(switched, capture_content=capture_content)
    for name in SUPPORTED:
        if only is None or name in only:
            with guarded(f"switch on {name}"):
                _await_framework(switched, load(name), installed)
    awaited = {name for framework in switched.frameworks for name in (*framework.instrumentations, *framework.instead_of)}
    for library in KNOWN:
        distribution = next((name for name in library.distributions if name in installed), None)
        if distribution is not None and distribution not in awaited and (only is None or library.name in only):
            _switch_on(switched, library.name, distribution, installed[distribution])
    return switched


def _await_framework(switched: Switched, framework: Framework, installed: dict[str, list[EntryPoint]]) -> None:
    """Patch a framework as soon as the program imports it."""
    if not framework.available():
        return
    switched.frameworks.append(framework)
    version = framework.version()
    if version is not None and version not in SpecifierSet(framework.tested, prereleases=True):
        logger.info("Relaylens was tested with %s %s, not with %s.", framework.distribution, framework.tested, version)
    distribution = next((name for name in framework.instrumentations if name in installed), None)
    if framework.instrumentations and distribution is None:
        # A model client is there as a dependency of frameworks that record its calls themselves.
        logger.log(
            logging.WARNING if framework.details else logging.INFO,
            "Model and tool calls of %s are not recorded: pip install 'relaylens[%s]'. What passes between agents is.",
            framework.name,
            framework.name,
        )
    first = framework.instrumentations_after or next(iter(framework.patches), None)
    if distribution is not None and first is not None:
        found, points = distribution, installed[distribution]

        def instrumented(module: ModuleType) -> None:  # noqa: ARG001 - the hook's form
            if switched.is_on:
                _switch_on(switched, framework.name, found, points)

        wrapt.register_post_import_hook(instrumented, first)
    for name, patch in framework.patches.items():

        def imported(module: ModuleType, patch: Any = patch) -> None:  # noqa: ANN401 - bound here, for each
            if switched.is_on:
                with guarded(f"add to {framework.name}"):
                    patch(module, switched.patches)

        wrapt.register_post_import_hook(imported, name)


def _switch_on(switched: Switched, library: str, distribution: str, points: list[EntryPoint]) -> None:
    """Switch one instrumentation on, unless it is on already."""
    for point in points:
        with guarded(f"switch on {distribution}"):
            instrumentor = point.load()()
            if not getattr(instrumentor, "is_instrumented_by_opentelemetry", False):
                instrumentor.instrument(tracer_provider=switched.provider)
                switched.instrumentations.append(SwitchedOn(library, distribution, instrumentor))


def _tell_about_content(switched: Switched, *, capture_content: bool) -> None:
    """Set the variables by which other projects are told about texts; what the host has set itself is left alone."""
    for variable, value in (CONTENT_ON if capture_content else CONTENT_OFF).items():
        if variable not in os.environ:
            os.environ[variable] = value
            switched.variables.append(variable)


def _installed() -> dict[str, list[EntryPoint]]:
    """Entry points of the installed instrumentations by the normalised name of their distribution."""
    found: dict[str, list[EntryPoint]] = {}
    for point in _points():
        if point.dist is not None:
            found.setdefault(re.sub(r"[-_.]+", "-", point.dist.name).lower(), []).append(point)
    return found


def _points() -> Iterator[EntryPoint]:
    """The entry points of all that is installed, without our own."""
    return (point for point in entry_points(group=_GROUP) if point.name != "relaylens")
