"""What else graphs do: approvals by middleware, breakpoints, parallel branches, graphs in graphs, a loop written by hand, functions."""

import asyncio
import json
import os
import subprocess
import sys
from operator import add
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, TypedDict

os.environ["LANGSMITH_TRACING"] = "false"

import wrapt
from langchain.agents import create_agent
from langchain.agents.middleware import HumanInTheLoopMiddleware
from langchain.tools import tool
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, SystemMessage
from langchain_core.tools import BaseTool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.func import entrypoint, task
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.pregel import Pregel, _loop, _runner
from langgraph.types import Command, RetryPolicy, Send
from program import agent, model
from support_desk import PROMPTS, TICKET, Flow, main

import relaylens

GIVEN = {"messages": [("user", TICKET)]}


class Letters(TypedDict):
    """State of the graph with parallel branches."""

    ticket: str
    part: str
    drafts: Annotated[list, add]
    verdict: str


def ask(flow: Flow, name: str, text: str) -> str:
    """Ask the model as an agent."""
    return model(flow).invoke([("system", PROMPTS[name]), ("user", text)]).text


def approval(flow: Flow) -> str:
    """A person rejects a call of a tool before it is made."""
    middleware = HumanInTheLoopMiddleware(interrupt_on={"send_reply": True})
    approver = create_agent(
        model(flow),
        tools=[tool(flow.send_reply)],
        system_prompt=PROMPTS["approver"],
        middleware=[middleware],
        name="approver",
        checkpointer=InMemorySaver(),
    )
    config = {"configurable": {"thread_id": flow.session}}
    approver.invoke(GIVEN, config)
    decisions = [{"type": "reject", "message": "Not today."}]
    return approver.invoke(Command(resume={"decisions": decisions}), config)["messages"][-1].text


def asked_in_a_call(flow: Flow) -> str:
    """An agent that another one calls as a tool asks a person; the tool begins anew with the answer."""
    member = agent(flow, "approver")

    @tool
    def ask_approver(message: str) -> str:
        """Ask the approver agent."""
        return member.invoke({"messages": [("user", message)]})["messages"][-1].text

    config = {"configurable": {"thread_id": flow.session}}
    chief = create_agent(
        model(flow), tools=[ask_approver], system_prompt=PROMPTS["supervisor"], name="supervisor", checkpointer=InMemorySaver()
    )
    chief.invoke(GIVEN, config)
    return chief.invoke(Command(resume=True), config)["messages"][-1].text


def breakpoint_before(flow: Flow) -> str:
    """A graph stops before a node and is told to go on."""
    graph = StateGraph(MessagesState)
    graph.add_node(agent(flow, "drafter"))
    graph.add_node(agent(flow, "approver"))
    graph.add_edge(START, "drafter")
    graph.add_edge("drafter", "approver")
    compiled = graph.compile(checkpointer=InMemorySaver(), interrupt_before=["approver"])
    config = {"configurable": {"thread_id": flow.session}}
    compiled.invoke(GIVEN, config)
    return compiled.invoke(None, config)["messages"][-1].text


def parallel(flow: Flow) -> str:
    """The planner sends parts of the work to executors at once, and the validator gets what they made."""
    graph = StateGraph(Letters)
    graph.add_node("planner", lambda state: {"part": ask(flow, "planner", state["ticket"])})
    graph.add_node("executor", lambda state: {"drafts": [ask(flow, "executor", state["part"])]})
    graph.add_node("validator", lambda state: {"verdict": ask(flow, "validator", " ".join(state["drafts"]))})
    graph.add_edge(START, "planner")
    graph.add_conditional_edges("planner", lambda _: [Send("executor", {"part": part}) for part in ("find", "write")], ["executor"])
    graph.add_edge("executor", "validator")
    return graph.compile().invoke({"ticket": TICKET, "drafts": []}, {"configurable": {"thread_id": flow.session}})["verdict"]


def by_hand(flow: Flow, name: str, tools: list) -> object:
    """An agent's loop written by hand."""
    chat = model(flow).bind_tools(tools)
    graph = StateGraph(MessagesState)
    graph.add_node("chatbot", lambda state: {"messages": [chat.invoke([SystemMessage(PROMPTS[name]), *state["messages"]])]})
    graph.add_node("tools", ToolNode(tools))
    graph.add_edge(START, "chatbot")
    graph.add_conditional_edges("chatbot", tools_condition)
    graph.add_edge("tools", "chatbot")
    return graph.compile(name=name)


def teams(flow: Flow) -> str:
    """A graph in a node of another: docs, written by hand, passes on to the team of drafter and approver."""
    team = StateGraph(MessagesState)
    team.add_node(agent(flow, "drafter"))
    team.add_node("approver", lambda state: {"messages": [AIMessage(ask(flow, "approver", state["messages"][-1].text))]})
    team.add_edge(START, "drafter")
    team.add_edge("drafter", "approver")
    graph = StateGraph(MessagesState)
    graph.add_node(by_hand(flow, "docs", [tool(flow.search_docs)]))
    graph.add_node("team", team.compile())
    graph.add_edge(START, "docs")
    graph.add_edge("docs", "team")
    return graph.compile(name="desk").invoke(GIVEN, {"configurable": {"thread_id": flow.session}})["messages"][-1].text


def functions(flow: Flow) -> str:
    """LangGraph's functions instead of a graph."""

    @task
    def draft(ticket: str) -> str:
        """Write the reply."""
        return ask(flow, "drafter", ticket)

    @entrypoint(checkpointer=InMemorySaver())
    def drafter(ticket: str) -> str:
        """Answer the ticket."""
        return draft(ticket).result()

    return drafter.invoke(TICKET, {"configurable": {"thread_id": flow.session}})


async def at_once(flow: Flow) -> str:
    """Two tickets at once, by one graph."""
    drafter = agent(flow, "drafter")
    answers = await asyncio.gather(*(drafter.ainvoke(GIVEN, {"configurable": {"thread_id": f"{flow.session}-{n}"}}) for n in range(2)))
    return answers[0]["messages"][-1].text


async def stopped(flow: Flow) -> str:
    """The caller loses patience."""

    @tool
    async def search_docs(query: str) -> str:
        """Search the documents."""
        await asyncio.sleep(60)
        return query

    docs = create_agent(model(flow), tools=[search_docs], system_prompt=PROMPTS["docs"], name="docs")
    try:
        await asyncio.wait_for(docs.ainvoke(GIVEN, {"configurable": {"thread_id": flow.session}}), 1)
    except TimeoutError:
        return "no answer in time"
    return "answered"


def nowhere(flow: Flow) -> str:
    """A node hands over to a node that the graph does not have."""
    graph = StateGraph(MessagesState)

    def triage(state: MessagesState) -> Command:
        """Decide."""
        return Command(update={"messages": [AIMessage(ask(flow, "triage", state["messages"][-1].text))]}, goto="billing")

    graph.add_node("triage", triage)
    graph.add_edge(START, "triage")
    return graph.compile().invoke(GIVEN, {"configurable": {"thread_id": flow.session}})["messages"][-1].text


def threads(flow: Flow) -> str:
    """Two tickets at once, in threads of LangChain's `batch`."""
    drafter = agent(flow, "drafter")
    answers = drafter.batch([GIVEN, GIVEN], [{"configurable": {"thread_id": f"{flow.session}-{n}"}} for n in range(2)])
    return answers[0]["messages"][-1].text


async def events(flow: Flow) -> str:
    """A stream of events, out of which its reader leaves early."""
    drafter = agent(flow, "drafter")
    async for event in drafter.astream_events(GIVEN, {"configurable": {"thread_id": flow.session}}):
        if event["event"] == "on_chat_model_end":
            text = event["data"]["output"].text
    return text


def retried(flow: Flow) -> str:
    """A node fails and is tried again by LangGraph."""
    graph = StateGraph(Letters)
    graph.add_node(
        "drafter",
        lambda state: {"verdict": ask(flow, "drafter", state["ticket"])},
        retry_policy=RetryPolicy(max_attempts=2, initial_interval=0, jitter=False, retry_on=Exception),
    )
    graph.add_edge(START, "drafter")
    return graph.compile().invoke({"ticket": TICKET}, {"configurable": {"thread_id": flow.session}})["verdict"]


def model_streams(flow: Flow) -> str:
    """Nodes that stream their model's answer."""
    graph = StateGraph(Letters)

    def drafter(state: Letters) -> Letters:
        """Write the reply, piece by piece."""
        pieces = model(flow).stream([("system", PROMPTS["drafter"]), ("user", state["ticket"])], stream_usage=True)
        return {"verdict": "".join(piece.text for piece in pieces)}

    graph.add_node("drafter", drafter)
    graph.add_edge(START, "drafter")
    return graph.compile().invoke({"ticket": TICKET}, {"configurable": {"thread_id": flow.session}})["verdict"]


def own_run(flow: Flow) -> str:
    """Two agents in a run of the program's own, one of them in a step of the program's own."""
    with relaylens.run("answer a ticket", conversation=flow.session) as run:
        with relaylens.agent("docs"):
            facts = create_agent(model(flow), system_prompt=PROMPTS["docs"]).invoke(GIVEN)["messages"][-1].text
        relaylens.handoff("drafter", facts)
        said = agent(flow, "drafter").invoke({"messages": [("user", facts)]})["messages"][-1].text
        run.output(said)
    return said


def elsewhere(flow: Flow) -> str:
    """A person answers in another process, which has the checkpoints and nothing else."""
    if flow.options.checkpoints:
        return asking(flow, flow.options.checkpoints, Command(resume="no"))["messages"][-1].text
    with TemporaryDirectory() as folder:
        file = str(Path(folder) / "checkpoints.sqlite")
        asking(flow, file, GIVEN)
        variables = {name: value for name, value in os.environ.items() if name != "RESULTS_FILE"}
        address = flow.model_url.removesuffix(f"/{flow.name}/{flow.session}")
        words = ["--flow", flow.name, "--model-url", address, "--session", flow.session.removesuffix(f"-{flow.name}")]
        words += ["--instrument"] if flow.options.instrument else []
        command = [sys.executable, __file__, *words, "--checkpoints", file]
        ended = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
    return next(json.loads(line)["result"] for line in ended.stdout.splitlines() if line.startswith("{"))


def asking(flow: Flow, file: str, given: object) -> dict:
    """An agent that asks a person, with its checkpoints in a file."""
    config = {"configurable": {"thread_id": flow.session}}
    with SqliteSaver.from_conn_string(file) as saver:
        graph = StateGraph(MessagesState)
        graph.add_node(agent(flow, "approver"))
        graph.add_edge(START, "approver")
        return graph.compile(checkpointer=saver, name="desk").invoke(given, config)


def given_back(flow: Flow) -> str:
    """After `uninstrument()` every function is LangGraph's own again, and two `instrument()` calls are one."""
    if flow.options.instrument:
        relaylens.instrument()
    drafter = agent(flow, "drafter")
    drafter.invoke(GIVEN, {"configurable": {"thread_id": flow.session}})
    relaylens.uninstrument()
    owners = [_runner, _loop.SyncPregelLoop, _loop.AsyncPregelLoop, Pregel, BaseChatModel, BaseTool]
    left = [f"{owner.__name__}.{name}" for owner in owners for name, value in vars(owner).items() if isinstance(value, wrapt.ObjectProxy)]
    return f"{drafter.invoke(GIVEN)['messages'][-1].text} {left}"


WAYS = {
    each.__name__: each
    for each in (
        approval,
        asked_in_a_call,
        breakpoint_before,
        parallel,
        teams,
        functions,
        at_once,
        threads,
        events,
        retried,
        model_streams,
        stopped,
        nowhere,
        own_run,
        elsewhere,
        given_back,
    )
}


def answer(flow: Flow) -> object:
    """Answer the ticket in one of these ways."""
    return WAYS[flow.name](flow)


if __name__ == "__main__":
    main(answer, lambda parser: parser.add_argument("--checkpoints", default=""))
