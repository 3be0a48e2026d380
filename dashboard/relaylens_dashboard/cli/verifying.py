"""`relaylens verify`: whether the record is whole, told from its files."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from relaylens_collector.errors import CollectorError
from relaylens_dashboard import hostile
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say

WHOLE: Final = 0
NOT_WHOLE: Final = 1
NOT_LOOKED_AT: Final = 2


class ReportFormat(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"


JournalOnly = Annotated[bool, typer.Option("--journal", help="The journal alone, also while a collector writes to it.")]
Anchors = Annotated[
    Path | None,
    typer.Option("--anchors", exists=True, dir_okay=False, help="Copy of the anchors, kept elsewhere; believed beside the store's own."),
]
PublicKey = Annotated[
    Path | None,
    typer.Option("--public-key", exists=True, dir_okay=False, help="Key that the anchors are signed with, as it was given out."),
]
Form = Annotated[ReportFormat, typer.Option("--format", help="How to print.", case_sensitive=False)]


def verify(
    older: options.OlderStore = None,
    *,
    store: options.Folder = None,
    journal: JournalOnly = False,
    anchors: Anchors = None,
    public_key: PublicKey = None,
    form: Form = ReportFormat.TEXT,
) -> None:
    """Proves a store, or a backup, whole, or names what is lost, changed or added: journal, anchors, and database against journal.

    Exit code: 0 whole, 1 not whole, 2 not everything could be looked at. Nothing is written to the store.
    """
    from relaylens_collector.proof import Auditing
    from relaylens_collector.proof import verify as look
    from relaylens_collector.proof.findings import Verdict

    try:
        report = look(options.folder(older, store), database=not journal, auditing=Auditing(public_key, anchors))
    except CollectorError as error:
        say(f"relaylens: {error}")
        raise typer.Exit(NOT_LOOKED_AT) from None
    sys.stdout.write(report.to_json() if form is ReportFormat.JSON else hostile.visible(report.to_text()))
    code = {Verdict.WHOLE: WHOLE, Verdict.BROKEN: NOT_WHOLE, Verdict.UNCHECKED: NOT_LOOKED_AT}[report.verdict]
    if code:
        raise typer.Exit(code)
