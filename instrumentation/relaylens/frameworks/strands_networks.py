"""What stands around Strands' swarms and graphs: runs, and the handoffs between their nodes."""

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import relaylens
from relaylens.around import Around, call_async_generator
from relaylens.frameworks import strands_texts as texts
from relaylens.frameworks.base import Framework
from relaylens.frameworks.patching import Arguments, Named
from relaylens.frameworks.recording import FrameworkRun
from relaylens.frameworks.strands_runs import Call, Network, current_network
from relaylens.handoffs import handoff
from relaylens.missing import Missing
from relaylens.safety import guarded
from relaylens.semconv import Evidence, HandoffReason, Outcome, TransferMode


class NetworkCall(Network):
    """A call of a swarm or a graph."""

    def __init__(self, framework: Framework, network: Any, prompt: Any) -> None:  # noqa: ANN401 - a Swarm or Graph and its input
        """Prepare."""
        super().__init__(framework, network, prompt)
        self._network = network

    def saw(self, event: Mapping[str, Any]) -> None:
        """See control pass between nodes."""
        super().saw(event)
        if event.get("type") == "multiagent_handoff":
            edges = getattr(self._network, "edges", None)
            for source in event["from_node_ids"]:
                for target in event["to_node_ids"]:
                    if edges is None or any((edge.from_node.node_id, edge.to_node.node_id) == (source, target) for edge in edges):
                        self._pass(source, target, event.get("message"))

    def _pass(self, source: str, target: str, message: object) -> None:
        given = message if message is not None else self._result_of(source)
        handoff(self._agent_at(target), given, source=self._agent_at(source), mode=TransferMode.PASS_CONTROL)

    def _agent_at(self, node: str) -> str:
        """Who works at a node: of a network within, the agent that begins."""
        executor = self._network.nodes[node].executor
        while hasattr(executor, "nodes") and executor.nodes:
            begins = getattr(executor, "entry_point", None) or next(
                iter(getattr(executor, "entry_points", None) or executor.nodes.values())
            )
            node, executor = getattr(begins, "node_id", node), getattr(begins, "executor", begins)
        return texts.name_of(executor, node)

    def _result_of(self, node: str) -> object:
        """What a node of a graph has answered, which is what the next ones get."""
        result = getattr(self._network.state.results.get(node), "result", None)
        return texts.answered(getattr(result, "message", None))

    def _enter(self) -> None:
        with guarded("begin a network"):
            self._begin_run(str(getattr(self._network, "id", None) or type(self._network).__name__))
            self._mark()

    def _suspend(self) -> None:
        with guarded("leave a network"):
            self._unmark()
            super()._suspend()

    def _resume(self) -> None:
        with guarded("enter a network"):
            super()._resume()
            self._mark()

    def _leave(self, error: BaseException | None) -> None:
        answer: object = Missing.MISSING
        with guarded("end a network"):
            self._unmark()
            if error is None:
                answer = self._answer()
                self._state_failure()
        with guarded("end a run"):
            self._end_run(answer, error)

    def _answer(self) -> object:
        """What the node that finished last has answered."""
        state = self._network.state
        order = getattr(state, "node_history", None) or getattr(state, "execution_order", None) or ()
        for node in reversed(order):
            found = self._result_of(node.node_id)
            if not isinstance(found, Missing):
                return found
        return Missing.MISSING

    def _state_failure(self) -> None:
        """A network that stops at a limit, or whose agent has failed, ends without an error."""
        state = self._network.state
        if str(getattr(state.status if hasattr(state, "status") else state.completion_status, "value", "")) != "failed":
            return
        failures = [node.result for node in state.results.values() if isinstance(node.result, Exception)]
        reason = f"{type(failures[-1]).__name__}: {failures[-1]}" if failures else self._limit()
        if isinstance(self._run, FrameworkRun):
            relaylens.outcome(Outcome.FAILED, reason, evidence=Evidence.RULE)

    def _limit(self) -> str:
        """Which limit ended it, in the framework's words."""
        network = self._network
        names = (
            "max_handoffs",
            "max_iterations",
            "execution_timeout",
            "repetitive_handoff_detection_window",
            "repetitive_handoff_min_unique_agents",
        )
        if all(hasattr(network, name) for name in names):
            _, reason = network.state.should_continue(**{name: getattr(network, name) for name in names})
            return str(reason)
        return "The network ended as failed"


def call_watching(around: Around, function: Callable[..., Any], args: Arguments, kwargs: Named) -> AsyncGenerator[Any, Any]:
    """Call an asynchronous generator function whose events are seen as they pass."""

    async def watching(*given: Any, **named: Any) -> AsyncGenerator[Any, Any]:  # noqa: ANN401 - the function's own types
        stream = function(*given, **named)
        try:
            async for event in stream:
                with guarded("see an event"):
                    if isinstance(event, Mapping) and isinstance(around, Call):
                        around.saw(event)
                yield event
        finally:
            await stream.aclose()

    return call_async_generator(around, watching, args, kwargs)


class ToolCall(Around):
    """A call of a tool: where a swarm refuses to hand over, the attempt came to nothing."""

    keeps_items = False

    def __init__(self, use: Mapping[str, Any], results: list[Any]) -> None:
        """Prepare."""
        self._use = use
        self._results = results

    def _enter(self) -> None:
        """Nothing yet."""

    def _leave(self, error: BaseException | None) -> None:  # noqa: ARG002 - what came of it is in the results
        with guarded("see a refused handoff"):
            result = next((each for each in self._results if each.get("toolUseId") == self._use.get("toolUseId")), None)
            target = (self._use.get("input") or {}).get("agent_name")
            network = current_network()
            if result is None or result.get("status") != "error" or not target or network is None:
                return
            said = "".join(str(block.get("text", "")) for block in result.get("content", ()))
            known = target in network.called.nodes
            handoff(
                str(target),
                (self._use.get("input") or {}).get("message"),
                reason=said,
                failed=HandoffReason.ERRORED if known else HandoffReason.UNKNOWN_TARGET,
            )
