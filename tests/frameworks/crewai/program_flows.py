"""Flows of CrewAI: methods that follow on one another."""

import tempfile
import threading
from pathlib import Path

from crewai import Crew, Task
from crewai.flow import Flow as CrewFlow
from crewai.flow import and_, human_feedback, listen, or_, router, start
from crewai.flow.async_feedback import HumanFeedbackPending
from crewai.flow.persistence import SQLiteFlowPersistence
from crewai.tools import tool
from program_agents import Desk
from support_desk import PROMPTS, TICKET, Flow


class Methods(CrewFlow):
    """What the flows here share: no memory, which takes seconds to load."""

    _skip_auto_memory = True


class Plan(Methods):
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


class Beside(Methods):
    """Two agents work beside each other, a third one puts their work together."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.searching, self.drafted = threading.Event(), threading.Event()

    def search(self, query: str) -> str:
        """Search the documents."""
        # One agent works while the other does, and the model is always asked in the same order.
        self.searching.set()
        self.drafted.wait(60)
        return self.desk.flow.search_docs(query)

    @start()
    def facts(self):
        agent = self.desk.agent("docs")
        agent.tools = [tool("search_docs")(self.search)]
        return agent.kickoff(TICKET).raw

    @start()
    def words(self):
        self.searching.wait(60)
        said = self.desk.agent("drafter").kickoff(TICKET).raw
        self.drafted.set()
        return said

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


class Reply(Methods):
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
