"""Planner, executor and validator as the nodes of an ADK workflow; its edges lead back to the executor until the validator is content."""

from desk import agent, run
from google.adk import Event, Workflow
from support_desk import Flow, main


def decide(node_input: str) -> Event:
    """Which edge to follow."""
    return Event(output=node_input, route="again" if "REJECTED" in node_input else "done")


def finish(node_input: str) -> str:
    """The end."""
    return node_input


async def answer(flow: Flow) -> str:
    """Answer the ticket."""
    planner, executor, validator = (agent(flow, name) for name in ("planner", "executor", "validator"))
    edges = [("START", planner, executor, validator, decide), (decide, {"again": executor, "done": finish})]
    return await run(flow, Workflow(name="team", edges=edges))


if __name__ == "__main__":
    main(answer)
