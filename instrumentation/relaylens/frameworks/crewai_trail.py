"""Who worked before: the order in which CrewAI's crews and flows pass work on."""

import threading
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry.trace import INVALID_SPAN

from relaylens.around import Around
from relaylens.handoffs import handoff
from relaylens.missing import Missing
from relaylens.safety import guarded
from relaylens.scope import Offer, normalised
from relaylens.semconv import HandoffStatus, TransferMode

_CREW: Final = otel_context.create_key("relaylens-crewai-crew")
_TRAIL: Final = otel_context.create_key("relaylens-crewai-trail")


class NotHere:
    """Somebody who asks or judges while no turn of theirs is open."""

    version = None
    span = INVALID_SPAN

    def __init__(self, agent: str) -> None:
        """Name them."""
        self.agent = agent

    def take(self, handoff: Offer, status: HandoffStatus, reason: str | None, payload: object | Missing) -> bool:  # noqa: ARG002
        """It receives nothing any more."""
        return False

    def keep_open(self, handoff: Offer) -> None:
        """It hands over nothing any more."""


class Trail:
    """The agents that worked last at one place of a flow."""

    def __init__(self, sources: tuple[str, ...]) -> None:
        """Begin with those who hand over to this place."""
        self.sources = sources
        self._lock = threading.Lock()

    def leave(self, agent: str, base: tuple[str, ...]) -> None:
        """An agent has ended that began after `base`; those who ended in the meantime worked beside it."""
        with self._lock:
            beside = () if self.sources is base else self.sources
            self.sources = (*(each for each in beside if each != agent), agent)


class CrewTrail(Around):
    """One execution of a crew: who did which of its tasks."""

    def __init__(self, crew: Any) -> None:  # noqa: ANN401 - CrewAI's crew
        """Prepare."""
        self._crew = crew
        self._begun: set[int] = set()
        self._done: dict[int, str] = {}
        self._outer: Trail | None = None
        self._first: tuple[str, ...] = ()
        self._token: Any = None

    def begins(self, task: object) -> bool:
        """Whether the crew comes to this task of its own for the first time."""
        if not any(task is each for each in self._crew.tasks) or id(task) in self._begun:
            return False
        self._begun.add(id(task))
        return True

    def done(self, task: object, agent: str) -> None:
        """Remember who did a task."""
        self._done[id(task)] = agent

    def before(self, task: object) -> tuple[str, ...]:
        """Who did the tasks that come right before: one task, or all that ran beside each other."""
        tasks = list(self._crew.tasks)
        place = next(number for number, each in enumerate(tasks) if each is task)
        return self._last_of(tasks[:place], is_beside=bool(getattr(task, "async_execution", False)))

    def _last_of(self, tasks: list[Any], *, is_beside: bool) -> tuple[str, ...]:
        found: list[str] = []
        for task in reversed(tasks):
            agent = self._done.get(id(task))
            runs_beside = bool(getattr(task, "async_execution", False))
            if runs_beside and (is_beside or agent is None):
                continue
            if agent is not None and (runs_beside or not found):
                found.insert(0, agent)
            if agent is not None and not runs_beside:
                break
        return tuple(dict.fromkeys(found)) or self._first

    def _enter(self) -> None:
        with guarded("enter a crew"):
            self._outer = current_trail()
            self._first = () if self._outer is None else self._outer.sources
            self._token = otel_context.attach(otel_context.set_value(_CREW, self))

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - who worked, worked
        with guarded("leave a crew"):
            otel_context.detach(self._token)
            if self._outer is not None:
                self._outer.sources = self._last_of(list(self._crew.tasks), is_beside=False)


def current_crew() -> CrewTrail | None:
    """The crew's execution that holds here."""
    found = otel_context.get_value(_CREW)
    return found if isinstance(found, CrewTrail) else None


def current_trail() -> Trail | None:
    """The place of a flow that holds here."""
    found = otel_context.get_value(_TRAIL)
    return found if isinstance(found, Trail) else None


def with_trail(trail: Trail) -> otel_context.Context:
    """A context in which this place of a flow holds, outside of any crew."""
    return otel_context.set_value(_TRAIL, trail, otel_context.set_value(_CREW, None))


def arrive(sources: tuple[str, ...], agent: str, payload: object) -> None:
    """Write that work passes on to an agent, from each of those who had it."""
    others = [source for source in sources if normalised(source) != normalised(agent)]
    for number, source in enumerate(others):
        made = handoff(agent, payload, mode=TransferMode.PASS_CONTROL, source=source)
        if number:
            # The agent's step receives one handoff; the others arrived with it.
            made.accept()
