"""The scripted model finds the tool to hand over with, whatever a framework calls it."""

from typing import Any

import pytest
from tests.frameworks.actions import handoff, say, tool
from tests.frameworks.choosing import Call, Tool, choose


def _tool(name: str, *required: str, **properties: dict[str, Any]) -> Tool:
    return Tool(name, {"type": "object", "properties": properties, "required": list(required)})


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("offered", "docs", "billing"),
    [
        pytest.param(_tool("transfer_to_docs"), Call("transfer_to_docs", {}), Call("transfer_to_billing", {}), id="one tool for each"),
        pytest.param(
            _tool("transfer_to_docs_agent", "reason", reason=TEXT),
            Call("transfer_to_docs_agent", {"reason": "why"}),
            Call("transfer_to_billing_agent", {"reason": "why"}),
            id="with a reason",
        ),
        pytest.param(
            _tool("docs", "task", task=TEXT), Call("docs", {"task": "why"}), Call("billing", {"task": "why"}), id="the agent itself"
        ),
        pytest.param(
            _tool("ask_docs", message=TEXT), Call("ask_docs", {"message": "why"}), Call("ask_billing", {"message": "why"}), id="a question"
        ),
        pytest.param(
            _tool("handoff", "to_agent", "reason", to_agent=TEXT, reason=TEXT),
            Call("handoff", {"to_agent": "docs", "reason": "why"}),
            Call("handoff", {"to_agent": "billing", "reason": "why"}),
            id="a tool for all",
        ),
        pytest.param(
            _tool("transfer_to_agent", "agent_name", agent_name={"type": "string", "enum": ["docs_agent", "triage_agent"]}),
            Call("transfer_to_agent", {"agent_name": "docs_agent"}),
            Call("transfer_to_agent", {"agent_name": "billing_agent"}),
            id="a list of agents",
        ),
        pytest.param(
            _tool("Delegate work to coworker", "task", "context", "coworker", task=TEXT, context=TEXT, coworker=TEXT),
            Call("Delegate work to coworker", {"coworker": "docs", "task": "why", "context": "why"}),
            Call("Delegate work to coworker", {"coworker": "billing", "task": "why", "context": "why"}),
            id="words",
        ),
    ],
)
def test_handing_over(offered: Tool, docs: Call, billing: Call) -> None:
    """To an agent that is there by the tool made for it, to one that is not by the name such a tool would have."""
    tools = [Tool("search_docs"), offered]

    assert [docs, billing] == [choose(handoff(target, "why"), tools) for target in ("docs", "billing")]


def test_tools() -> None:
    """A tool is called by the name it is offered under, with what it needs."""
    offered = [_tool("functions-search_docs", "query", "limit", query=TEXT, limit={"type": "integer"})]

    assert Call("functions-search_docs", {"query": "parcel", "limit": 1}) == choose(tool("search_docs", query="parcel", other=1), offered)


def test_answers() -> None:
    """An answer is a text, or the tool that a framework takes answers through."""
    assert "fine" == choose(say("fine"), [Tool("search_docs")])
    assert Call("final_answer", {"answer": "fine"}) == choose(say("fine"), [_tool("final_answer", "answer", answer=TEXT)])
