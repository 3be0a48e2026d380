"""The record is complete, or says so: what is reported as missing is what is missing, after kills, drops and an absent collector."""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from relaylens_analytics import Reader, Window, metrics, open_store
from relaylens_analytics.queries import lists
from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings

from .fronts import Front, front

HOST = Path(__file__).with_name("completeness_host.py")
REASONS = {"never_ended", "process_died", "queue_full", "spool_full", "export_refused"}


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A real collector, for all runs of this module; each run is a service of its own."""
    settings = Settings(store=tmp_path_factory.mktemp("store"), otlp_http_port=0, otlp_grpc_port=0)
    started = Collector(settings, settle)
    started.start()
    yield started
    started.stop()


@pytest.fixture
def reader(collector: Collector) -> Iterator[Reader]:
    """What people read through."""
    with open_store(collector.http_url) as opened:
        yield opened


@dataclass(frozen=True)
class Phase:
    """One process of a run, and what it finds at the collector's address."""

    mode: str | None
    end: str
    environment: dict[str, str]
    runs: int
    forks: bool = False
    pause: float = 0.01


SWEEP = Phase("open", "flush", {}, 1)
"""A process that finds the collector there and sends what the others have left."""


def phases(seed: int) -> list[Phase]:
    """A run by its seed: one to three processes that fare badly, and one that sweeps up."""
    chance = random.Random(seed)  # noqa: S311 - seeded chance, not cryptography
    made = []
    for _ in range(chance.randint(1, 3)):
        environment = {"OTEL_BSP_SCHEDULE_DELAY": chance.choice(["20", "100", "5000"])}
        if chance.random() < 0.4:
            environment["OTEL_BSP_MAX_QUEUE_SIZE"] = chance.choice(["8", "32"])
        if chance.random() < 0.4:
            environment["RELAYLENS_SPOOL_BYTES"] = chance.choice(["16384", "65536"])
        mode = chance.choice([None, None, "open", "503", "deaf", "cut", "flaky", "400"])
        end = chance.choice(["kill", "kill", "_exit", "end", "exit", "exception"])
        made.append(Phase(mode, end, environment, chance.randint(5, 40), forks=chance.random() < 0.3))
    return [*made, SWEEP]


def perform(phase: Phase, door: Front, service: str, seed: int, folder: Path) -> int:
    """Run one process, and give its exit code."""
    if phase.mode is None:
        door.shut()
    else:
        door.open(phase.mode)
    plan = {
        "seed": seed,
        "service": service,
        "endpoint": door.address,
        "diary": str(folder / "diary"),
        "runs": phase.runs,
        "forks": phase.forks,
        "end": phase.end,
        "pause": phase.pause,
    }
    environment = {"RELAYLENS_SPOOL_DIR": str(folder / "spool"), "OTEL_EXPORTER_OTLP_TIMEOUT": "2", **phase.environment}
    command = [sys.executable, str(HOST), json.dumps(plan)]
    return subprocess.run(command, env={**os.environ, **environment}, capture_output=True, timeout=60, check=False).returncode


@pytest.mark.parametrize("seed", range(1, 21))
def test_what_is_reported_missing_is_what_is_missing(seed: int, collector: Collector, reader: Reader, tmp_path: Path) -> None:
    """Reported completeness is true completeness, each missing span is in exactly one named gap, and none is there twice."""
    service = f"seed-{seed}"
    expected_codes = {"kill": -9, "_exit": 3, "end": 0, "exit": 4, "exception": 1, "flush": 0}
    with front(collector.http_url) as door:
        door.chance.seed(seed)
        plan = phases(seed)
        codes = [perform(phase, door, service, seed, tmp_path) for phase in plan]
    collector.ingest.flush()

    assert [expected_codes[phase.end] for phase in plan] == codes
    begun = {(line[0], line[1]): line[2] for line in map(json.loads, (tmp_path / "diary").read_text().splitlines())}
    stored = reader.query(
        "SELECT process, unnest(range(first, last + 1)) AS number FROM held_numbers() WHERE service_name = $service", {"service": service}
    ).to_pylist()
    spans = reader.query("SELECT trace_id, span_id FROM spans WHERE service_name = $service", {"service": service}).to_pylist()
    held = {(row["process"], row["number"]) for row in stored}
    gaps = lists.gaps(reader, Window(service=service), limit=None).to_pylist()
    named = [(gap["process"], number) for gap in gaps for number in range(gap["first"], gap["last"] + 1)]
    accounts = lists.account(reader, Window(service=service), limit=None).to_pylist()
    (reported,) = [
        row for row in metrics.compute(reader, "audit_completeness", Window(service=service)).to_pylist() if row["part"] == "span"
    ]

    assert len(spans) == len({row["span_id"] for row in spans})
    assert {span for key, span in begun.items() if key in held} == {row["span_id"] for row in spans}
    assert sorted(set(begun) - held) == sorted(named)
    assert (len(held), len(begun)) == (reported["numerator"], reported["denominator"])
    assert {gap["reason"] for gap in gaps} <= REASONS
    assert [] == [list(one.values())[3:] for one in accounts if not one["fits"] or one["duplicates"]]
    assert Counter(process for process, _ in begun) == {one["process"]: one["begun"] for one in accounts}
    assert Counter(process for process, _ in held) == {one["process"]: one["stored"] for one in accounts if one["stored"]}
    assert Counter(process for process, _ in named) == {one["process"]: one["missing"] for one in accounts if one["missing"]}
    assert {gap["reason"] for gap in gaps} == {part.split()[0] for one in accounts for part in (one["ranges"] or "").split(", ") if part}
    assert not [path for path in (tmp_path / "spool").rglob("*") if path.is_file() and path.name != "room"]
