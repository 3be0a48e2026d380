"""LangGraph's supervisor: triage calls the others as nodes that always come back to it."""

import os

os.environ["LANGSMITH_TRACING"] = "false"

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from langgraph_supervisor import create_supervisor
from program import agent, model
from support_desk import PROMPTS, TICKET, Flow, main

MEMBERS = ("docs", "drafter", "approver")


def answer(flow: Flow) -> str:
    """Answer the ticket."""
    chief = "supervisor" if flow.name == "delegation" else "triage"
    members = [agent(flow, name) for name in (MEMBERS[:2] if flow.name == "delegation" else MEMBERS)]
    graph = create_supervisor(members, model=model(flow), prompt=PROMPTS[chief], supervisor_name=chief)
    compiled = graph.compile(checkpointer=InMemorySaver(), name="support")
    config = {"configurable": {"thread_id": flow.session}, "recursion_limit": 25}
    state = compiled.invoke({"messages": [("user", TICKET)]}, config)
    if "__interrupt__" in state:
        state = compiled.invoke(Command(resume="approved"), config)
    return state["messages"][-1].text


if __name__ == "__main__":
    main(answer)
