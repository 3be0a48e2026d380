"""A support desk on the Microsoft Agent Framework: a handoff workflow, or one agent that has the others as tools."""

from agent_framework import Agent, AgentSession, Message, tool
from agent_framework.openai import OpenAIChatCompletionClient
from agent_framework.orchestrations import HandoffBuilder
from openai import AsyncOpenAI
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main


async def answer(flow: Flow) -> str:
    """Answer the ticket; what waits for a person is approved and goes on."""
    if flow.name == "delegation" or flow.options.delegate:
        return await supervised(flow)
    workflow = desk(flow)
    result = await play(flow, workflow, TICKET)
    while requests := [
        each for each in result.get_request_info_events() if getattr(each.data, "type", None) == "function_approval_request"
    ]:
        result = await play(flow, workflow, responses={each.request_id: each.data.to_function_approval_response(True) for each in requests})
    requests = result.get_request_info_events()
    # The workflow waits for the user's next message; the last answer comes with the request.
    return requests[-1].data.agent_response.text


async def play(flow: Flow, workflow, message=None, responses=None):
    """Run the workflow, streamed if that was asked for."""
    if not flow.options.stream:
        return await workflow.run(message, responses=responses)
    stream = workflow.run(message, responses=responses, stream=True)
    async for _ in stream:
        pass
    return await stream.get_final_response()


def agents(flow: Flow, **options):
    """A way to make the agents."""
    client = OpenAIChatCompletionClient(model=MODEL, async_client=AsyncOpenAI(base_url=flow.openai_url, api_key=API_KEY, max_retries=0))

    @tool(approval_mode="never_require")
    def search_docs(query: str) -> str:
        """Search the documents."""
        return flow.search_docs(query)

    @tool(approval_mode="never_require")
    def send_reply(text: str) -> str:
        """Send the reply to the customer."""
        return flow.send_reply(text)

    @tool(approval_mode="always_require")
    def escalate_to_human(question: str) -> str:
        """Ask a person."""
        return flow.escalate_to_human(question)

    tools = {"docs": [search_docs], "approver": [send_reply, escalate_to_human]}

    def agent(name: str, *more) -> Agent:
        return Agent(
            client,
            PROMPTS[name],
            name=name,
            description=f"Does the work of {name}.",
            tools=[*tools.get(name, ()), *more],
            **options,
        )

    return agent


def desk(flow: Flow):
    """Agents that hand the ticket on until one of them answers."""
    agent = agents(flow, require_per_service_call_history_persistence=True)
    triage, docs, drafter, approver = (agent(name) for name in ("triage", "docs", "drafter", "approver"))
    builder = HandoffBuilder(name="support_desk", participants=[triage, docs, drafter, approver]).with_start_agent(triage)
    return builder.add_handoff(triage, [docs]).add_handoff(docs, [drafter, triage]).add_handoff(drafter, [approver]).build()


async def supervised(flow: Flow) -> str:
    """One agent that has the others as tools."""
    agent = agents(flow)
    first = agent(
        "supervisor" if flow.name == "delegation" else "triage", *(agent(each).as_tool() for each in ("docs", "drafter", "approver"))
    )
    session = AgentSession(session_id=flow.session)
    result = await first.run(TICKET, session=session)
    while requests := result.user_input_requests:
        replies = [each.to_function_approval_response(True) for each in requests]
        result = await first.run(Message("user", replies), session=session)
    return result.text


def options(parser):
    """The ways to run the same agents."""
    for word in ("stream", "delegate"):
        parser.add_argument(f"--{word}", action="store_true")


if __name__ == "__main__":
    main(answer, options)
