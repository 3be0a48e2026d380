"""What else LlamaIndex's agents do: other kinds, whole answers, limits, runs at once, called off, in a run of the program's own."""

import asyncio
import sys

import wrapt
from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent, ReActAgent
from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent, StartEvent, StopEvent, Workflow, step
from program import agent, model
from support_desk import PROMPTS, TICKET, Flow, main

import relaylens


class Careful(FunctionAgent):
    """An agent whose turn is the program's own."""

    async def take_step(self, ctx, llm_input, tools, memory):
        """Think twice."""
        return await super().take_step(ctx, llm_input, tools, memory)


async def react(flow: Flow) -> str:
    """An agent that writes down what it thinks."""
    docs = ReActAgent(name="docs", description="Finds facts.", system_prompt=PROMPTS["docs"], tools=[flow.search_docs], llm=model(flow))
    return str(await docs.run(TICKET))


async def careful(flow: Flow) -> str:
    """An agent of the program's own kind, whose model answers whole."""
    chat = model(flow)
    chat.additional_kwargs = {}
    docs = Careful(name="docs", description="Finds.", system_prompt=PROMPTS["docs"], tools=[flow.search_docs], llm=chat, streaming=False)
    return str(await docs.run(TICKET))


async def limit_told(flow: Flow) -> str:
    """At its limit of turns the agent answers nevertheless."""
    docs = agent(flow, "docs", early_stopping_method="generate")
    return str(await docs.run(TICKET, max_iterations=2))


async def not_allowed(flow: Flow) -> str:
    """An agent hands over to one that it may not hand over to."""
    members = [agent(flow, "triage", can_handoff_to=["docs"]), agent(flow, "docs"), agent(flow, "drafter")]
    return str(await AgentWorkflow(agents=members, root_agent="triage").run(user_msg=TICKET))


async def denied(flow: Flow) -> str:
    """A person says no."""
    handler = agent(flow, "approver").run(TICKET)
    async for event in handler.stream_events():
        if isinstance(event, InputRequiredEvent):
            handler.ctx.send_event(HumanResponseEvent(response="no", user_name="Mara"))
    return str(await handler)


async def at_once(flow: Flow) -> str:
    """Two tickets at once."""
    drafter = agent(flow, "drafter")
    answers = await asyncio.gather(drafter.run(TICKET), drafter.run(TICKET))
    return str(answers[0])


async def turns(flow: Flow) -> str:
    """Two turns of one talk."""
    drafter = agent(flow, "drafter")
    ctx = Context(drafter)
    await drafter.run(TICKET, ctx=ctx)
    return str(await drafter.run("And in German?", ctx=ctx))


async def stopped(flow: Flow) -> str:
    """The work is called off while a tool runs."""
    begun = asyncio.Event()

    async def search_docs(query: str) -> str:
        """Search the documents."""
        begun.set()
        return await asyncio.sleep(600, query)

    docs = FunctionAgent(name="docs", description="Finds.", system_prompt=PROMPTS["docs"], tools=[search_docs], llm=model(flow))
    handler = docs.run(TICKET)
    await begun.wait()
    await handler.cancel_run()
    try:
        return str(await handler)
    except Exception as error:
        return type(error).__name__


async def in_a_workflow(flow: Flow) -> str:
    """A workflow of the program's own, whose steps run agents."""

    class Desk(Workflow):
        """The desk."""

        @step
        async def work(self, ev: StartEvent) -> StopEvent:
            """Work on the ticket."""
            facts = str(await agent(flow, "docs").run(ev.ticket))
            return StopEvent(result=str(await agent(flow, "drafter").run(facts)))

    return await Desk(timeout=60).run(ticket=TICKET)


async def own_run(flow: Flow) -> str:
    """An agent in a run of the program's own."""
    with relaylens.run("answer a ticket", conversation=flow.session) as run:
        said = str(await agent(flow, "drafter").run(TICKET))
        run.output(said)
    return said


async def given_back(flow: Flow) -> str:
    """After `uninstrument()` every function is LlamaIndex's own again, and two `instrument()` calls are one."""
    if flow.options.instrument:
        relaylens.instrument()
    drafter = agent(flow, "drafter")
    await drafter.run(TICKET)
    relaylens.uninstrument()
    modules = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith(("workflows.", "llama_index_instrumentation", "llama_index.core.agent"))
    ]
    owners = {each for module in modules for each in vars(module).values() if isinstance(each, type)}
    names = ("run", "take_step", "_call_tool", "_get_llm_response", "_generate_early_stopping_response", "event", "wait_for_event")
    left = [f"{owner.__name__}.{name}" for owner in owners for name in names if isinstance(vars(owner).get(name), wrapt.FunctionWrapper)]
    return f"{await drafter.run(TICKET)} {left}"


def answer(flow: Flow) -> object:
    """Go one of these ways."""
    return globals()[flow.name](flow)


if __name__ == "__main__":
    main(answer)
