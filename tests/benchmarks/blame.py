"""How often blame is right: on the example network's faults, and on runs of a folder of labelled runs, beside heuristics.

python -m tests.benchmarks.blame demo --runs 120 --seeds 1,2,3,4,5
python -m tests.benchmarks.blame labelled FOLDER
"""

import argparse
import asyncio
import io
import json
import resource
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from examples.support_network.clock import now
from examples.support_network.network import Network
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import relaylens
from relaylens_analytics import Reader, open_store
from relaylens_analytics.blame import blame, scoreboard
from relaylens_analytics.queries.runs import RunKey
from relaylens_analytics.settle import settle
from relaylens_collector.ingest import Ingest
from relaylens_collector.signals import Signal
from relaylens_dashboard.cli.ingesting import ingest_files

UNTIL = 1_800_000_000 * 10**9


def play(folder: Path, seeds: Sequence[int], runs: int, *, labels: bool) -> list[dict[str, Any]]:
    """Run the example network into a store, with what the business says of each run later, and give its truth."""
    truth: list[dict[str, Any]] = []
    with Ingest(folder, settle) as ingest:
        for seed in seeds:
            exporter, told = InMemorySpanExporter(), io.StringIO()
            provider = TracerProvider(shutdown_on_exit=False)
            handle = relaylens.instrument("support", tracer_provider=provider, exporter=exporter, frameworks=False, clock=now)
            asyncio.run(Network(seed, truth=told).history(runs, 24.0, UNTIL))
            handle.flush(30)
            handle.uninstrument()
            ingest.submit(Signal.TRACES, encode_spans(exporter.get_finished_spans()).SerializeToString())
            truth += [json.loads(line) for line in told.getvalue().splitlines()]
        for row in truth if labels else []:
            for number, label in enumerate(row["labels"]):
                body = {**label, "run": row["run"], "source": "quality team", "id": f"{row['run']} {number}"}
                ingest.submit(Signal.LABELS, json.dumps(body).encode())
        ingest.flush()
    return truth


def demo(reader: Reader, truth: Sequence[dict[str, Any]]) -> None:
    """Print, for each fault, in how many runs it was found and the blamed agent was the first suspect; and the clean runs flagged."""
    runs, found, right, first = (Counter[str]() for _ in range(4))
    for row in truth:
        result = blame(reader, RunKey(row["run"]))
        assert result is not None
        kind = row["fault"] or (f"{row['kind']}, sent back" if row["rework"] else f"{row['kind']}, all well")
        runs[kind] += 1
        found[kind] += any(symptom.kind in {"finding", "label"} for symptom in result.symptoms)
        if result.symptoms and result.suspects:
            first[f"{kind}: {result.suspects[0].agent}"] += 1
        right[kind] += bool(result.suspects) and result.suspects[0].agent == row["blamed_agent"]
    named = {row["fault"] or f"{row['kind']}, sent back" for row in truth if row["blamed_agent"]}
    print("| fault | runs | found | blamed agent right, top 1 | first suspects |\n|---|---|---|---|---|")
    for kind in sorted(runs):
        suspects = ", ".join(
            f"{name.removeprefix(kind + ': ')} {count}" for name, count in sorted(first.items()) if name.startswith(f"{kind}: ")
        )
        print(f"| {kind} | {runs[kind]} | {found[kind]} | {right[kind] if kind in named else 'nobody is named'} | {suspects} |")
    well = [kind for kind in runs if kind.endswith("all well")]
    total = sum(runs[kind] for kind in named)
    print(f"\nblamed agent right: {sum(right[kind] for kind in named)} of {total}")
    print(f"clean runs flagged: {sum(found[kind] for kind in well)} of {sum(runs[kind] for kind in well)}")


def labelled(folder: Path, store: Path) -> None:
    """Print how often each way of blaming was right on the runs whose step is known."""
    truths = scoreboard.labelled(folder / "labels.csv")
    wanted = {truth.deployment for truth in truths}
    ingest_files([path for path in sorted(folder.rglob("*.pb*")) if path.name.split(".")[0] in wanted], None, store, None)
    print("| deployment | way of blaming | runs | named | step | step in first 3 | agent | agent in first 3 |\n" + "|---" * 8 + "|")
    with open_store(store) as reader:
        for one in scoreboard.scores(reader, truths):
            shares = " | ".join(f"{value / one.runs:.1%}" for value in (one.step, one.step_in_top, one.agent, one.agent_in_top))
            print(f"| {one.deployment} | {one.method} | {one.runs} | {one.named} | {shares} |")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["demo", "labelled"])
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--runs", type=int, default=120)
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--no-labels", action="store_true", help="Leave out what the business says of the runs.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        store = Path(scratch) / "store"
        if asked.what == "labelled":
            labelled(asked.folder, store)
        else:
            truth = play(store, [int(seed) for seed in asked.seeds.split(",")], asked.runs, labels=not asked.no_labels)
            before = resource.getrusage(resource.RUSAGE_SELF)
            with open_store(store) as reader:
                demo(reader, truth)
            after = resource.getrusage(resource.RUSAGE_SELF)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            print(f"processor time: {1000 * spent / len(truth):.0f} ms a run")


if __name__ == "__main__":
    main()
