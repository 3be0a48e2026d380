"""The example network, sent live to a real collector over both transports: every number equals what the program itself knows."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from relaylens_analytics import metrics, open_store
from relaylens_analytics.reader import Reader
from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings

RUNS = 80
ROOT = Path(__file__).parents[2]
PATIENCE_S = 60
ALARM_BUDGET = 0.05


@dataclass
class Live:
    """A collector with the runs of the network in it, and the truth about them."""

    reader: Reader
    truth: list[dict[str, Any]]

    def value(self, name: str, key: str | None = None, **options: Any) -> tuple[float, float]:  # noqa: ANN401 - passed on as it is
        """Numerator and denominator of a metric's row."""
        for row in metrics.compute(self.reader, name, **options).to_pylist():
            if key is None or row["key"] == key:
                return row["numerator"], row["denominator"]
        return 0, 0

    def handoffs(self) -> list[dict[str, Any]]:
        """Every handoff the program made."""
        return [handoff for run in self.truth for handoff in run["handoffs"]]


@pytest.fixture(scope="module", params=["http/protobuf", "grpc"])
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Start a collector, let the network send to it, and wait until its last run is settled."""
    folder = tmp_path_factory.mktemp("live")
    collector = Collector(Settings(store=folder / "store", otlp_http_port=0, otlp_grpc_port=0), settle)
    collector.start()
    try:
        endpoint = collector.http_url if request.param != "grpc" else f"http://127.0.0.1:{collector.grpc_port}"
        command = [sys.executable, "-m", "examples.support_network", "--runs", str(RUNS), "--seed", "5", "--time-scale", "0"]
        command += ["--endpoint", endpoint, "--protocol", request.param, "--truth", str(folder / "truth.jsonl")]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE_S)
        truth = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
        collector.ingest.flush()
        with open_store(collector.http_url) as reader:
            deadline = time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline:
                if reader.query("SELECT count(*) AS n FROM runs", {}).to_pylist() == [{"n": RUNS}]:
                    break
                time.sleep(0.1)
            yield Live(reader, truth)
    finally:
        collector.stop()


def test_runs_and_completion(live: Live) -> None:
    """Completion, by outcome, of exactly the runs that were made."""
    outcomes = Counter(run["outcome"] for run in live.truth)

    assert live.value("task_completion_rate") == (outcomes["completed"], RUNS - outcomes["running"])
    assert {row["key"]: row["value"] for row in metrics.compute(live.reader, "runs", by="outcome").to_pylist()} == outcomes


def test_handoffs(live: Live) -> None:
    """Handoff success of the network and of every edge, with the reasons of failure."""
    decided = live.handoffs()
    edges = Counter(f"{handoff['from']} -> {handoff['to']}" for handoff in decided)
    good = Counter(f"{handoff['from']} -> {handoff['to']}" for handoff in decided if handoff["succeeded"])
    reasons = Counter(handoff["reason"] for handoff in decided if handoff["reason"])
    by_edge = metrics.compute(live.reader, "handoff_success_rate", by="edge").to_pylist()
    by_reason = metrics.compute(live.reader, "handoff_failure_reasons").to_pylist()

    assert live.value("handoff_success_rate") == (sum(good.values()), len(decided))
    assert sorted((row["numerator"], row["denominator"]) for row in by_edge) == sorted((good[edge], count) for edge, count in edges.items())
    assert Counter({row["part"]: int(row["numerator"]) for row in by_reason}) == reasons


def test_escalations(live: Live) -> None:
    """Escalation rate and the answers."""
    asked = [run for run in live.truth if run["escalations"]]
    states = Counter(escalation["state"] for run in live.truth for escalation in run["escalations"])
    answers = metrics.compute(live.reader, "escalation_answers").to_pylist()

    assert live.value("escalation_rate") == (len(asked), RUNS)
    assert Counter({row["part"]: int(row["numerator"]) for row in answers}) == states


def test_tokens_rework_and_retries(live: Live) -> None:
    """Tokens per agent, work sent back and calls made again."""
    tokens: Counter[str] = Counter()
    for run in live.truth:
        for agent, counts in run["agents"].items():
            tokens[agent] += counts["input_tokens"] + counts["output_tokens"]
    by_agent = metrics.compute(live.reader, "tokens", by="agent").to_pylist()

    assert {row["key"]: row["value"] for row in by_agent if row["value"]} == {agent: count for agent, count in tokens.items() if count}
    assert live.value("rework_rate") == (sum(run["rework"] > 0 for run in live.truth), RUNS)
    assert live.value("retries_per_run") == (sum(run["retries"] for run in live.truth), RUNS)


def test_silent_failures(live: Live) -> None:
    """Every fault is found, nothing is found in a run without one but what is unusual there, and the agent it began with is named."""
    found: dict[str, set[str]] = {run["run"]: set() for run in live.truth}
    blamed: dict[str, set[str]] = {run["run"]: set() for run in live.truth}
    for row in live.reader.query("SELECT run, detector, blamed_agent FROM findings WHERE detector <> 'unusual_run'", {}).to_pylist():
        found[row["run"]].add(row["detector"])
        blamed[row["run"]].add(row["blamed_agent"])

    assert found == {run["run"]: set(run["findings"]) for run in live.truth}
    assert [run["run"] for run in live.truth if run["blamed_agent"] and run["blamed_agent"] not in blamed[run["run"]]] == []


def test_unusual_runs(live: Live) -> None:
    """Of the runs without a fault no greater share is called unusual than the alarm budget allows, as far as so few can tell."""
    rows = live.reader.query("SELECT run FROM findings WHERE detector = 'unusual_run'", {}).to_pylist()
    flagged = {row["run"] for row in rows}
    clean = [run["run"] for run in live.truth if not run["findings"]]
    low = live.reader.query(
        "SELECT wilson_low($flagged, $clean) AS low", {"flagged": float(len(flagged.intersection(clean))), "clean": float(len(clean))}
    ).to_pylist()[0]["low"]

    assert low <= ALARM_BUDGET


def test_latency(live: Live) -> None:
    """The length of every run, but for the fraction of a millisecond between the program's clock and its span's."""
    rows = {row["run"]: row["duration_ms"] for row in live.reader.query("SELECT run, duration_ms FROM runs", {}).to_pylist()}

    assert [run["run"] for run in live.truth if abs(rows[run["run"]] - run["duration_ms"]) >= 1] == []
