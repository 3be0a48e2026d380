"""The agents that the crews and flows here are made of."""

from crewai import LLM, Agent, Task
from crewai.tools import tool
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow


class Desk:
    """The agents of one flow."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        streams = flow.name == "streamed"
        self.llm = LLM(model=MODEL, provider="openai", base_url=flow.openai_url, api_key=API_KEY, stream=streams)
        search, send = tool("search_docs")(flow.search_docs), tool("send_reply")(flow.send_reply)
        self.tools = {"docs": [search], "executor": [search], "approver": [send]}

    def agent(self, name: str, **settings) -> Agent:
        """One agent."""
        said = {"role": name, "goal": "Help the customer.", "backstory": PROMPTS[name]}
        return Agent(**said, llm=self.llm, tools=self.tools.get(name, []), max_retry_limit=0, cache=False, **settings)

    def task(self, name: str, **settings) -> Task:
        """One task of a sequence."""
        return Task(description=f"Do your part of the ticket: {TICKET}", expected_output="Your part.", agent=self.agent(name), **settings)
