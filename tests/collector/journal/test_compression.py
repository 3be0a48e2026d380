"""A journal that nothing comes into makes itself small."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from relaylens_collector.journal import Journal
from relaylens_collector.journal.segments import list_segments
from relaylens_collector.signals import Signal

_BODY = b"what was said before is said again with every call " * 20_000
_ENOUGH = 5 * [_BODY]


def _wait_until(holds: Callable[[], bool]) -> bool:
    """Look until it holds, for some seconds at most."""
    deadline = time.monotonic() + 20
    while not (held := holds()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return held


def _compressed(folder: Path) -> list[bool]:
    return [segment.compressed for segment in list_segments(folder)]


def test_a_quiet_journal_compresses_its_newest_segment_too(tmp_path: Path) -> None:
    """The segment that grows is sealed once it is worth it, and the next record begins another one."""
    journal = Journal(tmp_path, quiet_seconds=0.05)
    for body in _ENOUGH:
        journal.append(Signal.TRACES, body)
    plain = sum(map(len, _ENOUGH))

    assert _wait_until(lambda: [True] == _compressed(tmp_path))
    assert sum(segment.path.stat().st_size for segment in list_segments(tmp_path)) < plain // 100
    assert 6 == journal.append(Signal.TRACES, b"one more").seq
    assert [True, False] == _compressed(tmp_path)
    assert [*_ENOUGH, b"one more"] == [record.body for record in journal.read()]
    journal.close()

    again = Journal(tmp_path)
    assert 7 == again.append(Signal.TRACES, b"after the restart").seq
    assert [True, False] == _compressed(tmp_path)
    again.close()


def test_a_journal_that_ends_compressed_is_continued(tmp_path: Path) -> None:
    """A process that ends between sealing and the next record leaves nothing to mend."""
    journal = Journal(tmp_path, quiet_seconds=0.05)
    for body in _ENOUGH:
        journal.append(Signal.TRACES, body)
    assert _wait_until(lambda: [True] == _compressed(tmp_path))
    journal.close()

    again = Journal(tmp_path)
    assert 6 == again.append(Signal.TRACES, b"after").seq
    assert [*_ENOUGH, b"after"] == [record.body for record in again.read()]
    again.close()


def test_it_is_not_quiet_before_what_came_is_settled(tmp_path: Path) -> None:
    """Settling needs the memory that compressing takes; what waits is compressed when it is done."""
    asked: list[int] = []
    done = threading.Event()

    def is_settled(seq: int) -> bool:
        asked.append(seq)
        return done.is_set()

    journal = Journal(tmp_path, segment_bytes=len(_BODY), quiet_seconds=0.02, is_settled=is_settled)
    for body in _ENOUGH:
        journal.append(Signal.TRACES, body)
    assert _wait_until(lambda: asked.count(5) > 3)
    assert [False] * 5 == _compressed(tmp_path)

    done.set()

    assert _wait_until(lambda: [True, True, True, True, False] == _compressed(tmp_path))
    journal.close()


def test_a_short_segment_is_left_to_grow(tmp_path: Path) -> None:
    """A trickle does not become a file for each record."""
    journal = Journal(tmp_path, quiet_seconds=0.02)
    for number in range(5):
        journal.append(Signal.TRACES, b"%d" % number)
        time.sleep(0.05)  # several quiet moments, in which nothing may happen

    assert [False] == _compressed(tmp_path)
    journal.close()


def test_under_a_steady_load_the_oldest_segments_are_compressed(tmp_path: Path) -> None:
    """When it is never quiet, so many sealed segments wait at most."""
    journal = Journal(tmp_path, segment_bytes=len(_BODY), quiet_seconds=0.05)
    compressed = False
    deadline = time.monotonic() + 20
    while not compressed and time.monotonic() < deadline:
        journal.append(Signal.TRACES, _BODY)
        compressed = _compressed(tmp_path)[0]

    assert compressed
    journal.close()
