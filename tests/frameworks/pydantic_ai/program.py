"""A support desk in Pydantic AI whose agents pass the ticket on: each hands over in an output function, as the framework's guide shows."""

from dataclasses import dataclass, field

from pydantic_ai import Agent, DeferredToolRequests, ModelRetry, RunContext, Tool, ToolOutput, UsageLimits
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

PEERS = {"triage": ["docs", "drafter"], "docs": ["drafter", "triage"], "drafter": ["approver"], "approver": []}


@dataclass
class Desk:
    """What the agents share."""

    flow: Flow
    agents: dict[str, Agent]
    waiting: list[tuple[Agent, list]] = field(default_factory=list)
    """An agent that waits for a person, with its messages."""


def agents_of(flow: Flow, peers: dict[str, list[str]]) -> dict[str, Agent]:
    """The agents."""
    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=flow.openai_url, api_key=API_KEY))
    return {
        name: Agent(
            model,
            name=name,
            deps_type=Desk,
            instructions=PROMPTS[name],
            output_type=[*(ToolOutput(transfer_to(peer), name=f"transfer_to_{peer}") for peer in peers[name]), str, DeferredToolRequests],
            tools=TOOLS.get(name, []),
        )
        for name in peers
    }


def transfer_to(peer: str):
    """The output function that hands over to a peer."""

    async def transfer(ctx: RunContext[Desk], message: str) -> object:
        return await ask(ctx.deps, peer, f"{TICKET}\n{message}", ctx)

    transfer.__name__ = f"transfer_to_{peer}"
    transfer.__doc__ = f"Hand the ticket over to {peer}."
    return transfer


async def ask(desk: Desk, name: str, message: str, ctx: RunContext[Desk] | None = None) -> object:
    """Let an agent work; what it spends counts for the agent that called it."""
    agent = desk.agents[name]
    limits = UsageLimits(request_limit=12)
    usage = None if ctx is None else ctx.usage
    if not desk.flow.options.stream:
        result = await agent.run(message, deps=desk, usage=usage, usage_limits=limits)
        output, messages = result.output, result.all_messages()
    else:
        async with agent.run_stream(message, deps=desk, usage=usage, usage_limits=limits) as stream:
            output, messages = await stream.get_output(), stream.all_messages()
    if isinstance(output, DeferredToolRequests) and not desk.waiting:
        desk.waiting.append((agent, messages))
    return output


def search_docs(ctx: RunContext[Desk], query: str) -> str:
    """Search the documents."""
    try:
        return ctx.deps.flow.search_docs(query)
    except RuntimeError as error:
        raise ModelRetry(str(error)) from error


def send_reply(ctx: RunContext[Desk], text: str) -> str:
    """Send the reply to the customer."""
    return ctx.deps.flow.send_reply(text)


def escalate_to_human(ctx: RunContext[Desk], question: str) -> str:
    """Ask a person, whose approval lets this be called."""
    return ctx.deps.flow.escalate_to_human(question)


TOOLS = {"docs": [Tool(search_docs)], "approver": [Tool(send_reply), Tool(escalate_to_human, requires_approval=True)]}


async def answer(flow: Flow) -> str:
    """Answer the ticket."""
    desk = Desk(flow, agents_of(flow, PEERS))
    output = await ask(desk, "triage", TICKET)
    while isinstance(output, DeferredToolRequests):
        agent, messages = desk.waiting.pop()
        result = await agent.run(deps=desk, message_history=messages, deferred_tool_results=output.build_results(approve_all=True))
        output = result.output
    return output


if __name__ == "__main__":
    main(answer, lambda parser: parser.add_argument("--stream", action="store_true"))
