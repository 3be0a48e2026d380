"""`relaylens doctor`: what is the matter with a store, why, and what can be done; it repairs only when told, and by renaming."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from relaylens_collector.anchors.keys import PRIVATE_KEY_FILE
from relaylens_collector.anchors.lines import SignedAnchor
from relaylens_collector.anchors.writing import ANCHORS_FILE
from relaylens_collector.erasing.executing import ERASING_FILE
from relaylens_collector.errors import StoreNotFoundError
from relaylens_collector.journal import Journal
from relaylens_collector.journal.anchor import ANCHOR_FILE
from relaylens_collector.proof import Fault, Finding, verify
from relaylens_collector.store_folder import DATABASE_FILE, DATABASE_FILES, JOURNAL_FOLDER, SNAPSHOT_FOLDER, StoreFolder

_LITTLE: Final = 1 << 30
_AHEAD: Final = timedelta(minutes=5)
_OTHERS: Final = 0o077
_LOST: Final = frozenset(
    {Fault.RECORDS_MISSING, Fault.HISTORY_REPLACED, Fault.SEGMENT_MISSING, Fault.RECORD_DAMAGED, Fault.SEGMENT_UNREADABLE}
)
_OF_DATABASE: Final = frozenset(
    {
        Fault.DATABASE_UNREADABLE,
        Fault.BATCH_MISSING,
        Fault.BATCH_REPEATED,
        Fault.ROWS_MISSING,
        Fault.ROWS_ADDED,
        Fault.ROWS_CHANGED,
        Fault.TEXT_CHANGED,
        Fault.TEXT_ADDED,
        Fault.TEXT_MISSING,
    }
)


@dataclass(frozen=True, slots=True)
class Ailment:
    """One thing that is the matter."""

    what: str
    where: str
    advice: str
    repair: str | None = None
    """What a repair would do, nothing where there is none."""

    mend: Callable[[], None] | None = None

    def to_dict(self) -> dict[str, str | None]:
        """Give it as JSON has it."""
        return {"what": self.what, "where": self.where, "advice": self.advice, "repair": self.repair}


def examine(store: Path) -> list[Ailment]:
    """Look at everything; a store that a collector holds is looked at as far as that can be."""
    if not (store / JOURNAL_FOLDER).is_dir():
        detail = f"Looked for {store / JOURNAL_FOLDER}."
        raise StoreNotFoundError(detail)
    return [*_of_machine(store), *_of_permissions(store), *_of_leftovers(store), *_of_record(store)]


def mend(store: Path, ailments: list[Ailment]) -> int:
    """Carry out the repairs, and return how many; raises StoreLockedError while a collector holds the store."""
    works = [one.mend for one in ailments if one.mend is not None]
    if works:
        StoreFolder(store).close()  # nobody may be using what is changed
    for work in works:
        work()
    return len(works)


def _of_machine(store: Path) -> Iterator[Ailment]:
    free = shutil.disk_usage(store).free
    if free < _LITTLE:
        yield Ailment(f"Only {free >> 20} MiB are free on the disk.", str(store), "Make room, or requests are refused soon.")
    anchors = store / ANCHORS_FILE
    with contextlib.suppress(OSError, ValueError, IndexError):
        last = SignedAnchor.parse(anchors.read_bytes().splitlines()[-1])
        ahead = datetime.fromisoformat(last.at) - datetime.now(UTC)
        if ahead > _AHEAD:
            what = f"The last anchor was signed {ahead} from now: this clock is behind, or the one that signed was ahead."
            yield Ailment(what, str(anchors), "Set the clock; retention waits until the time it believes is caught up.")


def _of_permissions(store: Path) -> Iterator[Ailment]:
    for path in (store, store / JOURNAL_FOLDER, store / PRIVATE_KEY_FILE, store / DATABASE_FILE):
        if path.exists() and path.stat().st_mode & _OTHERS and (path.is_dir() or path.name == PRIVATE_KEY_FILE):
            mode = path.stat().st_mode & 0o777
            yield Ailment(
                f"Others than its owner may use it (mode {mode:03o}).",
                str(path),
                "Let only the collector's user read it.",
                f"take others' permissions away (mode {mode & ~_OTHERS:03o})",
                lambda path=path, mode=mode: path.chmod(mode & ~_OTHERS),  # type: ignore[misc]
            )
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            yield Ailment("This user may not read and write it.", str(path), "Run as the user that the collector runs as.")


def _of_leftovers(store: Path) -> Iterator[Ailment]:
    if (store / ERASING_FILE).exists():
        yield Ailment("An erasure was begun and not finished.", str(store / ERASING_FILE), "Start the collector, which finishes it.")
    copies = [path for path in store.glob(f"{DATABASE_FILE}.*") if path.name not in DATABASE_FILES]
    if copies:
        size = sum(path.stat().st_size for path in copies)
        yield Ailment(
            f"{len(copies)} {'database that was' if len(copies) == 1 else 'databases that were'} set aside: {size >> 20} MiB.",
            ", ".join(str(path) for path in copies),
            "Nothing of them is needed when the journal is whole: the database was made anew from it.",
            *_if_whole(store, "delete them, since the journal is whole", lambda: _delete(copies)),
        )
    if (store / SNAPSHOT_FOLDER).exists():
        yield Ailment(
            "A backup left its copy of the database.",
            str(store / SNAPSHOT_FOLDER),
            "It is a copy; nothing needs it.",
            "delete it",
            lambda: shutil.rmtree(store / SNAPSHOT_FOLDER),
        )


def _delete(paths: list[Path]) -> None:
    for path in paths:
        path.unlink()


def _if_whole(store: Path, repair: str, work: Callable[[], None]) -> tuple[str | None, Callable[[], None] | None]:
    """Offer a repair that is only right while the journal can give everything again."""
    if _LOST & verify(store, database=False).counts.keys():
        return None, None
    return repair, work


def _of_record(store: Path) -> Iterator[Ailment]:
    report = verify(store)
    seen: set[str] = set()
    for finding in report.findings:
        repair, work = _remedy(store, finding)
        if repair is not None:
            if repair in seen:
                repair, work = None, None
            else:
                seen.add(repair)
        yield Ailment(f"{finding.fault}: {finding.what}", finding.where, finding.advice, repair, work)


def _remedy(store: Path, finding: Finding) -> tuple[str | None, Callable[[], None] | None]:
    """Return what can be done about a finding."""
    if finding.fault is Fault.TAIL_TORN and JOURNAL_FOLDER in finding.where:
        return "cut the unfinished record off, as the next start would", lambda: Journal(store / JOURNAL_FOLDER).close()
    if finding.fault in _OF_DATABASE:
        return "rename the database; the next start makes it anew from the journal", lambda: _put_aside(store, *DATABASE_FILES)
    if finding.fault in {Fault.RECORDS_MISSING, Fault.HISTORY_REPLACED}:
        names = (ANCHORS_FILE, f"{JOURNAL_FOLDER}/{ANCHOR_FILE}")
        return "accept the loss: rename the anchors, and go on with the journal as it is", lambda: _put_aside(store, *names)
    return None, None


def _put_aside(store: Path, *names: str) -> None:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    for name in names:
        path = store / name
        if path.exists():
            path.rename(path.with_name(f"{path.name}.aside-{stamp}"))
