"""The example network, run once for all tests that look at what it did."""

import asyncio
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import relaylens
from relaylens import safety

ROOT = Path(__file__).parents[2]
UNTIL = 1_800_000_000 * 10**9

if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


@dataclass
class Played:
    """What a network did: the truth it wrote, and the spans it sent, by run."""

    rows: list[dict[str, Any]]
    spans: dict[str, list[ReadableSpan]]


def play(runs: int, seed: int, faults: str = "mixed") -> Played:
    """Run the network in simulated time."""
    from examples.support_network.clock import now  # noqa: PLC0415 - the path is set above
    from examples.support_network.network import Network  # noqa: PLC0415

    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    safety.raise_errors(switch=True)
    handle = relaylens.instrument("support", tracer_provider=provider, exporter=exporter, frameworks=False, clock=now)
    try:
        truth = io.StringIO()
        asyncio.run(Network(seed, faults, truth=truth).history(runs, 24.0, UNTIL))
        handle.flush(30)
    finally:
        handle.uninstrument()
        safety.raise_errors(switch=False)
    rows = [json.loads(line) for line in truth.getvalue().splitlines()]
    spans: dict[str, list[ReadableSpan]] = {row["run"]: [] for row in rows}
    for span in sorted(exporter.get_finished_spans(), key=lambda span: span.start_time or 0):
        spans[str((span.attributes or {})["relaylens.run.id"])].append(span)
    return Played(rows, spans)


@pytest.fixture(scope="session")
def played() -> Played:
    """Eighty runs: each fault at least twice."""
    return play(80, 7)
