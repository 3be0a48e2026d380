"""What else Agno can do, one flow each: routes, broadcasts, tasks, agents in tools, people in another process, own runs."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import gettempdir

import relaylens
import wrapt
from agno.agent import Agent
from agno.db.in_memory import InMemoryDb
from agno.db.sqlite import SqliteDb
from agno.models.openai import OpenAIChat, OpenAIResponses
from agno.team import Team
from agno.tools import tool
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main


class Desk:
    """The agents, each made when it is asked for."""

    def __init__(self, flow: Flow, model=OpenAIChat) -> None:
        self.flow = flow
        self.model = model(id=MODEL, base_url=flow.openai_url, api_key=API_KEY, max_retries=0)
        self.escalate_to_human = tool(requires_confirmation=True)(flow.escalate_to_human)

    def agent(self, name: str, *tools, **parts) -> Agent:
        """An agent with its prompt."""
        return Agent(name=name, id=name, model=self.model, instructions=PROMPTS[name], tools=list(tools), telemetry=False, **parts)

    def docs(self) -> Agent:
        """The agent that searches."""
        return self.agent("docs", self.flow.search_docs)

    def team(self, mode: str, *members: Agent) -> Team:
        """A team in one of Agno's modes."""
        leader = {"name": "triage", "instructions": PROMPTS["triage"], "model": self.model}
        return Team(members=list(members), mode=mode, db=InMemoryDb(), telemetry=False, **leader)


def route(flow: Flow) -> str:
    """The leader lets a member answer."""
    desk = Desk(flow)
    return desk.team("route", desk.docs(), desk.agent("drafter")).run(TICKET, session_id=flow.session).content


async def broadcast(flow: Flow) -> str:
    """The leader asks all members at once."""
    desk = Desk(flow)
    return (await desk.team("broadcast", desk.docs(), desk.agent("drafter")).arun(TICKET, session_id=flow.session)).content


def within_a_team(flow: Flow) -> str:
    """A member that is a team itself."""
    desk = Desk(flow)
    inner = Team(members=[desk.docs()], name="planner", id="planner", instructions=PROMPTS["planner"], model=desk.model, telemetry=False)
    return desk.team("coordinate", inner).run(TICKET, session_id=flow.session).content


def in_a_tool(flow: Flow) -> str:
    """An agent that another one calls in a tool."""
    desk = Desk(flow)
    docs = desk.docs()

    def ask_docs(message: str) -> str:
        """Ask docs."""
        return docs.run(message, session_id=flow.session).content

    return desk.agent("supervisor", ask_docs).run(TICKET, session_id=flow.session).content


def denied(flow: Flow) -> str:
    """A person says no, and why."""
    approver = (desk := Desk(flow)).agent("approver", flow.send_reply, desk.escalate_to_human, db=InMemoryDb())
    paused = approver.run(TICKET, session_id=flow.session)
    for waiting in paused.active_requirements:
        waiting.reject("Ann was called.")
    return approver.continue_run(run_id=paused.run_id, requirements=paused.requirements, session_id=flow.session).content


async def told(flow: Flow) -> str:
    """A person fills in what a tool needs, while the answer is streamed."""

    @tool(requires_user_input=True, user_input_fields=["text"])
    def send_reply(text: str) -> str:
        """Send the reply to the customer."""
        return flow.send_reply(text)

    approver = Desk(flow).agent("approver", send_reply, db=InMemoryDb())
    paused = await approver.arun(TICKET, session_id=flow.session)
    for waiting in paused.active_requirements:
        waiting.provide_user_input({"text": "Dear Ann"})
    said = []
    async for event in approver.acontinue_run(
        run_id=paused.run_id, requirements=paused.requirements, session_id=flow.session, stream=True, stream_events=True
    ):
        said += [event.content] if event.event == "RunCompleted" else []
    return said[-1]


def elsewhere(flow: Flow) -> str:
    """A person says yes, in another process."""
    kept = Path(gettempdir()) / f"{flow.session}.db"
    desk = Desk(flow)
    approver = desk.agent("approver", flow.send_reply, desk.escalate_to_human, db=SqliteDb(db_file=str(kept)))
    if not flow.options.paused:
        try:
            paused = approver.run(TICKET, session_id=flow.session)
            command = [sys.executable, __file__, "--flow", flow.name, "--model-url", flow.options.model_url, "--paused", paused.run_id]
            command += ["--session", flow.options.session, *(["--instrument"] if flow.options.instrument else [])]
            environment = {name: value for name, value in os.environ.items() if name != "RESULTS_FILE"}
            ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
            return json.loads(ended.stdout.strip().splitlines()[-1])["result"]
        finally:
            kept.unlink(missing_ok=True)
    requirements = approver.get_run_output(run_id=flow.options.paused, session_id=flow.session).requirements
    for waiting in requirements:
        waiting.confirm()
    return approver.continue_run(run_id=flow.options.paused, requirements=requirements, session_id=flow.session).content


async def side_by_side(flow: Flow) -> str:
    """Two runs at once, in one session."""
    desk = Desk(flow)
    works = desk.docs().arun(TICKET, session_id=flow.session), desk.agent("drafter").arun(TICKET, session_id=flow.session)
    return " ".join(each.content for each in await asyncio.gather(*works))


def in_threads(flow: Flow) -> str:
    """The same in threads: one begins while the other is in its tool."""
    desk, said, searching = Desk(flow), {}, threading.Event()

    def search_docs(query: str) -> str:
        """Search the documents."""
        searching.set()
        return flow.search_docs(query)

    def work(agent: Agent) -> None:
        said[agent.name] = agent.run(TICKET, session_id=flow.session).content

    docs = threading.Thread(target=work, args=(desk.agent("docs", search_docs),))
    docs.start()
    searching.wait(timeout=60)
    work(desk.agent("drafter"))
    docs.join()
    return f"{said['docs']} {said['drafter']}"


def own_run(flow: Flow) -> str:
    """The program's own run around Agno's."""
    with relaylens.run("a ticket", conversation=flow.session) as run:
        run.input(TICKET)
        answer = Desk(flow, OpenAIResponses).docs().run(TICKET, session_id="another").content
        run.output(answer)
    return answer


def left_early(flow: Flow) -> str:
    """A stream that nobody reads to its end."""
    stream = Desk(flow).docs().run(TICKET, session_id=flow.session, stream=True)
    first = next(stream).content
    stream.close()
    return first


async def called_off(flow: Flow) -> str:
    """A run that is cancelled in a tool."""
    begun = asyncio.Event()

    async def search_docs(query: str) -> str:
        """Search the documents."""
        begun.set()
        await asyncio.sleep(60)
        return query

    work = asyncio.create_task(Desk(flow).agent("docs", search_docs).arun(TICKET, session_id=flow.session))
    await begun.wait()
    work.cancel()
    (ended,) = await asyncio.gather(work, return_exceptions=True)
    return type(ended).__name__


def given_back(flow: Flow) -> str:
    """After `uninstrument()` every function is Agno's own again."""
    docs = Desk(flow).docs()
    docs.run(TICKET, session_id=flow.session)
    relaylens.uninstrument()
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] == "agno"]
    kinds = {id(kind): kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    owners = [*modules, *kinds.values()]
    left = [f"{owner.__name__}.{name}" for owner in owners for name, value in vars(owner).items() if isinstance(value, wrapt.ObjectProxy)]
    return f"{docs.run(TICKET, session_id=flow.session).content} {left}"


WAYS = {
    way.__name__: way
    for way in (
        route,
        broadcast,
        within_a_team,
        in_a_tool,
        denied,
        told,
        elsewhere,
        side_by_side,
        in_threads,
        own_run,
        left_early,
        called_off,
        given_back,
    )
}


def answer(flow: Flow):
    """Go the way that the flow names."""
    return WAYS[flow.name](flow)


def options(parser):
    """What a process is told that goes on for another."""
    parser.add_argument("--paused")


if __name__ == "__main__":
    main(answer, options)
