"""Where the program is: the run and the agent's step it is in, carried in OpenTelemetry's context."""

import re
import threading
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from opentelemetry import context as otel_context
from opentelemetry.context import Context
from opentelemetry.trace import Span

from relaylens.missing import Missing
from relaylens.semconv import HandoffStatus

_KEY: Final = otel_context.create_key("relaylens-scope")


class Offer(Protocol):
    """A handoff, as runs and steps know it."""

    @property
    def target(self) -> str | None:
        """The agent it is offered to."""

    def close(self) -> None:
        """End what is still open of it."""


class Step(Protocol):
    """An agent's step that is open, as handoffs and judgements know it."""

    @property
    def agent(self) -> str:
        """Name of the agent."""

    @property
    def version(self) -> str | None:
        """Version of the agent's definition."""

    @property
    def span(self) -> Span:
        """The step's span; invalid until it has started."""

    def take(self, handoff: Offer, status: HandoffStatus, reason: str | None, payload: object | Missing) -> bool:
        """Write the receipt of a handoff on this step; False when it already holds another one's."""

    def keep_open(self, handoff: Offer) -> None:
        """Close the handoff at the latest when this step ends."""


class Turn(Protocol):
    """A place of a program that becomes an agent's turn with the first model call that is made there."""

    @property
    def step(self) -> Step | None:
        """The agent's step, once it has begun."""

    def model_call(self, instrumentation: str, name: str) -> None:
        """A span of this instrumentation starts here: the turn begins if that is a model call."""


@dataclass(eq=False, slots=True)
class RunState:
    """A run as this process knows it."""

    id: str | None
    """`relaylens.run.id`; unknown until the run's span has started."""
    conversation: str | None = None
    span: Span | None = None
    """The run's span while it is open in this process."""
    outcome_stated: bool = False
    offers: list[Offer] = field(default_factory=list)
    """Handoffs that wait for their target, oldest first."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add_offer(self, offer: Offer) -> None:
        """Remember a handoff until its target begins."""
        with self.lock:
            self.offers.append(offer)

    def waiting(self) -> list[Offer]:
        """Handoffs that nobody has taken, oldest first."""
        with self.lock:
            return list(self.offers)

    def drop_offer(self, offer: Offer) -> None:
        """Forget a handoff that was answered in another way."""
        with self.lock:
            self.offers = [waiting for waiting in self.offers if waiting is not offer]

    def take_offer(self, agent: str) -> Offer | None:
        """The oldest handoff to this agent, which is thereby taken."""
        if not self.offers:
            return None
        name = normalised(agent)
        with self.lock:
            for offer in self.offers:
                if offer.target is not None and normalised(offer.target) == name:
                    self.offers.remove(offer)
                    return offer
        return None


@dataclass(frozen=True)
class Scope:
    """The run and the step that hold at one place of the program."""

    run: RunState | None = None
    step: Step | None = None
    details: frozenset[str] = frozenset()
    """Instrumentation scopes whose spans are details of what Relaylens records here itself."""
    silent: frozenset[str] = frozenset()
    """Instrumentation scopes whose spans say nothing here and are not exported."""

    turn: Turn | None = None
    """What becomes a step with the first model call."""

    @property
    def agent(self) -> str | None:
        """Name of the agent whose step it is."""
        return None if self.step is None else self.step.agent


NOWHERE: Final = Scope()
"""Outside of everything."""


def current_scope(context: Context | None = None) -> Scope:
    """The scope of a context, or of the place where this is called."""
    scope = (otel_context.get_current() if context is None else context).get(_KEY)
    if not isinstance(scope, Scope):
        return NOWHERE
    if scope.turn is not None and scope.turn.step is not None:
        return replace(scope, step=scope.turn.step)
    return scope


def with_scope(scope: Scope, context: Context | None = None) -> Context:
    """A context in which the scope holds."""
    return otel_context.set_value(_KEY, scope, context)


def normalised(name: str) -> str:
    """A name as agents are matched: lower case, words joined by `_`, without the suffix `_agent`."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").removesuffix("_agent")
