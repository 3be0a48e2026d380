"""What a report says: gathered once, written as HTML, markdown, CSV or JSON."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any, Final

import pyarrow as pa

from relaylens.semconv import OPEN_ESCALATIONS, DeclaredState
from relaylens_analytics import Reader, Window, metrics
from relaylens_analytics.catalog import METRICS, Metric
from relaylens_analytics.queries import agents, headlines, lists, network
from relaylens_analytics.queries.headlines import Headline
from relaylens_analytics.window import as_utc
from relaylens_dashboard.naming import Names

Row = dict[str, Any]
"""A row of an answer, by column."""

MOST_LISTED: Final = 200
"""So many findings and open questions are listed; all are counted."""

_BUCKETS_S: Final = (60, 300, 900, 3_600, 21_600, 86_400, 604_800, 2_592_000)
_MOST_BUCKETS: Final = 40


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A metric by one of its dimensions."""

    metric: Metric
    by: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report says."""

    made_at: datetime
    store: str
    version: str
    window: Window
    first: datetime | None
    """Beginning of the window, or of the first run where it has none; None in an empty store."""
    last: datetime | None
    bucket_s: int
    """Length of a bucket of `by="time"`."""
    extent: Row
    headlines: tuple[Headline, ...]
    breakdowns: tuple[Breakdown, ...]
    agents: tuple[Row, ...]
    """Who is in the network, people included."""
    scorecards: tuple[Row, ...]
    edges: tuple[Row, ...]
    declared: tuple[Row, ...]
    """What is declared of the network, or was seen of services that declare something."""
    conformance: Row | None
    """The share of runs that keep to it; None where nothing is declared."""
    open_questions: tuple[Row, ...]
    finding_kinds: tuple[Row, ...]
    findings: tuple[Row, ...]
    """The latest."""
    names: Names
    """What people call the agents; programs get their keys."""

    def rows(self, name: str, by: str) -> tuple[Row, ...]:
        """Give the rows of a metric by a dimension; none where the report is not about it."""
        return next((one.rows for one in self.breakdowns if one.metric.name == name and one.by == by), ())

    @property
    def differing(self) -> tuple[Row, ...]:
        """What was seen and is not declared, or is declared and was not seen."""
        return tuple(row for row in self.declared if row["state"] != DeclaredState.AS_DECLARED)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics it is about, in the order of the catalog."""
        return tuple(dict.fromkeys(one.metric for one in self.breakdowns))


def gather(
    reader: Reader,
    window: Window,
    *,
    wanted: Sequence[Metric] = METRICS,
    now: datetime | None = None,
    on_step: Callable[[str, int, int], None] = lambda *_: None,
) -> Report:
    """Ask the store for everything a report says; `on_step` hears what is asked, and how many questions of how many are done."""
    made_at = now or datetime.now(UTC)
    (extent,) = lists.extent(reader).to_pylist()
    # A report made while data comes in counts the same runs in every number: nothing after the moment it was begun.
    closed = window if window.since is None or window.until is not None else replace(window, until=made_at)
    first = window.since or extent["first_started_at"]
    last = window.until or extent["last_started_at"]
    bucket_s = _bucket(as_utc(first), as_utc(last)) if first is not None and last is not None else _BUCKETS_S[0]
    questions = [(metric, by) for metric in wanted for by in metric.dimensions]
    breakdowns = []
    for done, (metric, by) in enumerate(questions):
        on_step(metric.name, done, len(questions))
        filters = {"now": made_at} if "now" in metrics.statement_of(metric).parameters else {}
        table = metrics.compute(reader, metric.name, closed, by=by, bucket_s=bucket_s, **filters)
        breakdowns.append(Breakdown(metric, by, _rows(table)))
    return Report(
        made_at=made_at,
        store=reader.url,
        version=version("relaylens"),
        window=window,
        first=as_utc(first) if first is not None else None,
        last=as_utc(last) if last is not None else None,
        bucket_s=bucket_s,
        extent=extent,
        headlines=tuple(headlines.headlines(reader, closed)),
        breakdowns=tuple(breakdowns),
        agents=_rows(network.agents(reader, closed)),
        scorecards=_rows(agents.scorecards(reader, closed)),
        edges=_rows(network.edges(reader, closed)),
        declared=tuple(row for row in _rows(network.declared(reader, closed)) if row["state"] != DeclaredState.NOT_HELD),
        conformance=next(iter(_rows(metrics.compute(reader, "conformance_rate", closed, by="total"))), None),
        open_questions=_rows(lists.escalations(reader, closed, states=OPEN_ESCALATIONS, now=made_at, limit=MOST_LISTED)),
        finding_kinds=_rows(lists.findings_inbox(reader, closed)),
        findings=_rows(lists.findings(reader, closed, limit=MOST_LISTED)),
        names=Names.ask(reader),
    )


def _rows(table: pa.Table) -> tuple[Row, ...]:
    return tuple(table.to_pylist(maps_as_pydicts="lossy"))


def _bucket(first: datetime, last: datetime) -> int:
    """Choose the shortest bucket of which the window has few enough for a picture."""
    length = (last - first) / timedelta(seconds=1)
    return next((bucket for bucket in _BUCKETS_S if length / bucket <= _MOST_BUCKETS), _BUCKETS_S[-1])
