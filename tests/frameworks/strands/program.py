"""A support desk as a swarm of Strands: each agent hands over with the swarm's own tool."""

import asyncio

from strands import Agent, ToolContext, tool
from strands.models.openai import OpenAIModel
from strands.multiagent import Swarm
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

PEERS = ("triage", "docs", "drafter", "approver")


def model_of(flow: Flow) -> OpenAIModel:
    """The scripted model."""
    return OpenAIModel(client_args={"base_url": flow.openai_url, "api_key": API_KEY, "max_retries": 0}, model_id=MODEL)


def tools_of(flow: Flow) -> dict[str, list]:
    """The tools of each agent."""

    @tool
    def search_docs(query: str) -> str:
        """Search the documents."""
        return flow.search_docs(query)

    @tool
    def send_reply(text: str) -> str:
        """Send the reply to the customer."""
        return flow.send_reply(text)

    @tool(context=True)
    def escalate_to_human(question: str, tool_context: ToolContext) -> str:
        """Ask a person."""
        return f"the person says: {tool_context.interrupt('approval', reason={'question': question})}"

    return {"docs": [search_docs], "executor": [search_docs], "approver": [send_reply, escalate_to_human]}


def agents_of(flow: Flow, names: tuple[str, ...]) -> list[Agent]:
    """The agents."""
    tools = tools_of(flow)
    return [
        Agent(name=name, model=model_of(flow), system_prompt=PROMPTS[name], tools=tools.get(name, []), callback_handler=None)
        for name in names
    ]


def answers(interrupts: list) -> list[dict]:
    """The person approves of all."""
    return [{"interruptResponse": {"interruptId": interrupt.id, "response": "approved"}} for interrupt in interrupts]


async def played(network, flow: Flow):
    """Let a network work until nobody is asked any more."""
    task = TICKET
    while True:
        result = None
        if flow.options.stream:
            async for event in network.stream_async(task):
                result = event.get("result", result)
        else:
            result = await network.invoke_async(task)
        if result.status.value != "interrupted":
            return result
        task = answers(result.interrupts)


def said(network, result) -> str:
    """What the node that finished last said."""
    order = getattr(result, "node_history", None) or result.execution_order
    last = result.results[order[-1].node_id].result
    return f"{result.status.value}: {last}".strip()


def answer(flow: Flow):
    """Answer the ticket."""
    swarm = Swarm(agents_of(flow, PEERS), max_handoffs=8, max_iterations=8)
    if flow.options.later or flow.options.stream:
        return asyncio.run(later(swarm, flow))
    result = swarm(TICKET)
    while result.status.value == "interrupted":
        result = swarm(answers(result.interrupts))
    return said(swarm, result)


async def later(swarm: Swarm, flow: Flow) -> str:
    """The same in a loop of the program's own."""
    return said(swarm, await played(swarm, flow))


def options(parser) -> None:
    """How the network is called."""
    parser.add_argument("--stream", action="store_true")
    parser.add_argument("--later", action="store_true")


if __name__ == "__main__":
    main(answer, options)
