"""A disk that is full, and then is not: senders are told to wait, nothing acknowledged is lost, and nobody has to restart anything."""

import contextlib
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from tests.collector.crash.killing import Victim
from tests.collector.crash.sending import Sender, stored_names

_LONGEST_RECOVERY: Final = 5.0
_SMALL_DISK: Final = 24 << 20
_MOST_LEFT: Final = (0, 100_000, 1_000_000, 4_000_000)
"""Bytes left when it gets tight: the journal finds the end first, or the log, or a checkpoint."""
_SHORT: Final = {("tmpfs", 0, 1.0), ("tmpfs", 1_000_000, 1.0)}
"""What every run of the tests tries; the rest is `make crash`'s."""


def _limit_files(victim: Victim, size: int = resource.RLIM_INFINITY) -> None:
    """Let no file of the process grow beyond a size, which is how a full disk looks to it."""
    resource.prlimit(victim.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _check(store: Path, victim: Victim, sender: Sender, make_room: Callable[[], None]) -> None:
    """Once there is room everything is taken again, and all that was acknowledged is stored, once."""
    make_room()
    began = time.monotonic()
    sender.send_until(lambda: sender.answers[-1] == 200)
    taken_again = time.monotonic() - began
    victim.wait_until("/readyz")
    ready_again = time.monotonic() - began
    exit_code = victim.stop()
    stored = stored_names(store)

    assert 0 == exit_code
    assert {200} <= set(sender.answers) <= {200, 503}
    assert [] == sender.wrong_refusals
    assert len(stored) == len(set(stored))
    assert sender.kept <= set(stored)
    assert taken_again <= ready_again < _LONGEST_RECOVERY


def test_the_journal_finds_the_disk_full(tmp_path: Path) -> None:
    """G04, G06: what cannot be brought to disk is refused as retryable."""
    with Victim(tmp_path) as victim:
        victim.wait_until("/readyz")
        sender = Sender(victim)
        sender.send_until(lambda: len(sender.kept) > 200)
        (segment,) = (tmp_path / "journal").glob("*.segment")
        _limit_files(victim, segment.stat().st_size + 100_000)
        sender.send_until(lambda: 503 in sender.answers)

        _check(tmp_path, victim, sender, partial(_limit_files, victim))


def test_the_database_finds_the_disk_full(tmp_path: Path) -> None:
    """G04, G05, G35: readiness goes and liveness stays, and the database mends itself."""
    with Victim(tmp_path, checkpoint_share=1) as victim:
        victim.wait_until("/readyz")
        sender = Sender(victim)
        sender.send()
        victim.restart()
        victim.wait_until("/readyz")
        # The database, with its many tables, is larger by now than the journal and its own log are.
        _limit_files(victim, (tmp_path / "relaylens.duckdb").stat().st_size + 1)
        sender.send_until(lambda: victim.send("GET", "/readyz") == 503)

        assert 200 == victim.send("GET", "/healthz")
        _check(tmp_path, victim, sender, partial(_limit_files, victim))


@contextlib.contextmanager
def _small_disk(folder: Path, kind: str) -> Iterator[Path]:
    """Mount a small disk; skips where that needs rights that we do not have."""
    disk = folder / kind
    disk.mkdir()
    if kind == "tmpfs":
        commands = [["mount", "-t", "tmpfs", "-o", f"size={_SMALL_DISK}", "tmpfs", str(disk)]]
    else:
        image = folder / "image"
        with image.open("wb") as file:
            file.truncate(2 * _SMALL_DISK)
        commands = [["mkfs.ext4", "-q", str(image)], ["mount", "-o", "loop", str(image), str(disk)]]
    for command in commands:
        try:
            done = subprocess.run(command, capture_output=True, check=False, text=True)
        except FileNotFoundError as error:
            pytest.skip(str(error))
        if done.returncode:
            pytest.skip(f"{' '.join(command)}: {done.stderr.strip()}; it needs root")
    try:
        yield disk
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(disk)], check=True)


def _fill(disk: Path, left: int) -> Path:
    """Write a file until so many bytes are left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        while (free := shutil.disk_usage(disk).free - left) > 0:
            try:
                file.write(bytes(min(free, 1 << 16)))
            except OSError:
                break
    return ballast


@pytest.mark.parametrize(
    ("kind", "left", "checkpoint_share"),
    [
        pytest.param(kind, left, share, marks=() if (kind, left, share) in _SHORT else pytest.mark.crash)
        for kind in ("tmpfs", "ext4")
        for left in _MOST_LEFT
        for share in (0.0, 1.0)
        if (kind, share) != ("ext4", 0.0) or left
    ],
)
def test_a_small_disk_is_full_and_then_is_not(tmp_path: Path, kind: str, left: int, checkpoint_share: float) -> None:
    """G04: a real disk without room, found first by the journal, by the database's log or by a checkpoint."""
    with _small_disk(tmp_path, kind) as disk, Victim(disk / "store", checkpoint_share=checkpoint_share, free_bytes=1) as victim:
        victim.wait_until("/readyz")
        sender = Sender(victim)
        sender.send_until(lambda: len(sender.kept) > 400)
        ballast = _fill(disk, left)
        sender.send_until(lambda: 503 in sender.answers)
        for _ in range(10):
            sender.send()
        assert 200 == victim.send("GET", "/healthz")
        _check(disk / "store", victim, sender, ballast.unlink)
