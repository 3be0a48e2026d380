"""Where recorded runs come from: a folder of captures of agent frameworks, and the example network played in simulated time."""

import asyncio
import io
import json
import lzma
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from google.protobuf.internal.decoder import _DecodeVarint32  # type: ignore[attr-defined]  # the one varint reader protobuf has
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from tests.faults.recordings import Recording

import relaylens
from relaylens import safety

ROOT: Final = Path(__file__).parents[2]
CAPTURES: Final = ROOT.parent / "shared" / "captures"
UNTIL: Final = 1_800_000_000 * 10**9


@dataclass(frozen=True)
class Source:
    """A recorded run with what is known about it."""

    recording: Recording
    clean: bool
    """Nothing went wrong in it: a fault put into it is the only one."""

    truth: Mapping[str, Any] = field(default_factory=dict)


def captures(folder: Path = CAPTURES) -> list[Source]:
    """The captures of a folder, in the order of their names; none where the folder is not there."""
    file = folder / "truth.json"
    truth: dict[str, dict[str, Any]] = json.loads(file.read_text()) if file.exists() else {}
    return [_capture(folder, name, truth[name]) for name in sorted(truth)]


def bodies(path: Path) -> Iterator[bytes]:
    """The requests of one file, in order."""
    data, place = lzma.decompress(path.read_bytes()), 0
    while place < len(data):
        size, place = _DecodeVarint32(data, place)
        yield data[place : place + size]
        place += size


def demo(runs: int, seed: int, faults: str = "mixed") -> list[Source]:
    """Runs of the example network, each as a source of its own, with the program's own truth."""
    rows, spans = _play(runs, seed, faults)
    return [
        Source(
            Recording(f"demo__{row['run']}", "demo", [encode_spans(sorted(spans[row["run"]], key=lambda span: span.start_time or 0))]),
            clean=row["fault"] is None and not row["rework"],
            truth=row,
        )
        for row in rows
    ]


def _capture(folder: Path, name: str, truth: dict[str, Any]) -> Source:
    logs = folder / f"{name}.logs.pb.xz"
    recording = Recording(
        name,
        str(truth["framework"]),
        [ExportTraceServiceRequest.FromString(body) for body in bodies(folder / f"{name}.pb.xz")],
        [ExportLogsServiceRequest.FromString(body) for body in bodies(logs)] if logs.exists() else [],
    )
    return Source(recording, clean=not truth["signals"], truth=truth)


class _SeededIds(IdGenerator):
    """Ids that are the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"ids {seed}")  # noqa: S311 - seeded chance, not cryptography

    def generate_span_id(self) -> int:
        return self._rng.getrandbits(64) or 1

    def generate_trace_id(self) -> int:
        return self._rng.getrandbits(128) or 1


def _play(runs: int, seed: int, faults: str) -> tuple[list[dict[str, Any]], dict[str, list[ReadableSpan]]]:
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from examples.support_network.clock import now  # noqa: PLC0415 - the path is set above
    from examples.support_network.network import Network  # noqa: PLC0415

    exporter = InMemorySpanExporter()
    safety.raise_errors(switch=True)
    provider = TracerProvider(shutdown_on_exit=False, id_generator=_SeededIds(seed))
    handle = relaylens.instrument("support", tracer_provider=provider, exporter=exporter, frameworks=False, clock=now)
    try:
        truth = io.StringIO()
        asyncio.run(Network(seed, faults, truth=truth).history(runs, 24.0, UNTIL))
        handle.flush(30)
    finally:
        handle.uninstrument()
        safety.raise_errors(switch=False)
    spans: dict[str, list[ReadableSpan]] = defaultdict(list)
    for span in exporter.get_finished_spans():
        spans[str((span.attributes or {})["relaylens.run.id"])].append(span)
    return [json.loads(line) for line in truth.getvalue().splitlines()], spans
