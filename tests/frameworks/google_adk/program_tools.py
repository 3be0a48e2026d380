"""A support desk in ADK with one agent that calls the others: as tools, or as sub-agents that do one turn each."""

from desk import agent, run
from google.adk.tools import AgentTool
from support_desk import Flow, main

MEMBERS = {"triage": ["docs", "drafter", "approver"], "supervisor": ["docs", "drafter"]}


async def answer(flow: Flow) -> str:
    """Answer the ticket."""
    name = "supervisor" if flow.name == "delegation" else "triage"
    if flow.options.sub_agents:
        return await run(flow, agent(flow, name, sub_agents=[agent(flow, each, mode="single_turn") for each in MEMBERS[name]]))
    return await run(flow, agent(flow, name, calls=[AgentTool(agent(flow, each)) for each in MEMBERS[name]]))


if __name__ == "__main__":
    main(answer, lambda parser: parser.add_argument("--sub-agents", action="store_true"))
