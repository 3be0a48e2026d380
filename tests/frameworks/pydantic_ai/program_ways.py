"""What else Pydantic AI does: runs at once, stopped, streamed as events, step by step, resumed elsewhere, in a run of the program's own."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic_ai import Agent, DeferredToolRequests, DeferredToolResults, ModelMessagesTypeAdapter, Tool, ToolDenied
from pydantic_ai.capabilities import HandleDeferredToolCalls
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

import relaylens


def agent(flow: Flow, name: str, **more) -> Agent:
    """One agent."""
    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=flow.openai_url, api_key=API_KEY))
    return Agent(model, name=name, instructions=PROMPTS[name], **more)


def approver(flow: Flow, **more) -> Agent:
    """An agent that may send only what a person approves."""
    return agent(flow, "approver", tools=[Tool(flow.send_reply, requires_approval=True)], output_type=[str, DeferredToolRequests], **more)


async def at_once(flow: Flow) -> list[str]:
    """Two runs in two tasks."""
    drafter = agent(flow, "drafter")
    return [result.output for result in await asyncio.gather(drafter.run(TICKET), drafter.run(TICKET))]


def threads(flow: Flow) -> list[str]:
    """Two runs in two threads, each with an agent of its own: a client belongs to one event loop."""
    results = []
    started = [threading.Thread(target=lambda: results.append(agent(flow, "drafter").run_sync(TICKET).output)) for _ in range(2)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return results


async def both(flow: Flow) -> str:
    """One tool lets two agents work at the same time."""
    docs, drafter = agent(flow, "docs"), agent(flow, "drafter")

    async def search_docs(query: str) -> str:
        found = await asyncio.gather(docs.run(query), drafter.run(query))
        return "\n".join(result.output for result in found)

    return (await agent(flow, "supervisor", tools=[search_docs]).run(TICKET)).output


async def stopped(flow: Flow) -> str:
    """The work is called off while a tool runs."""
    begun = asyncio.Event()

    async def search_docs(query: str) -> str:
        begun.set()
        return await asyncio.sleep(600, query)

    task = asyncio.create_task(agent(flow, "docs", tools=[search_docs]).run(TICKET))
    await begun.wait()
    task.cancel()
    try:
        return (await task).output
    except asyncio.CancelledError:
        return "stopped"


async def events(flow: Flow) -> str:
    """A stream of events."""
    async with agent(flow, "docs", tools=[flow.search_docs]).run_stream_events(TICKET) as stream:
        return [event async for event in stream][-1].result.output


async def iterated(flow: Flow) -> str:
    """Step by step."""
    async with agent(flow, "docs", tools=[flow.search_docs]).iter(TICKET) as run:
        async for _ in run:
            pass
        return run.result.output


async def turns(flow: Flow) -> str:
    """Two turns of one talk."""
    drafter = agent(flow, "drafter")
    first = await drafter.run(TICKET)
    return (await drafter.run("And in German?", message_history=first.all_messages())).output


async def own_run(flow: Flow) -> str:
    """Two agents in a run of the program's own: the second goes on with the messages of the first."""
    with relaylens.run("answer a ticket", conversation=flow.session):
        first = await agent(flow, "docs").run(TICKET)
        return (await agent(flow, "drafter").run("Write the reply.", message_history=first.all_messages())).output


async def inline(flow: Flow) -> str:
    """A handler answers while the agent waits."""
    asks = HandleDeferredToolCalls(handler=lambda ctx, requests: requests.build_results(approve_all=True))
    return (await approver(flow, capabilities=[asks]).run(TICKET)).output


async def denied(flow: Flow) -> str:
    """A person says no."""
    waiting = await approver(flow).run(TICKET)
    answers = DeferredToolResults(approvals={call.tool_call_id: ToolDenied("Not today.") for call in waiting.output.approvals})
    return (await approver(flow).run(message_history=waiting.all_messages(), deferred_tool_results=answers)).output


async def elsewhere(flow: Flow) -> str:
    """A person says yes to another process, which has the messages and nothing else."""
    if flow.options.messages:
        messages = ModelMessagesTypeAdapter.validate_json(Path(flow.options.messages).read_bytes())
        answers = DeferredToolResults(approvals={call.tool_call_id: True for call in messages[-1].tool_calls})
        return (await approver(flow).run(message_history=messages, deferred_tool_results=answers)).output
    waiting = await approver(flow).run(TICKET)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "messages.json"
        file.write_bytes(waiting.all_messages_json())
        variables = {name: value for name, value in os.environ.items() if name != "RESULTS_FILE"}
        command = [sys.executable, *_words(flow), "--messages", str(file)]
        ended = await asyncio.to_thread(subprocess.run, command, env=variables, capture_output=True, text=True, check=True)
    flow.sent.append("sent elsewhere")
    return next(json.loads(line)["result"] for line in ended.stdout.splitlines() if line.startswith("{"))


def _words(flow: Flow) -> list[str]:
    """The words with which this program plays this flow alone."""
    address = flow.model_url.removesuffix(f"/{flow.name}/{flow.session}")
    words = [__file__, "--flow", flow.name, "--model-url", address, "--session", flow.session.removesuffix(f"-{flow.name}")]
    return [*words, "--instrument"] if flow.options.instrument else words


def answer(flow: Flow):
    """Go one of these ways."""
    return globals()[flow.name](flow)


if __name__ == "__main__":
    main(answer, lambda parser: parser.add_argument("--messages", default=""))
