"""How long the screens' questions take on a million spans: each asked many times with other windows, filters and pages.

The store is built by `large_store`, and asked through `open_store`: over the collector's read API while it runs, and in the file when it
has ended. `python -m tests.benchmarks.queries` prints the figures; it ends with 1 where one is over its limit.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.request import ProxyHandler, build_opener

import numpy as np
from tests.benchmarks.ingest import machine
from tests.benchmarks.large_store import DAYS, large_store

from relaylens_analytics import Reader, Window, catalog, metrics, open_store
from relaylens_analytics.queries import agents, lists, network, runs, spans, transcript
from relaylens_analytics.queries.runs import RunFilter, RunKey
from relaylens_analytics.queries.spans import SpanKey
from relaylens_dashboard.screens.reading import QUESTIONS
from relaylens_dashboard.screens.run import SLICE

MILLION: Final = 1_000_000
LIMIT_MS: Final = {"metric": 300.0, "page": 300.0, "search": 300.0, "trace": 100.0}
"""The 95th percentile for a million spans; three times that for ten million."""

_LARGER: Final = 3.0
_WORDS: Final = ("refund", "invoice", "timeout", "printer", "password", "not there at all", "order 4", "the network", "e", "ünïcode")

Ask = Callable[[Reader], object]


@dataclass(frozen=True, slots=True)
class Known:
    """What is in the store, to ask about."""

    first: datetime
    last: datetime
    runs: Sequence[dict[str, Any]]
    agents: Sequence[str]
    edges: Sequence[tuple[str, str]]
    spans: int

    def window(self, draw: random.Random) -> Window:
        """Draw a window as the screens offer them: all, some days or some hours, ending now or earlier."""
        length = draw.choice([None, None, timedelta(days=DAYS), timedelta(days=7), timedelta(days=1), timedelta(hours=6)])
        service = draw.choice([None, None, None, "support-network"])
        if length is None:
            return Window(service=service)
        until = self.last - timedelta(seconds=draw.choice([0, draw.random() * DAYS * 86400]))
        return Window(until - length, until, service)


@dataclass(frozen=True, slots=True)
class Question:
    """One thing a screen asks, and how."""

    kind: str
    name: str
    draw: Callable[[random.Random, Known], Ask]


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


def _metric(name: str) -> Question:
    entry = catalog.metric(name)

    def draw(draw: random.Random, known: Known) -> Ask:
        window, by = known.window(draw), draw.choice(entry.dimensions)
        bucket = draw.choice([3600, 86400]) if by == "time" else None
        filters = {"now": known.last} if "now" in metrics.statement_of(entry).parameters else {}
        return lambda reader: metrics.compute(reader, name, window, by=by, bucket_s=bucket, **filters)

    return Question("metric", name, draw)


def _page(name: str, ask: Callable[[random.Random, Known], Ask]) -> Question:
    return Question("page", name, ask)


def _windowed(ask: Callable[[Reader, Window], object]) -> Callable[[random.Random, Known], Ask]:
    def draw(draw: random.Random, known: Known) -> Ask:
        window = known.window(draw)
        return lambda reader: ask(reader, window)

    return draw


def _runs_page(draw: random.Random, known: Known) -> Ask:
    """Filters, sorts and pages of the runs screen."""
    window = known.window(draw)
    wanted = draw.choice(
        [
            RunFilter(),
            RunFilter(outcomes=(draw.choice(["failed", "completed", "escalated"]),)),
            RunFilter(agent=draw.choice(known.agents)),
            RunFilter(detector=draw.choice(["loop", "empty_output", "failed_handoff"])),
            RunFilter(conversation=draw.choice(known.runs)["conversation"]),
            RunFilter(escalated=True, min_ms=draw.random() * 10_000),
        ]
    )
    sort, descending, page = draw.choice(runs.SORTS), draw.random() < 0.7, draw.choice([0, 0, 0, 1, 5, 40])
    return lambda reader: runs.page(reader, window, wanted, sort=sort, descending=descending, limit=50, offset=50 * page)


def _search(draw: random.Random, known: Known) -> Ask:
    """A text in what agents were given or produced."""
    window, text = known.window(draw), draw.choice(_WORDS)
    return lambda reader: runs.page(reader, window, RunFilter(search=text))


def _edge(ask: Callable[[Reader, Window, str, str], object]) -> Callable[[random.Random, Known], Ask]:
    def draw(draw: random.Random, known: Known) -> Ask:
        window, (source, target) = known.window(draw), draw.choice(known.edges)
        return lambda reader: ask(reader, window, source, target)

    return draw


def _agent(ask: Callable[[Reader, Window, str], object]) -> Callable[[random.Random, Known], Ask]:
    def draw(draw: random.Random, known: Known) -> Ask:
        window, agent = known.window(draw), draw.choice(known.agents)
        return lambda reader: ask(reader, window, agent)

    return draw


def _of_run(ask: Callable[[Reader, dict[str, Any]], object]) -> Callable[[random.Random, Known], Ask]:
    def draw(draw: random.Random, known: Known) -> Ask:
        run = draw.choice(known.runs)
        return lambda reader: ask(reader, run)

    return draw


def _own(name: str, **values: int | None) -> Callable[[random.Random, Known], Ask]:
    """A question that only the run screen asks."""
    sql = (QUESTIONS / f"{name}.sql").read_text(encoding="utf-8")
    return _of_run(lambda reader, run: reader.query(sql, {"run": run["run"], "conversation": run["conversation"], **values}))


def _key(run: dict[str, Any]) -> RunKey:
    return RunKey(run["run"], run["conversation"])


_WHOLE: Final = {"since": None, "until": None}

QUESTIONS_ASKED: Final = (
    *(_metric(entry.name) for entry in catalog.METRICS),
    _page("runs", _runs_page),
    _page("network agents", _windowed(network.agents)),
    _page("network edges", _windowed(network.edges)),
    _page("agents", _windowed(agents.scorecards)),
    _page("agent over time", _agent(agents.over_time)),
    _page("agent versions", _agent(agents.versions)),
    _page("agent tools", _agent(agents.tools)),
    _page("edge funnel", _edge(network.edge_funnel)),
    _page("edge payload", _edge(network.edge_payload)),
    _page("edge examples", _edge(network.edge_examples)),
    _page("edge bounces", _edge(network.edge_bounces)),
    _page("findings", _windowed(lists.findings)),
    _page("findings inbox", _windowed(lists.findings_inbox)),
    _page("escalations", _windowed(lists.escalations)),
    _page("conversations", _windowed(lists.conversations)),
    _page("services", lambda _draw, _known: lists.services),
    _page("extent", lambda _draw, _known: lists.extent),
    _page("gaps", lambda _draw, known: lambda reader: lists.gaps(reader, Window(), now=known.last)),
    Question("search", "text in runs", _search),
    Question("trace", "run", _of_run(lambda reader, run: runs.one(reader, _key(run)))),
    Question("trace", "its spans", _of_run(lambda reader, run: runs.spans(reader, _key(run)))),
    Question("trace", "its steps", _own("run_turns", first=1, last=SLICE)),
    Question("trace", "its calls", _own("run_blocks", limit=600, **_WHOLE)),
    Question("trace", "its handoffs", _own("run_crossings", limit=300, **_WHOLE)),
    Question("trace", "its findings", _of_run(lambda reader, run: runs.findings(reader, _key(run)))),
    Question("trace", "its events", _own("run_events", limit=60, offset=0, text_limit=20_000, **_WHOLE)),
    Question("trace", "its span tree", _own("span_tree", limit=100, offset=0)),
    Question("trace", "its transcript", _of_run(lambda reader, run: transcript.transcript(reader, _key(run)))),
    Question("trace", "one span", _of_run(lambda reader, run: spans.one(reader, SpanKey(run["trace_id"], run["span_id"])))),
    Question("trace", "its attributes", _of_run(lambda reader, run: spans.attributes(reader, SpanKey(run["trace_id"], run["span_id"])))),
)


def look(reader: Reader) -> Known:
    """Find out what there is to ask about."""
    [extent] = lists.extent(reader).to_pylist()
    found = reader.query(
        "SELECT run, conversation, trace_id, span_id FROM steps WHERE position = 1 ORDER BY hash(step) LIMIT 500"
    ).to_pylist()
    ways = reader.query("SELECT DISTINCT from_agent, to_agent FROM handoffs WHERE to_agent IS NOT NULL ORDER BY ALL").to_pylist()
    known = [row["agent"] for row in reader.query("SELECT DISTINCT agent FROM steps ORDER BY agent").to_pylist()]
    first, last = (extent[name].replace(tzinfo=UTC) for name in ("first_started_at", "last_started_at"))
    return Known(first, last, found, known, [(row["from_agent"], row["to_agent"]) for row in ways], extent["spans"])


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

    return Question("trace", "GET /api/v1/traces/{id}", _of_run(ask))


def main() -> None:
    """Build, ask and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=MILLION)
    parser.add_argument("--times", type=int, default=60, help="how often each question is asked")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long each question is asked, if that is shorter")
    parser.add_argument("--store", type=Path, help="a store that was built before: the file alone is asked")
    parser.add_argument("--only", default="", help="questions whose name holds this")
    asked = parser.parse_args()
    if asked.store is not None:
        timings, known = _ask_all(str(asked.store), "file", asked)
    else:
        with tempfile.TemporaryDirectory() as folder:
            with large_store(Path(folder), asked.spans) as collector:
                timings, known = _ask_all(collector.http_url, "http", asked, _otlp(collector.http_url))
            more, known = _ask_all(folder, "file", asked)
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
        wanted = [question for question in (*QUESTIONS_ASKED, *more) if asked.only in question.name]
        return [measure(reader, known, question, times=asked.times, seconds=asked.seconds, way=way) for question in wanted], known


if __name__ == "__main__":
    main()
