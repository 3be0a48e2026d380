"""ADK's workflows: the edges along which control passes between the agents in their nodes."""

from contextvars import ContextVar
from typing import Final

from relaylens.around import Around
from relaylens.frameworks.google_adk_orders import ORDER, Holding, Order, order_of
from relaylens.frameworks.patching import Arguments, Named
from relaylens.safety import guarded
from relaylens.scope import Step, current_scope


class Graph:
    """One execution of a workflow: who had control last in each node, and which node comes after which."""

    def __init__(self, outside: Step | None, before: Order | None) -> None:
        """Begin below a step, after what went before the workflow."""
        self.outside = outside
        self.before = before
        self.orders: dict[str, Order] = {}
        self.sources: dict[str, list[Order]] = {}
        """What went before each node that is about to begin."""
        self.last: Order | None = None


_GRAPH: Final[ContextVar[Graph | None]] = ContextVar("relaylens-google-adk-graph", default=None)
"""The workflow that is executed where the program is."""


class Workflow(Holding):
    """What stands around a workflow's loop."""

    def __init__(self, *_: object) -> None:
        """Prepare."""
        self._graph: Graph | None = None

    def _enter(self) -> None:
        with guarded("enter a workflow"):
            step = current_scope().step
            self._graph = Graph(step, order_of(step))
            self.hold(_GRAPH, self._graph)

    def _leave(self, error: BaseException | None) -> None:
        with guarded("leave a workflow"):
            graph = self._graph
            if graph is not None and graph.before is not None and graph.last is not None and graph.last.agent is not None:
                graph.before.passed(graph.last.agent, graph.last.said)
        super()._leave(error)


class Begin(Holding):
    """What stands around the start of a node's task: whoever has its turn in it comes after the node before."""

    def __init__(self, _: object, args: Arguments, named: Named) -> None:
        """Prepare."""
        self._node = args[2] if len(args) > 2 else named["node_name"]  # noqa: PLR2004 - loop_state, ctx, node_name

    def _enter(self) -> None:
        with guarded("begin a node"):
            graph = _GRAPH.get()
            if graph is not None:
                sources = graph.sources.get(self._node)
                order = Order(graph.outside, sources.pop(0) if sources else graph.before)
                graph.orders[self._node] = order
                self.hold(ORDER, order)


class Follow(Around):
    """What stands around finding the nodes that come after one that is done."""

    def __init__(self, _: object, args: Arguments, named: Named) -> None:
        """Prepare."""
        self._waiting = (args[0] if args else named["loop_state"]).trigger_buffer
        self._node = args[1] if len(args) > 1 else named["node_name"]
        self._counts: dict[str, int] = {}

    def _enter(self) -> None:
        with guarded("follow an edge"):
            self._counts = {name: len(triggers) for name, triggers in self._waiting.items()}

    def _returned(self, value: object) -> None:  # noqa: ARG002 - nothing is returned
        graph = _GRAPH.get()
        order = None if graph is None else graph.orders.get(self._node)
        if graph is None or order is None:
            return
        graph.last = order
        for name, triggers in self._waiting.items():
            if len(triggers) > self._counts.get(name, 0):
                graph.sources.setdefault(name, []).append(order)

    def _leave(self, error: BaseException | None) -> None:
        """Nothing is held."""
