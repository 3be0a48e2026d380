"""AutoGen's other teams and ways to run them, one flow each; the flows of a fixed order are played by a graph."""

import asyncio

import relaylens
from autogen_agentchat.agents import AssistantAgent, SocietyOfMindAgent, UserProxyAgent
from autogen_agentchat.base import Handoff
from autogen_agentchat.conditions import (
    ExternalTermination,
    HandoffTermination,
    MaxMessageTermination,
    TextMentionTermination,
    TextMessageTermination,
)
from autogen_agentchat.messages import HandoffMessage, TextMessage
from autogen_agentchat.teams import DiGraphBuilder, GraphFlow, MagenticOneGroupChat, RoundRobinGroupChat, SelectorGroupChat, Swarm
from autogen_agentchat.tools import TeamTool
from autogen_core import CancellationToken, SingleThreadedAgentRuntime
from autogen_ext.models.openai import OpenAIChatCompletionClient
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main


class Desk:
    """The agents, each made when it is asked for."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.client = OpenAIChatCompletionClient(
            model=MODEL,
            base_url=flow.openai_url,
            api_key=API_KEY,
            max_retries=0,
            model_info={"vision": False, "function_calling": True, "json_output": True, "family": "unknown", "structured_output": False},
        )

    def agent(self, name: str, *tools, **parts) -> AssistantAgent:
        """An agent with its prompt."""
        return AssistantAgent(
            name,
            self.client,
            tools=list(tools) or None,
            description=f"Does the work of {name}.",
            system_message=PROMPTS[name],
            max_tool_iterations=4 if tools else 1,
            **parts,
        )

    async def search_docs(self, query: str) -> str:
        """Search the documents."""
        return self.flow.search_docs(query)

    async def send_reply(self, text: str) -> str:
        """Send the reply to the customer."""
        return self.flow.send_reply(text)

    def order(self) -> list[AssistantAgent]:
        """Planner, executor, validator."""
        return [self.agent("planner"), self.agent("executor", self.search_docs), self.agent("validator")]

    def approver(self) -> AssistantAgent:
        """One that asks a person outside of its team."""
        ask = Handoff(target="human", name="escalate_to_human", description="Ask a person.")
        return self.agent("approver", self.send_reply, handoffs=[ask])

    def writers(self, name: str) -> RoundRobinGroupChat:
        """A team in a team: each speaks once."""
        return RoundRobinGroupChat([self.agent("docs", self.search_docs), self.agent("drafter")], name=name, max_turns=2)


async def in_order(flow: Flow) -> str:
    """A fixed order, with a way back for what is rejected."""

    def following(thread) -> str:
        """Who comes next."""
        said = [message for message in thread if message.source in {"planner", "executor", "validator"}]
        return {"planner": "executor", "executor": "validator", "validator": "executor"}[said[-1].source] if said else "planner"

    desk = Desk(flow)
    ends = TextMentionTermination("PASSED") | MaxMessageTermination(30)
    team = SelectorGroupChat(desk.order(), desk.client, termination_condition=ends, selector_func=following)
    return last(await team.run(task=TICKET))


async def round_robin(flow: Flow) -> str:
    """One after the other until a word is said."""
    ends = TextMentionTermination("PASSED") | MaxMessageTermination(20)
    return last(await RoundRobinGroupChat(Desk(flow).order(), termination_condition=ends).run(task=TICKET))


async def each_once(flow: Flow) -> str:
    """A number of turns that is the plan, not a limit."""
    return last(await RoundRobinGroupChat(Desk(flow).order(), max_turns=3).run(task=TICKET))


async def too_many_turns(flow: Flow) -> str:
    """A number of turns after which the word that was waited for has not been said."""
    team = RoundRobinGroupChat(Desk(flow).order(), termination_condition=TextMentionTermination("PASSED"), max_turns=3)
    return last(await team.run(task=TICKET))


async def selector(flow: Flow) -> str:
    """A model says who speaks next."""
    desk = Desk(flow)
    prompt = "You are the supervisor agent. {roles} Read: {history} Then choose one of {participants}."
    ends = TextMentionTermination("PASSED") | MaxMessageTermination(20)
    team = SelectorGroupChat(desk.order(), desk.client, termination_condition=ends, selector_prompt=prompt, emit_team_events=True)
    return last(await team.run(task=TICKET))


async def magentic(flow: Flow) -> str:
    """An orchestrator that plans, instructs and answers."""
    desk = Desk(flow)
    team = MagenticOneGroupChat([desk.agent("docs", desk.search_docs), desk.agent("drafter")], desk.client)
    return last(await team.run(task=f"You are the MagenticOneOrchestrator agent. {TICKET}"))


async def fan_out(flow: Flow) -> str:
    """Two at once, and one that waits for both."""
    desk = Desk(flow)
    planner, docs, drafter, validator = members = [desk.agent(each) for each in ("planner", "docs", "drafter", "validator")]
    graph = DiGraphBuilder()
    for member in members:
        graph.add_node(member)
    graph.add_edge(planner, docs).add_edge(planner, drafter).add_edge(docs, validator).add_edge(drafter, validator)
    return last(await GraphFlow(members, graph=graph.build()).run(task=TICKET))


async def user_proxy(flow: Flow) -> str:
    """A person who takes part in the team."""
    desk = Desk(flow)
    ann = UserProxyAgent("ann", input_func=lambda _: "Yes, send it.")
    team = RoundRobinGroupChat([desk.agent("approver", desk.send_reply), ann], termination_condition=TextMentionTermination("been sent"))
    return last(await team.run(task=TICKET))


async def team_tool(flow: Flow) -> str:
    """A team as a tool."""
    desk = Desk(flow)
    writers = TeamTool(desk.writers("inner"), name="writers", description="Find facts and write.", return_value_as_last_message=True)
    return last(await desk.agent("supervisor", writers).run(task=TICKET))


async def team_in_team(flow: Flow) -> str:
    """A team that takes part in another."""
    desk = Desk(flow)
    team = RoundRobinGroupChat([desk.agent("triage"), desk.writers("writers"), desk.agent("approver")], max_turns=3)
    return last(await team.run(task=TICKET))


async def society(flow: Flow) -> str:
    """An agent that lets a team speak and answers in its words."""
    desk = Desk(flow)
    mind = SocietyOfMindAgent("supervisor", desk.writers("inner"), desk.client, instruction=PROMPTS["supervisor"])
    return last(await mind.run(task=TICKET))


async def asked_again(flow: Flow) -> str:
    """One agent alone and twice: that is one conversation. The second time its messages are passed by hand."""
    docs = Desk(flow).agent("docs")
    first = last(await docs.run(task=TICKET))
    response = await docs.on_messages([TextMessage(content="And parcel 4712?", source="user")], CancellationToken())
    return f"{first} {response.chat_message.content}"


async def goes_on(flow: Flow) -> str:
    """A team that is made anew from its saved state before a person answers."""
    ends = HandoffTermination("human") | TextMessageTermination("approver")
    waiting = Swarm([Desk(flow).approver()], termination_condition=ends)
    await waiting.run(task=TICKET)
    state = await waiting.save_state()
    await waiting.reset()
    ends = HandoffTermination("human") | TextMessageTermination("approver")
    team = Swarm([Desk(flow).approver()], termination_condition=ends)
    await team.load_state(state)
    return last(await team.run(task=HandoffMessage(source="human", target="approver", content="Yes, send it.")))


async def goes_on_in_a_run(flow: Flow) -> str:
    """Both parts in one run of the program's own."""
    ends = HandoffTermination("human") | TextMessageTermination("approver")
    team = Swarm([Desk(flow).approver()], termination_condition=ends)
    with relaylens.run("answer a ticket", conversation=flow.session) as run:
        run.input(TICKET)
        await team.run(task=TICKET)
        reply = last(await team.run(task=HandoffMessage(source="human", target="approver", content="Yes, send it.")))
        run.output(reply)
        return reply


async def nobody_there(flow: Flow) -> str:
    """A handoff to nobody, for which nothing ends the team."""
    return last(await Swarm([Desk(flow).agent("triage", handoffs=["billing"])]).run(task=TICKET))


async def own_runtime(flow: Flow) -> str:
    """A runtime that was started elsewhere."""
    runtime = SingleThreadedAgentRuntime()
    runtime.start()
    ends = TextMentionTermination("PASSED") | MaxMessageTermination(20)
    result = await RoundRobinGroupChat(Desk(flow).order(), termination_condition=ends, runtime=runtime).run(task=TICKET)
    await runtime.stop()
    return last(result)


async def in_a_run(flow: Flow) -> str:
    """Agents and a team in a run of the program's own."""
    desk = Desk(flow)
    with relaylens.run("answer a ticket", conversation=flow.session) as run:
        run.input(TICKET)
        facts = last(await desk.agent("docs", desk.search_docs).run(task=TICKET))
        reply = last(await RoundRobinGroupChat([desk.agent("drafter")], max_turns=1).run(task=facts))
        run.output(reply)
        return reply


async def side_by_side(flow: Flow) -> str:
    """Two at once that must not be mixed."""
    desk = Desk(flow)
    teams = [RoundRobinGroupChat([desk.agent(each)], max_turns=1) for each in ("docs", "drafter")]
    return " ".join(map(last, await asyncio.gather(*(team.run(task=TICKET) for team in teams))))


async def called_off(flow: Flow) -> str:
    """Cancelled by the program while a tool is busy."""
    desk, token, busy = Desk(flow), CancellationToken(), asyncio.Event()

    async def search_docs(query: str) -> str:
        """Search the documents."""
        busy.set()
        await asyncio.sleep(60)
        return query

    running = asyncio.ensure_future(desk.agent("docs", search_docs).run(task=TICKET, cancellation_token=token))
    await busy.wait()
    running.cancel()
    try:
        return last(await running)
    except asyncio.CancelledError:
        return "called off"


async def stopped_by_hand(flow: Flow) -> str:
    """Somebody has pressed the button that ends the team."""
    button = ExternalTermination()
    team = RoundRobinGroupChat(Desk(flow).order(), termination_condition=button | TextMentionTermination("PASSED"))
    button.set()
    return (await team.run(task=TICKET)).stop_reason


async def streamed_in_part(flow: Flow) -> str:
    """A stream that nobody follows to its end."""
    stream = RoundRobinGroupChat(Desk(flow).order(), max_turns=1).run_stream(task=TICKET)
    async for message in stream:
        if message.source == "planner":
            break
    await stream.aclose()
    return message.content


async def given_back(flow: Flow) -> str:
    """Nothing is left of Relaylens when it is switched off, in agents made before either."""
    team = RoundRobinGroupChat([Desk(flow).agent("docs")], max_turns=1)
    await team.run(task=TICKET)
    relaylens.uninstrument()
    found = [name for name in ("run", "run_stream", "__init__") if hasattr(vars(AssistantAgent.__mro__[1])[name], "__wrapped__")]
    second = last(await team.run(task=TICKET))
    return f"{second} {found}"


def last(result) -> str:
    """The last words."""
    return result.messages[-1].to_model_text()


async def answer(flow: Flow) -> str:
    """The flow's own function, or the fixed order."""
    try:
        return await globals().get(flow.name, in_order)(flow)
    except RuntimeError as error:
        # AutoGen puts the traceback into the message, with the names of all files in it.
        raise RuntimeError(str(error).partition("\n")[0]) from error


if __name__ == "__main__":
    main(answer)
