"""What else the Microsoft Agent Framework can do, one flow each; the flows of a fixed order are played by a sequential workflow."""

import asyncio

import relaylens
from agent_framework import (
    Agent,
    AgentExecutorResponse,
    AgentSession,
    Executor,
    InMemoryCheckpointStorage,
    Message,
    RunContext,
    WorkflowBuilder,
    WorkflowContext,
    handler,
    response_handler,
    tool,
    workflow,
)
from agent_framework.openai import OpenAIChatCompletionClient
from agent_framework.orchestrations import ConcurrentBuilder, GroupChatBuilder, SequentialBuilder
from openai import AsyncOpenAI
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main


class Desk:
    """The agents, each made when it is asked for."""

    def __init__(self, flow: Flow) -> None:
        client = AsyncOpenAI(base_url=flow.openai_url, api_key=API_KEY, max_retries=0)
        self.client = OpenAIChatCompletionClient(model=MODEL, async_client=client)
        self.search_docs = tool(flow.search_docs, name="search_docs", approval_mode="never_require")
        self.send_reply = tool(flow.send_reply, name="send_reply", approval_mode="never_require")
        self.escalate_to_human = tool(flow.escalate_to_human, name="escalate_to_human", approval_mode="always_require")

    def agent(self, name: str, *tools) -> Agent:
        """An agent with its prompt."""
        return Agent(self.client, PROMPTS[name], name=name, description=f"Does the work of {name}.", tools=list(tools))

    def order(self) -> list[Agent]:
        """Planner, executor, validator."""
        return [self.agent("planner"), self.agent("executor", self.search_docs), self.agent("validator")]

    def approver(self) -> Agent:
        """One that needs a person's word."""
        return self.agent("approver", self.send_reply, self.escalate_to_human)


async def in_order(flow: Flow) -> str:
    """One after the other."""
    return said(await SequentialBuilder(participants=Desk(flow).order()).build().run(TICKET))


async def rejected(flow: Flow) -> str:
    """A group chat in which a function says who is next."""

    def following(state) -> str:
        """Who comes next."""
        last = state.conversation[-1].author_name
        return {"planner": "executor", "executor": "validator", "validator": "executor"}.get(last, "planner")

    chat = GroupChatBuilder(
        participants=Desk(flow).order(),
        selection_func=following,
        termination_condition=lambda conversation: conversation[-1].text.startswith("PASSED"),
        max_rounds=8,
    )
    return said(await chat.build().run(TICKET))


too_many_rounds = rejected


async def led(flow: Flow) -> str:
    """A group chat in which an agent says who is next."""
    desk = Desk(flow)
    members = [desk.agent("docs", desk.search_docs), desk.agent("drafter")]
    return said(await GroupChatBuilder(participants=members, orchestrator_agent=desk.agent("supervisor")).build().run(TICKET))


async def side_by_side_agents(flow: Flow) -> str:
    """Two agents at once, each with the ticket."""
    desk = Desk(flow)
    result = await ConcurrentBuilder(participants=[desk.agent("docs", desk.search_docs), desk.agent("drafter")]).build().run(TICKET)
    return str(len(result.get_outputs()))


async def fan_out(flow: Flow) -> str:
    """Two at once, and one that waits for both, with an executor of the program's own between."""

    class Collect(Executor):
        """Makes one message of two answers."""

        @handler
        async def collect(self, answers: list, ctx: WorkflowContext[Message]) -> None:
            """Pass them on."""
            await ctx.send_message(Message("user", ["\n".join(each.agent_response.text for each in answers)]))

    desk = Desk(flow)
    planner, docs, drafter, validator = (desk.agent(each) for each in ("planner", "docs", "drafter", "validator"))
    collect = Collect(id="collect")
    builder = WorkflowBuilder(start_executor=planner, output_from=[validator]).add_fan_out_edges(planner, [docs, drafter])
    return said(await builder.add_fan_in_edges([docs, drafter], collect).add_edge(collect, validator).build().run(TICKET))


async def alone(flow: Flow) -> str:
    """One agent, in a session, twice."""
    docs, session = Desk(flow).agent("docs"), AgentSession(session_id=flow.session)
    first = (await docs.run(TICKET, session=session)).text
    return f"{first} {(await docs.run('And parcel 4712?', session=session)).text}"


async def denied(flow: Flow) -> str:
    """A person says no."""
    approver, session = Desk(flow).approver(), AgentSession(session_id=flow.session)
    waiting = await approver.run(TICKET, session=session)
    replies = [each.to_function_approval_response(False) for each in waiting.user_input_requests]
    return (await approver.run(Message("user", replies), session=session)).text


async def asked_by_program(flow: Flow) -> str:
    """An executor of the program's own asks a person between two agents, and the workflow is made anew before the answer."""

    class Ask(Executor):
        """Asks whether the draft may be sent."""

        @handler
        async def ask(self, draft: AgentExecutorResponse, ctx: WorkflowContext) -> None:
            """Wait for a person."""
            await ctx.request_info(f"May this be sent? {draft.agent_response.text}", str)

        @response_handler
        async def answered(self, request: str, reply: str, ctx: WorkflowContext[str]) -> None:
            """Go on."""
            await ctx.send_message(f"{reply} {request}")

    def build():
        desk = Desk(flow)
        drafter, approver, ask = desk.agent("drafter"), desk.agent("approver", desk.send_reply), Ask(id="ask")
        builder = WorkflowBuilder(start_executor=drafter, name="w", checkpoint_storage=storage, output_from=[approver])
        return builder.add_edge(drafter, ask).add_edge(ask, approver).build()

    storage = InMemoryCheckpointStorage()
    waiting = await build().run(TICKET)
    (request,) = waiting.get_request_info_events()
    kept = await storage.get_latest(workflow_name="w")
    return said(await build().run(checkpoint_id=kept.checkpoint_id, responses={request.request_id: "Yes."}))


async def as_agent(flow: Flow) -> str:
    """A workflow that is called like an agent."""
    desk = Desk(flow)
    both = SequentialBuilder(participants=[desk.agent("docs", desk.search_docs), desk.agent("drafter")]).build()
    return (await both.as_agent(name="desk").run(TICKET)).text


async def called_by_hand(flow: Flow) -> str:
    """An agent that runs in another one's tool."""
    desk = Desk(flow)

    @tool(name="ask_docs", approval_mode="never_require")
    async def ask_docs(question: str) -> str:
        """Ask docs."""
        return (await desk.agent("docs").run(question)).text

    return (await desk.agent("triage", ask_docs).run(TICKET)).text


async def function(flow: Flow) -> str:
    """A workflow that is a function, and that asks a person."""
    desk = Desk(flow)

    @workflow(name="desk")
    async def pipeline(ticket: str, ctx: RunContext) -> str:
        facts = (await desk.agent("docs", desk.search_docs).run(ticket)).text
        reply = await ctx.request_info(f"Is this right? {facts}", str, request_id=f"{flow.session}-1")
        return f"{reply} {facts}"

    built = pipeline.build() if hasattr(pipeline, "build") else pipeline
    waiting = await built.run(TICKET)
    (request,) = waiting.get_request_info_events()
    return (await built.run(responses={request.request_id: "Yes."})).get_outputs()[-1]


async def in_a_run(flow: Flow) -> str:
    """A run of the program's own."""
    with relaylens.run("answer a ticket", conversation=flow.session) as run:
        run.input(TICKET)
        reply = (await Desk(flow).agent("docs").run(TICKET)).text
        run.output(reply)
        return reply


async def side_by_side(flow: Flow) -> str:
    """Two at once that must not be mixed."""
    desk = Desk(flow)
    both = await asyncio.gather(*(desk.agent(each).run(TICKET) for each in ("docs", "drafter")))
    return " ".join(each.text for each in both)


async def called_off(flow: Flow) -> str:
    """Cancelled by the program while a tool is busy."""
    desk, busy = Desk(flow), asyncio.Event()

    @tool(name="search_docs", approval_mode="never_require")
    async def search_docs(query: str) -> str:
        """Search the documents."""
        busy.set()
        await asyncio.sleep(60)
        return query

    running = asyncio.ensure_future(SequentialBuilder(participants=[desk.agent("docs", search_docs)]).build().run(TICKET))
    await busy.wait()
    running.cancel()
    try:
        return said(await running)
    except asyncio.CancelledError:
        return "called off"


async def streamed_in_part(flow: Flow) -> str:
    """A stream that nobody follows to its end."""
    stream = Desk(flow).agent("docs").run(TICKET, stream=True)
    async for update in stream:
        if update.text:
            break
    await stream.close()
    return "enough"


async def given_back(flow: Flow) -> str:
    """Nothing is left of Relaylens when it is switched off."""
    docs = Desk(flow).agent("docs")
    await docs.run(TICKET)
    relaylens.uninstrument()
    return (await docs.run(TICKET)).text


def said(result) -> str:
    """The last words."""
    output = result.get_outputs()[-1]
    return output[-1].text if isinstance(output, list) else output.text


def answer(flow: Flow):
    """The flow's own function, or the fixed order."""
    return globals().get(flow.name, in_order)(flow)


if __name__ == "__main__":
    main(answer)
