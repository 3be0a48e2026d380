"""A support desk in CrewAI: a crew with a manager, crews that go from task to task, flows, and an agent alone."""

import io
import sys
import tempfile
from pathlib import Path

from crewai import LLM, Agent, Crew, Process, Task
from crewai.flow import Flow as CrewFlow
from crewai.flow import and_, human_feedback, listen, or_, router, start
from crewai.flow.async_feedback import HumanFeedbackPending
from crewai.flow.persistence import SQLiteFlowPersistence
from crewai.tools import tool
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main


def answer(flow: Flow):
    """Answer the ticket in the way that the flow's name begins with."""
    kind = flow.name.partition("_")[0]
    return WAYS.get(kind, hierarchical)(flow)


class Desk:
    """The agents of one flow."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        streams = flow.name == "streamed"
        self.llm = LLM(model=f"openai/{MODEL}", base_url=flow.openai_url, api_key=API_KEY, stream=streams)
        search, send = tool("search_docs")(flow.search_docs), tool("send_reply")(flow.send_reply)
        self.tools = {"docs": [search], "executor": [search], "approver": [send]}

    def agent(self, name: str, **settings) -> Agent:
        """One agent."""
        said = {"role": name, "goal": "Help the customer.", "backstory": PROMPTS[name]}
        return Agent(**said, llm=self.llm, tools=self.tools.get(name, []), max_retry_limit=0, cache=False, **settings)

    def task(self, name: str, **settings) -> Task:
        """One task of a sequence."""
        return Task(description=f"Do your part of the ticket: {TICKET}", expected_output="Your part.", agent=self.agent(name), **settings)


def hierarchical(flow: Flow) -> str:
    """A manager gives work to coworkers and gets it back."""
    desk = Desk(flow)
    asks = flow.name == "escalate"
    crew = Crew(
        name="answer a ticket",
        agents=[desk.agent(name) for name in ("docs", "drafter", "approver")],
        tasks=[Task(description="Answer this ticket: {ticket}", expected_output="The reply to the customer.", human_input=asks)],
        process=Process.hierarchical,
        manager_agent=desk.agent("supervisor" if flow.name == "delegation" else "triage", allow_delegation=True, max_iter=8),
        cache=False,
        stream=flow.name == "streamed",
    )
    with typed("\n"):
        kicked = crew.kickoff(inputs={"ticket": TICKET})
    if flow.name == "streamed":
        for _ in kicked:
            pass
        return kicked.result.raw
    return kicked.raw


def sequence(flow: Flow):
    """Agents work one after the other, each on its task."""
    desk = Desk(flow)
    names = ["planner", "executor", "validator"]
    tasks = [desk.task(name) for name in names]
    if flow.name == "sequence_people":
        tasks[-1].human_input = True
    if flow.name == "sequence_guardrail":
        tasks[1] = desk.task(
            "executor", guardrail=lambda output: ("Friday" in output.raw, output.raw if "Friday" in output.raw else "The date is missing.")
        )
    if flow.name == "sequence_parallel":
        tasks = [
            desk.task("planner"),
            desk.task("docs", async_execution=True),
            desk.task("drafter", async_execution=True),
            desk.task("validator"),
        ]
    crew = Crew(name="follow a plan", agents=[task.agent for task in tasks], tasks=tasks, cache=False)
    if flow.name == "sequence_async":
        return native(crew)
    if flow.name == "sequence_each":
        return [each.raw for each in crew.kickoff_for_each(inputs=[{"ticket": "one"}, {"ticket": "two"}])]
    with typed("Say when.\n\n"):
        return crew.kickoff().raw


async def native(crew: Crew) -> str:
    """The crew's own way to run in an event loop."""
    return (await crew.akickoff()).raw


def alone(flow: Flow):
    """One agent without a crew."""
    agent = Desk(flow).agent("docs")
    if flow.name == "alone_async":
        return both(agent)
    return agent.kickoff(TICKET).raw


async def both(agent: Agent) -> str:
    """The agent in an event loop."""
    return (await agent.kickoff_async(TICKET)).raw


class Plan(CrewFlow):
    """A plan is made, carried out and validated; what is rejected is done again."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk

    @start()
    def plan(self):
        return self.desk.agent("planner").kickoff(TICKET).raw

    @listen(or_("plan", "again"))
    async def carry_out(self, plan):
        return (await self.desk.agent("executor").kickoff_async(str(plan))).raw

    @router(carry_out)
    def validate(self, done):
        self.state["done"] = done
        said = self.desk.agent("validator").kickoff(done).raw
        return "good" if said.startswith("PASSED") else "again"

    @listen("good")
    def finish(self):
        return self.state["done"]


class Beside(CrewFlow):
    """Two agents work beside each other, a third one puts their work together."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk

    @start()
    def facts(self):
        return self.desk.agent("docs").kickoff(TICKET).raw

    @start()
    def words(self):
        return self.desk.agent("drafter").kickoff(TICKET).raw

    @listen(and_(facts, words))
    def both(self):
        return "both are there"

    @listen(both)
    def check(self):
        agent = self.desk.agent("validator")
        crew = Crew(agents=[agent], tasks=[Task(description="Check it.", expected_output="A verdict.", agent=agent)], cache=False)
        return crew.kickoff().raw


class Waits:
    """Asks in a system of its own: the flow stops until somebody answers there."""

    def request_feedback(self, context, flow):
        raise HumanFeedbackPending(context=context, callback_info={"ticket": 17})


class Reply(CrewFlow):
    """A reply is drafted without an agent, a person looks at it, and it is sent."""

    def __init__(self, desk: Desk | None = None, **settings) -> None:
        super().__init__(**settings)
        self.desk = desk

    @start()
    @human_feedback(message="May the reply be sent?", provider=Waits())
    def drafter(self):
        return self.desk.llm.call([{"role": "system", "content": PROMPTS["drafter"]}, {"role": "user", "content": TICKET}])

    @listen(drafter)
    def send(self, review):
        return self.desk.agent("approver").kickoff(f"Send this: {review.output}").raw


def flow_of_methods(flow: Flow) -> str:
    """Methods that follow on one another."""
    desk = Desk(flow)
    if flow.name != "flow_people":
        return (Beside if flow.name == "flow_beside" else Plan)(desk).kickoff(inputs={"id": flow.session})
    with tempfile.TemporaryDirectory() as folder:
        kept = SQLiteFlowPersistence(str(Path(folder) / "flows.db"))
        pending = Reply(desk, persistence=kept).kickoff(inputs={"id": flow.session})
        again = Reply.from_pending(pending.context.flow_id, kept)
        again.desk = desk
        return again.resume("")


class typed:
    """What a person types at the terminal."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __enter__(self) -> None:
        self.before, sys.stdin = sys.stdin, io.StringIO(self.text)

    def __exit__(self, *_) -> None:
        sys.stdin = self.before


WAYS = {"sequence": sequence, "alone": alone, "flow": flow_of_methods}

if __name__ == "__main__":
    main(answer)
