"""The stores of one collector, one for each project: opened when they are asked for, closed when nobody has asked for long.

The default project's store is the store's folder itself, and always open. Any other is a folder of its own below it, with a journal and
a database of its own: what is in one project cannot be reached from another, whatever is asked.
"""

import contextlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from relaylens_collector.access import DEFAULT_PROJECT, check_project
from relaylens_collector.errors import CollectorError, NotReadyError, OverloadedError
from relaylens_collector.ingest import Ingest
from relaylens_collector.store import Settler

PROJECTS_FOLDER: Final = "projects"

_UNUSED_SECONDS: Final = 2.0
"""A store that was used a moment ago is not closed to make room for another."""

_DRAIN_SECONDS: Final = 5.0
_LOOK_EVERY: Final = 5.0
_LONGEST_OPENING: Final = 20.0
_LEAST_KIB: Final = 192 << 10
"""With less, DuckDB cannot settle some ten thousand spans that come at once."""

_UNITS: Final = {"K": 1000, "M": 1000**2, "G": 1000**3, "T": 1000**4, "KI": 1 << 10, "MI": 1 << 20, "GI": 1 << 30, "TI": 1 << 40, "": 1}

_logger: Final = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Opened:
    """A store in use; `ingest` is there once it is open, and not any more when it is being closed."""

    ingest: Ingest | None = None
    users: int = 0
    used_at: float = 0.0


class Projects:
    """Lends the store of a project; used from any thread."""

    def __init__(self, default: Ingest, open_store: Callable[[str], Ingest], *, most: int, idle_seconds: float) -> None:
        """Keep so many open at once, beside the default one, and each for so long after it was used last."""
        self.default: Final = default
        self._open_store = open_store
        self._most = most
        self._idle_seconds = idle_seconds
        self._changed = threading.Condition()
        self._opened: dict[str, _Opened] = {}
        self._problems: dict[str, str] = {}
        self._stopping = False
        self._closer = threading.Thread(target=self._close_idle, name="relaylens-projects", daemon=True)
        self._closer.start()

    @contextlib.contextmanager
    def using(self, project: str) -> Iterator[Ingest]:
        """Lend a project's store; raises OverloadedError when too many are in use, NotReadyError when it cannot be opened now."""
        if project == DEFAULT_PROJECT:
            yield self.default
            return
        opened = self._taken(check_project(project))
        try:
            assert opened.ingest is not None  # noqa: S101 - it is not closed while it has users
            yield opened.ingest
        finally:
            with self._changed:
                opened.users -= 1
                opened.used_at = time.monotonic()
                self._changed.notify_all()

    def stores(self) -> Mapping[str, Ingest]:
        """Return the stores that are open now, by project."""
        with self._changed:
            others = {project: opened.ingest for project, opened in self._opened.items() if opened.ingest is not None}
        return {DEFAULT_PROJECT: self.default, **others}

    def interrupt_readers(self) -> None:
        """End the queries that run now, in all projects."""
        for ingest in self.stores().values():
            ingest.interrupt_readers()

    def close(self, seconds: float) -> None:
        """Lend no more, and close all stores, within so many seconds as far as that can be."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not any(opened.users for opened in self._opened.values()), timeout=seconds)
        self._closer.join()
        stores = list(self.stores().values())
        with ThreadPoolExecutor(len(stores), thread_name_prefix="relaylens-close") as closing:
            list(closing.map(lambda ingest: ingest.close(seconds), stores))

    def _taken(self, project: str) -> _Opened:
        """Return an open store with one user more."""
        deadline = time.monotonic() + _LONGEST_OPENING
        with self._changed:
            while True:
                if self._stopping:
                    raise NotReadyError
                opened = self._opened.get(project)
                if opened is None:
                    if len(self._opened) < self._most:
                        opened = self._opened[project] = _Opened(users=1)
                        break
                    self._make_room()
                    continue
                if opened.ingest is not None:
                    opened.users += 1
                    return opened
                # Another thread opens or closes it just now.
                if not self._changed.wait(deadline - time.monotonic()):
                    raise NotReadyError
        try:
            ingest = self._open(project)
        except BaseException:
            with self._changed:
                del self._opened[project]
                self._changed.notify_all()
            raise
        with self._changed:
            opened.ingest = ingest
            self._changed.notify_all()
        return opened

    def _open(self, project: str) -> Ingest:
        """Open a store; why it cannot be opened is for the log, not for whoever asks."""
        try:
            ingest = self._open_store(project)
        except CollectorError as error:
            if self._problems.get(project) != str(error):
                self._problems[project] = str(error)
                _logger.error("The store of the project %s cannot be opened: %s", project, error)  # noqa: TRY400 - it is one of ours
            raise NotReadyError from error
        self._problems.pop(project, None)
        return ingest

    def _make_room(self) -> None:
        """Close the store that was used longest ago; called with the lock, which is free meanwhile."""
        now = time.monotonic()
        unused = [
            (opened.used_at, project)
            for project, opened in self._opened.items()
            if opened.ingest is not None and not opened.users and now - opened.used_at >= _UNUSED_SECONDS
        ]
        if not unused:
            message = f"{self._most} projects are in use, and no more are held open at once."
            raise OverloadedError(message)
        self._close_one(min(unused)[1])

    def _close_one(self, project: str) -> None:
        """Close a store that nobody uses; called with the lock, which is free meanwhile."""
        opened = self._opened[project]
        ingest, opened.ingest = opened.ingest, None
        self._changed.release()
        try:
            if ingest is not None:
                ingest.close(_DRAIN_SECONDS)
        finally:
            self._changed.acquire()
            del self._opened[project]
            self._changed.notify_all()

    def _close_idle(self) -> None:
        """Close what has not been used for long, until the end."""
        with self._changed:
            while not self._stopping:
                self._changed.wait(min(_LOOK_EVERY, self._idle_seconds))
                now = time.monotonic()
                for project, opened in list(self._opened.items()):
                    if opened.ingest is not None and not opened.users and now - opened.used_at >= self._idle_seconds and not self._stopping:
                        self._close_one(project)


def other_projects(store: Path) -> list[str]:
    """Name the projects that have a folder in a store."""
    folder = store / PROJECTS_FOLDER
    return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def half_of(memory: str) -> str:
    """Halve a size such as 512MB, as long as that is enough to work with."""
    found = re.fullmatch(r"([\d.]+) ?([KMGT]I?)?B", memory.upper())
    if found is None:
        raise ValueError(memory)
    kib = int(float(found[1]) * _UNITS[found[2] or ""]) >> 10
    return f"{min(kib, max(kib // 2, _LEAST_KIB))}KiB"


def one_at_a_time(settle: Settler | None) -> Settler | None:
    """Let one store settle at a time, for that is what takes most memory."""
    if settle is None:
        return None
    turn = threading.Lock()

    def settle_alone(connection: duckdb.DuckDBPyConnection) -> int:
        with turn:
            return settle(connection)

    return settle_alone
