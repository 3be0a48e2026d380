"""A support desk in ADK whose agents transfer to each other."""

from desk import agent, run
from support_desk import Flow, main


async def answer(flow: Flow) -> str:
    """Answer the ticket."""
    members = [agent(flow, name) for name in ("docs", "drafter", "approver")]
    return await run(flow, agent(flow, "triage", sub_agents=members))


if __name__ == "__main__":
    main(answer)
