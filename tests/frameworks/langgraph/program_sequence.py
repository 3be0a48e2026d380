"""A graph with fixed edges whose nodes call OpenAI's client themselves; the executor's tools have a node of their own."""

import json
import os
from typing import TypedDict

os.environ["LANGSMITH_TRACING"] = "false"

from langchain_core.tools import tool
from langgraph.graph import END, START, StateGraph
from openai import OpenAI
from support_desk import API_KEY, MODEL, PROMPTS, TICKET, Flow, main

SEARCH = {"name": "search_docs", "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]}}


class State(TypedDict, total=False):
    """What the nodes share."""

    ticket: str
    plan: str
    messages: list
    done: str
    verdict: str


def build(flow: Flow):
    """The graph."""
    search_docs = tool(flow.search_docs)
    client = OpenAI(base_url=flow.openai_url, api_key=API_KEY, max_retries=0)

    def ask(name: str, *messages: dict, **more):
        """Ask the model as an agent."""
        prompt = [{"role": "system", "content": PROMPTS[name]}, *messages]
        return client.chat.completions.create(model=MODEL, messages=prompt, **more).choices[0].message

    def planner(state: State) -> State:
        """Plan."""
        return {"plan": ask("planner", {"role": "user", "content": state["ticket"]}).content, "messages": []}

    def executor(state: State) -> State:
        """Do what the plan says; the tools are called elsewhere."""
        task = {"role": "user", "content": state["plan"] + state.get("verdict", "")}
        said = ask("executor", task, *state["messages"], tools=[{"type": "function", "function": SEARCH}])
        return {"messages": [*state["messages"], said.model_dump(exclude_none=True)], "done": said.content or ""}

    def search(state: State) -> State:
        """Call the tools that the executor has asked for."""
        results = []
        for call in state["messages"][-1]["tool_calls"]:
            try:
                result = search_docs.invoke(json.loads(call["function"]["arguments"]))
            except RuntimeError as error:
                result = f"Error: {error}"
            results.append({"role": "tool", "tool_call_id": call["id"], "content": result})
        return {"messages": [*state["messages"], *results]}

    def validator(state: State) -> State:
        """Check."""
        verdict = ask("validator", {"role": "user", "content": state["done"] or "(nothing)"}).content
        return {"verdict": verdict}

    graph = StateGraph(State)
    for each in (planner, executor, search, validator):
        graph.add_node(each.__name__, each)
    graph.add_edge(START, "planner")
    graph.add_edge("planner", "executor")
    graph.add_conditional_edges(
        "executor", lambda state: "search" if state["messages"][-1].get("tool_calls") else "validator", ["search", "validator"]
    )
    graph.add_edge("search", "executor")
    graph.add_conditional_edges("validator", lambda state: END if state["verdict"].startswith("PASSED") else "executor", [END, "executor"])
    return graph.compile(name="write a reply")


def answer(flow: Flow) -> str:
    """Answer the ticket."""
    return build(flow).invoke({"ticket": TICKET})["done"]


if __name__ == "__main__":
    main(answer)
