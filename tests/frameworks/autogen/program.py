"""A support desk on AutoGen AgentChat: a swarm of agents that hand the ticket on, or one agent that has the others as tools."""

from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.base import Handoff, TaskResult
from autogen_agentchat.conditions import HandoffTermination, MaxMessageTermination, TextMessageTermination
from autogen_agentchat.messages import HandoffMessage
from autogen_agentchat.teams import Swarm
from autogen_agentchat.tools import AgentTool
from autogen_ext.models.openai import OpenAIChatCompletionClient
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

LIMIT = 30
HUMAN = "human"


async def answer(flow: Flow) -> str:
    """Answer the ticket; what waits for a person is answered and goes on."""
    client = OpenAIChatCompletionClient(
        model=MODEL,
        base_url=flow.openai_url,
        api_key=API_KEY,
        max_retries=0,
        parallel_tool_calls=False,
        model_info={"vision": False, "function_calling": True, "json_output": False, "family": "unknown", "structured_output": False},
    )
    delegates = flow.name == "delegation" or flow.options.delegate
    team = supervised(flow, client) if delegates else swarm(flow, client)
    try:
        result = await play(flow, team, TICKET)
    except RuntimeError as error:
        # AutoGen puts the traceback into the message, with the names of all files in it.
        raise RuntimeError(str(error).partition("\n")[0]) from error
    while isinstance(last := result.messages[-1], HandoffMessage) and last.target == HUMAN:
        reply = HandoffMessage(source=HUMAN, target=last.source, content="Yes, send it.")
        result = await play(flow, team, reply)
    await client.close()
    if result.stop_reason and result.stop_reason.startswith("Maximum"):
        return result.stop_reason
    return result.messages[-1].to_model_text()


async def play(flow: Flow, team, task) -> TaskResult:
    """Run the agents, streamed if that was asked for."""
    if not flow.options.stream:
        return await team.run(task=task)
    last = None
    async for item in team.run_stream(task=task):
        last = item
    return last


def agents(flow: Flow, client: OpenAIChatCompletionClient, **options):
    """A way to make the agents."""

    async def search_docs(query: str) -> str:
        """Search the documents."""
        return flow.search_docs(query)

    def send_reply(text: str) -> str:
        """Send the reply to the customer."""
        return flow.send_reply(text)

    async def escalate_to_human(question: str) -> str:
        """Ask a person."""
        return flow.escalate_to_human(question)

    tools = {"docs": [search_docs], "approver": [send_reply]}
    if flow.options.delegate:
        tools["approver"].append(escalate_to_human)

    def agent(name: str, *handoffs) -> AssistantAgent:
        return AssistantAgent(
            name,
            client,
            tools=tools.get(name),
            handoffs=list(handoffs) or None,
            description=f"Does the work of {name}.",
            system_message=PROMPTS[name],
            model_client_stream=flow.options.stream,
            **options,
        )

    return agent


def swarm(flow: Flow, client: OpenAIChatCompletionClient) -> Swarm:
    """Agents that hand the ticket on until one of them answers."""
    agent = agents(flow, client)
    ask = Handoff(target=HUMAN, name="escalate_to_human", description="Ask a person.")
    members = [agent("triage", "docs"), agent("docs", "drafter", "triage"), agent("drafter", "approver"), agent("approver", ask)]
    ends = HandoffTermination(HUMAN) | MaxMessageTermination(LIMIT)
    for member in members:
        ends |= TextMessageTermination(member.name)
    return Swarm(members, termination_condition=ends)


def supervised(flow: Flow, client: OpenAIChatCompletionClient) -> AssistantAgent:
    """One agent that has the others as tools."""
    agent = agents(flow, client, max_tool_iterations=8)
    return AssistantAgent(
        name := "supervisor" if flow.name == "delegation" else "triage",
        client,
        tools=[AgentTool(agent(each), return_value_as_last_message=True) for each in ("docs", "drafter", "approver")],
        system_message=PROMPTS[name],
        max_tool_iterations=12,
        model_client_stream=flow.options.stream,
    )


def options(parser):
    """The ways to run the same agents."""
    for word in ("stream", "delegate"):
        parser.add_argument(f"--{word}", action="store_true")


if __name__ == "__main__":
    main(answer, options)
