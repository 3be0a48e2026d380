"""What people may order: to hold, to release, to erase, and to have the rules carried out now."""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from relaylens_collector.erasing.planning import Kind, Retention, holds, plan_retention, plan_subject, window
from relaylens_collector.erasing.plans import HOLD, RELEASE, Plan
from relaylens_collector.erasing.retaining import plan_now, size_of
from relaylens_collector.errors import OrderError
from relaylens_collector.ingest import Ingest
from relaylens_collector.signals import Signal

_A_DAY: Final = timedelta(hours=1)
"""As far as age is judged, each command lets a day pass at most (see `clock`)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an order came to."""

    records: int
    rows: int
    held_rows: int
    rule: str
    operation: int | None
    """The journal's record of it; nothing when nothing was done."""

    def to_dict(self) -> dict[str, object]:
        """Give it as JSON has it."""
        return {"records": self.records, "rows": self.rows, "held_rows": self.held_rows, "rule": self.rule, "operation": self.operation}


def erase_subject(ingest: Ingest, kind: Kind, subject: str, *, said_by: str, dry_run: bool = False) -> Outcome:
    """Erase all of a conversation, run, trace or user, but for what is held."""
    if kind is Kind.WINDOW:
        message = "A window of time is held, not erased; age is a matter of retention."
        raise OrderError(message)
    ingest.flush()
    with ingest.reading() as connection:
        plan = plan_subject(connection, kind, subject, said_by)
    return _carry_out(ingest, plan, dry_run=dry_run)


def retain(ingest: Ingest, retention: Retention, *, said_by: str, dry_run: bool = False, trust_clock: bool = False) -> Outcome:
    """Erase what the rules do not keep, by the time that is believed; by the machine's clock when that is trusted."""
    if retention.keeps_everything:
        message = "No rule is set, so everything is kept; a rule is a setting such as RELAYLENS_RETENTION_DAYS."
        raise OrderError(message)
    ingest.flush()
    with ingest.reading() as connection:
        if trust_clock:
            plan = plan_retention(connection, retention, now=datetime.now(UTC), size=size_of(ingest.folder), said_by=said_by)
        else:
            plan = plan_now(ingest.folder, connection, retention, timedelta(0) if dry_run else _A_DAY, said_by)
    return _carry_out(ingest, plan, dry_run=dry_run)


def add_hold(  # noqa: PLR0913 - what a hold says, each by its name
    ingest: Ingest, kind: Kind, subject: str, *, said_by: str, reason: str | None = None, name: str | None = None
) -> str:
    """Hold something from now on, and return the hold's name."""
    if kind is Kind.USER:
        message = "Hold conversations, runs, traces or windows of time."
        raise OrderError(message)
    if kind is Kind.WINDOW:
        try:
            since, until = window(subject)
        except ValueError as error:
            message = f"A window is written as SINCE/UNTIL in ISO 8601, found {subject!r}."
            raise OrderError(message) from error
        if since >= until:
            message = f"The window {subject!r} ends before it begins, and would hold nothing."
            raise OrderError(message)
        subject = f"{since.isoformat()}/{until.isoformat()}"
    ingest.flush()
    with ingest.reading() as connection:
        taken = {hold.name for hold in holds(connection)}
    name = name or f"hold-{uuid.uuid4().hex[:8]}"
    if name in taken:
        message = f"There is a hold {name!r} already."
        raise OrderError(message)
    _journal(ingest, {"operation": HOLD, "hold": name, "kind": kind.value, "subject": subject, "said_by": said_by, "reason": reason})
    return name


def _rows_of(ingest: Ingest, kind: Kind, subject: str) -> int | None:
    """Count what there is of a subject by now; of a window of time nobody asks."""
    if kind is Kind.WINDOW:
        return None
    with ingest.reading() as connection:
        plan = plan_subject(connection, kind, subject, "")
    return plan.rows + plan.held_rows


def release_hold(ingest: Ingest, name: str, *, said_by: str, reason: str | None = None) -> None:
    """End a hold."""
    ingest.flush()
    with ingest.reading() as connection:
        if name not in {hold.name for hold in holds(connection)}:
            message = f"There is no hold {name!r}."
            raise OrderError(message)
    _journal(ingest, {"operation": RELEASE, "hold": name, "said_by": said_by, "reason": reason})


def list_holds(ingest: Ingest) -> list[dict[str, object]]:
    """Return the holds in force."""
    ingest.flush()
    with ingest.reading() as connection:
        return [
            {
                "hold": one.name,
                "kind": one.kind.value,
                "subject": one.subject,
                "said_by": one.said_by,
                "reason": one.reason,
                "since": one.since.isoformat() + "Z",
            }
            for one in holds(connection)
        ]


def perform(ingest: Ingest, order: dict[str, Any], *, said_by: str) -> dict[str, object]:
    """Carry out an order as it comes as JSON; raises OrderError when it is none."""
    try:
        match order.pop("order"):
            case "erase":
                return erase_subject(ingest, Kind(order.pop("kind")), **order, said_by=said_by).to_dict()
            case "retention":
                return retain(ingest, ingest.retention, **order, said_by=said_by).to_dict()
            case "hold":
                kind = Kind(order.pop("kind"))
                name = add_hold(ingest, kind, **order, said_by=said_by)
                return {"hold": name, "rows": _rows_of(ingest, kind, order["subject"])}
            case "release":
                release_hold(ingest, **order, said_by=said_by)
                return {"hold": order["name"]}
            case "list":
                return {"holds": list_holds(ingest)}
            case other:
                message = f"There is no order {other!r}."
                raise OrderError(message)
    except KeyError as error:
        message = f"The field {error} is missing."
        raise OrderError(message) from error
    except (TypeError, ValueError) as error:
        message = f"The order cannot be read: {error}."
        raise OrderError(message) from error


def _carry_out(ingest: Ingest, plan: Plan, *, dry_run: bool) -> Outcome:
    operation = None
    if not dry_run and plan.choices:
        operation = ingest.erase(plan)
        ingest.flush()
    return Outcome(len(plan.choices), plan.rows, plan.held_rows, plan.rule, operation)


def _journal(ingest: Ingest, said: dict[str, object]) -> None:
    """Keep an operation; it says when it was said, so that the same may be said again."""
    ingest.submit(Signal.OPERATIONS, json.dumps(said | {"at": datetime.now(UTC).isoformat()}).encode())
    ingest.flush()
