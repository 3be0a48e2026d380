"""`relaylens verify`: journal, anchors and database of a store folder, without writing to it."""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from relaylens_collector.anchors.keys import PUBLIC_KEY_FILE, load_public
from relaylens_collector.anchors.writing import ANCHORS_FILE
from relaylens_collector.erasing.executing import ERASING_FILE
from relaylens_collector.errors import StoreNotFoundError
from relaylens_collector.journal.anchor import ANCHOR_FILE, Anchor
from relaylens_collector.proof.chain import ChainCheck, Point
from relaylens_collector.proof.contents import DatabaseCheck
from relaylens_collector.proof.findings import Fault, Finding, Report
from relaylens_collector.proof.signed import signed_points
from relaylens_collector.store_folder import DATABASE_FILE, JOURNAL_FOLDER, LOCK_FILE

_THREADS: Final = 2
_NO_DATABASE: Final = frozenset({Fault.DATABASE_BUSY, Fault.DATABASE_UNREADABLE, Fault.DATABASE_OF_ANOTHER_MAKE})


@dataclass(frozen=True, slots=True)
class Auditing:
    """What somebody outside holds: the public key, and perhaps a copy of the anchors."""

    public_key: Path | None = None
    """Nothing for the store's own, which shows changes by everybody but those who can write in its folder."""

    anchors: Path | None = None
    """Believed beside the store's own."""


def verify(store: Path, *, database: bool = True, auditing: Auditing | None = None) -> Report:
    """Look at everything in a store's folder; raises StoreNotFoundError when there is no journal, AnchorKeyError for a bad key."""
    began = time.monotonic()
    journal = store / JOURNAL_FOLDER
    if not journal.is_dir():
        detail = f"Looked for {journal}."
        raise StoreNotFoundError(detail)
    report = Report()
    with _held(store) as holder:
        # First the points, then the chain: a journal that grows meanwhile reaches further, never less far.
        points = [*_noted(journal, report), *_signed(store, report, auditing or Auditing())]
        chain = ChainCheck(journal, report, points)
        if (store / ERASING_FILE).exists():
            what = "An erasure was begun and not finished: journal and database are not level."
            report.add(
                Finding(
                    Fault.ERASURE_UNFINISHED, str(store / ERASING_FILE), what, "Start the collector, which finishes it, and verify again."
                )
            )
            chain.is_being_erased, database = True, False
        check = _open_database(store, report, holder) if database else None
        try:
            problem: str | None = None
            for record in chain:
                if check is not None and problem is None:
                    problem = _problem_of(partial(check.add, record))
            if check is not None and (problem := problem or _problem_of(partial(check.finish, _applied(points)))) is not None:
                _unreadable(check.database, report, f"A part of it cannot be read: {problem}")
        finally:
            if check is not None:
                check.close()
        if database and check is None and not report.counts.keys() & _NO_DATABASE and report.last_record:
            what = "There is no database beside the journal."
            advice = "Start the collector, or run `relaylens rebuild`: either makes it from the journal."
            report.add(Finding(Fault.DATABASE_MISSING, str(store / DATABASE_FILE), what, advice))
    report.anchors = sum(point.is_signed for point in chain.borne_out)
    report.last_anchored = max((point.link.seq for point in chain.borne_out if point.is_signed), default=0)
    report.seconds = time.monotonic() - began
    return report


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


def _noted(journal: Path, report: Report) -> list[Point]:
    path = journal / ANCHOR_FILE
    anchor = Anchor(journal)
    noted = anchor.read()
    if anchor.damaged_lines or (noted is None and path.exists()):
        what = "Neither of its two lines is whole." if noted is None else f"One of its two lines is damaged; the other says {noted.seq}."
        advice = "The next start writes it anew; until then a loss at the journal's end shows in signed anchors only."
        report.add(Finding(Fault.ANCHOR_DAMAGED, str(path), what, advice))
    return [] if noted is None else [Point(noted, str(path))]


def _signed(store: Path, report: Report, auditing: Auditing) -> Iterator[Point]:
    own = store / ANCHORS_FILE
    files = [path for path in (auditing.anchors, own) if path is not None]
    if not own.exists():
        files.remove(own)
        if any((store / JOURNAL_FOLDER).glob("*.segment*")):
            what = "The journal has records and no signed anchors."
            advice = "Name a copy of them (--anchors). A store that never had any gets its first one at the next start of the collector."
            report.add(Finding(Fault.ANCHOR_MISSING, str(own), what, advice))
    if not files:
        return
    path = auditing.public_key or store / PUBLIC_KEY_FILE
    if auditing.public_key is None and not path.exists():
        what = "The public key is missing, so that the anchors cannot be checked."
        report.add(Finding(Fault.KEY_MISSING, str(path), what, "Name the key that was given out (--public-key)."))
        return
    key = load_public(path)
    for file in files:
        yield from signed_points(file, key, report)


def _applied(points: list[Point]) -> int:
    """Tell how far the database was when the newest anchor was signed."""
    return next((point.applied for point in reversed(points) if point.is_signed), 0)


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
        _unreadable(path, report, f"It does not open: {str(error).splitlines()[0]}")
        return None
    if not check.comparable:
        check.close()
        return None
    return check


def _problem_of(step: Callable[[], None]) -> str | None:
    """Take a step of the comparison, and return what DuckDB says when it cannot read what it stands on: the journal is read on."""
    try:
        step()
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        return str(error).splitlines()[0]
    return None


def _unreadable(path: Path, report: Report, what: str) -> None:
    advice = "The next start of the collector makes it anew from the journal and keeps this one beside it; so does `relaylens rebuild`."
    report.add(Finding(Fault.DATABASE_UNREADABLE, str(path), what, advice))
