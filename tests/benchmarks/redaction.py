"""How well redaction finds what it is to find, by kind, and what privacy costs for each span, against encoding the same spans.

python -m tests.benchmarks.redaction
"""

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.benchmarks.generate import trace_requests
from tests.instrumentation.test_redaction import HALVES, MARKED, score, texts

from relaylens.capturing import capture_of
from relaylens.privacy import Privacy
from relaylens.redaction import USUAL_KINDS, Redactor
from relaylens_collector.redacting import redaction_of
from relaylens_collector.signals import Signal

_TURNS: Final = 5
_REQUESTS: Final = 40
_ANSWER: Final = "Standard delivery takes three days; your parcel 4711 left Leipzig on 12 May and should arrive tomorrow. "


def spans() -> list[ReadableSpan]:
    """Model calls with a conversation of about 4 kB each, every fifth message with personal data in it."""
    memory = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("benchmark")
    for number in range(200):
        messages = [
            {
                "role": "user",
                "parts": [{"type": "text", "content": _ANSWER + ("Write to ann@example.com." if part % 5 == 0 else "Thank you.")}],
            }
            for part in range(24)
        ]
        with tracer.start_as_current_span("chat small-1") as span:
            span.set_attribute("gen_ai.operation.name", "chat")
            span.set_attribute("gen_ai.agent.name", f"agent_{number % 7}")
            span.set_attribute("gen_ai.input.messages", json.dumps(messages))
    return list(memory.get_finished_spans())


def seconds(work: Callable[[], object]) -> float:
    """The shortest of some turns."""
    times: list[float] = []
    for _ in range(_TURNS):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def quality() -> None:
    """Print precision and recall."""
    print(f"{'texts':<12} {'kind':<12} {'labelled':>8} {'right':>6} {'wrong':>6} {'missed':>6} {'precision':>10} {'recall':>7}")
    for half in HALVES:
        every = list(texts(half))
        empty = sum(not MARKED.search(text) for text in every)
        for kind in USUAL_KINDS:
            right, wrong, missed = score(half)[kind]
            print(
                f"{half:<12} {kind:<12} {right + missed:>8} {right:>6} {wrong:>6} {missed:>6}"
                f" {right / max(1, right + wrong):>10.3f} {right / max(1, right + missed):>7.3f}"
            )
        print(f"{half:<12} {len(every)} texts, {empty} of them with nothing to find\n")


def cost() -> None:
    """Print microseconds a span, and as a multiple of encoding it for the wire."""
    given = spans()
    size = sum(len(str((span.attributes or {})["gen_ai.input.messages"])) for span in given) / len(given)
    encoding = seconds(lambda: encode_spans(given).SerializeToString()) / len(given)
    print(f"{len(given)} spans with {size / 1000:.1f} kB of messages each; encoding one for the wire takes {encoding * 1e6:.0f} us\n")
    print(f"{'setting':<28} {'us a span':>10} {'of encoding':>12}")
    for name, privacy in {
        "nothing asked for": Privacy(),
        'capture_content="none"': Privacy(capture_of("none")),
        'capture_content="metadata"': Privacy(capture_of("metadata")),
        "redact=True": Privacy(redactor=Redactor()),
    }.items():
        taken = seconds(lambda privacy=privacy: [privacy.cleaned(span) for span in given]) / len(given)  # type: ignore[misc]
        print(f"{name:<28} {taken * 1e6:>10.1f} {taken / encoding:>11.2f}x")


def at_the_collector() -> None:
    """Print how fast the collector redacts generated requests, new ones and those it has seen a moment ago."""
    bodies = list(trace_requests(_REQUESTS))
    size = sum(map(len, bodies)) / 1e6
    print(f"\nat the collector: {len(bodies)} requests of {size / len(bodies):.2f} MB\n")
    with tempfile.TemporaryDirectory() as folder:
        redaction = redaction_of(USUAL_KINDS, None, None, Path(folder))
        assert redaction is not None
        for name in ("new texts", "the same once more"):
            began = time.process_time()
            for body in bodies:
                redaction(Signal.TRACES, body)
            print(f"{name:<28} {size / (time.process_time() - began):>10.1f} MB a second of processor time")


if __name__ == "__main__":
    quality()
    cost()
    at_the_collector()
