"""LlamaIndex's AgentWorkflow: agents that hand over, a tool that waits for a person, and agents called in tools."""

from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.core.tools import FunctionTool
from llama_index.core.workflow import Context, HumanResponseEvent, InputRequiredEvent
from llama_index.llms.openai_like import OpenAILike
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

PEERS = {"triage": ["docs"], "docs": ["drafter", "triage"], "drafter": ["approver"], "approver": []}
LIMIT = 12


def model(flow: Flow) -> OpenAILike:
    """The model of every agent."""
    return OpenAILike(
        model=MODEL,
        api_base=flow.openai_url,
        api_key=API_KEY,
        is_chat_model=True,
        is_function_calling_model=True,
        max_retries=0,
        additional_kwargs={"stream_options": {"include_usage": True}},
    )


def tools_of(flow: Flow, name: str) -> list:
    """The tools of an agent."""

    async def escalate_to_human(ctx: Context, question: str) -> str:
        """Ask a person for approval."""
        asks = InputRequiredEvent(prefix=question)
        answer = await ctx.wait_for_event(HumanResponseEvent, waiter_event=asks, waiter_id=question)
        return f"The person says: {answer.response}"

    tools = {"docs": [flow.search_docs], "approver": [flow.send_reply, escalate_to_human]}
    return tools.get(name, [])


def agent(flow: Flow, name: str, *more, **settings) -> FunctionAgent:
    """One agent."""
    settings.setdefault("can_handoff_to", PEERS.get(name, []))
    tools = [*tools_of(flow, name), *more]
    return FunctionAgent(name=name, description=f"The {name} agent.", system_prompt=PROMPTS[name], tools=tools, llm=model(flow), **settings)


def calls(flow: Flow, name: str) -> FunctionTool:
    """A tool that runs an agent."""
    member = agent(flow, name)

    async def ask(message: str) -> str:
        return str(await member.run(message))

    return FunctionTool.from_defaults(async_fn=ask, name=f"ask_{name}", description=f"Ask the {name} agent.")


async def answer(flow: Flow) -> str:
    """Answer the ticket."""
    if flow.name == "delegation":
        return str(await agent(flow, "supervisor", calls(flow, "docs"), calls(flow, "drafter")).run(TICKET))
    workflow = AgentWorkflow(agents=[agent(flow, name) for name in PEERS], root_agent="triage")
    handler = workflow.run(user_msg=TICKET, max_iterations=LIMIT)
    async for event in handler.stream_events():
        if isinstance(event, InputRequiredEvent):
            handler.ctx.send_event(HumanResponseEvent(response="approved"))
    return str(await handler)


if __name__ == "__main__":
    main(answer)
