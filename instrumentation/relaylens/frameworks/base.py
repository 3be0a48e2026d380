"""What a supported framework is: when it is there, what records its calls, and what Relaylens adds."""

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Final

from relaylens.frameworks.patching import Patches

CLIENT_SCOPES: Final = frozenset(
    {
        "com.anthropic.sdk.python",
        "openinference.instrumentation.anthropic",
        "openinference.instrumentation.litellm",
        "openinference.instrumentation.openai",
        "opentelemetry.instrumentation.anthropic",
        "opentelemetry.instrumentation.genai.anthropic",
        "opentelemetry.instrumentation.genai.openai",
        "opentelemetry.instrumentation.openai",
        "opentelemetry.instrumentation.openai.v1",
        "opentelemetry.instrumentation.openai_v2",
    }
)
"""Instrumentation scopes of plain model clients: their spans are model calls of whoever calls them."""


@dataclass(frozen=True)
class Framework:
    """One supported framework; each file of this folder holds one of these under the name `FRAMEWORK`."""

    name: str
    """Name of the framework and of the extra: `pip install 'relaylens[NAME]'`."""
    distribution: str
    """The framework's own distribution, whose version is compared with `tested`."""
    tested: str
    """Versions that the tests ran with, as a version specifier."""
    patches: dict[str, Callable[[ModuleType, Patches], None]]
    """What Relaylens adds, by the module after whose import it is put in place. A module that never is imported costs nothing."""
    adds: str
    """What that is, in a sentence for the documentation."""
    why: str
    """Where its model and tool spans come from and why, in a sentence."""
    instrumentations: tuple[str, ...] = ()
    """Distributions that record model and tool calls, the preferred first; one is switched on. Empty where the framework does so itself."""
    instead_of: tuple[str, ...] = ()
    """Distributions that would record what Relaylens records here itself; none of them is switched on."""
    instrumentations_after: str | None = None
    """Module after whose import that one is switched on; by default the first of `patches`."""
    details: frozenset[str] = frozenset()
    """Instrumentation scopes whose spans are details of the runs and steps recorded here."""
    silent: frozenset[str] = frozenset()
    """Instrumentation scopes whose spans say nothing about the work and are not exported from within it."""

    def available(self) -> bool:
        """Whether the framework is installed here; it is not imported for that."""
        for module in self.patches:
            try:
                if importlib.util.find_spec(module.partition(".")[0]) is None:
                    return False
            except (ImportError, ValueError):
                return False
        return self.version() is not None

    def version(self) -> str | None:
        """The version that is installed, or None."""
        try:
            return version(self.distribution)
        except PackageNotFoundError:
            return None
