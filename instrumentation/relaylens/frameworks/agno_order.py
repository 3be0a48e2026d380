"""Where a workflow of Agno is in its order of steps: who had the last turn, also in branches that run side by side."""

from contextvars import ContextVar, Token
from dataclasses import dataclass, field

import relaylens
from relaylens.around import Around
from relaylens.handoffs import Handoff
from relaylens.safety import guarded
from relaylens.scope import RunState, Step, current_scope
from relaylens.semconv import TransferMode


@dataclass(eq=False)
class Place:
    """A sequence of steps, and who had the last turn in it."""

    run: RunState | None
    step: Step | None
    """The step in which the workflow itself runs, if an agent calls it."""
    last: tuple[str, ...] = ()

    def moves_on(self, name: str, given: object) -> list[Handoff]:
        """Write that control passes to the next agent; the answer is what that one receives beside its first."""
        offers = [relaylens.handoff(name, given, mode=TransferMode.PASS_CONTROL, source=source) for source in self.last if source != name]
        return offers[1:]


@dataclass(eq=False)
class Fork:
    """Branches that begin at one place and run side by side."""

    origin: Place
    branches: list[Place] = field(default_factory=list)


_place: ContextVar[Place | Fork | None] = ContextVar("relaylens-agno-place", default=None)


def here() -> Place | None:
    """The place of whoever begins here directly in a workflow; None inside of an agent's turn and outside of workflows."""
    found = _place.get()
    if found is None or _elsewhere(found.origin if isinstance(found, Fork) else found):
        return None
    if isinstance(found, Fork):
        # Agno gives each branch a context of its own, which ends with it.
        branch = Place(found.origin.run, found.origin.step, found.origin.last)
        found.branches.append(branch)
        _place.set(branch)
        return branch
    return found


def _elsewhere(place: Place) -> bool:
    """Whether the program is in another run or turn than the workflow."""
    scope = current_scope()
    return scope.run is not place.run or scope.step is not place.step


class InOrder(Around):
    """A part of a workflow in which steps follow each other."""

    def __init__(self, last: tuple[str, ...] = ()) -> None:
        """Prepare; `last` had the last turn before, where the workflow goes on."""
        self._last = last
        self._token: Token[Place | Fork | None] | None = None

    def _enter(self) -> None:
        with guarded("enter a workflow"):
            if here() is None:
                scope = current_scope()
                self._token = _place.set(Place(scope.run, scope.step, self._last))

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - the error belongs to the spans around
        with guarded("leave a workflow"):
            token, self._token = self._token, None
            if token is not None:
                _place.reset(token)


class SideBySide(Around):
    """A part of a workflow whose steps run at once."""

    keeps_items = False

    def __init__(self) -> None:
        """Prepare."""
        self._fork: Fork | None = None
        self._token: Token[Place | Fork | None] | None = None

    def _enter(self) -> None:
        with guarded("enter branches"):
            place = here()
            if place is not None:
                self._fork = Fork(place)
                self._token = _place.set(self._fork)

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - the error belongs to the spans around
        with guarded("leave branches"):
            token, self._token = self._token, None
            if token is not None and self._fork is not None:
                _place.reset(token)
                ends = [name for branch in self._fork.branches for name in branch.last]
                self._fork.origin.last = tuple(dict.fromkeys(ends)) or self._fork.origin.last
