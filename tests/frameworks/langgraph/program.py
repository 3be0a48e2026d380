"""A swarm of LangChain's agents: each passes the ticket on with a tool, and a person is asked by `interrupt()`."""

import functools
import os

os.environ["LANGSMITH_TRACING"] = "false"

from langchain.agents import create_agent
from langchain.agents.middleware import AgentMiddleware
from langchain.messages import ToolMessage
from langchain.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command, interrupt
from langgraph_swarm import create_handoff_tool, create_swarm
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

PEERS = {"triage": ["docs"], "docs": ["drafter", "triage"], "drafter": ["approver"], "approver": []}


class TellErrors(AgentMiddleware):
    """What a tool raises is told to the model."""

    def wrap_tool_call(self, request, handler):
        """Call the tool."""
        try:
            return handler(request)
        except RuntimeError as error:
            return ToolMessage(f"Error: {error}", tool_call_id=request.tool_call["id"], status="error")

    async def awrap_tool_call(self, request, handler):
        """Call the tool."""
        try:
            return await handler(request)
        except RuntimeError as error:
            return ToolMessage(f"Error: {error}", tool_call_id=request.tool_call["id"], status="error")


def model(flow: Flow) -> ChatOpenAI:
    """The model of every agent."""
    return ChatOpenAI(model=MODEL, base_url=flow.openai_url, api_key=API_KEY, max_retries=0)


def tools_of(flow: Flow, name: str) -> list:
    """The tools of an agent."""

    @tool
    def escalate_to_human(question: str) -> str:
        """Ask a person for approval."""
        return f"The person says: {interrupt(question)}"

    tools = {"docs": [tool(flow.search_docs)], "approver": [tool(flow.send_reply), escalate_to_human]}
    return tools.get(name, [])


def agent(flow: Flow, name: str, *more) -> object:
    """One agent."""
    tools = [*tools_of(flow, name), *more]
    return create_agent(model(flow), tools=tools, system_prompt=PROMPTS[name], middleware=[TellErrors()], name=name)


def swarm(flow: Flow) -> object:
    """Agents that pass control on."""
    agents = [agent(flow, name, *(create_handoff_tool(agent_name=peer) for peer in peers)) for name, peers in PEERS.items()]
    return create_swarm(agents, default_active_agent="triage").compile(checkpointer=InMemorySaver(), name="support")


def supervisor(flow: Flow) -> object:
    """An agent that calls others as tools."""

    def calls(name: str) -> object:
        member = agent(flow, name)

        @tool(f"ask_{name}", description=f"Ask the {name} agent.")
        def ask(message: str) -> str:
            return member.invoke({"messages": [("user", message)]})["messages"][-1].text

        return ask

    return agent(flow, "supervisor", calls("docs"), calls("drafter"))


def answer(flow: Flow) -> object:
    """Answer the ticket."""
    graph = supervisor(flow) if flow.name.startswith("delegation") else swarm(flow)
    config = {"configurable": {"thread_id": flow.session}, "recursion_limit": 25}
    given = {"messages": [("user", TICKET)]}
    if flow.name.endswith("_async"):
        return play_async(graph, given, config)
    play = functools.partial(play_in_pieces, graph) if flow.name.endswith("_stream") else graph.invoke
    state = play(given, config)
    if "__interrupt__" in state:
        state = play(Command(resume="approved"), config)
    return state["messages"][-1].text


def play_in_pieces(graph: object, given: object, config: dict) -> dict:
    """Run the graph and see every token."""
    for _ in graph.stream(given, config, stream_mode="messages", subgraphs=True):
        pass
    snapshot = graph.get_state(config)
    return {**snapshot.values, **({"__interrupt__": snapshot.interrupts} if snapshot.interrupts else {})}


async def play_async(graph: object, given: object, config: dict) -> str:
    """Run the graph asynchronously."""
    state = await graph.ainvoke(given, config)
    if "__interrupt__" in state:
        state = await graph.ainvoke(Command(resume="approved"), config)
    return state["messages"][-1].text


if __name__ == "__main__":
    main(answer)
