"""Decorators on every kind of function, and what exceptions and cancellation leave behind."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest
from opentelemetry import trace

import relaylens

from .conftest import Recording


def test_plain_and_coroutine_functions(recording: Recording) -> None:
    """Names, arguments and results are taken from the function; methods leave their object out."""

    @relaylens.run
    def answer_ticket(text: str) -> str:
        return Desk().triage(text, urgent=True)

    class Desk:
        @relaylens.agent("triage", version="2")
        def triage(self, text: str, *, urgent: bool) -> str:
            return asyncio.run(search(text, {"urgent": urgent}))

    @relaylens.tool
    async def search(query: str, filters: dict[str, bool]) -> str:
        await asyncio.sleep(0)
        return model(f"{query} {filters}")

    @relaylens.model_call("m")
    def model(prompt: str) -> str:
        return prompt.upper()

    assert "HELP {'URGENT': TRUE}" == answer_ticket("help")
    assert "answer_ticket" == answer_ticket.__name__

    def message(role: str, text: str, rest: str = "") -> str:
        return f'[{{"role": "{role}", "parts": [{{"type": "text", "content": "{text}"}}]{rest}}}]'

    said = message("assistant", "HELP {'URGENT': TRUE}", ', "finish_reason": "stop"')
    assert [
        ("invoke_workflow answer_ticket", None, message("user", "help"), said),
        (
            "invoke_agent triage",
            1,
            '[{"role": "user", "parts": [{"type": "text", "content": "{\\"text\\": \\"help\\", \\"urgent\\": true}"}]}]',
            said,
        ),
        ("execute_tool search", 2, '{"query": "help", "filters": {"urgent": true}}', "HELP {'URGENT': TRUE}"),
        ("chat m", 3, message("user", "help {'urgent': True}"), said),
    ] == [
        (
            entry["name"],
            entry["parent"],
            entry["attributes"].get("gen_ai.input.messages") or entry["attributes"]["gen_ai.tool.call.arguments"],
            entry["attributes"].get("gen_ai.output.messages") or entry["attributes"]["gen_ai.tool.call.result"],
        )
        for entry in recording.tree()
    ]


def test_each_call_is_a_span(recording: Recording) -> None:
    """A decorated function can be called again, also from within itself."""

    @relaylens.tool
    def count(number: int) -> int:
        return number if number == 0 else count(number - 1)

    count(2)
    count(0)

    assert [("2", None), ("1", 1), ("0", 2), ("0", None)] == [
        (entry["attributes"]["gen_ai.tool.call.arguments"][-2], entry["parent"]) for entry in recording.tree()
    ]


def test_what_is_prepared_once_can_be_used_again(recording: Recording) -> None:
    """The same object around two blocks writes two spans that know nothing of each other."""
    run = relaylens.run("r")
    step = relaylens.agent("a")
    ids = []
    for number in range(2):
        with run:
            ids.append(run.id)
            with relaylens.agent("b"):
                relaylens.handoff("a", number)
            with step:
                step.outcome("failed" if number == 0 else "completed")
    with step:
        pass

    assert [f"{trace:032x}" for trace in (1, 2)] == ids
    assert [(ids[0], "0", "failed"), (ids[1], "1", "completed"), (None, None, None)] == [
        (
            entry["attributes"].get("relaylens.run.id"),
            entry["attributes"].get("relaylens.handoff.received"),
            entry["attributes"].get("relaylens.step.outcome"),
        )
        for entry in recording.tree()
        if entry["name"] == "invoke_agent a"
    ]


def test_a_generator_works_in_its_span_and_its_reader_does_not(recording: Recording) -> None:
    """The span lasts from the first piece to the last; what the reader does between pieces is not below it."""

    @relaylens.agent
    def stream(text: str) -> Generator[str, str, str]:
        with relaylens.tool("inside"):
            pass
        got = yield text[:2]
        yield text[2:] + got
        return "end"

    def reader() -> Generator[str, str, str]:
        generator = stream("hello")
        first = next(generator)
        with relaylens.tool("outside"):
            pass
        second = generator.send("!")
        yield first + second
        return (yield from generator)

    reading = reader()
    assert "hello!" == next(reading)
    with pytest.raises(StopIteration, match="end"):
        next(reading)

    assert [("invoke_agent stream", None, (1, 6)), ("execute_tool inside", 1, (2, 3)), ("execute_tool outside", None, (4, 5))] == [
        (entry["name"], entry["parent"], entry["time"]) for entry in recording.tree()
    ]
    assert '"content": "hello!"' in recording.attributes("invoke_agent stream")["gen_ai.output.messages"]


def test_a_generator_that_is_left_early_is_no_error(recording: Recording) -> None:
    """A reader that has enough closes the generator; its pieces so far are its output, its clean-up runs in the span."""
    closed: list[int] = []

    @relaylens.agent
    def stream() -> Generator[str, None, None]:
        try:
            yield "a"
            yield "b"
        finally:
            closed.append(trace.get_current_span().get_span_context().span_id)

    generator = stream()
    next(generator)
    generator.close()

    (entry,) = recording.tree()
    assert [1] == closed
    assert "status" not in entry
    assert '"content": "a"' in entry["attributes"]["gen_ai.output.messages"]


def test_what_is_thrown_into_a_generator_reaches_it(recording: Recording) -> None:
    """The generator may answer an exception; one that it lets out is its error."""

    @relaylens.tool
    def patient() -> Generator[str, None, None]:
        try:
            yield "a"
        except KeyError:
            yield "caught"
        yield "b"

    generator = patient()
    assert ["a", "caught"] == [next(generator), generator.throw(KeyError("x"))]
    with pytest.raises(ValueError, match="no"):
        generator.throw(ValueError("no"))

    assert [("ERROR", "no")] == [entry["status"] for entry in recording.tree()]


def test_an_asynchronous_generator(recording: Recording) -> None:
    """The same for asynchronous generators, read by another task's code."""

    @relaylens.agent
    async def stream(text: str) -> AsyncGenerator[str, None]:
        for letter in text:
            with relaylens.tool("inside"):
                await asyncio.sleep(0)
            yield letter

    async def read() -> str:
        read = ""
        async for letter in stream("ab"):
            with relaylens.tool("outside"):
                read += letter
        return read

    async def read_one() -> str:
        generator = stream("xyz")
        first = await anext(generator)
        await generator.aclose()
        return first

    assert "ab" == asyncio.run(read())
    assert "x" == asyncio.run(read_one())
    assert [
        ("invoke_agent stream", None),
        ("execute_tool inside", 1),
        ("execute_tool outside", None),
        ("execute_tool inside", 1),
        ("execute_tool outside", None),
        ("invoke_agent stream", None),
        ("execute_tool inside", 6),
    ] == [(entry["name"], entry["parent"]) for entry in recording.tree()]
    assert [None, None] == [entry.get("status") for entry in recording.tree() if entry["name"] == "invoke_agent stream"]


def test_an_exception_leaves_as_it_is_and_marks_every_span_it_leaves(recording: Recording) -> None:
    """The host sees its own exception; spans say its class, and the outcome is left to whoever reads them."""
    failure = LookupError("no such order")

    @relaylens.run("r")
    def work() -> None:
        with relaylens.agent("a"):
            raise failure

    with pytest.raises(LookupError) as raised:
        work()

    assert failure is raised.value
    assert [(("ERROR", "no such order"), "LookupError", ["exception"])] * 2 == [
        (entry["status"], entry["attributes"]["error.type"], [name for name, _ in entry["events"]]) for entry in recording.tree()
    ]


class OverloadedError(Exception):
    """An error of some client."""


def test_the_class_of_an_error_is_written_in_full(recording: Recording) -> None:
    """Errors of libraries are told apart by their module."""
    with pytest.raises(OverloadedError), relaylens.model_call("m"):
        raise OverloadedError

    assert recording.attributes("chat m")["error.type"].endswith("test_decorators.OverloadedError")


@pytest.mark.parametrize("stop", [asyncio.CancelledError, KeyboardInterrupt])
def test_work_that_is_called_off_is_abandoned_and_no_error(recording: Recording, stop: type[BaseException]) -> None:
    """Cancellation and Ctrl-C end the spans without an error; run and step say that they were abandoned."""

    @relaylens.run("r")
    def work() -> None:
        with relaylens.agent("a"), relaylens.tool("t"):
            raise stop

    with pytest.raises(stop):
        work()

    run, step, _ = recording.tree()
    assert [None] * 3 == [entry.get("status") for entry in recording.tree()]
    assert ("abandoned", "rule") == (run["attributes"]["relaylens.run.outcome"], run["attributes"]["relaylens.run.outcome.evidence"])
    assert "abandoned" == step["attributes"]["relaylens.step.outcome"]


def test_an_outcome_that_was_stated_survives_a_cancellation(recording: Recording) -> None:
    """What the program has said counts more than how it ended."""

    @relaylens.run("r")
    def work() -> None:
        relaylens.outcome("completed")
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        work()

    assert "completed" == recording.attributes("invoke_workflow r")["relaylens.run.outcome"]


def test_tasks_side_by_side_keep_apart(recording: Recording) -> None:
    """Agents that run at the same time have their own tools and models, in one run."""

    async def worker(name: str) -> None:
        async with relaylens.agent(name):
            await asyncio.sleep(0)
            async with relaylens.tool("t"):
                await asyncio.sleep(0)

    async def both() -> None:
        async with relaylens.run("r"):
            await asyncio.gather(worker("a"), worker("b"))

    asyncio.run(both())

    agents: dict[int, Any] = {entry["id"]: entry["attributes"].get("gen_ai.agent.name") for entry in recording.tree()}
    assert [("a", "a"), ("b", "b")] == [
        (entry["attributes"]["gen_ai.agent.name"], agents[entry["parent"]])
        for entry in recording.tree()
        if entry["name"] == "execute_tool t"
    ]
