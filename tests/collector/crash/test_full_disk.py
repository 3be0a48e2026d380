"""A disk that is full, and then is not: senders are told to wait, nothing acknowledged is lost, and nobody has to restart anything."""

import resource
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
from tests.collector.crash.killing import Victim, request


def _stored(store: Path) -> list[str]:
    with duckdb.connect(str(store / "relaylens.duckdb"), read_only=True) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM spans").fetchall()]


def _limit_files(victim: Victim, size: int = resource.RLIM_INFINITY) -> None:
    """Let no file of the process grow beyond a size, which is how a full disk looks to it."""
    resource.prlimit(victim.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


class _Sender:
    """Sends requests one after the other, and remembers what was answered."""

    def __init__(self, victim: Victim) -> None:
        self._victim = victim
        self._number = 0
        self.answers: list[int] = []
        self.kept: set[str] = set()

    def send(self) -> int:
        self._number += 1
        body, names = request("h0", self._number)
        status = self._victim.send("POST", "/v1/traces", body)
        self.answers.append(status)
        if status == 200:
            self.kept.update(names)
        return status

    def send_until(self, done: Callable[[], bool]) -> None:
        """Send until something is the case; a refused request is sent again."""
        deadline = time.monotonic() + 30
        while not done():
            assert time.monotonic() < deadline, self.answers
            self.send()


def _check(store: Path, victim: Victim, sender: _Sender) -> None:
    """Once there is room everything is taken again, and all that was acknowledged is stored, once."""
    _limit_files(victim)
    began = time.monotonic()
    sender.send_until(lambda: sender.answers[-1] == 200)
    victim.wait_until("/readyz")
    recovered = time.monotonic() - began
    exit_code = victim.stop()
    stored = _stored(store)

    assert 0 == exit_code
    assert {200} <= set(sender.answers) <= {200, 503}
    assert len(stored) == len(set(stored))
    assert sender.kept <= set(stored)
    assert recovered < 30


def test_the_journal_finds_the_disk_full(tmp_path: Path) -> None:
    """G04, G06: what cannot be brought to disk is refused as retryable."""
    with Victim(tmp_path) as victim:
        victim.wait_until("/readyz")
        sender = _Sender(victim)
        sender.send_until(lambda: len(sender.kept) > 200)
        (segment,) = (tmp_path / "journal").glob("*.segment")
        _limit_files(victim, segment.stat().st_size + 100_000)
        sender.send_until(lambda: 503 in sender.answers)

        _check(tmp_path, victim, sender)


def test_the_database_finds_the_disk_full(tmp_path: Path) -> None:
    """G04, G05, G35: readiness goes and liveness stays, and the database mends itself."""
    with Victim(tmp_path, checkpoint_share=1) as victim:
        victim.wait_until("/readyz")
        sender = _Sender(victim)
        sender.send()
        victim.restart()
        victim.wait_until("/readyz")
        # The database, with its many tables, is larger by now than the journal and its own log are.
        _limit_files(victim, (tmp_path / "relaylens.duckdb").stat().st_size + 1)
        sender.send_until(lambda: victim.send("GET", "/readyz") == 503)

        assert 200 == victim.send("GET", "/healthz")
        _check(tmp_path, victim, sender)
