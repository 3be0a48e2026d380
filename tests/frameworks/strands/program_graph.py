"""Planner, executor and validator as a graph of Strands."""

from program import agents_of, options, played, said
from strands.multiagent import GraphBuilder
from support_desk import Flow, main

ORDER = ("planner", "executor", "validator")


def is_rejected(state) -> bool:
    """Whether the validator sends the work back."""
    return "REJECTED" in str(state.results["validator"].result)


async def answer(flow: Flow) -> str:
    """Work through the graph."""
    builder = GraphBuilder()
    for agent in agents_of(flow, ORDER):
        builder.add_node(agent, agent.name)
    for before, after in zip(ORDER, ORDER[1:], strict=False):
        builder.add_edge(before, after)
    builder.add_edge("validator", "executor", condition=is_rejected)
    builder.set_entry_point(ORDER[0])
    builder.set_max_node_executions(8)
    builder.reset_on_revisit()
    graph = builder.build()
    return said(graph, await played(graph, flow))


if __name__ == "__main__":
    main(answer, options)
