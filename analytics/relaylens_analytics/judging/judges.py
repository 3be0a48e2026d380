"""What a judge is, and how one is found: an entry point of an installed package, or a name in a module."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Final, Protocol

from relaylens_analytics.errors import JudgeError
from relaylens_analytics.judging.cases import Case

ENTRY_POINTS: Final = "relaylens.judges"
"""Group of entry points; each names what makes a judge when it is called without arguments."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge makes of a finding."""

    true: bool
    """Whether it is as the finding says."""

    score: float | None = None
    """How sure the judge is that it is, from 0 to 1."""

    explanation: str | None = None


class Judge(Protocol):
    """Looks at one finding at a time."""

    def judge(self, case: Case) -> Judgement | None:
        """Say whether the finding is true; None where that cannot be said."""


def find(name: str | None = None) -> Judge:
    """Make the judge of that name, or of the only entry point there is; `module:object` names one that is not installed."""
    if name is not None and ":" in name:
        return _made(name, _loaded(name))
    points = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if not points:
        detail = f"No judge is installed: a package brings one as an entry point of {ENTRY_POINTS}, and --judge MODULE:NAME names one."
        raise JudgeError(detail)
    if name is None and len(points) > 1:
        detail = f"There are several judges; name one with --judge: {', '.join(sorted(points))}."
        raise JudgeError(detail)
    chosen = name if name is not None else next(iter(points))
    if chosen not in points:
        detail = f"There is no judge {chosen!r}; there is {', '.join(sorted(points))}."
        raise JudgeError(detail)
    try:
        return _made(chosen, points[chosen].load())
    except (ImportError, AttributeError) as error:
        detail = f"The judge {chosen!r} cannot be loaded: {error}."
        raise JudgeError(detail) from error


def _loaded(name: str) -> Callable[[], Judge]:
    module, _, attribute = name.partition(":")
    try:
        made: Callable[[], Judge] = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        detail = f"The judge {name!r} cannot be loaded: {error}."
        raise JudgeError(detail) from error
    return made


def _made(name: str, make: Callable[[], Judge]) -> Judge:
    """Call what makes the judge; what is missing for it is said by the judge."""
    try:
        return make()
    except Exception as error:
        detail = f"The judge {name!r} does not begin: {error}"
        raise JudgeError(detail) from error
