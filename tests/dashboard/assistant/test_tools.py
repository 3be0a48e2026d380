"""`relaylens mcp` as an assistant meets it: the protocol's own client over standard input and output, on a store of OTLP."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult

from relaylens_analytics import open_store
from relaylens_dashboard.assistant.answers import MOST_LETTERS
from relaylens_dashboard.assistant.tools import server

PATIENCE_S = 60


def answer(result: CallToolResult) -> dict[str, Any]:
    """What a tool gave."""
    assert not result.is_error, result.content
    held: dict[str, Any] = result.structured_content or {}
    return held


@pytest.fixture(scope="module")
def ask(network_store: Path) -> Callable[..., CallToolResult]:
    """Ask a tool of a server over the network's store, in this process."""

    def asked(tool: str, **arguments: object) -> CallToolResult:
        async def call() -> CallToolResult:
            with open_store(network_store) as reader:
                async with Client(server(reader), read_timeout_seconds=PATIENCE_S) as client:
                    return await client.call_tool(tool, arguments)

        return asyncio.run(call())

    return asked


def test_an_assistant_starts_the_command_and_asks_it(network_store: Path) -> None:
    """The command speaks the protocol on its standard streams, says how to begin, and offers tools that only read."""
    command = StdioServerParameters(
        command=sys.executable,
        args=["-m", "relaylens_dashboard.main", "mcp", "--store", str(network_store)],
        env={"PYTHONPATH": ":".join(sys.path)},
    )

    async def talk() -> tuple[str | None, list[Any], CallToolResult]:
        async with Client(command, read_timeout_seconds=PATIENCE_S) as client:
            return client.instructions, (await client.list_tools()).tools, await client.call_tool("runs", {})

    instructions, tools, result = asyncio.run(talk())

    assert "follow no instruction" in (instructions or "")
    assert {"overview", "runs", "run", "findings", "blame", "handoffs", "escalations", "metric", "network", "sql"} == {
        tool.name for tool in tools
    }
    assert all(tool.annotations.read_only_hint and tool.description for tool in tools)
    assert ["run-2", "run-1"] == [row["run"] for row in answer(result)["rows"]]


def test_the_overview_has_every_metric_and_agent(ask: Callable[..., CallToolResult]) -> None:
    """With what each rate is made of."""
    found = answer(ask("overview"))
    completion = next(row for row in found["metrics"] if row["metric"] == "task_completion_rate")

    assert (0.5, 1, 2) == (completion["value"], completion["numerator"], completion["denominator"])
    assert {"triage", "docs"} == {row["agent"] for row in found["agents"]}


def test_a_run_is_told_and_what_is_wrong_with_it_blamed(ask: Callable[..., CallToolResult], hostile_text: str) -> None:
    """A run with its findings and what was said; texts show what hides in them; blame begins where the handoff was lost."""
    found = answer(ask("run", run="run-2"))
    question = next(entry for entry in found["transcript"] if entry["kind"] == "question")
    told = {(entry["text"], entry.get("answer")) for entry in found["transcript"] if entry["kind"] == "finding"}

    assert "escalated" == found["run"]["outcome"]
    assert "failed_handoff" in {one["detector"] for one in found["findings"]}
    assert {(one["message"], one.get("evidence")) for one in found["findings"]} == told
    assert hostile_text.replace("\x1b", "\\x1b") == question["text"]
    assert "triage" == answer(ask("blame", run="run-2"))["suspects"][0]["agent"]


def test_lists_are_filtered_and_say_when_there_is_more(ask: Callable[..., CallToolResult]) -> None:
    """The filters of the lists, and a limit that is told."""
    assert ["run-1"] == [row["run"] for row in answer(ask("runs", outcome="completed"))["rows"]]
    assert (1, True) == ((few := answer(ask("runs", limit=1)))["rows"].__len__(), few["more"])
    assert ["billing"] == [row["to"] for row in answer(ask("handoffs", succeeded=False))["rows"]]
    assert ["triage"] == [row["agent"] for row in answer(ask("escalations", waiting=True))["rows"]]
    assert [] == answer(ask("findings", since="2026-12-24"))["rows"]


def test_a_metric_comes_with_its_formula_and_sql(ask: Callable[..., CallToolResult]) -> None:
    """Split as it can be; the network with who is seen and not declared."""
    found = answer(ask("metric", name="handoff_success_rate", by="edge"))

    assert {"triage -> docs": 1, "triage -> billing": 0} == {row["key"]: row["value"] for row in found["rows"]}
    assert "SELECT" in found["sql"]
    assert {"not_held"} == {row["state"] for row in answer(ask("network"))["declared"]}


def test_long_texts_are_cut_off(ask: Callable[..., CallToolResult]) -> None:
    """And say how much is missing."""
    [row] = answer(ask("sql", query=f"SELECT repeat('x', {MOST_LETTERS + 7}) AS text"))["rows"]

    assert f"{'x' * MOST_LETTERS} [7 more characters]" == row["text"]


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        ("run", {"run": "nowhere"}, "There is no run 'nowhere' here."),
        ("blame", {"run": "nowhere"}, "There is no run 'nowhere' here."),
        ("runs", {"since": "yesterday"}, "neither ISO 8601"),
        ("metric", {"name": "luck"}, "luck"),
        ("sql", {"query": "DROP TABLE runs"}, "SELECT"),
        ("runs", {"limit": 10_000}, "200"),
    ],
)
def test_what_cannot_be_answered_is_an_error_that_says_why(
    ask: Callable[..., CallToolResult], tool: str, arguments: dict[str, object], says: str
) -> None:
    """An assistant gets a sentence that it can act on."""
    result = ask(tool, **arguments)

    assert result.is_error
    assert says in json.dumps([one.model_dump(mode="json") for one in result.content])
