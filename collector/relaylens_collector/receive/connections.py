"""Watching the connections of a port: those whose headers trickle in are closed, and beyond a number those that have waited longest.

The HTTP server has one clock for headers and for idle connections, and stops accepting when it holds as many connections as it may, so that
slow senders could keep everybody else out. The kernel knows how many bytes each connection has brought, and the application which of them
have a request at work; from the two it shows which ones are in the middle of their headers. Linux tells this; elsewhere nothing is watched.
"""

import contextlib
import logging
import os
import resource
import socket
import struct
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

LOOK_EVERY: Final = 0.5
"""Seconds."""

_DESCRIPTORS: Final = "/proc/self/fd"
_BYTES_RECEIVED_AT: Final = 128
"""Where struct tcp_info has tcpi_bytes_received."""
_OTHER_FILES: Final = 1024
"""Descriptors for everything that is no connection of this port."""
_TRIM_TO: Final = 0.9
"""So much of the limit is left after closing, so that not every new connection costs an old one at once."""

Peer = tuple[str, str]
"""Address and port, as granian tells them."""

_logger: Final = logging.getLogger(__name__)


class Activity:
    """Which clients have a request at work; told by the application, asked by the watch."""

    def __init__(self) -> None:
        """Nobody has."""
        self._lock = threading.Lock()
        self._busy: Counter[Peer] = Counter()
        self._served: set[Peer] = set()

    def begins(self, peer: Peer) -> None:
        """A whole head has come."""
        with self._lock:
            self._busy[peer] += 1

    def ends(self, peer: Peer) -> None:
        """The answer is given."""
        with self._lock:
            self._served.add(peer)
            self._busy[peer] -= 1
            if self._busy[peer] <= 0:
                del self._busy[peer]

    def taken(self) -> tuple[frozenset[Peer], frozenset[Peer]]:
        """Return who is busy, and who has been served since the last time."""
        with self._lock:
            served, self._served = self._served, set()
            return frozenset(self._busy), frozenset(served)


@dataclass(slots=True)
class _Connection:
    """What is known of one."""

    peer: Peer
    since: float = field(default_factory=time.monotonic)
    """Begin of the headers that it is sending, or of its waiting."""
    quiet_at: int = 0
    """Bytes it had brought when its last request was answered."""
    in_head: bool = True
    """A new one owes its headers."""
    busy: bool = False


class Watch:
    """Looks at the connections of a port twice a second until `stop`."""

    def __init__(self, port: int, activity: Activity, *, head_seconds: float, most: int) -> None:
        """Close connections whose headers take longer, and those that have waited longest when there are more than so many."""
        self._port = port
        self._activity = activity
        self._head_seconds = head_seconds
        self._most = room_for(most)
        self._known: dict[int, _Connection] = {}
        self._stopping = threading.Event()
        self.closed: Final[Counter[str]] = Counter()
        """How many connections were closed, by reason."""
        self._thread: threading.Thread | None = None
        if sys.platform == "linux":
            self._thread = threading.Thread(target=self._run, name="relaylens-connections", daemon=True)
            self._thread.start()

    @property
    def open(self) -> int:
        """How many there were a moment ago."""
        return len(self._known)

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY):
            try:
                self._look()
            except OSError as error:
                _logger.warning("The connections could not be looked at: %s", error)

    def _look(self) -> None:
        now = time.monotonic()
        busy, served = self._activity.taken()
        found: dict[int, _Connection] = {}
        for inode, descriptor in _sockets().items():
            with contextlib.suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as one:
                connection = self._known.get(inode) or self._met(one)
                if connection is None or os.fstat(one.fileno()).st_ino != inode:  # the number is another file's by now
                    continue
                found[inode] = connection
                received = _bytes_received(one)
                if connection.peer in busy or connection.peer in served:
                    connection.busy = connection.peer in busy
                    connection.quiet_at, connection.since, connection.in_head = received, now, False
                    continue
                connection.busy = False
                if not connection.in_head and received > connection.quiet_at:
                    connection.in_head, connection.since = True, now
                if connection.in_head and now - connection.since > self._head_seconds:
                    self._close(one, "slow headers")
        if len(found) > self._most:
            self._trim(found)
        self._known = found

    def _met(self, one: socket.socket) -> _Connection | None:
        """Take note of a connection, if it is one of the port."""
        if one.family not in {socket.AF_INET, socket.AF_INET6} or one.getsockname()[1] != self._port:
            return None
        host, port = one.getpeername()[:2]  # a listener has no peer, which is an OSError
        return _Connection((host, str(port)))

    def _trim(self, found: dict[int, _Connection]) -> None:
        """Close those that have waited longest without a whole request; a client with nothing at work comes again without a loss."""
        waiting = sorted((one.since, inode) for inode, one in found.items() if not one.busy)
        descriptors = _sockets()
        for _, inode in waiting[: len(found) - int(self._most * _TRIM_TO)]:
            with contextlib.suppress(OSError, KeyError), socket.socket(fileno=os.dup(descriptors[inode])) as one:
                if os.fstat(one.fileno()).st_ino == inode:
                    self._close(one, "too many")

    def _close(self, one: socket.socket, why: str) -> None:
        one.shutdown(socket.SHUT_RDWR)
        self.closed[why] += 1


def room_for(connections: int) -> int:
    """Let the process open as many files as the connections need, and return for how many there is room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return connections
    room = max(16, soft // 2)
    _logger.warning("The system allows %d open files: %d connections are kept, not %d.", soft, room, connections)
    return room


def _sockets() -> dict[int, int]:
    """Return the process' sockets: inode to descriptor."""
    found: dict[int, int] = {}
    for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208 - no Path for each of thousands
        with contextlib.suppress(OSError):
            target = os.readlink(f"{_DESCRIPTORS}/{name}")  # noqa: PTH115
            if target.startswith("socket:["):
                found[int(target[8:-1])] = int(name)
    return found


def _bytes_received(one: socket.socket) -> int:
    """Ask the kernel."""
    info = one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BYTES_RECEIVED_AT + 8)
    return int(struct.unpack_from("=Q", info, _BYTES_RECEIVED_AT)[0])
