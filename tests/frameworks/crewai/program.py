"""A support desk in CrewAI: a crew with a manager, a crew that goes from task to task, and a flow."""

from crewai import LLM, Agent, Crew, Process, Task
from crewai.tools import tool
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

COWORKERS = ("docs", "drafter", "approver")


def answer(flow: Flow) -> str:
    """Answer the ticket."""
    kind, _, _ = flow.name.partition("_by_")
    return hierarchical(flow)


class Desk:
    """The agents of one flow."""

    def __init__(self, flow: Flow) -> None:
        self.llm = LLM(model=f"openai/{MODEL}", base_url=flow.openai_url, api_key=API_KEY, stream=flow.options.stream)
        search, send = tool("search_docs")(flow.search_docs), tool("send_reply")(flow.send_reply)
        self.tools = {"docs": [search], "executor": [search], "approver": [send]}

    def agent(self, name: str, **settings) -> Agent:
        """One agent."""
        return Agent(
            role=name,
            goal="Help the customer.",
            backstory=PROMPTS[name],
            llm=self.llm,
            tools=self.tools.get(name, []),
            max_retry_limit=0,
            cache=False,
            **settings,
        )


def hierarchical(flow: Flow) -> str:
    """A manager gives work to coworkers."""
    desk = Desk(flow)
    manager = desk.agent("supervisor" if flow.name == "delegation" else "triage", allow_delegation=True, max_iter=12)
    crew = Crew(
        name="answer a ticket",
        agents=[desk.agent(name) for name in COWORKERS],
        tasks=[Task(description="Answer this ticket: {ticket}", expected_output="The reply to the customer.")],
        process=Process.hierarchical,
        manager_agent=manager,
        cache=False,
    )
    return crew.kickoff(inputs={"ticket": TICKET}).raw


def add_options(parser) -> None:
    """How to run it."""
    parser.add_argument("--stream", action="store_true")


if __name__ == "__main__":
    main(answer, add_options)
