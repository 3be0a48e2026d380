"""Questions about runs: which there are, and everything about one of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa

from relaylens_analytics.errors import UnknownSortError
from relaylens_analytics.queries import limits
from relaylens_analytics.reader import Reader
from relaylens_analytics.values import Value
from relaylens_analytics.window import Window

SORTS: Final = (
    "started_at",
    "duration_ms",
    "wait_ms",
    "cost_usd",
    "tokens",
    "steps",
    "handoffs",
    "handoffs_failed",
    "escalations",
    "findings",
    "errors",
    "rework",
    "retries",
    "name",
    "outcome",
    "service_name",
    "first_agent",
    "last_agent",
)
"""What the list of runs can be sorted by."""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted, beside the window; None means any."""

    outcomes: tuple[str, ...] | None = None
    agent: str | None = None
    """Took part with at least one step."""

    detector: str | None = None
    """Has a finding of this detector."""

    escalated: bool | None = None
    conversation: str | None = None
    workflow: str | None = None
    user: str | None = None
    min_ms: float | None = None
    search: str | None = None
    """Text in what was asked and answered, or in what an agent was given or produced, case aside."""


ANY_RUN: Final = RunFilter()
"""No filter."""


@dataclass(frozen=True, slots=True)
class RunKey:
    """Names one run; the conversation only where the run's own id is not enough."""

    run: str
    conversation: str | None = None

    def params(self) -> dict[str, str | None]:
        """Give the values that every question about one run takes."""
        return {"run": self.run, "conversation": self.conversation}


def page(  # noqa: PLR0913 - one keyword a control of the list
    reader: Reader,
    window: Window,
    wanted: RunFilter = ANY_RUN,
    *,
    sort: str = "started_at",
    descending: bool = True,
    limit: int = limits.PAGE,
    offset: int = 0,
    searched: int = limits.SEARCHED,
) -> pa.Table:
    """List a page of the runs that match; the column `total` counts them all.

    A text is looked for in what every run was asked and answered, and in every turn of the latest `searched` ones; where there are more,
    the column `searched_since` says from when on.
    """
    if sort not in SORTS:
        detail = f"Runs are sorted by {', '.join(SORTS)}, not by {sort!r}."
        raise UnknownSortError(detail)
    values = {
        **window.params(),
        "outcomes": wanted.outcomes,
        "agent": wanted.agent,
        "detector": wanted.detector,
        "escalated": wanted.escalated,
        "conversation": wanted.conversation,
        "workflow": wanted.workflow,
        "user": wanted.user,
        "min_ms": wanted.min_ms,
        "search": wanted.search,
        "searched": searched,
        "sort": sort,
        "descending": descending,
        "limit": limit,
        "offset": offset,
    }
    return reader.query_file("queries/runs", values)


def one(reader: Reader, key: RunKey) -> pa.Table:
    """Give the run's row; no row where there is no such run."""
    return reader.query_file("queries/run", key.params())


def verdict(reader: Reader, run: str) -> pa.Table:
    """Say whether people called the run good or bad: one row, or none."""
    return reader.query_file("queries/run_verdict", {"run": run})


def steps(reader: Reader, key: RunKey, *, limit: int = limits.ROWS, text_limit: int = limits.TEXT) -> pa.Table:
    """List the run's steps in order, each with what the agent was given and what it produced."""
    return reader.query_file("queries/run_steps", {**key.params(), "limit": limit, "text_limit": text_limit})


def of_trace(reader: Reader, trace_id: str, *, limit: int = limits.ROWS) -> pa.Table:
    """List the runs that a trace belongs to, earliest first."""
    return reader.query_file("queries/runs_of_trace", {"trace_id": trace_id, "limit": limit})


def agents(reader: Reader, conversation: str, *, limit: int = limits.ROWS) -> pa.Table:
    """List who took part in a conversation, with the names that are one agent in several roles."""
    return reader.query_file("queries/run_agents", {"conversation": conversation, "limit": limit})


def events(  # noqa: PLR0913 - one keyword a control of the page
    reader: Reader,
    key: RunKey,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = limits.PAGE,
    offset: int = 0,
    text_limit: int = limits.TEXT,
) -> pa.Table:
    """List what happened in the run, or in a part of its time, in order; the column `total` counts all.

    What models were told and answered is read by `queries.transcript`.
    """
    page = {"since": since, "until": until, "limit": limit, "offset": offset, "text_limit": text_limit}
    return reader.query_file("queries/run_events", {**key.params(), **page})


def handoffs(reader: Reader, key: RunKey, *, returns: bool = True, limit: int = limits.ROWS) -> pa.Table:
    """List the run's handoffs in order, control going back to the caller included."""
    return reader.query_file("queries/handoffs", {**key.params(), "returns": returns, "limit": limit})


def escalations(reader: Reader, key: RunKey, *, now: datetime | None = None, limit: int = limits.ROWS) -> pa.Table:
    """List what people were asked in the run."""
    return reader.query_file("queries/run_escalations", {**key.params(), "now": now or datetime.now(UTC), "limit": limit})


def findings(reader: Reader, key: RunKey, *, limit: int = limits.ROWS) -> pa.Table:
    """List what was found in the run."""
    return reader.query_file("queries/run_findings", {**key.params(), "limit": limit})


def hints(reader: Reader, key: RunKey, *, limit: int = limits.ROWS) -> pa.Table:
    """List what detectors found in the run that are held back, since their false alarms here are not known to be few."""
    return reader.query_file("queries/run_hints", {**key.params(), "limit": limit})


def failures(reader: Reader, key: RunKey, *, limit: int = limits.ROWS) -> pa.Table:
    """List the calls of the run that failed, and what was tried again or instead."""
    return reader.query_file("queries/run_failures", {**key.params(), "limit": limit})


def values_taken(  # noqa: PLR0913 - which values, where and how far to look
    reader: Reader,
    values: list[str],
    since: datetime,
    *,
    service: str | None = None,
    searched: int = limits.SEARCHED,
    limit: int = limits.PAGE,
) -> pa.Table:
    """List the later runs that hold one of these values, looking at the next turns after a moment."""
    asked: dict[str, Value] = {"values": values, "since": since, "service": service, "searched": searched, "limit": limit}
    return reader.query_file("queries/values_taken", asked)


def labels(reader: Reader, key: RunKey, *, limit: int = limits.ROWS) -> pa.Table:
    """List the labels and the feedback of the run."""
    return reader.query_file("queries/run_labels", {**key.params(), "limit": limit})


def spans(reader: Reader, key: RunKey, *, limit: int = limits.SPANS, offset: int = 0) -> pa.Table:
    """List the run's spans in order of start; the column `total` counts them all."""
    return reader.query_file("queries/run_spans", {**key.params(), "limit": limit, "offset": offset})


def tool_calls(reader: Reader, key: RunKey, *, limit: int = limits.ROWS, text_limit: int = limits.TEXT) -> pa.Table:
    """List the run's tool calls with their arguments and results."""
    return reader.query_file("queries/run_tool_calls", {**key.params(), "limit": limit, "text_limit": text_limit})
