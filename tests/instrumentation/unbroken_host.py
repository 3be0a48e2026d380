"""A host whose results, exceptions and end are to be the same with and without Relaylens; started by test_never_breaks.

`with` is with Relaylens, `without` puts in its place what does nothing.
"""
# mypy: disable-error-code="untyped-decorator"

import asyncio
import atexit
import contextlib
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any


class Nothing(contextlib.AbstractContextManager["Nothing"], contextlib.AbstractAsyncContextManager["Nothing"]):
    """Takes the place of every object of the API: does nothing, as a function, a block and a decorator."""

    def __exit__(self, *_: object) -> None:
        """Let everything out."""

    async def __aexit__(self, *_: object) -> None:
        """Let everything out."""

    def __getattr__(self, _name: str) -> Any:  # noqa: ANN401 - anything
        """Have everything."""
        return self

    def __call__(self, *arguments: Any, **_: Any) -> Any:  # noqa: ANN401 - anything
        """Give a decorated function back."""
        return arguments[0] if len(arguments) == 1 and callable(arguments[0]) and not isinstance(arguments[0], str) else self


def workload(relaylens: Any) -> list[object]:  # noqa: ANN401, C901 - the package or nothing; the API is wide
    """Everything a host does with the API, and what comes of it."""
    seen: list[object] = []

    @relaylens.tool
    def search(query: str) -> str:
        return f"found {query}"

    @relaylens.tool("failing")
    def failing() -> None:
        message = "the host's own"
        raise LookupError(message)

    @relaylens.agent("streamer")
    def stream() -> Iterator[int]:
        yield from (1, 2, 3)

    @relaylens.agent("async streamer")
    async def stream_async() -> AsyncIterator[int]:
        for number in (4, 5):
            await asyncio.sleep(0)
            yield number

    @relaylens.handoff("checker")
    def ask_checker(draft: str) -> str:
        return draft.upper()

    @relaylens.run("decorated")
    async def decorated() -> str:
        with relaylens.agent("inner"):
            return "done"

    @relaylens.outcome
    def outcome() -> str:
        return "fine"

    @relaylens.validation("drafter")
    def is_valid(text: str) -> tuple[bool, str]:
        return bool(text), "looked"

    with relaylens.run("answer", conversation="c", user="u") as run, relaylens.agent("triage", version="1") as step:
        run.input("question")
        step.input([{"role": "user", "content": "question"}])
        seen.append(search("parcel"))
        with contextlib.suppress(LookupError):
            failing()
        try:
            failing()
        except LookupError as error:
            seen.append(str(error))
        with relaylens.model_call("small-1", provider="openai") as call:
            call.system("s").messages("m").tools([{"name": "t"}]).answer("a", tool_calls=[{"name": "t", "arguments": "{}"}]).usage(1, 2)
        relaylens.handoff("docs", {"n": 1}, reason="facts")
        headers = relaylens.carry()
        seen.append(ask_checker("draft"))
        escalation = relaylens.escalate("send?")
        escalation.answer("approved", "yes", by="Mara")
        relaylens.answer("another", "denied", run=run.id)
        relaylens.validation("drafter", "rejected", "no date")
        seen.append(is_valid("x"))
        relaylens.feedback("helpful", 1, source="customer")
        seen.append(outcome())
        step.outcome("completed")
        relaylens.outcome("completed", "sent")
        seen.append(list(stream()))
        run.output("answer")
    with relaylens.receive(headers, payload={"n": 1}), relaylens.agent("docs") as docs:
        docs.refuse("busy")
    relaylens.handoff("nobody", mode="return_to_caller").returned("result")
    with relaylens.handoff("one", "x", mode="return_to_caller") as one:
        one.accept("x")
    relaylens.handoff("two").refuse("no")
    relaylens.feedback("later", value=True, run=run.id)
    seen.append(asyncio.run(asynchronous(relaylens, stream_async, decorated)))
    return seen


async def asynchronous(relaylens: Any, stream: Callable[[], AsyncIterator[int]], decorated: Callable[[], Any]) -> list[object]:  # noqa: ANN401 - as above
    """Tasks, streams that are not read to the end, and a cancellation."""
    seen: list[object] = [[number async for number in stream()], await decorated()]

    async def waits() -> None:
        async with relaylens.run("waits"), relaylens.agent("waits"):
            try:
                await asyncio.sleep(60)
            finally:
                seen.append("cleaned up")

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        seen.append(("cancelled", task.cancelled()))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(waits(), 0.01)
    half = stream()
    seen.append(await anext(half))
    await half.aclose()  # type: ignore[attr-defined] # an asynchronous generator
    return seen


def in_child(relaylens: Any) -> None:  # noqa: ANN401 - as above
    """What a child process does."""
    with relaylens.run("child"), relaylens.agent("child"):
        pass


def end(relaylens: Any, how: str) -> None:  # noqa: ANN401, C901 - as above; there are many ways to end
    """End as asked."""
    if how == "exit":
        sys.exit(4)
    if how == "_exit":
        os._exit(5)
    if how == "exception":
        message = "the host's own mistake"
        raise ValueError(message)
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "daemon":

        def forever() -> None:
            while True:
                with relaylens.run("forever"), relaylens.agent("forever"):
                    time.sleep(0.001)

        threading.Thread(target=forever, daemon=True).start()
        time.sleep(0.05)
    if how == "atexit":

        @atexit.register
        def last() -> None:
            with relaylens.run("last"), relaylens.agent("last"):
                sys.stdout.write("at exit\n")

    if how == "fork":
        child = os.fork()
        if child == 0:
            in_child(relaylens)
            os._exit(6)
        sys.stdout.write(f"child {os.waitpid(child, 0)[1]}\n")
    if how == "multiprocessing":
        process = multiprocessing.get_context("fork").Process(target=in_child, args=(relaylens,))
        process.start()
        process.join()
        sys.stdout.write(f"child {process.exitcode}\n")


def main() -> None:
    """Work, and end."""
    _, which, endpoint, how, limit = sys.argv
    if limit != "0":
        import resource  # noqa: PLC0415 - not on every system

        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    if which == "with":
        import relaylens  # noqa: PLC0415 - what is measured

        relaylens.instrument("unbroken", endpoint=endpoint, frameworks=False)
        package: Any = relaylens
    else:
        package = Nothing()
    for _ in range(3):
        sys.stdout.write(f"{workload(package)}\n")
    end(package, how)


if __name__ == "__main__":
    main()
