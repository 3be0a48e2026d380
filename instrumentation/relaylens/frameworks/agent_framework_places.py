"""Which executor of a workflow works, and whose work led to it."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, Final

from opentelemetry import context as otel_context
from opentelemetry import trace

import relaylens
from relaylens.around import Around
from relaylens.handoffs import Handoff
from relaylens.missing import MISSING
from relaylens.safety import guarded
from relaylens.scope import Scope, current_scope, with_scope
from relaylens.semconv import TransferMode


class Flow:
    """What passed between the executors of one workflow."""

    def __init__(self) -> None:
        """Nothing yet."""
        self.origins: dict[str, list[str]] = {}
        """By executor: the agents whose work it has passed on, or it itself."""
        self.said: dict[str, object] = {}
        self.handed: set[tuple[str, str]] = set()
        self.managers: set[str] = set()
        self._steps: dict[str, tuple[trace.Span, Scope]] = {}

    def worked(self, name: str, span: trace.Span, scope: Scope, said: object) -> None:
        """An agent has had its turn."""
        self._steps[name] = (span, scope)
        self.said[name] = said

    @contextmanager
    def place_of(self, name: str) -> Iterator[None]:
        """Be where an agent was in its last turn."""
        known = self._steps.get(name)
        if known is None or known[1].run is not current_scope().run:
            # A workflow that goes on later goes on from where it is now.
            yield
            return
        token = otel_context.attach(trace.set_span_in_context(known[0], with_scope(known[1])))
        try:
            yield
        finally:
            otel_context.detach(token)

    def hand_over(self, source: str, target: str) -> None:
        """Work passes from one agent to another."""
        with self.place_of(source):
            relaylens.handoff(target, self.said.get(source, MISSING), mode=TransferMode.PASS_CONTROL, source=source)


class Executing(Around):
    """An executor at work."""

    def __init__(self, flow: Flow, executor: Any, sources: list[str]) -> None:  # noqa: ANN401 - an Executor
        """Prepare."""
        self.flow = flow
        self.executor = executor
        self.name: str = executor.id
        kinds = {kind.__name__ for kind in type(executor).__mro__}
        self.manages = "BaseGroupChatOrchestrator" in kinds
        self._is_agent = "AgentExecutor" in kinds
        self.origins = list(dict.fromkeys(name for source in sources for name in flow.origins.get(source, ())))
        self._has_worked = False
        self._token: Token[Executing | None] | None = None

    def begin(self, agent: str) -> list[Handoff]:
        """An agent begins here: who handed over to it, and what it has to give back."""
        first, self._has_worked = not self._has_worked, True
        self.flow.origins[self.name] = [agent]
        if self.manages:
            # Control comes back to who decides what is next.
            self.flow.managers.add(agent)
            return []
        calls = []
        for source in self.origins if first else ():
            if (source, agent) in self.flow.handed:
                self.flow.handed.discard((source, agent))
            elif source in self.flow.managers:
                with self.flow.place_of(source):
                    said = self.flow.said.get(source, MISSING)
                    calls.append(Handoff(agent, said, TransferMode.RETURN_TO_CALLER, None, source=source).offer())
            elif source != agent:
                self.flow.hand_over(source, agent)
        return calls

    def _enter(self) -> None:
        self._token = _executing.set(self)

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - it leaves through the run
        with guarded("leave an executor"):
            if self._token is not None:
                _executing.reset(self._token)
            if not self._is_agent and not self._has_worked and self.origins:
                self.flow.origins[self.name] = self.origins


_executing: ContextVar[Executing | None] = ContextVar("relaylens-agent-framework-executor", default=None)
flows: Final[weakref.WeakKeyDictionary[Any, Flow]] = weakref.WeakKeyDictionary()
"""By the runner context of each workflow."""


def executing() -> Executing | None:
    """The executor that this is called in."""
    return _executing.get()
