"""`relaylens backup` and `relaylens restore`: a consistent copy of a store, and a store from such a copy."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from relaylens_collector.errors import BackupError, StoreNotFoundError
from relaylens_collector.journal import Journal
from relaylens_collector.journal.segments import Segment, find_segments, sync_directory
from relaylens_collector.projects import PROJECTS_FOLDER
from relaylens_collector.proof import Report, verify
from relaylens_collector.proof.findings import Verdict
from relaylens_collector.store_folder import DATABASE_FILE, DATABASE_FILES, JOURNAL_FOLDER, LOCK_FILE, StoreFolder, copy_database

_UNFINISHED: Final = ".unfinished"
_TRIES: Final = 5


def back_up(store: Path, target: Path, *, snapshot: Callable[[], Path] | None = None) -> Report:
    """Copy a store to a folder that is new or empty, and look whether the copy is whole.

    A store that a collector holds is copied beside it: `snapshot` has the collector copy its database, and returns where that is.
    Raises BackupError when the copy cannot be made or is not whole, StoreLockedError for a held store without a `snapshot`.
    """
    if not (store / JOURNAL_FOLDER).is_dir():
        detail = f"Looked for {store / JOURNAL_FOLDER}."
        raise StoreNotFoundError(detail)
    _require_empty(target)
    unfinished = target.with_name(target.name + _UNFINISHED)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    with contextlib.ExitStack() as held:
        if snapshot is None:
            held.callback(StoreFolder(store).close)
            copy_database(store, unfinished)
        else:
            _move_snapshot(snapshot(), unfinished)
        # Anchors and plain anchor first: what they vouch for is then in the journal, which is copied after them.
        _copy_other_files(store, unfinished)
        _copy_journal(store / JOURNAL_FOLDER, unfinished / JOURNAL_FOLDER)
    report = verify(unfinished)
    if report.verdict is not Verdict.WHOLE:
        detail = f"The copy is in {unfinished}; `relaylens verify --store {unfinished}` says what is wrong with it."
        raise BackupError(detail)
    if target.exists():
        target.rmdir()
    unfinished.rename(target)
    sync_directory(target.parent)
    return report


def restore(backup: Path, store: Path, *, replace: bool = False) -> Report:
    """Make a store from a backup that is whole; with `replace` a store that is there is renamed, never removed."""
    report = verify(backup)
    if report.verdict is not Verdict.WHOLE:
        detail = f"{backup} is not whole; `relaylens verify --store {backup}` says what is wrong with it."
        raise BackupError(detail)
    if not replace:
        _require_empty(store, " Or give --replace: what is there is renamed then.")
    unfinished = store.with_name(store.name + _UNFINISHED)
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    copy_database(backup, unfinished)
    _copy_other_files(backup, unfinished)
    _copy_journal(backup / JOURNAL_FOLDER, unfinished / JOURNAL_FOLDER)
    replaced = store.with_name(f"{store.name}.replaced-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}")
    if store.exists():
        if any(store.iterdir()):
            with contextlib.closing(StoreFolder(store)):  # nobody may be using what is renamed
                store.rename(replaced)
        else:
            store.rmdir()
    unfinished.rename(store)
    if (replaced / PROJECTS_FOLDER).is_dir():  # a backup holds one project: the others stay where they are
        (replaced / PROJECTS_FOLDER).rename(store / PROJECTS_FOLDER)
    sync_directory(store.parent)
    return report


def _require_empty(folder: Path, otherwise: str = "") -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        detail = f"{folder} is not empty; name another folder.{otherwise}"
        raise BackupError(detail)


def _move_snapshot(snapshot: Path, target: Path) -> None:
    for name in DATABASE_FILES:
        if (snapshot / name).exists():
            shutil.move(snapshot / name, target / name)
    shutil.rmtree(snapshot, ignore_errors=True)


def _copy_other_files(store: Path, target: Path) -> None:
    """Copy anchors, keys and tokens: everything beside journal and database, but what belongs to the process that runs."""
    for path in sorted(store.iterdir()):
        if path.is_file() and not path.name.startswith(DATABASE_FILE) and not path.name.endswith(LOCK_FILE):
            _copy(path, target / path.name)
    journal = target / JOURNAL_FOLDER
    journal.mkdir(mode=0o700)
    for path in (store / JOURNAL_FOLDER).iterdir():
        if path.is_file() and ".segment" not in path.name:
            _copy(path, journal / path.name)


def _copy_journal(journal: Path, target: Path) -> None:
    """Copy all segments, also while one grows and another one is being compressed; a record that was not finished is cut off."""
    for _ in range(_TRIES):
        for path in target.glob("*.segment*"):
            path.unlink()
        try:
            for segment in find_segments(journal):
                _take_over(segment, target)
        except FileNotFoundError:  # it was compressed meanwhile
            continue
        break
    else:
        detail = f"The segments of {journal} changed all the time."
        raise BackupError(detail)
    sync_directory(target)
    Journal(target).close()


def _take_over(segment: Segment, target: Path) -> None:
    """Copy a segment; one that never changes again may be the same file under another name, as far as the file system knows such."""
    if segment.compressed:
        with contextlib.suppress(OSError):
            os.link(segment.path, target / segment.path.name)
            return
    _copy(segment.path, target / segment.path.name)


def _copy(source: Path, target: Path) -> None:
    """Copy a file with its permissions, and bring it to the disk."""
    shutil.copy2(source, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())
