"""A support desk of Strands in which one agent calls the others as tools."""

from program import answers, model_of, tools_of
from strands import Agent
from support_desk import PROMPTS, TICKET, Flow, main

MEMBERS = {"triage": ("docs", "drafter", "approver"), "supervisor": ("docs", "drafter")}


def answer(flow: Flow) -> str:
    """Answer the ticket."""
    tools = tools_of(flow)
    leader = "supervisor" if flow.name == "delegation" else "triage"
    members = [
        Agent(
            name=name,
            model=model_of(flow),
            description=f"The {name} agent.",
            system_prompt=PROMPTS[name],
            tools=tools.get(name, []),
            callback_handler=None,
        )
        for name in MEMBERS[leader]
    ]
    agent = Agent(name=leader, model=model_of(flow), system_prompt=PROMPTS[leader], tools=members, callback_handler=None)
    limits = {"turns": 8} if flow.name == "loop" else None
    result = agent(TICKET, limits=limits)
    while result.stop_reason == "interrupt":
        result = agent(answers(result.interrupts))
    return str(result).strip()


if __name__ == "__main__":
    main(answer)
