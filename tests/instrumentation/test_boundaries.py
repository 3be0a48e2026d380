"""One conversation and one run, whatever work passes through: real processes, real sockets, a real collector."""

import asyncio
import contextvars
import json
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import relaylens
from relaylens_analytics import Window, open_store
from relaylens_analytics.queries import lists
from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings

from .conftest import Recording

HOST = Path(__file__).with_name("boundaries_host.py")
TICKET = {"ticket": 17, "urgency": "high"}


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A real collector."""
    started = Collector(Settings(store=tmp_path_factory.mktemp("store"), otlp_http_port=0, otlp_grpc_port=0), settle)
    started.start()
    yield started
    started.stop()


@pytest.mark.parametrize("way", ["http", "queue", "fork", "subprocess", "mcp", "a2a"])
def test_work_that_leaves_the_process_stays_in_its_run(way: str, collector: Collector) -> None:
    """Two processes, one trace, one conversation, one run; the handoff is joined with its receipt and with what arrived."""
    ended = subprocess.run(
        [sys.executable, str(HOST), way],
        env={**os.environ, "COLLECTOR": collector.http_url},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ("", 0) == (ended.stderr, ended.returncode)
    collector.ingest.flush()

    conversation = f"conversation {way}"
    with open_store(collector.http_url) as reader:
        found = reader.query(
            """SELECT count(*) AS spans, count(DISTINCT trace_id) AS traces, count(DISTINCT run_id) AS runs,
                count(DISTINCT resources.attributes['relaylens.process.id']) AS processes
            FROM spans JOIN resources USING (resource) WHERE session_id = $conversation""",
            {"conversation": conversation},
        ).to_pylist()
        runs = reader.query("SELECT outcome FROM runs WHERE conversation = $conversation", {"conversation": conversation}).to_pylist()
        agents = reader.query(
            "SELECT agent, outcome FROM steps WHERE conversation = $conversation ORDER BY started_at", {"conversation": conversation}
        )
        (handoff,) = lists.handoffs(reader, Window(), lists.HandoffFilter(conversation=conversation)).to_pylist()

    assert [{"spans": 5, "traces": 1, "runs": 1, "processes": 2}] == found
    assert [{"outcome": "completed"}] == runs
    assert ["triage", "docs"] == agents["agent"].to_pylist()
    assert ("triage", "docs", True) == (handoff["from"], handoff["to"], handoff["succeeded"])
    assert TICKET == json.loads(handoff["sent"]) == json.loads(handoff["received"])


def test_what_is_carried_says_where_the_program_is(recording: Recording) -> None:
    """Outside nothing, in a run the run, after an offer the offer, once it is taken the step."""
    outside = relaylens.carry()
    with relaylens.run("r", run_id="r", conversation="c"):
        in_run = relaylens.carry()
        with relaylens.agent("a") as step:
            offered = relaylens.handoff("b")
            in_offer, again = relaylens.carry(), relaylens.carry()
            with relaylens.agent("b"):
                in_target = relaylens.carry()
            after = relaylens.carry()
    handoff_span = next(span for span in recording.spans() if span.name == "handoff b")

    assert {} == outside
    assert "relaylens.run.id=r,gen_ai.conversation.id=c" == in_run["baggage"] == in_target["baggage"] == after["baggage"]
    assert in_offer == again == offered.headers()
    assert handoff_span.context is not None
    assert f"{handoff_span.context.span_id:016x}" == in_offer["traceparent"].split("-")[2]
    assert f"{step.span.get_span_context().span_id:016x}" == after["traceparent"].split("-")[2]


def test_the_newest_offer_of_the_agent_goes_along(recording: Recording) -> None:
    """What another agent has offered stays with that agent."""
    with relaylens.run("r"):
        with relaylens.agent("first"):
            relaylens.handoff("x")
        with relaylens.agent("second"):
            none = relaylens.carry()
            relaylens.handoff("y")
            newest = relaylens.handoff("z")
            carried = relaylens.carry()

    assert "relaylens.handoff.id" not in none["baggage"]
    assert f"relaylens.handoff.id={newest.id}" in carried["baggage"]
    assert recording.spans()


def test_a_gateway_passes_on_what_it_has_received(recording: Recording) -> None:
    """A process that only forwards work forwards the handoff too."""
    with relaylens.run("r"), relaylens.agent("a"):
        relaylens.handoff("b", {"n": 1})
        first = relaylens.carry()
    with relaylens.receive(first):
        second = relaylens.carry()
    with relaylens.receive(second), relaylens.agent("b"):
        pass

    assert first == second
    assert "accepted" == recording.attributes("invoke_agent b")["relaylens.handoff.status"]


def parents(recording: Recording) -> dict[str, str | None]:
    """The name of each span's parent."""
    names = {entry["id"]: entry["name"] for entry in recording.tree()}
    return {entry["name"]: names.get(entry["parent"]) for entry in recording.tree()}


def test_threads_go_on_where_they_are_told(recording: Recording) -> None:
    """A thread that is given headers, or a copy of the context, is in the run."""

    def told(headers: dict[str, str]) -> None:
        with relaylens.receive(headers), relaylens.tool("told"):
            pass

    def copied() -> None:
        with relaylens.tool("copied"):
            pass

    with relaylens.run("r"), relaylens.agent("a"):
        thread = threading.Thread(target=told, args=(relaylens.carry(),))
        thread.start()
        thread.join()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(contextvars.copy_context().run, copied).result()

    assert {"execute_tool told": "invoke_agent a", "execute_tool copied": "invoke_agent a"}.items() <= parents(recording).items()


def test_tasks_and_streams_keep_their_place(recording: Recording) -> None:
    """Tasks at the same time, work in a thread of asyncio and a stream that is read piece by piece belong to their own step."""

    @relaylens.tool("stream")
    async def stream() -> AsyncIterator[str]:
        for piece in ("a", "b", "c"):
            await asyncio.sleep(0)
            with relaylens.model_call(f"model {piece}"):
                pass
            yield piece

    def blocking(name: str) -> None:
        with relaylens.tool(f"blocking {name}"):
            pass

    async def agent(name: str) -> str:
        with relaylens.agent(name):
            await asyncio.to_thread(blocking, name)
            return "".join([piece async for piece in stream()]) if name == "one" else ""

    async def main() -> list[str]:
        with relaylens.run("r"):
            return list(await asyncio.gather(agent("one"), agent("two")))

    assert ["abc", ""] == asyncio.run(main())
    found = parents(recording)
    assert {
        "invoke_agent one": "invoke_workflow r",
        "invoke_agent two": "invoke_workflow r",
        "execute_tool blocking one": "invoke_agent one",
        "execute_tool blocking two": "invoke_agent two",
        "execute_tool stream": "invoke_agent one",
        "chat model a": "execute_tool stream",
        "chat model c": "execute_tool stream",
    }.items() <= found.items()
