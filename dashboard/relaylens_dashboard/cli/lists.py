"""`relaylens runs`, `handoffs`, `escalations` and what is missing in the record: rows, oldest first."""

from typing import Annotated, Final

import pyarrow as pa
import typer

from relaylens.semconv import EscalationState, HandoffReason, Outcome
from relaylens_analytics.queries import lists, runs
from relaylens_analytics.queries.lists import HandoffFilter
from relaylens_analytics.queries.runs import RunFilter
from relaylens_collector.signals import Signal
from relaylens_dashboard import tabular
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say, show
from relaylens_dashboard.naming import Names

LATEST_IN_A_TABLE: Final = 100
"""A terminal shows so many rows where --limit does not say; files and pipes of data get all."""

_EVERY_RUN: Final = 1 << 31

Columns = dict[str, str]

_RUNS: Final[Columns] = {
    "run": "run",
    "started_at": "started",
    "name": "name",
    "outcome": "outcome",
    "outcome_evidence": "evidence",
    "duration_ms": "ms",
    "steps": "steps",
    "handoffs": "handoffs",
    "handoffs_failed": "failed",
    "escalations": "escalations",
    "findings": "findings",
    "cost_usd": "USD",
}
_HANDOFFS: Final[Columns] = {
    "offered_at": "offered",
    "run": "run",
    "from": "from",
    "to": "to",
    "ok": "ok",
    "succeeded": "succeeded",
    "reason": "reason",
    "state": "state",
    "mode": "mode",
    "return": "return",
    "rule": "rule",
}
_ESCALATIONS: Final[Columns] = {
    "requested_at": "requested",
    "run": "run",
    "agent": "agent",
    "state": "state",
    "pending_ms": "pending ms",
    "answered_by": "answered by",
    "rule": "rule",
    "question": "question",
}
_GAPS: Final[Columns] = {
    "after": "after",
    "service_name": "service",
    "process": "process",
    "first": "first",
    "last": "last",
    "missing": "missing",
    "reason": "reason",
}
_SILENCES: Final[Columns] = {
    "service_name": "service",
    "state": "state",
    "seen_at": "last sign",
    "silent_for_ms": "silent ms",
    "missed": "runs missed",
    "longest_missed": "longest before",
    "runs": "runs in 28 days",
}
_DEAD_LETTERS: Final[Columns] = {
    "received_at": "received",
    "signal": "signal",
    "batch": "record",
    "ordinal": "place",
    "name": "name",
    "trace_id": "trace",
    "reason": "reason",
}

FILTERS: Final = "What to show"

Process = Annotated[str | None, typer.Option("--process", help="Of this process only.", rich_help_panel=FILTERS)]
Conversation = Annotated[str | None, typer.Option("--conversation", help="Of this conversation only.", rich_help_panel=FILTERS)]
Run = Annotated[str | None, typer.Option("--run", help="Of this run only.", rich_help_panel=FILTERS)]
Agent = Annotated[str | None, typer.Option("--agent", help="With this agent only.", rich_help_panel=FILTERS)]
Outcomes = Annotated[list[Outcome] | None, typer.Option("--outcome", help="That ended so; may be repeated.", rich_help_panel=FILTERS)]
Search = Annotated[
    str | None, typer.Option("--search", help="With this text in what agents were given or produced.", rich_help_panel=FILTERS)
]
FromAgent = Annotated[str | None, typer.Option("--from", help="Handed over by this agent.", rich_help_panel=FILTERS)]
ToAgent = Annotated[str | None, typer.Option("--to", help="Handed to this agent or person.", rich_help_panel=FILTERS)]
Reason = Annotated[HandoffReason | None, typer.Option("--reason", help="That failed for this reason.", rich_help_panel=FILTERS)]
Failed = Annotated[bool, typer.Option("--failed", help="Only those that did not succeed.", rich_help_panel=FILTERS)]
States = Annotated[list[EscalationState] | None, typer.Option("--state", help="In this state; may be repeated.", rich_help_panel=FILTERS)]
SignalOption = Annotated[Signal | None, typer.Option("--signal", help="Of this signal only.", rich_help_panel=FILTERS)]


def show_runs(
    *,
    outcomes: Outcomes = None,
    agent: Agent = None,
    conversation: Conversation = None,
    search: Search = None,
    since: options.Since = None,
    until: options.Until = None,
    service: options.Service = None,
    limit: options.Limit = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
    form: options.Form = options.Format.TABLE,
) -> None:
    """Lists runs: one piece of work asked of the network each, with its outcome."""
    most = most_rows(limit, form)
    with options.reader(store, url, token) as reader:
        whom = Names.ask(reader).key(agent) if agent is not None else None
        wanted = RunFilter(outcomes=tuple(outcomes) if outcomes else None, agent=whom, conversation=conversation, search=search)
        answer = runs.page(reader, options.window(since, until, service), wanted, limit=most + 1 if most else _EVERY_RUN)
    print_rows("runs", oldest_first(answer), _RUNS, form, limit)


def show_handoffs(
    *,
    from_agent: FromAgent = None,
    to_agent: ToAgent = None,
    run: Run = None,
    conversation: Conversation = None,
    reason: Reason = None,
    failed: Failed = False,
    since: options.Since = None,
    until: options.Until = None,
    service: options.Service = None,
    limit: options.Limit = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
    form: options.Form = options.Format.TABLE,
) -> None:
    """Lists handoffs in time order: who handed work to whom, whether it arrived and succeeded, and which rule found it."""
    most = most_rows(limit, form)
    with options.reader(store, url, token) as reader:
        names = Names.ask(reader)
        wanted = HandoffFilter(
            from_agent=names.key(from_agent),
            to_agent=names.key(to_agent),
            run=run,
            conversation=conversation,
            reason=reason,
            succeeded=False if failed else None,
            returns=not failed,
        )
        answer = lists.handoffs(reader, options.window(since, until, service), wanted, limit=most + 1 if most else None)
    # What was sent and received are cells, and long; they are on the screens and in `relaylens export --table handoffs`.
    print_rows("handoffs", tabular.Rows.from_arrow(answer.drop_columns(["sent", "received"])), _HANDOFFS, form, limit, names=names)


def show_escalations(
    *,
    agent: Agent = None,
    states: States = None,
    conversation: Conversation = None,
    since: options.Since = None,
    until: options.Until = None,
    service: options.Service = None,
    limit: options.Limit = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
    form: options.Form = options.Format.TABLE,
) -> None:
    """Lists questions to people in time order, with their answers or how long they have been waiting."""
    most = most_rows(limit, form)
    with options.reader(store, url, token) as reader:
        names = Names.ask(reader)
        answer = lists.escalations(
            reader,
            options.window(since, until, service),
            agent=names.key(agent),
            states=tuple(states) if states else None,
            conversation=conversation,
            limit=most + 1 if most else None,
        )
    print_rows("escalations", tabular.Rows.from_arrow(answer), _ESCALATIONS, form, limit, names=names)


def show_gaps(
    *,
    process: Process = None,
    since: options.Since = None,
    until: options.Until = None,
    service: options.Service = None,
    limit: options.Limit = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
    form: options.Form = options.Format.TABLE,
) -> None:
    """Lists the spans that processes have begun and that are missing here: which numbers of which process, and why."""
    most = most_rows(limit, form)
    with options.reader(store, url, token) as reader:
        answer = lists.gaps(reader, options.window(since, until, service), process=process, limit=most + 1 if most else None)
        dead = lists.dead_letters(reader, options.window(since, until, None), limit=1) if form is options.Format.TABLE else None
    print_rows("gaps", tabular.Rows.from_arrow(answer), _GAPS, form, limit)
    if dead is not None and dead.num_rows:
        say("Records that came and could not be kept are listed by `relaylens dead-letters`.")


def show_silences(
    *,
    service: options.Service = None,
    at: options.At = None,
    limit: options.Limit = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
    form: options.Form = options.Format.TABLE,
) -> None:
    """Lists deployments by how long nothing has come from them, beside their own rhythm; those that have gone silent first.

    Counted are the runs that would have been usual in the time since the last sign of a deployment, at these hours of the week. It has gone
    silent when it missed more than chance explains, and twice as many as in the longest silence it came back from.
    """
    most = most_rows(limit, form)
    with options.reader(store, url, token) as reader:
        answer = lists.silences(reader, service=service, now=at, limit=most)
    rows = tabular.Rows.from_arrow(answer)
    show(rows.select(_SILENCES) if form is options.Format.TABLE else rows, form, none="No deployment has had runs in the last 28 days.")


def show_dead_letters(
    *,
    signal: SignalOption = None,
    since: options.Since = None,
    until: options.Until = None,
    limit: options.Limit = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
    form: options.Form = options.Format.TABLE,
) -> None:
    """Lists records that came and are not stored as such, with the reason and their first bytes; whole requests have no place."""
    most = most_rows(limit, form)
    with options.reader(store, url, token) as reader:
        answer = lists.dead_letters(reader, options.window(since, until, None), signal=signal, limit=most + 1 if most else None)
    print_rows("dead letters", tabular.Rows.from_arrow(answer), _DEAD_LETTERS, form, limit)


def most_rows(limit: int | None, form: options.Format) -> int | None:
    """Give how many rows are printed at most; None is all."""
    return limit or (LATEST_IN_A_TABLE if form is options.Format.TABLE else None)


def oldest_first(answer: pa.Table) -> tabular.Rows:
    """Turn a list round that comes with the latest first, and leave out its count of all."""
    rows = tabular.Rows.from_arrow(answer.drop_columns([name for name in ("total", "searched_since") if name in answer.column_names]))
    return tabular.Rows(rows.columns, rows.values[::-1])


def print_rows(
    noun: str, rows: tabular.Rows, in_a_table: Columns, form: options.Format, limit: int | None, *, names: Names | None = None
) -> None:
    """Print the latest rows of a list in time order: a few columns and the names of agents for a terminal, all and keys for a program."""
    most = most_rows(limit, form)
    shown = tabular.Rows(rows.columns, rows.values[-most:] if most else rows.values)
    if form is options.Format.TABLE:
        shown = shown.select(in_a_table) if names is None else names.in_rows(shown).select(in_a_table)
    show(shown, form, none=f"No {noun} here.")
    if most is not None and len(rows.values) > most and limit is None:
        say(f"The latest {most} {noun}; --limit shows more.")
