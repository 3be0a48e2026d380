"""Agents that only lead others: in a fixed order, in a loop, or at once."""

from contextvars import ContextVar, Token
from typing import Any, Final

import relaylens
from relaylens.around import Around
from relaylens.handoffs import Handoff
from relaylens.missing import MISSING, Missing
from relaylens.safety import guarded
from relaylens.scope import Step, current_scope
from relaylens.semconv import TransferMode
from relaylens.transfers import Transfer

ORDER: Final[ContextVar["Order | None"]] = ContextVar("relaylens-google-adk-order", default=None)
"""The order that holds where the program is: in no context of OpenTelemetry's, since ADK takes those of its nodes along by itself."""
_LEADERS: Final = frozenset({"SequentialAgent", "LoopAgent", "ParallelAgent"})


class Order:
    """Whose turn it was last among agents that are led, which says who hands over to the next one."""

    def __init__(self, outside: Step | None, before: "Order | None") -> None:
        """Begin below a step, after what went before."""
        self.outside = outside
        self.agent: str | None = None if before is None else before.agent
        self.said: object | Missing = MISSING if before is None else before.said
        self._turns: list[Step] = []

    def belongs(self, turn: Step) -> None:
        """Keep a turn, so that one to which it passes control is in the same order."""
        self._turns.append(turn)

    def holds(self, step: Step | None) -> bool:
        """Whether an agent that begins below this step is led by the order."""
        return step is self.outside or (any(step is turn for turn in self._turns) and getattr(step, "is_over", False))

    def passed(self, agent: str, said: object | Missing) -> None:
        """An agent had its turn."""
        self.agent, self.said = agent, said

    def handoff(self, target: str) -> Handoff | None:
        """What passes from the agent before to the next one."""
        if self.agent is None:
            return None
        return relaylens.handoff(target, self.said, mode=TransferMode.PASS_CONTROL, source=self.agent)


class Holding(Around):
    """Something that holds where the block is, and in the tasks that it starts."""

    _held: tuple[ContextVar[Any], object] | None = None
    _token: Token[Any] | None = None

    def hold(self, variable: ContextVar[Any], value: object) -> None:
        """Let the variable have this value."""
        self._held = (variable, value)
        self._resume()

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - the error belongs to the spans around
        self._suspend()

    def _suspend(self) -> None:
        with guarded("leave an order of agents"):
            token, self._token = self._token, None
            if token is not None and self._held is not None:
                self._held[0].reset(token)

    def _resume(self) -> None:
        with guarded("enter an order of agents"):
            if self._held is not None and self._token is None:
                self._token = self._held[0].set(self._held[1])


class Leading(Holding):
    """The agent that leads, around those that are led."""

    def __init__(self, name: str, *, at_once: bool) -> None:
        """Prepare."""
        self._name = name
        self._at_once = at_once
        self._outer: Order | None = None
        self._order: Order | None = None

    def _enter(self) -> None:
        with guarded("enter an order of agents"):
            step, run = current_scope().step, current_scope().run
            offer = None if run is None else run.take_offer(self._name)
            if isinstance(offer, Transfer):
                offer.accept()
            self._outer = order_of(step)
            # Led agents that are in an order go on with it; those at once all come after the same one.
            self._order = self._outer if self._outer is not None and not self._at_once else _new(self._at_once, step, self._outer)
            self.hold(ORDER, self._order)

    def _leave(self, error: BaseException | None) -> None:
        with guarded("leave an order of agents"):
            if self._outer is not None and isinstance(self._order, AtOnce) and self._order.last is not None:
                self._outer.passed(*self._order.last)
        super()._leave(error)


class AtOnce(Order):
    """Agents that work at the same time: each comes after what went before, and the last to end goes before what follows."""

    last: tuple[str, object | Missing] | None = None

    def passed(self, agent: str, said: object | Missing) -> None:
        """An agent had its turn."""
        self.last = (agent, said)


def _new(at_once: bool, step: Step | None, before: Order | None) -> Order:  # noqa: FBT001 - of the two kinds
    return AtOnce(step, before) if at_once else Order(step, before)


def order_of(step: Step | None) -> Order | None:
    """The order that leads an agent which begins below this step."""
    order = ORDER.get()
    return order if order is not None and order.holds(step) else None


def within(agent: Any) -> Leading | None:  # noqa: ANN401 - BaseAgent
    """What stands around an agent that only leads others; None for all other agents."""
    kinds = {kind.__name__ for kind in type(agent).__mro__ if kind.__module__.startswith("google.adk.")} & _LEADERS
    return Leading(agent.name, at_once="ParallelAgent" in kinds) if kinds else None
