"""A support desk in ADK with one agent that calls the others as tools."""

from desk import agent, run
from google.adk.tools import AgentTool
from support_desk import Flow, main

MEMBERS = {"triage": ["docs", "drafter", "approver"], "supervisor": ["docs", "drafter"]}


async def answer(flow: Flow) -> str:
    """Answer the ticket."""
    name = "supervisor" if flow.name == "delegation" else "triage"
    return await run(flow, agent(flow, name, tools=[AgentTool(agent(flow, each)) for each in MEMBERS[name]]))


if __name__ == "__main__":
    main(answer)
