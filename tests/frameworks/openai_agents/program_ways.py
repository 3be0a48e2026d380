"""What else the OpenAI Agents SDK can do, one flow each: sessions, filters, guardrails, limits, agents as tools that stream, other models."""

import asyncio
import json
import os
import subprocess
import sys

import relaylens
import wrapt
from agents import (
    Agent,
    GuardrailFunctionOutput,
    Model,
    OpenAIChatCompletionsModel,
    OutputGuardrail,
    RunConfig,
    Runner,
    RunState,
    SQLiteSession,
    function_tool,
    handoff,
    output_guardrail,
    set_trace_processors,
    trace,
)
from agents.extensions.handoff_filters import remove_all_tools
from agents.run import AgentRunner
from openai import AsyncOpenAI
from pydantic import BaseModel
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main


class Ticket(BaseModel):
    """What is handed over with a ticket."""

    number: int
    why: str


class OwnModel(Model):
    """A model that the SDK knows nothing of."""

    def __init__(self, inner: Model) -> None:
        self.model = MODEL
        self.inner = inner

    async def get_response(self, *args, **kwargs):
        """Ask the other one."""
        return await self.inner.get_response(*args, **kwargs)

    def stream_response(self, *args, **kwargs):
        """Ask the other one."""
        return self.inner.stream_response(*args, **kwargs)


class EagerModel(OwnModel):
    """A model that asks for every tool twice at once."""

    async def get_response(self, *args, **kwargs):
        """Ask the other one."""
        response = await super().get_response(*args, **kwargs)
        calls = [item for item in response.output if item.type == "function_call"]
        response.output += [call.model_copy(update={"call_id": f"{call.call_id}-again"}) for call in calls]
        return response


class Desk:
    """The agents, each made when it is asked for."""

    def __init__(self, flow: Flow, own_model: type[OwnModel] | None = None) -> None:
        self.flow = flow
        client = AsyncOpenAI(base_url=flow.openai_url, api_key=API_KEY, max_retries=0)
        model = OpenAIChatCompletionsModel(MODEL, client)
        self.model = model if own_model is None else own_model(model)
        self.search_docs = function_tool(flow.search_docs)
        self.send_reply = function_tool(flow.send_reply)
        self.escalate_to_human = function_tool(flow.escalate_to_human, needs_approval=True)

    def agent(self, name: str, **parts) -> Agent:
        """An agent with its prompt."""
        return Agent(name=name, instructions=PROMPTS[name], model=self.model, **parts)

    def settings(self, **parts) -> RunConfig:
        """How a run is called and to what it belongs."""
        return RunConfig(workflow_name="answer a ticket", group_id=self.flow.session, **parts)


async def filtered(flow: Flow) -> str:
    """A handoff with arguments and with a filter, and one to whom the whole conversation goes."""
    desk = Desk(flow)
    approver = desk.agent("approver", tools=[desk.send_reply])
    given = []
    docs = desk.agent("docs", tools=[desk.search_docs], handoffs=[approver])
    to_docs = handoff(docs, input_type=Ticket, on_handoff=lambda _, ticket: given.append(ticket.number), input_filter=remove_all_tools)
    result = await Runner.run(desk.agent("triage", handoffs=[to_docs]), TICKET, run_config=desk.settings())
    return f"{result.final_output} {given}"


async def checked(flow: Flow) -> str:
    """An output guardrail that does not let an answer out."""

    @output_guardrail
    def names_the_day(_, __, answer: str) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(output_info="names no day", tripwire_triggered="Friday" not in answer)

    desk = Desk(flow)
    drafter = desk.agent("drafter", output_guardrails=[names_the_day])
    return (await Runner.run(drafter, TICKET, run_config=desk.settings())).final_output


async def limit_told(flow: Flow) -> str:
    """The limit of turns, after which a handler answers."""
    desk = Desk(flow)
    told = {"max_turns": lambda _: "We are sorry: it takes longer."}
    docs = desk.agent("docs", tools=[desk.search_docs])
    return (await Runner.run(docs, TICKET, max_turns=2, error_handlers=told, run_config=desk.settings())).final_output


async def unknown_told(flow: Flow) -> str:
    """A handoff to nobody, of which the model is told."""
    desk = Desk(flow)
    triage = desk.agent("triage", handoffs=[desk.agent("docs")])
    settings = desk.settings(tool_not_found_behavior="return_error_to_model")
    return (await Runner.run(triage, TICKET, run_config=settings)).final_output


async def denied(flow: Flow) -> str:
    """A person says no, and why."""
    desk = Desk(flow)
    approver = desk.agent("approver", tools=[desk.send_reply, desk.escalate_to_human])
    paused = await Runner.run(approver, TICKET, run_config=desk.settings())
    state = paused.to_state()
    state.reject(state.get_interruptions()[0], rejection_message="Ann was called.")
    return (await Runner.run(approver, state, run_config=desk.settings())).final_output


async def elsewhere(flow: Flow) -> str:
    """A person says yes, in another process."""
    desk = Desk(flow)
    approver = desk.agent("approver", tools=[desk.send_reply, desk.escalate_to_human])
    if not flow.options.state:
        paused = await Runner.run(approver, TICKET, run_config=desk.settings())
        command = [sys.executable, __file__, "--flow", flow.name, "--model-url", flow.options.model_url, "--state", "-"]
        command += ["--session", flow.options.session, *(["--instrument"] if flow.options.instrument else [])]
        environment = {name: value for name, value in os.environ.items() if name != "RESULTS_FILE"}
        kept = paused.to_state().to_string()
        ended = subprocess.run(command, input=kept, env=environment, capture_output=True, text=True, check=True)
        return json.loads(ended.stdout.strip().splitlines()[-1])["result"]
    state = await RunState.from_string(approver, sys.stdin.read())
    for waiting in state.get_interruptions():
        state.approve(waiting)
    return (await Runner.run(approver, state, run_config=desk.settings())).final_output


async def streaming_members(flow: Flow) -> str:
    """An agent as a tool whose events somebody follows, streamed itself."""
    desk = Desk(flow)
    seen = []
    docs = desk.agent("docs", tools=[desk.search_docs])
    tools = [docs.as_tool("ask_docs", "Ask docs.", on_stream=seen.append), desk.agent("drafter").as_tool("ask_drafter", "Ask drafter.")]
    result = Runner.run_streamed(desk.agent("supervisor", tools=tools), TICKET, run_config=desk.settings())
    async for _ in result.stream_events():
        pass
    return result.final_output if seen else "nothing was streamed"


def in_a_session(flow: Flow) -> str:
    """Two turns of one conversation, one after the other, without a loop of one's own."""
    desk = Desk(flow)
    session = SQLiteSession(flow.session)
    docs = desk.agent("docs", tools=[desk.search_docs])
    first = Runner.run_sync(docs, TICKET, session=session).final_output
    return first + Runner.run_sync(desk.agent("drafter"), "Please write to me.", session=session).final_output


async def side_by_side(flow: Flow) -> str:
    """Two runs at once in one trace of the program."""
    desk = Desk(flow)
    with trace("answer two tickets", group_id=flow.session):
        docs, drafter = desk.agent("docs", tools=[desk.search_docs]), desk.agent("drafter")
        answers = await asyncio.gather(Runner.run(docs, TICKET), Runner.run(drafter, TICKET))
    return " ".join(each.final_output for each in answers)


async def own_model(flow: Flow) -> str:
    """A model that is not OpenAI's client's."""
    desk = Desk(flow, OwnModel)
    docs = desk.agent("docs", tools=[desk.search_docs])
    return (await Runner.run(docs, TICKET, run_config=desk.settings())).final_output


async def own_model_streamed(flow: Flow) -> str:
    """The same, streamed."""
    desk = Desk(flow, OwnModel)
    docs = desk.agent("docs", tools=[desk.search_docs])
    result = Runner.run_streamed(docs, TICKET, run_config=desk.settings())
    async for _ in result.stream_events():
        pass
    return result.final_output


async def at_once(flow: Flow) -> str:
    """Two agents as tools at once, each with two tool calls at once."""
    desk = Desk(flow, EagerModel)
    docs = desk.agent("docs", tools=[desk.search_docs])
    supervisor = desk.agent("supervisor", tools=[docs.as_tool("ask_docs", "Ask docs.")])
    return (await Runner.run(supervisor, TICKET, run_config=desk.settings())).final_output


async def called_off(flow: Flow) -> str:
    """A run that is cancelled in a tool."""
    desk = Desk(flow)
    begun = asyncio.Event()

    @function_tool
    async def search_docs(query: str) -> str:
        """Search the documents."""
        begun.set()
        await asyncio.sleep(60)
        return query

    work = asyncio.create_task(Runner.run(desk.agent("docs", tools=[search_docs]), TICKET, run_config=desk.settings()))
    await begun.wait()
    work.cancel()
    return str(await asyncio.gather(work, return_exceptions=True))


async def in_a_run(flow: Flow) -> str:
    """The program's own run and step around the SDK's."""
    desk = Desk(flow)
    with relaylens.run("a ticket", conversation=flow.session) as run:
        run.input(TICKET)
        result = await Runner.run(desk.agent("docs", tools=[desk.search_docs]), TICKET, run_config=RunConfig(group_id="another"))
        run.output(result.final_output)
    return result.final_output


async def given_back(flow: Flow) -> str:
    """After `uninstrument()` every function is the SDK's own again."""
    docs = Desk(flow).agent("docs", tools=[Desk(flow).search_docs])
    await Runner.run(docs, TICKET, run_config=Desk(flow).settings())
    relaylens.uninstrument()
    modules = [module for name, module in sys.modules.items() if name.partition(".")[0] in {"agents", "openai"}]
    owners = [*modules, Runner, AgentRunner, OutputGuardrail]
    left = [f"{owner.__name__}.{name}" for owner in owners for name, value in vars(owner).items() if isinstance(value, wrapt.ObjectProxy)]
    return f"{(await Runner.run(docs, TICKET, run_config=Desk(flow).settings())).final_output} {left}"


WAYS = {
    way.__name__: way
    for way in (
        filtered,
        checked,
        limit_told,
        unknown_told,
        denied,
        elsewhere,
        streaming_members,
        in_a_session,
        side_by_side,
        own_model,
        own_model_streamed,
        in_a_run,
        at_once,
        called_off,
        given_back,
    )
}


def answer(flow: Flow):
    """Go the way that the flow names."""
    set_trace_processors([])  # the SDK sends its traces to OpenAI otherwise
    return WAYS[flow.name](flow)


def options(parser):
    """What a process is told that goes on for another."""
    parser.add_argument("--state")


if __name__ == "__main__":
    main(answer, options)
