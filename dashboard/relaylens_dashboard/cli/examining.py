"""`relaylens doctor`: what is the matter with a store."""

import json
import sys
from typing import Annotated

import typer

from relaylens_collector.errors import CollectorError
from relaylens_dashboard import hostile
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say
from relaylens_dashboard.cli.verifying import NOT_LOOKED_AT, NOT_WHOLE, Form, ReportFormat

Repair = Annotated[bool, typer.Option("--repair", help="Carry out the repairs that are offered; nothing is deleted that is not a copy.")]


def doctor(
    older: options.OlderStore = None, *, store: options.Folder = None, repair: Repair = False, form: Form = ReportFormat.TEXT
) -> None:
    """Finds and explains what is the matter with a store; repairs it only when told, and says first what that will do.

    Exit code: 0 nothing is the matter, 1 something is, 2 it could not be looked at.
    """
    from relaylens_collector.upkeep.doctor import examine, mend

    folder = options.folder(older, store)
    try:
        ailments = examine(folder)
        if form is ReportFormat.JSON:
            sys.stdout.write(json.dumps([one.to_dict() for one in ailments], indent=2, ensure_ascii=False) + "\n")
        else:
            for one in ailments:
                offered = f"\n    --repair would: {one.repair}" if one.repair else ""
                sys.stdout.write(hostile.visible(f"{one.what}\n    where: {one.where}\n    do: {one.advice}{offered}\n"))
        if repair:
            for one in ailments:
                if one.repair:
                    say(f"{one.where}: {one.repair}.")
            say(f"Repaired {mend(folder, ailments)} things; look again.")
    except CollectorError as error:
        say(f"relaylens: {error}")
        raise typer.Exit(NOT_LOOKED_AT) from None
    if ailments:
        raise typer.Exit(NOT_WHOLE)
    say(f"Nothing is the matter with {folder}.")
