"""`relaylens verify`: journal, anchors and database of a store folder, without writing to it."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import duckdb

from relaylens_collector.errors import StoreNotFoundError
from relaylens_collector.journal.anchor import ANCHOR_FILE, Anchor
from relaylens_collector.proof.chain import ChainCheck, Point
from relaylens_collector.proof.contents import DatabaseCheck
from relaylens_collector.proof.findings import Fault, Finding, Report
from relaylens_collector.store_folder import DATABASE_FILE, JOURNAL_FOLDER, LOCK_FILE

_THREADS: Final = 2


def verify(store: Path, *, database: bool = True) -> Report:
    """Look at everything in a store's folder; raises StoreNotFoundError when there is no journal."""
    began = time.monotonic()
    journal = store / JOURNAL_FOLDER
    if not journal.is_dir():
        detail = f"Looked for {journal}."
        raise StoreNotFoundError(detail)
    report = Report()
    with _held(store) as holder:
        points = _points(journal, report)
        chain = ChainCheck(journal, report, points)
        check = _open_database(store, report, holder) if database else None
        try:
            for record in chain:
                if check is not None:
                    check.add(record)
            if check is not None:
                check.finish()
        finally:
            if check is not None:
                check.close()
        if database and check is None and not report.counts.keys() & _NO_DATABASE and report.last_record:
            what = "There is no database beside the journal."
            advice = "Start the collector, or run `relaylens rebuild`: either makes it from the journal."
            report.add(Finding(Fault.DATABASE_MISSING, str(store / DATABASE_FILE), what, advice))
    report.seconds = time.monotonic() - began
    return report


_NO_DATABASE: Final = frozenset({Fault.DATABASE_BUSY, Fault.DATABASE_UNREADABLE, Fault.DATABASE_OF_ANOTHER_MAKE})


@contextlib.contextmanager
def _held(store: Path) -> Iterator[str | None]:
    """Keep a collector from starting meanwhile; tells which process holds the folder when one does."""
    try:
        lock = os.open(store / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # a copy without the file, or one that this user may not read
        yield None
        return
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            yield os.pread(lock, 100, 0).decode(errors="replace").strip() or "unknown"
        else:
            yield None
    finally:
        os.close(lock)


def _points(journal: Path, report: Report) -> dict[int, list[Point]]:
    """Gather what is written about how far the journal reaches."""
    path = journal / ANCHOR_FILE
    noted = Anchor(journal).read()
    if noted is not None:
        return {noted.seq: [Point(noted, str(path))]}
    if path.exists():
        what = "Neither of its two lines is whole."
        advice = "The next start writes it anew; until then a loss at the journal's end shows in signed anchors only."
        report.add(Finding(Fault.ANCHOR_DAMAGED, str(path), what, advice))
    return {}


def _open_database(store: Path, report: Report, holder: str | None) -> DatabaseCheck | None:
    path = store / DATABASE_FILE
    if holder is not None:
        what = f"Process {holder} holds the store, so that its database cannot be opened; the journal was checked as far as it reached."
        advice = "Stop the collector and verify again, or verify a backup (`relaylens backup`), or the journal alone (--journal)."
        report.add(Finding(Fault.DATABASE_BUSY, str(path), what, advice))
        return None
    if not path.exists():
        return None
    try:
        check = DatabaseCheck(path, report, threads=_THREADS)
    except duckdb.Error as error:
        what = f"It does not open: {str(error).splitlines()[0]}"
        advice = "The next start of the collector makes it anew from the journal and keeps this one beside it; so does `relaylens rebuild`."
        report.add(Finding(Fault.DATABASE_UNREADABLE, str(path), what, advice))
        return None
    if not check.comparable:
        check.close()
        return None
    return check
