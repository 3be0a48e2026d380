"""`relaylens backup` and `relaylens restore`."""

from pathlib import Path
from typing import Annotated, Final

import typer

from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say

_PATIENCE_S: Final = 600.0
"""Copying a large database takes its time."""

StoreFolder = Annotated[Path, typer.Argument(metavar="STORE", help="Folder of the store.")]
Target = Annotated[Path, typer.Argument(metavar="TARGET", help="Folder for the copy: a new one, or an empty one.")]
Backup = Annotated[Path, typer.Argument(metavar="BACKUP", exists=True, file_okay=False, help="Folder that `relaylens backup` wrote.")]
Replace = Annotated[bool, typer.Option("--replace", help="If STORE is there, rename it and put the backup in its place.")]


def backup(store: StoreFolder, target: Target, *, url: options.Url = None, token: options.Token = None) -> None:
    """Copies a store, also while a collector runs on it (then with its --url), and verifies the copy.

    Everything acknowledged before is in the copy. The collector's database is closed for the moment of its copy.
    """
    from relaylens_analytics.http_client import HttpClient
    from relaylens_collector.store_folder import SNAPSHOT_FOLDER
    from relaylens_collector.upkeep import back_up

    def snapshot() -> Path:
        HttpClient(url or "", token=token, timeout_s=_PATIENCE_S).post("/api/v1/admin/snapshot", b"{}")
        return store / SNAPSHOT_FOLDER

    report = back_up(store, target, snapshot=None if url is None else snapshot)
    say(f"Copied {report.records:,} records and {report.rows:,} rows to {target}; the copy is whole.")


def restore(backup: Backup, store: StoreFolder, *, replace: Replace = False) -> None:
    """Makes a store from a backup, after verifying that; a store that is there is never removed."""
    from relaylens_collector.upkeep import restore as bring_back

    report = bring_back(backup, store, replace=replace)
    say(f"Restored {report.records:,} records and {report.rows:,} rows into {store}.")
