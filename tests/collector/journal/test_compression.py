"""A journal that nothing comes into makes itself small."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from relaylens_collector.allocation import MUCH_MEMORY
from relaylens_collector.errors import JournalCorruptError
from relaylens_collector.journal import Journal
from relaylens_collector.journal.rewriting import compress_again
from relaylens_collector.journal.segments import QUICKLY, UNFINISHED_SUFFIX, Segment, compress, list_segments
from relaylens_collector.signals import Signal

_BODY = b"what was said before is said again with every call " * 20_000
_ENOUGH = 5 * [_BODY]
_TALK = b" ".join(b"%d" % (number**3 % 99_991) for number in range(200_000))
"""Has enough in it for a search that looks longer to find more."""


def _wait_until(holds: Callable[[], bool]) -> bool:
    """Look until it holds, for some seconds at most."""
    deadline = time.monotonic() + 60
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
    assert _under_load(journal, tmp_path, _BODY).compressed
    journal.close()


def test_what_was_compressed_under_load_is_compressed_again_when_quiet(tmp_path: Path) -> None:
    """It takes fewer bytes then, holds the same records, and the chain verifies."""
    settled = threading.Event()
    journal = Journal(tmp_path, segment_bytes=len(_TALK), quiet_seconds=0.05, is_settled=lambda _seq: settled.is_set())
    hasty = _under_load(journal, tmp_path, _TALK).path
    bodies = [record.body for record in journal.read()]
    before = hasty.read_bytes()

    settled.set()
    assert _wait_until(lambda: hasty.read_bytes() != before)
    assert len(hasty.read_bytes()) < len(before)
    assert bodies == [record.body for record in journal.read()]
    journal.close()
    Journal(tmp_path).close()


def test_a_damaged_segment_is_not_compressed_again(tmp_path: Path) -> None:
    """What is left of it stays as it is, for those who look into the damage."""
    segment = _hasty(tmp_path)
    damaged = segment.path.read_bytes()[:-9]
    segment.path.write_bytes(damaged)

    with pytest.raises(JournalCorruptError, match=segment.path.name):
        compress_again(segment)
    assert damaged == segment.path.read_bytes()
    assert [] == list(tmp_path.glob("*.unfinished"))


def test_compressing_again_ends_when_the_journal_is_closed(tmp_path: Path) -> None:
    """A process that is told to end does not wait for it, and the segment stays as it is."""
    segment = _hasty(tmp_path)
    before = segment.path.read_bytes()

    with pytest.raises(InterruptedError):
        compress_again(segment, go_on=lambda: False)
    assert before == segment.path.read_bytes()
    assert [] == list(tmp_path.glob("*.unfinished"))


def _hasty(folder: Path) -> Segment:
    """Leave a journal whose first segment was compressed in haste."""
    journal = Journal(folder, segment_bytes=len(_BODY))
    for body in _ENOUGH:
        journal.append(Signal.TRACES, body)
    journal.close()
    return compress(list_segments(folder)[0], QUICKLY)


def _under_load(journal: Journal, folder: Path, body: bytes) -> Segment:
    """Append without a pause until the first segment is compressed."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        journal.append(Signal.TRACES, body)
        if (first := list_segments(folder)[0]).compressed:
            return first
    raise TimeoutError


def test_a_frame_waits_for_a_checkpoint_and_takes_turns_with_it(tmp_path: Path) -> None:
    """What takes much memory for a moment comes one after the other, and nothing of a frame is written before its turn."""
    journal = Journal(tmp_path, segment_bytes=len(_BODY), quiet_seconds=60.0)
    for body in _ENOUGH[:2]:
        journal.append(Signal.TRACES, body)
    first = list_segments(tmp_path)[0]
    compressing = threading.Thread(target=compress, args=(first, QUICKLY))
    with MUCH_MEMORY:
        compressing.start()
        assert _wait_until(lambda: any(path.name.endswith(UNFINISHED_SUFFIX) for path in tmp_path.iterdir()))
        assert [0] == [path.stat().st_size for path in tmp_path.iterdir() if path.name.endswith(UNFINISHED_SUFFIX)]
        assert _ENOUGH[:2] == [record.body for record in journal.read()]
    compressing.join()

    assert [True, False] == _compressed(tmp_path)
    assert _ENOUGH[:2] == [record.body for record in journal.read()]
    journal.close()
