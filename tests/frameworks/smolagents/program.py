"""A support desk in smolagents: an agent with a team, by tool calls and by written code."""

import io
import sys
from concurrent.futures import ThreadPoolExecutor

import relaylens
from smolagents import CodeAgent, OpenAIModel, Tool, ToolCallingAgent
from smolagents.default_tools import UserInputTool
from smolagents.monitoring import LogLevel
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

DUTIES = {"docs": "Finds the facts in the documents.", "drafter": "Writes replies.", "approver": "Checks replies and sends them."}


class SearchDocs(Tool):
    """Looks things up."""

    name = "search_docs"
    description = "Search the documents."
    inputs = {"query": {"type": "string", "description": "What to look for."}}
    output_type = "string"

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = flow

    def forward(self, query: str) -> str:
        return self.flow.search_docs(query)


class SendReply(Tool):
    """Sends the reply."""

    name = "send_reply"
    description = "Send the reply to the customer."
    inputs = {"text": {"type": "string", "description": "The reply."}}
    output_type = "string"

    def __init__(self, flow: Flow) -> None:
        super().__init__()
        self.flow = flow

    def forward(self, text: str) -> str:
        return self.flow.send_reply(text)


class EscalateToHuman(UserInputTool):
    """Asks a person at the terminal."""

    name = "escalate_to_human"


def answer(flow: Flow) -> str:
    """Answer the ticket."""
    way = {"code": by_code, "code_fails": by_code, "twice": twice, "inside": inside, "left": left}.get(flow.name, by_calls)
    before, sys.stdin = sys.stdin, io.StringIO("yes\n")
    try:
        return str(way(flow))
    finally:
        sys.stdin = before


def model_of(flow: Flow, kind=OpenAIModel):
    """The model of every agent."""
    return kind(MODEL, api_base=flow.openai_url, api_key=API_KEY)


def agent(flow: Flow, name: str, tools=(), **settings) -> ToolCallingAgent:
    """One agent that calls tools."""
    settings = {"model": model_of(flow), "max_steps": 8, "verbosity_level": LogLevel.OFF, **settings}
    made = ToolCallingAgent(name=name, description=DUTIES.get(name), instructions=PROMPTS[name], tools=[*tools], **settings)
    # At the step limit the model is asked once more, without the system prompt.
    made.prompt_templates["final_answer"]["pre_messages"] = PROMPTS[name]
    return made


def team(flow: Flow) -> list[ToolCallingAgent]:
    """Those who are called."""
    search, send = SearchDocs(flow), SendReply(flow)
    return [agent(flow, "docs", [search], max_steps=3), agent(flow, "drafter"), agent(flow, "approver", [send, EscalateToHuman()])]


def by_calls(flow: Flow) -> str:
    """The agent calls its team as tools."""
    first = agent(
        flow, "supervisor" if flow.name == "delegation" else "triage", managed_agents=team(flow), stream_outputs=flow.name == "streamed"
    )
    if flow.name == "streamed":
        return list(first.run(TICKET, stream=True))[-1].output
    return first.run(TICKET)


def twice(flow: Flow) -> str:
    """Two tickets at the same time, each in a thread."""
    with ThreadPoolExecutor(2) as pool:
        return " ".join(done.result() for done in [pool.submit(by_calls, flow) for _ in range(2)])


def inside(flow: Flow) -> str:
    """The agents are part of a run that the program itself has begun."""
    with relaylens.run("a run of the program's own", conversation=flow.session):
        return by_calls(flow)


def left(flow: Flow) -> str:
    """The caller reads the first step of a stream and goes away."""
    stream = agent(flow, "triage", managed_agents=team(flow)).run(TICKET, stream=True)
    first = next(stream)
    stream.close()
    return type(first).__name__


class OwnModel(OpenAIModel):
    """A model class of the program's own."""

    def generate(self, messages, **settings):
        return super().generate(messages, **settings)


def by_code(flow: Flow) -> str:
    """The agent calls its team in the code that it writes."""
    first = CodeAgent(
        name="triage",
        tools=[],
        model=model_of(flow, OwnModel),
        managed_agents=team(flow),
        instructions=PROMPTS["triage"],
        max_steps=3,
        verbosity_level=LogLevel.OFF,
    )
    return first.run(TICKET)


if __name__ == "__main__":
    main(answer)
