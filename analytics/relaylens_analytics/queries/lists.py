"""The lists of handoffs, escalations, findings and conversations, and what the store holds."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from relaylens_analytics.queries import limits
from relaylens_analytics.reader import Reader
from relaylens_analytics.window import Window


@dataclass(frozen=True, slots=True)
class HandoffFilter:
    """Which handoffs are wanted, beside the window; None means any."""

    from_agent: str | None = None
    to_agent: str | None = None
    run: str | None = None
    conversation: str | None = None
    reason: str | None = None
    succeeded: bool | None = None
    returns: bool = True
    """Whether control going back to the caller is listed too; its column `return` is true."""


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """Which findings are wanted, beside the window; None means any."""

    detector: str | None = None
    agent: str | None = None
    """To blame as far as known, else where it shows."""

    severity: str | None = None
    run: str | None = None
    conversation: str | None = None
    finding: str | None = None
    silent: bool = False
    """Only those of completed runs."""

    new: bool = False
    """Only kinds (detector and agent) that were not there before the window, which needs a beginning."""

    marks: tuple[str, ...] | None = None
    """Only with one of these marks; `open` stands for none."""


ANY_HANDOFF: Final = HandoffFilter()
ANY_FINDING: Final = FindingFilter()


def handoffs(reader: Reader, window: Window, wanted: HandoffFilter = ANY_HANDOFF, *, limit: int | None = limits.ROWS) -> pa.Table:
    """List handoffs in time order, of more than `limit` the latest; None lists all."""
    values = {
        **window.params(),
        "from_agent": wanted.from_agent,
        "to_agent": wanted.to_agent,
        "run": wanted.run,
        "conversation": wanted.conversation,
        "reason": wanted.reason,
        "succeeded": wanted.succeeded,
        "returns": wanted.returns,
        "limit": limit,
    }
    return reader.query_file("queries/handoffs", values)


def gaps(
    reader: Reader, window: Window, *, process: str | None = None, now: datetime | None = None, limit: int | None = limits.ROWS
) -> pa.Table:
    """List what is missing in the record in time order: process, first and last number, and why; of more than `limit` the latest."""
    values = {**window.params(), "process": process, "now": now or datetime.now(UTC), "limit": limit}
    return reader.query_file("queries/gaps", values)


def account(
    reader: Reader, window: Window, *, process: str | None = None, now: datetime | None = None, limit: int | None = limits.ROWS
) -> pa.Table:
    """Account for what each process has begun, in time order: stored, refused, dropped, missing, and whether it adds up."""
    values = {**window.params(), "process": process, "now": now or datetime.now(UTC), "limit": limit}
    return reader.query_file("queries/account", values)


def silences(reader: Reader, *, service: str | None = None, now: datetime | None = None, limit: int | None = limits.ROWS) -> pa.Table:
    """List deployments by how long nothing has come from them, in the runs that would have been usual; those gone silent first."""
    return reader.query_file("queries/silences", {"service": service, "now": now or datetime.now(UTC), "limit": limit})


def dead_letters(reader: Reader, window: Window, *, signal: str | None = None, limit: int | None = limits.ROWS) -> pa.Table:
    """List what was acknowledged and is not among the rows in time order, with the reason; of more than `limit` the latest."""
    values = {name: value for name, value in window.params().items() if name != "service"}
    return reader.query_file("queries/dead_letters", {**values, "signal": signal, "limit": limit})


def escalations(  # noqa: PLR0913 - one keyword a control of the list
    reader: Reader,
    window: Window,
    *,
    agent: str | None = None,
    states: tuple[str, ...] | None = None,
    conversation: str | None = None,
    now: datetime | None = None,
    limit: int | None = limits.ROWS,
) -> pa.Table:
    """List questions to people in time order, of more than `limit` the latest; `pending_ms` of an open one is its age at `now`."""
    values = {
        **window.params(),
        "agent": agent,
        "states": states,
        "conversation": conversation,
        "now": now or datetime.now(UTC),
        "limit": limit,
    }
    return reader.query_file("queries/escalations", values)


def findings(
    reader: Reader, window: Window, wanted: FindingFilter = ANY_FINDING, *, limit: int | None = limits.ROWS, offset: int = 0
) -> pa.Table:
    """List findings, the latest first; the column `total` counts all that match."""
    values = {
        **window.params(),
        "detector": wanted.detector,
        "agent": wanted.agent,
        "severity": wanted.severity,
        "run": wanted.run,
        "conversation": wanted.conversation,
        "finding": wanted.finding,
        "silent": wanted.silent,
        "new": wanted.new,
        "marks": wanted.marks,
        "limit": limit,
        "offset": offset,
    }
    return reader.query_file("queries/findings", values)


def findings_inbox(  # noqa: PLR0913 - one keyword a control of the list
    reader: Reader,
    window: Window,
    wanted: FindingFilter = ANY_FINDING,
    *,
    newest: bool = False,
    now: datetime | None = None,
    limit: int = limits.ROWS,
) -> pa.Table:
    """Group findings by detector and agent: the gravest and most frequent first, or with `newest` what changed last."""
    values = {
        **window.params(),
        "detector": wanted.detector,
        "agent": wanted.agent,
        "severity": wanted.severity,
        "silent": wanted.silent,
        "marks": wanted.marks,
        "newest": newest,
        "now": now or datetime.now(UTC),
        "limit": limit,
    }
    table = reader.query_file("queries/findings_inbox", values)
    return table.filter(pc.field("is_new")) if wanted.new else table


def detector_precision(reader: Reader, *, service: str | None = None, limit: int = limits.ROWS) -> pa.Table:
    """Say of each detector with marked findings how often it was right here: counts, precision and its 95 % interval."""
    return reader.query_file("queries/detector_precision", {"service": service, "limit": limit})


def false_alarms(reader: Reader, *, service: str | None = None, limit: int = limits.ROWS) -> pa.Table:
    """Say on which share of a deployment's good runs each detector says something, with its 95 % interval, and what is held back."""
    return reader.query_file("queries/false_alarms", {"service": service, "limit": limit})


def conversations(reader: Reader, window: Window, *, limit: int | None = limits.PAGE, offset: int = 0) -> pa.Table:
    """List conversations, the latest first; the column `total` counts all."""
    return reader.query_file("queries/conversations", {**window.params(), "limit": limit, "offset": offset})


def conversation_traces(reader: Reader, conversation: str, *, limit: int = limits.ROWS) -> pa.Table:
    """List the traces of a conversation, and why they belong together."""
    return reader.query_file("queries/conversation_traces", {"conversation": conversation, "limit": limit})


def services(reader: Reader, *, limit: int = limits.ROWS) -> pa.Table:
    """List the services in the store, the busiest first."""
    return reader.query_file("queries/services", {"limit": limit})


def extent(reader: Reader) -> pa.Table:
    """Count what the store holds, and say of which time: one row."""
    return reader.query_file("queries/extent")
