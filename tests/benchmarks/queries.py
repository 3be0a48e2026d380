"""How long the screens' questions take on a million spans: each asked many times with other windows, filters and pages.

The store is built by `large_store`, and asked through `open_store`: over the collector's read API while it runs, and in the file when it
has ended. `python -m tests.benchmarks.queries` prints the figures; it ends with 1 where one is over its limit.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.request import ProxyHandler, build_opener

import numpy as np
from tests.benchmarks.ingest import machine
from tests.benchmarks.large_store import build, running
from tests.benchmarks.questions import ASKED, Known, Question, look, of_run

from relaylens_analytics import Reader, open_store

MILLION: Final = 1_000_000
LIMIT_MS: Final = {"metric": 300.0, "page": 300.0, "search": 300.0, "trace": 100.0, "began": 300.0}
"""The 95th percentile for a million spans; three times that for ten million."""

_LARGER: Final = 3.0


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a question took."""

    question: Question
    way: str
    times_ms: Sequence[float]
    busy_ms: Sequence[float]
    """Of processors, all threads together: what other work on the machine does not lengthen."""

    @property
    def p95(self) -> float:
        """The 95th percentile."""
        return float(np.percentile(self.times_ms, 95))

    def line(self, limit: float) -> str:
        """Write it as a line of the table."""
        p50, busy, most = float(np.percentile(self.times_ms, 50)), float(np.percentile(self.busy_ms, 95)), max(self.times_ms)
        mark = "" if self.p95 <= limit else "  over"
        return (
            f"{self.question.kind:<7} {self.question.name:<28} {self.way:<5} {len(self.times_ms):>4} "
            f"{p50:>8.1f} {self.p95:>8.1f} {most:>8.1f} {busy:>8.1f} {self.p95 / limit:>9.2f}{mark}"
        )


def measure(reader: Reader, known: Known, question: Question, *, times: int, seconds: float, way: str) -> Timing:
    """Ask a question so many times, or for so long, never less than five times."""
    draw = random.Random(question.name)  # noqa: S311 - the same questions each time, nothing secret
    taken: list[float] = []
    busy: list[float] = []
    question.draw(draw, known)(reader)
    began = time.perf_counter()
    while len(taken) < times and (len(taken) < 5 or time.perf_counter() - began < seconds):
        ask = question.draw(draw, known)
        asked, worked = time.perf_counter(), time.process_time()
        ask(reader)
        taken.append((time.perf_counter() - asked) * 1000)
        busy.append((time.process_time() - worked) * 1000)
    return Timing(question, way, taken, busy)


def _otlp(url: str) -> Question:
    """One whole trace as OTLP, of the collector alone."""
    opener = build_opener(ProxyHandler({}))

    def ask(_reader: Reader, run: dict[str, Any]) -> bytes:
        with opener.open(f"{url}/api/v1/traces/{run['trace_id']}") as answer:
            body: bytes = answer.read()
        return body

    return Question("trace", "GET /api/v1/traces/{id}", of_run(ask))


def main() -> None:
    """Build, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=MILLION)
    parser.add_argument("--times", type=int, default=60, help="how often each question is asked")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each question is asked, if that is shorter")
    parser.add_argument("--store", type=Path, help="a store that was built before")
    parser.add_argument("--way", choices=["http", "file", "both"], default="both", help="ask a collector, the file, or one after the other")
    parser.add_argument("--only", default="", help="questions whose name holds this")
    asked = parser.parse_args()
    with ExitStack() as kept:
        folder = asked.store or Path(kept.enter_context(tempfile.TemporaryDirectory()))
        if asked.store is None:
            build(folder, asked.spans)
        timings: list[Timing] = []
        if asked.way != "file":
            with running(folder) as collector:
                timings, known = _ask_all(collector.http_url, "http", asked, _otlp(collector.http_url))
        if asked.way != "http":
            more, known = _ask_all(str(folder), "file", asked)
            timings += more
    scale = 1.0 if known.spans < 2 * MILLION else _LARGER
    print(machine())
    print(f"{known.spans:,} spans, {len(known.agents)} agents, {known.first:%Y-%m-%d} to {known.last:%Y-%m-%d}")
    print(f"{'kind':<7} {'question':<28} {'way':<5} {'asked':>4} {'p50 ms':>8} {'p95 ms':>8} {'max ms':>8} {'cpu p95':>8} {'p95/limit':>9}")
    limits = [LIMIT_MS[timing.question.kind] * scale for timing in timings]
    for timing, limit in zip(timings, limits, strict=True):
        print(timing.line(limit))
    over = sum(timing.p95 > limit for timing, limit in zip(timings, limits, strict=True))
    print(f"limits: {', '.join(f'{kind} {limit * scale:.0f} ms' for kind, limit in LIMIT_MS.items())}; over: {over} of {len(timings)}")
    sys.exit(over > 0)


def _ask_all(url: str, way: str, asked: argparse.Namespace, *more: Question) -> tuple[list[Timing], Known]:
    """Ask every question of one reader."""
    with open_store(url) as reader:
        known = look(reader)
        wanted = [question for question in (*ASKED, *more) if asked.only in question.name]
        return [measure(reader, known, question, times=asked.times, seconds=asked.seconds, way=way) for question in wanted], known


if __name__ == "__main__":
    main()
