"""`relaylens backup` and `relaylens restore`."""

from pathlib import Path
from typing import Annotated, Final

import typer

from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say

_PATIENCE_S: Final = 600.0
"""Copying a large database takes its time."""

Target = Annotated[Path, typer.Argument(metavar="TARGET", help="Folder for the copy: a new one, or an empty one.")]
Backup = Annotated[Path, typer.Argument(metavar="BACKUP", exists=True, file_okay=False, help="Folder that `relaylens backup` wrote.")]
Second = Annotated[Path | None, typer.Argument(metavar="TARGET", help=options.SECOND_PATH, show_default=False)]
Holder = Annotated[
    str | None, typer.Option("--url", help="Address of the collector that holds the store, such as http://127.0.0.1:4318, on this machine.")
]
Replace = Annotated[bool, typer.Option("--replace", help="If there is a store already, rename that and put the backup in its place.")]


def backup(
    target: Target,
    second: Second = None,
    *,
    store: options.Folder = None,
    url: Holder = None,
    token: options.Token = None,
) -> None:
    """Copies a store, also while a collector runs on it (then with its --url), and verifies the copy.

    Everything acknowledged before is in the copy. The collector's database is closed for the moment of its copy.
    """
    from relaylens_analytics.http_client import HttpClient
    from relaylens_collector.errors import BackupError
    from relaylens_collector.store_folder import SNAPSHOT_FOLDER
    from relaylens_collector.upkeep import back_up

    older, copy = (None, target) if second is None else (target, second)
    folder = options.folder(older, store)

    def snapshot() -> Path:
        HttpClient(url or "", token=token, timeout_s=_PATIENCE_S).post("/api/v1/admin/snapshot", b"{}")
        if not (folder / SNAPSHOT_FOLDER).is_dir():
            detail = f"The collector at {url} holds another store than {folder}."
            raise BackupError(detail)
        return folder / SNAPSHOT_FOLDER

    report = back_up(folder, copy, snapshot=None if url is None else snapshot)
    say(f"Copied {report.records:,} records and {report.rows:,} rows to {copy}; the copy is whole.")


def restore(backup: Backup, older: options.OlderStore = None, *, store: options.Folder = None, replace: Replace = False) -> None:
    """Makes a store from a backup, after verifying that; a store that is there is never removed."""
    from relaylens_collector.upkeep import restore as bring_back

    folder = options.folder(older, store)
    report = bring_back(backup, folder, replace=replace)
    say(f"Restored {report.records:,} records and {report.rows:,} rows into {folder}.")
