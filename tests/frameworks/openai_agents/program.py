"""A support desk on the OpenAI Agents SDK: agents that hand the ticket on, or one that calls the others as tools."""

import json

from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    RunState,
    function_tool,
    set_trace_processors,
    set_tracing_disabled,
)
from openai import AsyncOpenAI
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

LIMIT = 12


async def answer(flow: Flow) -> str:
    """Answer the ticket; what waits for a person is approved and goes on."""
    set_tracing_disabled(flow.options.no_tracing)
    set_trace_processors([])  # the SDK sends its traces to OpenAI otherwise
    first = team(flow)
    settings = RunConfig(workflow_name="answer a ticket", group_id=flow.session)
    result = await play(flow, first, TICKET, settings)
    while result.interruptions:
        state = await kept(flow, first, result.to_state())
        for waiting in state.get_interruptions():
            state.approve(waiting)
        result = await play(flow, first, state, settings)
    return result.final_output


async def play(flow: Flow, first: Agent, given: str | RunState, settings: RunConfig):
    """Run the agents, streamed if that was asked for."""
    if not flow.options.stream:
        return await Runner.run(first, given, max_turns=LIMIT, run_config=settings)
    result = Runner.run_streamed(first, given, max_turns=LIMIT, run_config=settings)
    async for _ in result.stream_events():
        pass
    return result


async def kept(flow: Flow, first: Agent, state: RunState) -> RunState:
    """The state as a program finds it that was started anew in the meantime."""
    if not flow.options.json:
        return state
    return await RunState.from_json(first, json.loads(json.dumps(state.to_json())))


def team(flow: Flow) -> Agent:
    """The agent that gets the ticket, with all that work with it."""
    client = AsyncOpenAI(base_url=flow.openai_url, api_key=API_KEY, max_retries=0)
    kind = OpenAIResponsesModel if flow.options.responses else OpenAIChatCompletionsModel
    model = kind(MODEL, client)

    @function_tool
    def search_docs(query: str) -> str:
        """Search the documents."""
        return flow.search_docs(query)

    @function_tool
    def send_reply(text: str) -> str:
        """Send the reply to the customer."""
        return flow.send_reply(text)

    @function_tool(needs_approval=True)
    def escalate_to_human(question: str) -> str:
        """Ask a person."""
        return flow.escalate_to_human(question)

    def agent(name: str, *tools) -> Agent:
        return Agent(name=name, instructions=PROMPTS[name], model=model, tools=list(tools))

    docs = agent("docs", search_docs)
    drafter = agent("drafter")
    approver = agent("approver", send_reply, escalate_to_human)
    if flow.name == "delegation" or flow.options.delegate:
        members = [each.as_tool(f"ask_{each.name}", f"Let {each.name} work on it.") for each in (docs, drafter, approver)]
        return agent("supervisor" if flow.name == "delegation" else "triage", *members)
    triage = agent("triage")
    triage.handoffs = [docs]
    docs.handoffs = [drafter, triage]
    drafter.handoffs = [approver]
    return triage


def options(parser):
    """The ways to run the same agents."""
    for word in ("stream", "responses", "delegate", "json", "no-tracing"):
        parser.add_argument(f"--{word}", action="store_true")


if __name__ == "__main__":
    main(answer, options)
