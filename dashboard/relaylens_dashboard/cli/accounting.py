"""`relaylens account`: whether what was sent adds up."""

import sys
from typing import Annotated, Final

import typer

from relaylens_dashboard import tabular
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say, show

_NOT_WHOLE: Final = 1

_COLUMNS: Final = {
    "last_at": "last span",
    "service_name": "service",
    "process": "process",
    "state": "state",
    "begun": "begun",
    "stored": "stored",
    "refused": "refused",
    "dropped": "dropped",
    "died": "died",
    "waiting": "waiting",
    "unknown": "unknown",
    "pending": "pending",
    "duplicates": "twice",
    "fits": "adds up",
    "ranges": "missing",
}
_PARTS: Final = ("stored", "refused", "dropped", "died", "waiting", "unknown", "pending")

Process = Annotated[str | None, typer.Option("--process", help="Only this process (relaylens.process.id).")]


def account(
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
    """Accounts for every span that a process has begun: stored, refused, dropped, lost with its process, or missing and unexplained.

    `pending` is what a process that goes on has still to send. Ends with 1 when spans are missing or twice here, or a sum does not fit.
    """
    from relaylens_analytics.queries import lists

    with options.reader(store, url, token) as reader:
        rows = tabular.Rows.from_arrow(lists.account(reader, options.window(since, until, service), process=process, limit=limit))
    show(rows.select(_COLUMNS) if form is options.Format.TABLE else rows, form, none="No process here has numbered its spans.")
    sums = {name: _sum(rows, name) for name in ("begun", "missing", "duplicates", *_PARTS)}
    if rows.values:
        say(f"{sums['begun']:,} begun = " + " + ".join(f"{sums[name]:,} {name}" for name in _PARTS))
    place = rows.columns.index("fits")
    if sums["missing"] or sums["duplicates"] or not all(row[place] for row in rows.values):
        sys.exit(_NOT_WHOLE)


def _sum(rows: tabular.Rows, name: str) -> int:
    place = rows.columns.index(name)
    return sum(int(str(row[place])) for row in rows.values)
