"""A host that works, may be killed, and writes down itself which spans it has begun; started by test_completeness."""

import json
import os
import random
import signal
import sys
import threading
import time

from opentelemetry.sdk.trace import Span, SpanProcessor

import relaylens


class Diary(SpanProcessor):
    """Writes a line for each span that begins, at once and past every buffer: a kill does not take it back."""

    def __init__(self, path: str, handle: relaylens.Instrumentation) -> None:
        """Write to the end of a file."""
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self._handle = handle

    def on_start(self, span: Span, parent_context: object = None) -> None:  # noqa: ARG002 - as the SDK calls it
        """Write which span it is, and the number it was given."""
        assert self._handle.processor is not None
        line = [self._handle.processor.process_id, (span.attributes or {})["relaylens.sequence"], f"{span.get_span_context().span_id:016x}"]
        os.write(self._file, (json.dumps(line) + "\n").encode())


def work(chance: random.Random) -> None:
    """One piece of work: a run with steps in it, tools, handoffs and failures."""
    with relaylens.run("work", conversation="c"):
        for name in ("triage", "docs")[: chance.randint(1, 2)]:
            with relaylens.agent(name, version="1") as step:
                step.input("?" * chance.randint(0, 2000))
                for _ in range(chance.randint(0, 4)):
                    try:
                        with relaylens.tool("search"):
                            if chance.random() < 0.2:
                                raise LookupError("nothing there")  # noqa: EM101, TRY003, TRY301 - a failure like any other
                    except LookupError:
                        pass
                if chance.random() < 0.3:
                    relaylens.handoff("docs", {"ticket": chance.randint(1, 99)})
                step.output("!")


def main() -> None:  # noqa: C901 - a plan has many endings
    """Do as the plan says."""
    plan = json.loads(sys.argv[1])
    chance = random.Random(plan["seed"])  # noqa: S311 - seeded chance, not cryptography
    handle = relaylens.instrument(service=plan["service"], endpoint=plan["endpoint"], frameworks=False)
    handle.provider.add_span_processor(Diary(plan["diary"], handle))
    forked: list[int] = []
    for number in range(plan["runs"]):
        if number == plan["runs"] // 2 and plan["forks"]:
            child = os.fork()
            if child == 0:
                for _ in range(3):
                    work(chance)
                relaylens.shutdown()
                os._exit(0)
            forked.append(child)
        if number == plan["runs"] - 1 and plan["end"] in {"kill", "_exit"}:
            # In the middle of work, with spans open, and another thread at work as well.
            with relaylens.run("cut short"), relaylens.agent("triage"):
                other = threading.Thread(target=work, args=(chance,))
                other.start()
                other.join()
                for child in forked:
                    os.waitpid(child, 0)
                if plan["end"] == "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                os._exit(3)
        work(chance)
        time.sleep(chance.random() * plan["pause"])
    for child in forked:
        os.waitpid(child, 0)
    if plan["end"] == "exception":
        raise SystemError("the host's own mistake")  # noqa: EM101, TRY003 - as a host would
    if plan["end"] == "exit":
        sys.exit(4)
    if plan["end"] == "flush":
        deadline = time.monotonic() + 20
        while not relaylens.flush(10) and time.monotonic() < deadline:
            pass


if __name__ == "__main__":
    main()
