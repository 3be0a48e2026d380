"""What LangGraph itself knows of a compiled graph: whether it is an agent, which of its nodes can be agents, and where each can lead.

- A graph with a node that `create_agent` or `create_react_agent` made is one agent; so is a graph of one function and tool nodes
  (an agent's loop written by hand). Its name is the agent's.
- Any other graph is a network. A node of it that holds a graph is what that graph is. A tool node works for the agent before it.
  Every other node is an agent from its first model call on; one that calls no model is no agent.
"""

import inspect
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from relaylens.frameworks.recording import fingerprint
from relaylens.safety import guarded

START: Final = "__start__"
END: Final = "__end__"
BRANCH_TO: Final = "branch:to:"

_UNNAMED: Final = frozenset({None, "", "LangGraph"})
"""What LangGraph calls a graph without a name."""

_AGENT_MAKERS: Final = frozenset({"langchain.agents.factory", "langgraph.prebuilt.chat_agent_executor"})
"""Modules whose functions are the model nodes of prebuilt agents."""

_known: Final[weakref.WeakKeyDictionary[Any, "Facts"]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class Facts:
    """A graph as its definition says."""

    name: str | None
    """Its name, where it has one of its own."""

    agent: str | None
    """Name of the agent that the graph is, or of the one node that does its work; None for a network."""

    is_agent: bool
    version: str | None
    """Fingerprint of the agent's instructions, model and tools."""

    can_be_agents: frozenset[str]
    """Nodes that are agents if they call a model."""

    held: Mapping[str, str] = field(default_factory=dict)
    """Names of the agents that nodes hold as graphs."""

    workers: Mapping[str, str] = field(default_factory=dict)
    """Nodes that are reached from one other node alone and always lead back to it, with that node."""


def facts_of(graph: Any) -> Facts:  # noqa: ANN401 - a Pregel
    """The facts of a graph, found once."""
    known = _known.get(graph)
    if known is None:
        known = _known[graph] = _found(graph)
    return known


def is_graph(thing: object) -> bool:
    """Whether something is a compiled graph."""
    return _is_a(thing, "Pregel", ("langgraph.pregel.main", "langgraph.pregel"))


def _found(graph: Any) -> Facts:  # noqa: ANN401
    bounds = {name: getattr(node, "bound", None) for name, node in graph.nodes.items() if name != START}
    tools = {name for name, bound in bounds.items() if _is_tool_node(bound)}
    graphs = {name for name, bound in bounds.items() if is_graph(bound)}
    others = [name for name in bounds if name not in tools | graphs]
    name = None if getattr(graph, "name", None) in _UNNAMED else str(graph.name)
    makers = [bound for bound in bounds.values() if _function_of(bound).__module__ in _AGENT_MAKERS]
    is_agent = bool(makers) or (len(others) == 1 and bool(tools) and not graphs)
    version = None
    if makers:
        with guarded("read an agent's definition"):
            version = _version(makers[0])
    if is_agent:
        return Facts(name, name or (None if makers else others[0]), is_agent=True, version=version, can_be_agents=frozenset())
    held = {node: inner.agent or node for node in graphs if (inner := facts_of(bounds[node])).is_agent}
    workers: dict[str, str] = {}
    with guarded("read a graph's edges"):
        workers = _workers(graph)
    return Facts(name, None, is_agent=False, version=None, can_be_agents=frozenset(others), held=held, workers=workers)


def _is_a(thing: object, name: str, modules: tuple[str, ...]) -> bool:
    """Whether a class of this name is among the thing's classes; nothing is imported for that."""
    return any(kind.__name__ == name and kind.__module__ in modules for kind in type(thing).__mro__)


def _is_tool_node(bound: object) -> bool:
    return _is_a(bound, "ToolNode", ("langgraph.prebuilt.tool_node", "langchain.tools.tool_node"))


def _function_of(bound: object) -> Any:  # noqa: ANN401 - a function, or the thing itself
    """The function of a node."""
    return getattr(bound, "func", None) or getattr(bound, "afunc", None) or type(bound)


def _version(bound: object) -> str | None:
    """What an agent's model node was made with: its instructions, its model and its tools."""
    cells = inspect.getclosurevars(_function_of(bound)).nonlocals
    model = next((cells[name] for name in ("model", "static_model") if cells.get(name) is not None), None)
    instructions = next((cells[name] for name in ("system_message", "prompt") if cells.get(name) is not None), None)
    tools = next((cells[name] for name in ("default_tools", "tool_classes") if cells.get(name) is not None), ())
    while (inner := getattr(model, "bound", None)) is not None and not hasattr(model, "model_name"):
        model = inner
    named = next(
        (str(getattr(model, key)) for key in ("model_name", "model", "model_id") if getattr(model, key, None)), type(model).__name__
    )
    text = getattr(instructions, "content", instructions)
    return fingerprint(
        text if isinstance(text, str | list | None) else getattr(text, "__qualname__", type(text).__name__),
        named,
        [(getattr(tool, "name", str(tool)), getattr(tool, "description", "")) for tool in tools],
    )


def _workers(graph: Any) -> dict[str, str]:  # noqa: ANN401
    """Nodes that one other node calls and that always come back to it."""
    builder = getattr(graph, "builder", None)
    if builder is None:
        return {}
    before: dict[str, set[str]] = {}
    after: dict[str, set[str]] = {}
    for start, end in _ways(builder):
        before.setdefault(end, set()).add(start)
        after.setdefault(start, set()).add(end)
    found = {}
    for node in builder.nodes:
        callers = before.get(node, set())
        if len(callers) == 1 and after.get(node) == callers and START not in callers and node not in callers:
            found[node] = next(iter(callers))
    return found


def _ways(builder: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - a StateGraph
    """Every way from one node to another: edges, branches, and the destinations of commands."""
    yield from builder.edges
    for starts, end in builder.waiting_edges:
        yield from ((start, end) for start in starts)
    for start, branches in builder.branches.items():
        for branch in branches.values():
            ends = [*builder.nodes, END] if branch.ends is None else branch.ends.values()
            yield from ((start, end) for end in ends)
    fixed = (
        {start for start, _ in builder.edges} | {start for starts, _ in builder.waiting_edges for start in starts} | set(builder.branches)
    )
    for start, node in builder.nodes.items():
        ends = tuple(node.ends or ())
        yield from ((start, end) for end in ends)
        # Nothing says that a graph in a node always answers with a command; without one and without an edge all ends there.
        if start not in fixed and (not ends or is_graph(node.runnable)):
            yield start, END
