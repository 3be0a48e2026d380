"""A support desk in Pydantic AI with one agent that calls the others in its tools and gets control back."""

from pydantic_ai import Agent, DeferredToolRequests, ModelHTTPError, ModelRetry, RunContext, Tool, UsageLimits
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

MEMBERS = {"triage": ["docs", "drafter", "approver"], "supervisor": ["docs", "drafter"]}


def search_docs(ctx: RunContext[Flow], query: str) -> str:
    """Search the documents."""
    try:
        return ctx.deps.search_docs(query)
    except RuntimeError as error:
        raise ModelRetry(str(error)) from error


def send_reply(ctx: RunContext[Flow], text: str) -> str:
    """Send the reply to the customer."""
    return ctx.deps.send_reply(text)


def escalate_to_human(ctx: RunContext[Flow], question: str) -> str:
    """Ask a person, whose approval lets this be called."""
    return ctx.deps.escalate_to_human(question)


TOOLS = {"docs": [Tool(search_docs)], "approver": [Tool(send_reply), Tool(escalate_to_human, requires_approval=True)]}


def member(model: OpenAIChatModel, name: str) -> Tool:
    """An agent as a tool of the one that calls it."""
    agent = Agent(
        model, name=name, deps_type=Flow, instructions=PROMPTS[name], output_type=[str, DeferredToolRequests], tools=TOOLS.get(name, [])
    )

    async def ask(ctx: RunContext[Flow], message: str) -> str:
        try:
            result = await agent.run(message, deps=ctx.deps, usage=ctx.usage, conversation_id=ctx.conversation_id)
            while isinstance(result.output, DeferredToolRequests):
                approved = result.output.build_results(approve_all=True)
                result = await agent.run(
                    deps=ctx.deps, usage=ctx.usage, message_history=result.all_messages(), deferred_tool_results=approved
                )
        except ModelHTTPError as error:
            return f"Error: {error.message}"
        return result.output

    return Tool(ask, name=f"delegate_to_{name}", description=f"Let {name} do its part.")


def answer(flow: Flow) -> str:
    """Answer the ticket."""
    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=flow.openai_url, api_key=API_KEY))
    name = "supervisor" if flow.name == "delegation" else "triage"
    members = [member(model, each) for each in MEMBERS[name]]
    agent = Agent(model, name=name, deps_type=Flow, instructions=PROMPTS[name], tools=members)
    return agent.run_sync(TICKET, deps=flow, conversation_id=flow.session, usage_limits=UsageLimits(request_limit=12)).output


if __name__ == "__main__":
    main(answer)
