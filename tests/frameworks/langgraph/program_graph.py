"""A graph of plain functions: each node calls a model and says by a command who is next; one of the nodes is no agent."""

import asyncio
import os
from typing import Annotated, TypedDict

os.environ["LANGSMITH_TRACING"] = "false"

from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, interrupt
from program import PEERS, model
from support_desk import PROMPTS, TICKET, Flow, main


class State(TypedDict):
    """What the nodes share."""

    messages: Annotated[list, add_messages]
    ticket: str


def node(flow: Flow, name: str):
    """The node of an agent: a loop of its own around the model."""

    @tool
    def escalate_to_human(question: str) -> str:
        """Ask a person for approval."""
        return f"The person says: {interrupt({'question': question})}"

    @tool(f"hand_over_of_{name}")
    def transfer_to_agent(agent_name: str) -> str:
        """Hand the ticket over to another agent."""
        return agent_name

    own = {"docs": [tool(flow.search_docs)], "approver": [tool(flow.send_reply), escalate_to_human]}.get(name, [])
    transfer_to_agent.name = "transfer_to_agent"
    tools = {each.name: each for each in [*own, *([transfer_to_agent] if PEERS[name] else [])]}
    chat = model(flow).bind_tools(list(tools.values())) if tools else model(flow)

    async def work(state: State) -> Command:
        """Work on the ticket."""
        said = [("system", PROMPTS[name]), *state["messages"]]
        new = []
        while True:
            message = await chat.ainvoke([*said, *new])
            new.append(message)
            if not message.tool_calls:
                return Command(update={"messages": new}, goto=END)
            for call in message.tool_calls:
                if call["name"] == "transfer_to_agent" and call["args"]["agent_name"] in PEERS[name]:
                    new.append(ToolMessage("Handed over.", tool_call_id=call["id"]))
                    return Command(update={"messages": new}, goto=call["args"]["agent_name"])
                new.append(await called(tools, call))

    return work


async def called(tools: dict, call: dict) -> ToolMessage:
    """What a tool answers, its error included."""
    if call["name"] == "transfer_to_agent":
        return ToolMessage(f"Error: there is no agent {call['args']['agent_name']}", tool_call_id=call["id"], status="error")
    try:
        return await tools[call["name"]].ainvoke(call)
    except RuntimeError as error:
        return ToolMessage(f"Error: {error}", tool_call_id=call["id"], status="error")


def open_ticket(state: State) -> dict:
    """Put the ticket into the messages; no agent's work."""
    return {"messages": [("user", state["ticket"])]}


async def answer(flow: Flow) -> str:
    """Answer the ticket."""
    graph = StateGraph(State)
    graph.add_node("open_ticket", open_ticket)
    graph.add_edge(START, "open_ticket")
    graph.add_edge("open_ticket", "triage")
    for name, peers in PEERS.items():
        graph.add_node(name, node(flow, name), destinations=(*peers, END))
    compiled = graph.compile(checkpointer=InMemorySaver(), name="support")
    config = {"configurable": {"thread_id": flow.session}, "recursion_limit": 25}
    given = {"ticket": TICKET}
    while True:
        async for _ in compiled.astream(given, config, stream_mode="updates"):
            await asyncio.sleep(0)
        snapshot = await compiled.aget_state(config)
        if not snapshot.interrupts:
            break
        given = Command(resume={snapshot.interrupts[0].id: {"approved": True}})
    answers = [message for message in snapshot.values["messages"] if isinstance(message, AIMessage)]
    return answers[-1].text


if __name__ == "__main__":
    main(answer)
