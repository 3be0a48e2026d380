"""Servers that the suite starts itself, to kill them, to overload them or to take their disk away."""

import contextlib
import os
import resource
import shlex
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from relaylens_collector.conformance.items import ConformanceError, FailedError, NeedsError
from relaylens_collector.conformance.target import Target

START_SECONDS: Final = 30.0
"""How long a server may take until it answers, where nobody says otherwise."""
_STARVED_BYTES: Final = 8 << 20

_RUNNING: Final[list[subprocess.Popen[bytes]]] = []
"""Every server that was started."""


@dataclass(frozen=True)
class Serving:
    """How a server is started; `{http}`, `{grpc}` and `{folder}` stand for ports and its data."""

    command: str
    max_body: str | None = None
    """Option for the greatest request, with `{bytes}`."""
    in_flight: str | None = None
    """Option for the bytes in memory before senders have to wait, with `{bytes}`."""
    auth: str | None = None
    """Option that makes the server ask for a bearer token, with `{token}`."""
    tls: str | None = None
    """Options for TLS, with `{certificate}` and `{key}`."""
    routes: tuple[str, ...] = ()
    """Routes beside OTLP's own that have to ask for the token."""
    ready: str | None = None
    """Path that says whether the server can do its work."""
    alive: str | None = None
    """Path that says whether the process answers."""
    start_seconds: float = START_SECONDS
    """How long it may take until it answers an export."""


class Server:
    """A running server, of one process or several."""

    def __init__(
        self, serving: Serving, base: Target, folder: Path, *options: str, file_size: int | None = None, token: str | None = None
    ) -> None:
        """Start it."""
        http, grpc = _free_port(), _free_port()
        command = shlex.split(serving.command.format(http=http, grpc=grpc, folder=folder))
        for option in options:
            command += shlex.split(option)

        self.log = folder.parent / "log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)  # noqa: S603 - the user names it
        self._start_seconds = serving.start_seconds
        _RUNNING.append(self.process)
        if file_size is not None:
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (file_size, file_size))
        self.target = replace(
            base,
            http=f"http://127.0.0.1:{http}",
            grpc=f"127.0.0.1:{grpc}",
            pid=self.process.pid,
            token=token or base.token,
            options=serving,
        )

    def wait(self) -> "Server":
        """Wait until it answers an export; what it says to an empty one is for the items to judge."""
        deadline = time.monotonic() + self._start_seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(ConformanceError):
                if self.target.post(b"").status < 500:  # noqa: PLR2004 - it is not the server that is not ready
                    return self
            time.sleep(0.05)
        message = (
            f"the server does not take an export {self._start_seconds:g} s after its start (--start allows it longer); "
            f"exit code {self.process.poll()}, log: {self.tail()}"
        )
        raise FailedError(message)

    def tail(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-400:]

    def kill(self) -> None:
        """End all its processes without a word."""
        _kill(self.process)

    def stop(self, seconds: float = 15.0) -> int:
        """Ask it to end; the answer is its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            message = f"still there {seconds:g} s after SIGTERM"
            raise FailedError(message) from None


def serving_of(target: Target) -> Serving:
    """How to start a server like the target."""
    if not isinstance(target.options, Serving):
        message = "--serve, a command that starts a server like this one"
        raise NeedsError(message)
    return target.options


def option_of(given: str | None, name: str, **values: object) -> str:
    """An option of the server, filled in."""
    if given is None:
        message = f"--{name}"
        raise NeedsError(message)
    return given.format(**values)


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """A folder for a server's data, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="otlp-conformance-") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        yield data


@contextlib.contextmanager
def served(target: Target, *options: str, file_size: int | None = None, token: str | None = None) -> Iterator[Server]:
    """A server of its own, with an empty folder, ended afterwards."""
    with own_folder() as data:
        server = Server(serving_of(target), target, data, *options, file_size=file_size, token=token)
        try:
            yield server.wait()
        finally:
            if server.process.poll() is None:
                server.kill()


@contextlib.contextmanager
def starved_of_disk(target: Target) -> Iterator[Target]:
    """A server whose files cannot grow beyond a few MiB, which is what a full disk is to it."""
    with served(target, file_size=_STARVED_BYTES) as server:
        yield server.target


class Memory:
    """Watches the resident memory of a process while something is sent to it."""

    def __init__(self, pid: int) -> None:
        """Look at it now, and then every few milliseconds."""
        self._pid = pid
        self._before = self._most = _resident(pid)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def grown(self) -> int:
        """Bytes by which it grew at most; ends the watch."""
        self._done.set()
        self._thread.join()
        return self._most - self._before

    def _watch(self) -> None:
        while not self._done.wait(0.003):
            self._most = max(self._most, _resident(self._pid))


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError):
        pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0


def end_all() -> None:
    """End the servers that a test left behind, such as one that was given up."""
    for process in _RUNNING:
        if process.poll() is None:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
