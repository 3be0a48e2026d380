"""What the screens and commands ask, each question drawn many times with other windows, filters, sorts and pages."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tests.benchmarks.large_store import DAYS

from relaylens_analytics import Reader, Window, blame, catalog, metrics
from relaylens_analytics.queries import agents, lists, network, runs, spans, transcript
from relaylens_analytics.queries.lists import FindingFilter
from relaylens_analytics.queries.runs import RunFilter, RunKey
from relaylens_analytics.queries.spans import SpanKey
from relaylens_dashboard.screens.reading import QUESTIONS
from relaylens_dashboard.screens.run import SLICE

_WORDS: Final = ("refund", "invoice", "timeout", "printer", "password", "not there at all", "order 4", "the network", "e", "ünïcode")

Ask = Callable[[Reader], object]


@dataclass(frozen=True, slots=True)
class Known:
    """What is in the store, to ask about."""

    first: datetime
    last: datetime
    runs: Sequence[dict[str, Any]]
    troubled: Sequence[dict[str, Any]]
    """Runs with a finding."""

    services: Sequence[str]
    agents: Sequence[str]
    edges: Sequence[tuple[str, str]]
    spans: int

    def window(self, draw: random.Random) -> Window:
        """Draw a window as the screens offer them: all, some days or some hours, ending now or earlier."""
        length = draw.choice([None, None, timedelta(days=DAYS), timedelta(days=7), timedelta(days=1), timedelta(hours=6)])
        service = draw.choice([None, None, None, *self.services])
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


def of_run(ask: Callable[[Reader, dict[str, Any]], object]) -> Callable[[random.Random, Known], Ask]:
    """Ask about one of the runs."""

    def draw(draw: random.Random, known: Known) -> Ask:
        run = draw.choice(known.runs)
        return lambda reader: ask(reader, run)

    return draw


def _own(name: str, **values: int | None) -> Callable[[random.Random, Known], Ask]:
    """A question that only the run screen asks."""
    sql = (QUESTIONS / f"{name}.sql").read_text(encoding="utf-8")
    return of_run(lambda reader, run: reader.query(sql, {"run": run["run"], "conversation": run["conversation"], **values}))


def _key(run: dict[str, Any]) -> RunKey:
    return RunKey(run["run"], run["conversation"])


def _troubled(ask: Callable[[Reader, dict[str, Any]], object]) -> Callable[[random.Random, Known], Ask]:
    def draw(draw: random.Random, known: Known) -> Ask:
        run = draw.choice(known.troubled)
        return lambda reader: ask(reader, run)

    return draw


def _blame(reader: Reader, run: dict[str, Any]) -> object:
    """What the run screen asks to show where a run went wrong."""
    found = blame.blame(reader, _key(run))
    return found and {suspect.step: blame.reach(reader, found, suspect.step) for suspect in found.suspects}


_OPEN: Final = FindingFilter(marks=("open",))
_SUSPICION: Final = "SELECT p_value, suspicion, views, steps FROM suspicions WHERE run = $run"
_WHOLE: Final = {"since": None, "until": None}

ASKED: Final = (
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
    _page("inbox of open ones", _windowed(lambda reader, window: lists.findings_inbox(reader, window, _OPEN, newest=True))),
    _page("handoffs", _windowed(lists.handoffs)),
    _page("reach of an agent", _agent(agents.touched)),
    _page("detectors' precision", lambda _draw, _known: lists.detector_precision),
    _page("detectors' false alarms", lambda _draw, _known: lists.false_alarms),
    _page("account", lambda _draw, known: lambda reader: lists.account(reader, Window(), now=known.last)),
    _page("services", lambda _draw, _known: lists.services),
    _page("extent", lambda _draw, _known: lists.extent),
    _page("silences", lambda _draw, known: lambda reader: lists.silences(reader, now=known.last)),
    _page("gaps", lambda _draw, known: lambda reader: lists.gaps(reader, Window(), now=known.last)),
    Question("search", "text in runs", _search),
    Question("trace", "run", of_run(lambda reader, run: runs.one(reader, _key(run)))),
    Question("trace", "its spans", of_run(lambda reader, run: runs.spans(reader, _key(run)))),
    Question("trace", "its steps", _own("run_turns", first=1, last=SLICE)),
    Question("trace", "its calls", _own("run_blocks", limit=600, **_WHOLE)),
    Question("trace", "its handoffs", _own("run_crossings", limit=300, **_WHOLE)),
    Question("trace", "its findings", of_run(lambda reader, run: runs.findings(reader, _key(run)))),
    Question("trace", "its events", of_run(lambda reader, run: runs.events(reader, _key(run), limit=60, text_limit=20_000))),
    Question("trace", "its span tree", _own("span_tree", limit=100, offset=0)),
    Question("trace", "its transcript", of_run(lambda reader, run: transcript.transcript(reader, _key(run)))),
    Question("trace", "its verdict", of_run(lambda reader, run: runs.verdict(reader, run["run"]))),
    Question("trace", "its labels", of_run(lambda reader, run: runs.labels(reader, _key(run)))),
    Question("trace", "its hints", of_run(lambda reader, run: runs.hints(reader, _key(run)))),
    Question("trace", "its failures", of_run(lambda reader, run: runs.failures(reader, _key(run)))),
    Question("trace", "how unusual it is", of_run(lambda reader, run: reader.query(_SUSPICION, {"run": run["run"]}))),
    Question("began", "where it began", _troubled(_blame)),
    Question("trace", "one span", of_run(lambda reader, run: spans.one(reader, SpanKey(run["trace_id"], run["span_id"])))),
    Question("trace", "its attributes", of_run(lambda reader, run: spans.attributes(reader, SpanKey(run["trace_id"], run["span_id"])))),
)


def look(reader: Reader) -> Known:
    """Find out what there is to ask about."""
    [extent] = lists.extent(reader).to_pylist()
    found = reader.query(
        "SELECT run, conversation, trace_id, span_id FROM steps WHERE position = 1 ORDER BY hash(step) LIMIT 500"
    ).to_pylist()
    troubled = reader.query(
        "SELECT DISTINCT run, conversation FROM findings WHERE run IS NOT NULL ORDER BY hash(run) LIMIT 500"
    ).to_pylist()
    ways = reader.query("SELECT DISTINCT from_agent, to_agent FROM handoffs WHERE to_agent IS NOT NULL ORDER BY ALL").to_pylist()
    known = [row["agent"] for row in reader.query("SELECT DISTINCT agent FROM steps ORDER BY agent").to_pylist()]
    first, last = (extent[name].replace(tzinfo=UTC) for name in ("first_started_at", "last_started_at"))
    of = [row["service_name"] for row in lists.services(reader).to_pylist()]
    return Known(first, last, found, troubled, of, known, [(row["from_agent"], row["to_agent"]) for row in ways], extent["spans"])
