"""What a call of the API costs the host, against the bare OpenTelemetry SDK writing the same spans with the same attributes.

Both sides send in the background, over OTLP/HTTP, to a receiver in a process of its own: the bare one with OpenTelemetry's tracer
provider, batch processor and exporter as they come, ours with `relaylens.instrument()`. The two take turns in the same process;
a turn writes fewer spans than a batch holds, and what is sent is waited for between turns, so that a turn shows what the host
waits for. A ratio is the median of the turns' ratios. The figures that are held are processor time of the threads that make the
calls: on a shared machine the clock on the wall also shows what others do, and its ratio stands beside. The last column is
processor time of the whole process, until everything is sent.
`python -m tests.benchmarks.instrumentation` prints the figures; the exit code says whether they hold.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanContext, SpanKind, Tracer

import relaylens

MOST_RATIO: Final = 1.5
MOST_SHARE: Final = 0.05
STEP_SECONDS: Final = 0.010
SPANS_A_TURN: Final = 400

_RECEIVER: Final = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
"""


# What the host does with our API, one call of it each.


def our_run() -> None:
    """A run with its conversation."""
    with relaylens.run("answer", run_id="r", conversation="c", user="u"):
        pass


def our_agent() -> None:
    """A step with its input and output."""
    with relaylens.agent("triage", version="1") as step:
        step.input("Where is my parcel?").output("It arrives tomorrow.")


def our_tool() -> None:
    """A tool with its arguments and result."""
    with relaylens.tool("search", call_id="call-1") as tool:
        tool.input({"query": "delivery time"}).output("Standard takes three days.")


def our_model_call() -> None:
    """A model call with prompt, answer and tokens."""
    with relaylens.model_call("small-1", provider="openai") as call:
        call.messages("Where is my parcel?").answer("It arrives tomorrow.").usage(24, 5)


def our_handoff() -> None:
    """A handoff with its payload."""
    relaylens.handoff("docs", {"ticket": 17}).accept()


OURS: Final[dict[str, Callable[[], None]]] = {
    "run": our_run,
    "agent": our_agent,
    "tool": our_tool,
    "model_call": our_model_call,
    "handoff": our_handoff,
}


@dataclass(frozen=True)
class Shape:
    """A span as ours came out: what the bare SDK writes too."""

    name: str
    kind: SpanKind
    attributes: dict[str, Any]
    links: int


class Shapes(SpanProcessor):
    """Keeps what our API wrote."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.seen: list[Shape] = []

    def on_end(self, span: ReadableSpan) -> None:
        """Keep a span."""
        self.seen.append(Shape(span.name, span.kind, dict(span.attributes or {}), len(span.links)))


def bare(tracer: Tracer, shapes: list[Shape]) -> Callable[[], None]:
    """The same spans by hand: half of the attributes at the start, the others one by one, as an instrumentation does.

    What is JSON has to be written as JSON by anybody who writes it.
    """
    plans = []
    for shape in shapes:
        items = [(key, value) for key, value in shape.attributes.items() if not is_json(value)]
        documents = [(key, json.loads(value)) for key, value in shape.attributes.items() if is_json(value)]
        plans.append((shape.name, shape.kind, dict(items[: len(items) // 2]), items[len(items) // 2 :], documents, shape.links))

    def call() -> None:
        before: SpanContext | None = None
        for name, kind, first, others, documents, links in plans:
            linked = [Link(before, {"relaylens.handoff.id": "h"})] if links and before is not None else None
            with tracer.start_as_current_span(name, kind=kind, attributes=first, links=linked) as span:
                before = span.get_span_context()
                for key, value in others:
                    span.set_attribute(key, value)
                for key, value in documents:
                    span.set_attribute(key, json.dumps(value))

    return call


def is_json(value: object) -> bool:
    """Whether an attribute holds a document."""
    return isinstance(value, str) and value[:1] in {"[", "{"}


@dataclass
class Side:
    """One of the two."""

    call: Callable[[], None]
    flush: Callable[[], object]

    def turn(self, calls: int, threads: int) -> "Turn":
        """Make the calls, and wait until all of them are sent."""
        used = time.process_time()
        if threads == 1:
            began, began_processor = time.perf_counter(), time.thread_time()
            for _ in range(calls):
                self.call()
            took, spent = time.perf_counter() - began, time.thread_time() - began_processor
        else:
            took, spent = self._threads(calls // threads, threads)
        self.flush()
        return Turn(spent, took, time.process_time() - used)

    def _threads(self, calls: int, threads: int) -> tuple[float, float]:
        ready, go = threading.Barrier(threads + 1), threading.Barrier(threads + 1)
        spent: list[float] = []

        def work() -> None:
            ready.wait()
            go.wait()
            began = time.thread_time()
            for _ in range(calls):
                self.call()
            spent.append(time.thread_time() - began)

        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        ready.wait()
        began = time.perf_counter()
        go.wait()
        for worker in workers:
            worker.join()
        return time.perf_counter() - began, sum(spent)


@dataclass(frozen=True)
class Turn:
    """Seconds of one turn."""

    calling: float
    """Processor time of the threads that call."""
    wall: float
    process: float
    """Processor time of the process, sending included."""


@dataclass(frozen=True)
class Figures:
    """One line of the result."""

    what: str
    threads: int
    attributes: int
    ours: float
    theirs: float
    ratio: float
    wall: float
    sending: float
    spans: int

    def line(self) -> str:
        """Say it."""
        return (
            f"{self.what:<12}{self.threads:>7}{self.spans:>7}{self.attributes:>7}{self.ours * 1e6:>9.1f}{self.theirs * 1e6:>9.1f}"
            f"{self.ratio:>8.2f}{self.wall:>8.2f}{self.sending:>9.2f}"
        )


def compare(what: str, ours: Side, theirs: Side, shapes: list[Shape], threads: int, turns: int) -> Figures:
    """Let the two take turns."""
    calls = SPANS_A_TURN // len(shapes) // threads * threads
    mine: list[Turn] = []
    others: list[Turn] = []
    for number in range(turns + 2):
        order = [(ours, mine), (theirs, others)]
        for side, made in order if number % 2 else reversed(order):
            turn = side.turn(calls, threads)
            if number >= 2:
                made.append(turn)
    spans = calls * len(shapes)
    return Figures(
        what,
        threads,
        sum(len(shape.attributes) for shape in shapes),
        statistics.median(turn.calling for turn in mine) / spans,
        statistics.median(turn.calling for turn in others) / spans,
        statistics.median(one.calling / other.calling for one, other in zip(mine, others, strict=True)),
        statistics.median(one.wall / other.wall for one, other in zip(mine, others, strict=True)),
        sum(turn.process for turn in mine) / sum(turn.process for turn in others),
        len(shapes),
    )


def added_to_a_step(steps: int) -> float:
    """Share by which a step of 10 ms takes more of the processor: an agent that calls a model and a tool and works for 10 ms."""

    def work() -> float:
        began = time.thread_time()
        until = time.perf_counter() + STEP_SECONDS
        while time.perf_counter() < until:
            pass
        return time.thread_time() - began

    added = []
    for _ in range(steps):
        began = time.thread_time()
        with relaylens.agent("triage", version="1") as step:
            step.input("Where is my parcel?")
            our_model_call()
            our_tool()
            worked = work()
            step.output("It arrives tomorrow.")
        added.append(time.thread_time() - began - worked)
    return statistics.median(added) / STEP_SECONDS


@contextlib.contextmanager
def receiver() -> Iterator[str]:
    """An OTLP receiver that takes everything, in a process of its own."""
    with subprocess.Popen([sys.executable, "-c", _RECEIVER], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def measure(turns: int) -> bool:
    """Print the figures, and say whether they hold."""
    held = True
    with receiver() as address, tempfile.TemporaryDirectory() as spool:
        os.environ["RELAYLENS_SPOOL_DIR"] = spool
        shapes_of = Shapes()
        provider = TracerProvider(resource=Resource({"service.name": "bench"}), shutdown_on_exit=False)
        handle = relaylens.instrument("bench", endpoint=address, tracer_provider=provider, frameworks=False)
        provider.add_span_processor(shapes_of)
        shapes: dict[str, list[Shape]] = {}
        for what, call in OURS.items():
            with relaylens.run("outer", run_id="r", conversation="c"), relaylens.agent("outer"):
                shapes_of.seen.clear()
                call()
                shapes[what] = list(shapes_of.seen)
        # The processors are asked in turn: the one that looks is taken out again.
        provider._active_span_processor._span_processors = provider._active_span_processor._span_processors[:1]  # noqa: SLF001
        plain = TracerProvider(resource=Resource({"service.name": "bench"}), shutdown_on_exit=False)
        plain.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{address}/v1/traces")))
        tracer = plain.get_tracer("bench")

        print("                             attri-   us a span          ratio   ratio  ratio of")
        print("call        threads  spans  butes     ours     bare         of wall  all work")
        for threads in (1, 8):
            for what, call in OURS.items():
                with relaylens.run("outer", run_id="r", conversation="c"), relaylens.agent("outer"):
                    ours = Side(call, handle.flush)
                    theirs = Side(bare(tracer, shapes[what]), plain.force_flush)
                    figures = compare(what, ours, theirs, shapes[what], threads, turns)
                print(figures.line(), flush=True)
                held = held and figures.ratio <= MOST_RATIO
        with relaylens.run("outer", run_id="r", conversation="c"):
            share = added_to_a_step(5 * turns)
        print(f"\nA step of {STEP_SECONDS * 1000:.0f} ms with an agent, a model call and a tool takes {share:.1%} longer.")
        held = held and share <= MOST_SHARE
        handle.shutdown()
        plain.shutdown()
    print(
        f"Floors (at most {MOST_RATIO} x the bare SDK's time a span, at most {MOST_SHARE:.0%} of a step): {'held' if held else 'NOT HELD'}."
    )
    return held


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=30)
    sys.exit(0 if measure(parser.parse_args().turns) else 1)


if __name__ == "__main__":
    main()
