"""A support desk in CrewAI: a crew with a manager, crews that go from task to task, flows, and an agent alone."""

import asyncio
import io
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

# What crews keep of their tasks goes to the developer's home otherwise.
KEPT = tempfile.TemporaryDirectory()
os.environ["CREWAI_STORAGE_DIR"] = KEPT.name

import relaylens
from crewai import Agent, Crew, Process, Task
from crewai.tools import BaseTool
from program_agents import Desk
from program_flows import flow_of_methods
from support_desk import TICKET, Flow, main


def answer(flow: Flow):
    """Answer the ticket in the way that the flow's name begins with."""
    kind = flow.name.partition("_")[0]
    return WAYS.get(kind, hierarchical)(flow)


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


docs_is_done = threading.Event()


class Later(Task):
    """A task beside another one that asks its model after that, so that the model is always asked in the same order."""

    def _execute_core(self, *args):
        docs_is_done.wait(60)
        return super()._execute_core(*args)


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
        later = {"description": "Write the reply.", "expected_output": "The reply."}
        tasks = [
            desk.task("planner"),
            desk.task("docs", async_execution=True, callback=lambda _: docs_is_done.set()),
            Later(**later, agent=desk.agent("drafter"), async_execution=True),
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
        return in_a_loop(agent)
    if flow.name == "alone_stopped":
        return stopped(agent)
    if flow.name == "alone_inside":
        with relaylens.run("a run of the program's own", conversation=flow.session):
            return agent.kickoff(TICKET).raw
    return agent.kickoff(TICKET).raw


async def in_a_loop(agent: Agent) -> str:
    """The agent in an event loop."""
    return (await agent.kickoff_async(TICKET)).raw


class Slow(BaseTool):
    """A tool that says when it begins, and goes on until it is told to end."""

    name: str = "search_docs"
    description: str = "Search the documents."
    begins: Callable[[], object]
    ends: threading.Event

    model_config = {"arbitrary_types_allowed": True}

    def _run(self, query: str) -> str:
        self.begins()
        self.ends.wait(60)
        return query


async def stopped(agent: Agent) -> str:
    """The caller loses patience while the agent's tool works."""
    began, ends, loop = asyncio.Event(), threading.Event(), asyncio.get_running_loop()
    agent.tools = [Slow(begins=lambda: loop.call_soon_threadsafe(began.set), ends=ends)]
    working = asyncio.create_task(agent.kickoff_async(TICKET))
    await began.wait()
    working.cancel()
    try:
        return (await working).raw
    except asyncio.CancelledError:
        return "no answer in time"
    finally:
        ends.set()


def twice(flow: Flow) -> list[str]:
    """Two crews at the same time, each in a thread."""
    with ThreadPoolExecutor(2) as pool:
        return [done.result() for done in [pool.submit(one_task, flow) for _ in range(2)]]


def one_task(flow: Flow) -> str:
    """A crew of two."""
    desk = Desk(flow)
    tasks = [desk.task("drafter"), desk.task("validator")]
    return Crew(agents=[task.agent for task in tasks], tasks=tasks, cache=False).kickoff().raw


class typed:
    """What a person types at the terminal."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __enter__(self) -> None:
        self.before, sys.stdin = sys.stdin, io.StringIO(self.text)

    def __exit__(self, *_) -> None:
        sys.stdin = self.before


WAYS = {"sequence": sequence, "alone": alone, "flow": flow_of_methods, "twice": twice}

if __name__ == "__main__":
    main(answer)
