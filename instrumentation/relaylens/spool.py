"""Requests that wait on disk until the collector is back: bounded, in order of need, each sent by one process at a time.

A folder for each destination and service holds one file a request and one lock file a process. Whoever holds the lock of a
process sends its requests: that process itself, and once it is gone the first other one that asks. A request is never
changed once its bytes are made, so that the collector knows one that is sent twice.
"""

import contextlib
import hashlib
import itertools
import json
import os
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Final

from relaylens.accounting import Ranges

try:
    import fcntl
except ImportError:  # no file locks, no spool: two processes could send the same
    fcntl = None  # type: ignore[assignment]

IS_POSSIBLE: Final = fcntl is not None

_MAGIC: Final = b"relaylens-1 "
_BLOCK: Final = 4096
_ROOM_FOR_ACCOUNTS: Final = 4 << 20
"""Accounts are small, and without them nobody knows what is missing: they have this much beyond the bound."""


_ROOM_TRIES: Final = 100
_ROOM_PAUSE: Final = 0.01
"""Seconds; after a hundred of them the bound is kept only nearly, which is better than to wait for ever."""

_numbers: Final = itertools.count(1)


class Need(IntEnum):
    """How soon a request is needed, soonest first."""

    ACCOUNT = 0
    """What is missing, and where."""
    URGENT = 1
    """Outcomes, failures, handoffs and questions to people: the newest first, since somebody may have to act."""
    BULK = 2
    """All else, the oldest first."""


@dataclass(frozen=True)
class Request:
    """An OTLP request as it goes over the wire, and which spans of this process are in it."""

    body: bytes
    need: Need
    sequences: Ranges = ()
    count: int = 0
    key: str = field(default_factory=lambda: f"{time.time_ns():020d}-{next(_numbers):06d}")


@dataclass(frozen=True)
class Waiting:
    """A request in the spool."""

    path: Path
    need: Need
    key: str
    owner: str
    """The process that made it."""

    def order(self) -> tuple[int, int]:
        """Sorts by need."""
        moment = int(self.key.partition("-")[0])
        return int(self.need), -moment if self.need is Need.URGENT else moment


@dataclass(frozen=True)
class Lock:
    """The right to send what a process has left."""

    owner: str
    handle: int
    path: Path
    about: bytes
    """Whatever the process wrote into its lock file: its resource."""


class Spool:
    """The folder, as one process uses it. All but the constructor is for the thread that sends."""

    def __init__(self, folder: Path, most_bytes: int, process_id: str, about: bytes) -> None:
        """Lock a place in the folder for this process; OSError when that cannot be done."""
        self.folder = folder
        self._most_bytes = most_bytes
        self._process_id = process_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path, new = folder / f"{process_id}.lock", folder / f"{process_id}.new"
        handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.write(handle, about)
            # Nobody sees it before it is locked: it would look like that of a process that is gone.
            new.rename(path)
        except BaseException:
            os.close(handle)
            with contextlib.suppress(OSError):
                new.unlink()
            raise
        self._own = Lock(process_id, handle, path, about)
        self._left: dict[str, Lock] = {}

    def put(self, request: Request) -> bool:
        """Keep a request on disk; False when there is no room for it, OSError when it cannot be written.

        `own_bulk` says what may be given up for it.
        """
        content = _written(request)
        path = self.folder / f"{request.need.value}-{request.key}-{self._process_id}.otlp"
        if path.exists():
            return True
        with self._bounded():
            most = self._most_bytes + (_ROOM_FOR_ACCOUNTS if request.need is Need.ACCOUNT else 0)
            if self._taken() + _on_disk(len(content)) > most:
                return False
            part = path.with_suffix(".part")
            try:
                part.write_bytes(content)
                part.chmod(0o600)
                part.replace(path)
            except BaseException:
                with contextlib.suppress(OSError):
                    part.unlink()
                raise
        return True

    def waiting(self) -> list[Waiting]:
        """What this process may send, what is needed most first."""
        mine = {self._process_id, *self._left}
        return sorted((one for one in self._listed() if one.owner in mine), key=Waiting.order)

    def own_bulk(self) -> list[Waiting]:
        """What this process can give up for what is needed more, the newest first."""
        return [one for one in reversed(self.waiting()) if one.owner == self._process_id and one.need is Need.BULK]

    def read(self, waiting: Waiting) -> Request | None:
        """The request; None when the file is gone or not whole."""
        try:
            content = waiting.path.read_bytes()
        except FileNotFoundError:
            return None
        head, _, body = content.partition(b"\n")
        said = _said(head)
        if said is None or said.crc != zlib.crc32(body):
            return None
        return Request(body, waiting.need, said.sequences, said.count, waiting.key)

    def sequences(self, waiting: Waiting) -> Ranges:
        """Which spans are in a request."""
        try:
            with waiting.path.open("rb") as file:
                said = _said(file.readline())
        except OSError:
            return ()
        return () if said is None else said.sequences

    def remove(self, waiting: Waiting) -> None:
        """It has been sent, or never will be."""
        with contextlib.suppress(FileNotFoundError):
            waiting.path.unlink()

    def adopt(self) -> Iterator[Lock]:
        """Take over what ended processes have left; each is yielded once, when it is taken."""
        for path in sorted(self.folder.glob("*.lock")):
            owner = path.stem
            if owner == self._process_id or owner in self._left:
                continue
            lock = _try_lock(path, owner)
            if lock is not None:
                self._left[owner] = lock
                yield lock

    def about(self, owner: str) -> bytes | None:
        """What an ended process has said of itself."""
        lock = self._left.get(owner)
        return None if lock is None else lock.about

    def leave(self, owner: str) -> None:
        """Let somebody else take care of what an ended process has left."""
        lock = self._left.pop(owner, None)
        if lock is not None:
            _let_go(lock)

    def settle(self) -> None:
        """Forget the ended processes of which nothing waits any more."""
        if not self._left:
            return
        with_requests = {one.owner for one in self._listed()}
        for owner in [owner for owner in self._left if owner not in with_requests]:
            for part in self.folder.glob(f"*-{owner}.part"):
                part.unlink(missing_ok=True)
            self._left[owner].path.unlink(missing_ok=True)
            self.leave(owner)

    def close(self, *, keep: bool) -> None:
        """End the use of the folder; with `keep` something waits in it, or the ledger has still to be read."""
        for owner in list(self._left):
            self.leave(owner)
        if not keep:
            with contextlib.suppress(OSError):
                self._own.path.unlink()
        _let_go(self._own)

    def abandon(self) -> None:
        """In a forked child: close the files without letting go of the locks, which are the parent's."""
        for lock in (self._own, *self._left.values()):
            with contextlib.suppress(OSError):
                os.close(lock.handle)
        self._left = {}

    def _listed(self) -> Iterator[Waiting]:
        """Every whole request in the folder."""
        for path in self.folder.glob("*.otlp"):
            need, _, rest = path.stem.partition("-")
            key, _, owner = rest.rpartition("-")
            with contextlib.suppress(ValueError):
                yield Waiting(path, Need(int(need)), key, owner)

    def _taken(self) -> int:
        """Bytes of all requests of all processes."""
        total = 0
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if not entry.name.endswith(".lock"):
                    with contextlib.suppress(FileNotFoundError):
                        total += _on_disk(entry.stat().st_size)
        return total

    @contextlib.contextmanager
    def _bounded(self) -> Iterator[None]:
        """One process at a time looks at the room there is and takes some."""
        handle = os.open(self.folder / "room", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            for _ in range(_ROOM_TRIES):
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                time.sleep(_ROOM_PAUSE)
            yield
        finally:
            # Said aloud: a child that was forked meanwhile has the file open too, and closing ours would not let go.
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)


def spool_folder(given: str | None, endpoint: str, service: str) -> Path:
    """Where requests for a destination wait.

    Another destination or service has another folder: what was recorded for one never goes to the other.
    """
    key = hashlib.sha256(f"{endpoint}\0{service}".encode(errors="replace")).hexdigest()[:16]
    return (_default_folder() if given is None else Path(given).expanduser()) / key


def ledger_path(folder: Path, process_id: str) -> Path | None:
    """Where the ledger of a process is kept: in memory that the kernel keeps when the process is killed."""
    shared = Path("/dev/shm")  # noqa: S108 - the name is unguessable, and opened for a new file only
    return shared / f"relaylens-{os.getuid()}-{folder.name}-{process_id}" if shared.is_dir() else None


def _default_folder() -> Path:
    """The user's folder for state, else one of the user's own among the temporary files."""
    state = os.environ.get("XDG_STATE_HOME")
    home = Path("~").expanduser()
    if state:
        return Path(state) / "relaylens" / "spool"
    if home != Path("~") and os.access(home, os.W_OK):
        return home / ".local" / "state" / "relaylens" / "spool"
    return Path(tempfile.gettempdir()) / f"relaylens-spool-{os.getuid()}"


def _written(request: Request) -> bytes:
    """The file of a request."""
    said = {"sequences": request.sequences, "count": request.count, "crc": zlib.crc32(request.body)}
    return _MAGIC + json.dumps(said).encode() + b"\n" + request.body


@dataclass(frozen=True)
class _Said:
    """The first line of a file."""

    sequences: Ranges
    count: int
    crc: int


def _said(head: bytes) -> _Said | None:
    """Read the first line; None when it is not one of ours."""
    try:
        said = json.loads(head.removeprefix(_MAGIC)) if head.startswith(_MAGIC) else {}
        sequences = tuple((int(first), int(last)) for first, last in said["sequences"])
        return _Said(sequences, int(said["count"]), int(said["crc"]))
    except (ValueError, KeyError, TypeError):
        return None


def _on_disk(size: int) -> int:
    """Room that a file takes."""
    return -(-size // _BLOCK) * _BLOCK


def _let_go(lock: Lock) -> None:
    """Unlock and close; by name, since a child that was forked meanwhile has the file open too."""
    with contextlib.suppress(OSError):
        fcntl.flock(lock.handle, fcntl.LOCK_UN)
        os.close(lock.handle)


def _try_lock(path: Path, owner: str) -> Lock | None:
    """The lock of a process that is gone; None while it lives or somebody else has it."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever had it before may have finished with it between our opening and our locking.
        if os.fstat(handle).st_nlink:
            return Lock(owner, handle, path, os.read(handle, 1 << 20))
    except OSError:
        pass
    os.close(handle)
    return None
