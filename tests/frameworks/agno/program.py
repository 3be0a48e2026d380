"""A support desk on Agno: a team whose leader gives the ticket to its members."""

from agno.agent import Agent
from agno.db.in_memory import InMemoryDb
from agno.models.openai import OpenAIChat
from agno.team import Team
from agno.tools import tool
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main


def answer(flow: Flow):
    """Answer the ticket; what waits for a person is confirmed and goes on."""
    return answer_later(flow) if flow.options.later else answer_now(flow)


def answer_now(flow: Flow) -> str:
    """The plain way, and streamed."""
    desk = team(flow)
    result = read(desk.run(TICKET, session_id=flow.session, **how(flow)))
    while result.is_paused:
        confirm(result)
        result = read(desk.continue_run(result, session_id=flow.session, **how(flow)))
    return result.content


async def answer_later(flow: Flow) -> str:
    """The asynchronous way, and streamed."""
    desk = team(flow)
    result = await read_later(desk.arun(TICKET, session_id=flow.session, **how(flow)))
    while result.is_paused:
        confirm(result)
        result = await read_later(desk.acontinue_run(result, session_id=flow.session, **how(flow)))
    return result.content


def how(flow: Flow) -> dict:
    """Streamed, if that was asked for."""
    return {"stream": True, "stream_events": True, "yield_run_output": True} if flow.options.stream else {}


def read(given):
    """The result, at the end of what was streamed."""
    return given if hasattr(given, "is_paused") and not hasattr(given, "__next__") else list(given)[-1]


async def read_later(given):
    """The result, at the end of what was streamed."""
    if not hasattr(given, "__anext__"):
        return await given
    return [item async for item in given][-1]


def confirm(result) -> None:
    """Say yes."""
    for waiting in result.active_requirements:
        waiting.confirm()


def team(flow: Flow) -> Team:
    """The team's leader and its members."""
    model = OpenAIChat(id=MODEL, base_url=flow.openai_url, api_key=API_KEY, max_retries=0)

    @tool
    def search_docs(query: str) -> str:
        """Search the documents."""
        return flow.search_docs(query)

    @tool
    def send_reply(text: str) -> str:
        """Send the reply to the customer."""
        return flow.send_reply(text)

    @tool(requires_confirmation=True)
    def escalate_to_human(question: str) -> str:
        """Ask a person."""
        return flow.escalate_to_human(question)

    def agent(name: str, *tools) -> Agent:
        return Agent(
            name=name, id=name, role=f"the {name} agent", model=model, instructions=PROMPTS[name], tools=list(tools), telemetry=False
        )

    members = [agent("docs", search_docs), agent("drafter"), agent("approver", send_reply, escalate_to_human)]
    leader = "supervisor" if flow.name == "delegation" else "triage"
    return Team(
        members=members,
        name=leader,
        model=model,
        instructions=PROMPTS[leader],
        mode="route" if flow.options.route else "coordinate",
        db=InMemoryDb(),
        telemetry=False,
    )


def options(parser):
    """The ways to run the same team."""
    for word in ("stream", "later", "route"):
        parser.add_argument(f"--{word}", action="store_true")


if __name__ == "__main__":
    main(answer, options)
