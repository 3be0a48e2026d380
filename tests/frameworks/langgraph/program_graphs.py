"""The supervisor, the graph of plain functions and the one with fixed edges in one process, since importing LangChain takes seconds."""

import importlib

from support_desk import Flow, main


def answer(flow: Flow) -> object:
    """Play `<graph>_<flow>`."""
    graph, _, flow.name = flow.name.partition("_")
    return importlib.import_module(f"program_{graph}").answer(flow)


if __name__ == "__main__":
    main(answer)
