"""Child processes of `relaylens up` and `relaylens demo`: started, watched and ended together with us."""

import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from relaylens_dashboard.cli.stopping import Stop

LOOPBACK: Final = "127.0.0.1"

_LAST_WORDS: Final = 2_000
_SECONDS_TO_END: Final = 5.0
_SECONDS_BETWEEN_LOOKS: Final = 0.1


class ChildEndedError(Exception):
    """A part of Relaylens ended by itself."""


class Child:
    """One child process with a name that people know it by."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], *, talks: bool) -> None:
        """Start it; Ctrl-C at the terminal reaches us alone. What it says goes to our standard error, or is kept until it fails."""
        self.name = name
        self._kept = None if talks else tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child runs
        self._process = subprocess.Popen(  # noqa: S603 - our own programs
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._kept, start_new_session=True
        )

    def check(self) -> None:
        """Raise when it has ended by itself."""
        code = self._process.poll()
        if code is not None:
            detail = f"The {self.name} ended with exit code {code}.{self._last_words()}"
            raise ChildEndedError(detail)

    def _last_words(self) -> str:
        """Give the end of what it said, where that was kept."""
        if self._kept is None:
            return ""
        self._kept.seek(0)
        return "\n" + self._kept.read().decode(errors="replace")[-_LAST_WORDS:]

    def end(self) -> None:
        """Ask it to end, and see that it does."""
        self._process.terminate()
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._kept is not None:
            self._kept.close()


@contextlib.contextmanager
def child(name: str, command: Sequence[str], environment: Mapping[str, str], *, talks: bool) -> Iterator[Child]:
    """Run a child process for the length of the block."""
    started = Child(name, command, environment, talks=talks)
    try:
        yield started
    finally:
        started.end()


def wait_until_it_answers(one: Child, url: str, stop: Stop, *, seconds: float = 60.0) -> None:
    """Return when the address answers 200, or when it is time to stop; raises when the child ends or takes too long."""
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + seconds
    while not stop.is_set():
        one.check()
        with contextlib.suppress(URLError, OSError), opener.open(url, timeout=2) as answer:
            if answer.status == 200:  # noqa: PLR2004 - OK
                return
        if time.monotonic() > deadline:
            detail = f"The {one.name} does not answer at {url} after {seconds:.0f} s."
            raise ChildEndedError(detail)
        stop.wait(_SECONDS_BETWEEN_LOOKS)


def is_free(port: int) -> bool:
    """Whether a port of this machine can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def any_free_port() -> int:
    """Ask the machine for a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
