"""What else ADK does: runs at once, in a thread, stopped, streamed, several turns, tasks, parallel agents, agents of one's own."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from tempfile import TemporaryDirectory

from desk import CONFIRMATION, agent, run
from google.adk.agents import LlmAgent, ParallelAgent, RunConfig, SequentialAgent
from google.adk.agents.run_config import StreamingMode
from google.adk.runners import InMemoryRunner, Runner
from google.adk.sessions.sqlite_session_service import SqliteSessionService
from google.adk.tools import LongRunningFunctionTool
from google.genai import types
from support_desk import TICKET, Flow, main

import relaylens


def message(text: str) -> types.Content:
    """What a user says."""
    return types.Content(role="user", parts=[types.Part(text=text)])


async def session(runner: Runner, name: str) -> dict[str, str]:
    """A new session."""
    await runner.session_service.create_session(app_name="desk", user_id="ann", session_id=name)
    return {"user_id": "ann", "session_id": name}


async def ask(runner: Runner, where: dict[str, str], content: types.Content, **more: object) -> list:
    """The events of one run."""
    return [event async for event in runner.run_async(**where, new_message=content, **more)]


def said(events: list) -> str:
    """The last text."""
    return next(event.content.parts[0].text for event in reversed(events) if event.content and event.content.parts[0].text)


async def at_once(flow: Flow) -> list[str]:
    """Two runs in two tasks."""
    runner = InMemoryRunner(agent=agent(flow, "drafter"), app_name="desk")
    places = [await session(runner, f"{flow.session}-{number}") for number in range(2)]
    return [said(events) for events in await asyncio.gather(*(ask(runner, place, message(TICKET)) for place in places))]


def threaded(flow: Flow) -> str:
    """A run that ADK does in a thread of its own."""
    runner = InMemoryRunner(agent=agent(flow, "drafter"), app_name="desk")
    place = asyncio.run(session(runner, flow.session))
    return said(list(runner.run(**place, new_message=message(TICKET))))


async def streamed(flow: Flow) -> str:
    """An answer in pieces."""
    runner = InMemoryRunner(agent=agent(flow, "docs"), app_name="desk")
    config = RunConfig(streaming_mode=StreamingMode.SSE)
    return said(await ask(runner, await session(runner, flow.session), message(TICKET), run_config=config))


async def stopped(flow: Flow) -> str:
    """The work is called off while a tool runs."""
    begun = asyncio.Event()

    async def wait(query: str) -> str:
        begun.set()
        return await asyncio.sleep(600, query)

    runner = InMemoryRunner(agent=agent(flow, "docs", calls=[wait]), app_name="desk")
    task = asyncio.create_task(ask(runner, await session(runner, flow.session), message(TICKET)))
    await begun.wait()
    task.cancel()
    try:
        return said(await task)
    except asyncio.CancelledError:
        return "stopped"


async def turns(flow: Flow) -> str:
    """Two turns of one talk."""
    runner = InMemoryRunner(agent=agent(flow, "drafter"), app_name="desk")
    place = await session(runner, flow.session)
    await ask(runner, place, message(TICKET))
    return said(await ask(runner, place, message("And in German?")))


async def own_run(flow: Flow) -> str:
    """A run of the program's own around two of ADK's."""
    with relaylens.run("answer a ticket", conversation=flow.session):
        for name in ("docs", "drafter"):
            runner = InMemoryRunner(agent=agent(flow, name), app_name="desk")
            answer = said(await ask(runner, await session(runner, f"{flow.session}-{name}"), message(TICKET)))
            if name == "docs":
                relaylens.handoff("drafter", answer, source="docs")
        return answer


async def parallel(flow: Flow) -> str:
    """Two agents at once between two others."""
    both = ParallelAgent(name="both", sub_agents=[agent(flow, "drafter"), agent(flow, "executor")])
    return await run(flow, SequentialAgent(name="team", sub_agents=[agent(flow, "planner"), both, agent(flow, "validator")]))


async def transfer_in_order(flow: Flow) -> str:
    """An agent in an order transfers: the one that has control goes before the next."""
    triage = agent(flow, "triage", sub_agents=[agent(flow, "docs")])
    return await run(flow, SequentialAgent(name="team", sub_agents=[triage, agent(flow, "validator")]))


async def long_running(flow: Flow) -> str:
    """A tool whose result comes later goes on with the run that waits for it."""

    def search_docs(query: str) -> dict:
        return {"status": "pending", "query": query}

    runner = InMemoryRunner(agent=agent(flow, "drafter", calls=[LongRunningFunctionTool(search_docs)]), app_name="desk")
    place = await session(runner, flow.session)
    call = next(call for event in await ask(runner, place, message(TICKET)) for call in event.get_function_calls())
    result = types.FunctionResponse(id=call.id, name=call.name, response={"found": "It is two days late."})
    return said(await ask(runner, place, types.Content(role="user", parts=[types.Part(function_response=result)])))


class Desk(LlmAgent):
    """An agent of one's own, which calls others in code."""

    async def _run_async_impl(self, ctx: object) -> AsyncGenerator:
        async for event in super()._run_async_impl(ctx):
            yield event
        for member in self.sub_agents:
            async for event in member.run_async(ctx):
                yield event


async def in_code(flow: Flow) -> str:
    """Code decides who works."""
    return await run(flow, agent(flow, "supervisor", kind=Desk, sub_agents=[agent(flow, "docs"), agent(flow, "drafter")]))


async def task(flow: Flow) -> str:
    """A sub-agent is given a task and finishes it."""
    return await run(flow, agent(flow, "supervisor", sub_agents=[agent(flow, "docs", mode="task")]))


async def asked(flow: Flow, folder: str) -> tuple[Runner, dict[str, str], list]:
    """An agent that has asked whether it may go on, in a session on disk."""
    runner = Runner(agent=agent(flow, "approver"), app_name="desk", session_service=SqliteSessionService(f"{folder}/sessions.db"))
    place = await session(runner, flow.session)
    events = await ask(runner, place, message(TICKET))
    return runner, place, [call for event in events for call in event.get_function_calls() if call.name == CONFIRMATION]


def reply(call_id: str, *, confirmed: bool) -> types.Content:
    """A person's answer."""
    answer = types.FunctionResponse(id=call_id, name=CONFIRMATION, response={"confirmed": confirmed})
    return types.Content(role="user", parts=[types.Part(function_response=answer)])


async def denied(flow: Flow) -> str:
    """A person says no."""
    with TemporaryDirectory() as folder:
        runner, place, calls = await asked(flow, folder)
        return said(await ask(runner, place, reply(calls[0].id, confirmed=False)))


async def elsewhere(flow: Flow) -> str:
    """A person says yes to another process, which has the session and nothing else."""
    if flow.options.resume:
        folder, call_id = flow.options.resume.split("|")
        runner = Runner(agent=agent(flow, "approver"), app_name="desk", session_service=SqliteSessionService(f"{folder}/sessions.db"))
        return said(await ask(runner, {"user_id": "ann", "session_id": flow.session}, reply(call_id, confirmed=True)))
    with TemporaryDirectory() as folder:
        _, _, calls = await asked(flow, folder)
        address = flow.model_url.removesuffix(f"/{flow.name}/{flow.session}")
        words = [__file__, "--flow", flow.name, "--model-url", address, "--session", flow.session.removesuffix(f"-{flow.name}")]
        words += ["--resume", f"{folder}|{calls[0].id}", *(["--instrument"] if flow.options.instrument else [])]
        variables = {name: value for name, value in os.environ.items() if name != "RESULTS_FILE"}
        ended = await asyncio.to_thread(subprocess.run, [sys.executable, *words], env=variables, capture_output=True, text=True, check=True)
    return next(json.loads(line)["result"] for line in ended.stdout.splitlines() if line.startswith("{"))


def answer(flow: Flow) -> object:
    """Go one of these ways."""
    return globals()[flow.name](flow)


if __name__ == "__main__":
    main(answer, lambda parser: parser.add_argument("--resume", default=""))
