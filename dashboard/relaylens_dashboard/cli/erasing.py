"""`relaylens erase`, `relaylens retention` and `relaylens hold`: what goes from a store, and what may not."""

import getpass
import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say, show
from relaylens_dashboard.tabular import Rows

_PATIENCE_S: Final = 600.0
_COLUMNS: Final = ("hold", "kind", "subject", "said_by", "reason", "since")

Conversation = Annotated[str | None, typer.Option("--conversation", help="Everything of this conversation.")]
Run = Annotated[str | None, typer.Option("--run", help="Everything of this run's traces.")]
Trace = Annotated[str | None, typer.Option("--trace", help="Everything of this trace.")]
User = Annotated[str | None, typer.Option("--user", help="Every trace of this user, by the id that is stored.")]
Window = Annotated[str | None, typer.Option("--window", metavar="SINCE/UNTIL", help="What came or began within, in ISO 8601.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would go, and do nothing.")]
Name = Annotated[str | None, typer.Option("--name", help="What to call the hold.")]
HoldName = Annotated[str, typer.Argument(metavar="HOLD", help="The hold, as `relaylens hold list` names it.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; it is kept in the journal.")]
TrustClock = Annotated[bool, typer.Option("--trust-clock", help="Judge age by this machine's clock, however far it moved since last time.")]

app = typer.Typer(name="hold", help="Keeps conversations, runs, traces or windows of time from being erased.", no_args_is_help=True)


def erase(
    *,
    conversation: Conversation = None,
    run: Run = None,
    trace: Trace = None,
    user: User = None,
    dry_run: DryRun = False,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
) -> None:
    """Erases a conversation, run, trace or user from journal and database; the journal says that, and still verifies.

    What is held stays. Backups are other stores, and are erased from by themselves.
    """
    kind, subject = _one(conversation=conversation, run=run, trace=trace, user=user)
    outcome = _order({"order": "erase", "kind": kind, "subject": subject, "dry_run": dry_run}, store, url, token)
    if not outcome["rows"] and not outcome["held_rows"]:
        say(f"Nothing of the {kind} {subject!r} is in the store.")
        return
    _tell(outcome, dry_run=dry_run)


def retention(
    *,
    dry_run: DryRun = False,
    trust_clock: TrustClock = False,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
) -> None:
    """Erases what the rules do not keep (RELAYLENS_RETENTION_DAYS and its like), as the collector does from time to time."""
    order = {"order": "retention", "dry_run": dry_run, "trust_clock": trust_clock}
    _tell(_order(order, store, url, token), dry_run=dry_run)


@app.command("add")
def add(
    *,
    conversation: Conversation = None,
    run: Run = None,
    trace: Trace = None,
    window: Window = None,
    name: Name = None,
    reason: Reason = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
) -> None:
    """Holds something until the hold is removed: neither a rule nor `relaylens erase` touches it."""
    kind, subject = _one(conversation=conversation, run=run, trace=trace, window=window)
    order = {"order": "hold", "kind": kind, "subject": subject, "name": name, "reason": reason}
    held = _order(order, store, url, token)
    say(f"Held: {held['hold']}")
    if held.get("rows") == 0:
        say(f"Nothing of the {kind} {subject!r} is in the store by now; what comes is held.")


@app.command("remove")
def remove(
    hold: HoldName, *, reason: Reason = None, store: options.Store = None, url: options.Url = None, token: options.Token = None
) -> None:
    """Ends a hold."""
    _order({"order": "release", "name": hold, "reason": reason}, store, url, token)
    say(f"Released: {hold}")


@app.command("list")
def list_all(
    *,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
    form: options.Form = options.Format.TABLE,
) -> None:
    """Lists the holds in force."""
    found = _order({"order": "list"}, store, url, token)["holds"]
    show(Rows(_COLUMNS, tuple(tuple(one[name] for name in _COLUMNS) for one in found)), form, none="Nothing is held.")


def _one(**given: str | None) -> tuple[str, str]:
    """Take the one subject that is named."""
    named = [(kind, subject) for kind, subject in given.items() if subject is not None]
    if len(named) != 1:
        detail = f"name one of {', '.join(f'--{kind}' for kind in given)}"
        raise typer.BadParameter(detail)
    return named[0]


def _order(order: dict[str, Any], store: Path | None, url: str | None, token: str | None) -> dict[str, Any]:
    """Have an order carried out by a running collector, or in a store that nobody holds."""
    from relaylens_analytics.http_client import HttpClient
    from relaylens_collector.erasing.orders import perform
    from relaylens_collector.errors import StoreNotFoundError
    from relaylens_collector.ingest import Ingest, Limits
    from relaylens_collector.settings import Settings
    from relaylens_collector.store_folder import JOURNAL_FOLDER
    from relaylens_dashboard.cli.settling import settler

    place = options.place(store, url)
    if isinstance(place, str):
        answer = HttpClient(place, token=token, timeout_s=_PATIENCE_S).post("/api/v1/admin/orders", json.dumps(order).encode())
        return dict(json.loads(answer))
    if not (place / JOURNAL_FOLDER).is_dir():
        detail = f"Looked for {place / JOURNAL_FOLDER}."
        raise StoreNotFoundError(detail)
    rules = Settings.load({}).retention
    with Ingest(place, settler(None), limits=Limits(retention=rules), retains=False) as ingest:
        return perform(ingest, order, said_by=getpass.getuser())


def _tell(outcome: dict[str, Any], *, dry_run: bool) -> None:
    """Say what went, or would."""
    verb = "Would erase" if dry_run else "Erased"
    by = f" by operation {outcome['operation']}" if outcome["operation"] else ""
    rule = f" ({outcome['rule']})" if outcome["rule"] else ""
    say(f"{verb} {outcome['rows']:,} rows and what was made of them, in {outcome['records']:,} records{rule}{by}.")
    if outcome["held_rows"]:
        say(f"{outcome['held_rows']:,} rows are held and stay.")
