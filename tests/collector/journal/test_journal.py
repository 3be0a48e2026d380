"""The journal gives back what was put in, in order, and continues where it was left."""

import asyncio
import hashlib
import threading
from pathlib import Path

import pytest

from relaylens_collector.errors import JournalUnavailableError
from relaylens_collector.journal import Journal, request_hash
from relaylens_collector.signals import Signal

_SIGNALS = list(Signal)


def _bodies(count: int, size: int = 100) -> list[bytes]:
    return [f"body {number} ".encode().ljust(size, b".") for number in range(1, count + 1)]


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    """Every field of a record is the same when it is read, for each signal and for an empty body."""
    journal = Journal(tmp_path)
    written = [journal.append(signal, body) for signal in _SIGNALS for body in (b"", b"\x00\xff" * 1000)]

    assert written == list(journal.read())
    assert list(range(1, len(written) + 1)) == [record.seq for record in written]
    assert sorted(record.received_unix_nano for record in written) == [record.received_unix_nano for record in written]
    journal.close()


def test_request_hash_is_of_signal_and_body() -> None:
    """The same bytes as another signal are another request."""
    assert hashlib.sha256(b"traces\0body").digest() == request_hash(Signal.TRACES, b"body")
    assert request_hash(Signal.TRACES, b"body") != request_hash(Signal.LOGS, b"body")


def test_reading_starts_after_a_number(tmp_path: Path) -> None:
    """Only records after the given one are read, also when it is the last or beyond."""
    journal = Journal(tmp_path, segment_bytes=1000)
    for body in _bodies(20):
        journal.append(Signal.TRACES, body)

    assert [18, 19, 20] == [record.seq for record in journal.read(17)]
    assert [] == list(journal.read(20))
    assert [] == list(journal.read(21))
    journal.close()


def test_a_journal_is_continued(tmp_path: Path) -> None:
    """A second journal on the same folder goes on with the next number and reads all."""
    bodies = _bodies(6)
    for start in (0, 2, 4):
        journal = Journal(tmp_path)
        assert start == journal.last_seq
        for body in bodies[start : start + 2]:
            journal.append(Signal.TRACES, body)
        journal.close()

    journal = Journal(tmp_path)
    assert bodies == [record.body for record in journal.read()]
    journal.close()


def test_segments_are_begun_at_the_limit(tmp_path: Path) -> None:
    """A full segment is left and the next begun, and reading crosses from one to the other."""
    journal = Journal(tmp_path, segment_bytes=1000)
    bodies = _bodies(30, size=200)
    for body in bodies:
        journal.append(Signal.TRACES, body)
    sizes = [path.stat().st_size for path in sorted(tmp_path.glob("*.segment"))]

    assert bodies == [record.body for record in journal.read()]
    assert len(sizes) > 5
    assert max(sizes) < 1000 + 300
    journal.close()


def test_a_group_larger_than_a_segment_is_spread(tmp_path: Path) -> None:
    """Many requests at once end up in several segments, each answered with its own record."""
    journal = Journal(tmp_path, segment_bytes=1000)
    futures = [journal.submit(Signal.LOGS, body, request_hash(Signal.LOGS, body)) for body in _bodies(200)]
    records = [future.result(timeout=10) for future in futures]

    assert records == list(journal.read())
    assert _bodies(200) == [record.body for record in records]
    journal.close()


def test_threads_share_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests that wait while the disk is busy are brought to it together."""
    syncs: list[int] = []
    disk_is_free = threading.Event()
    original = __import__("os").fdatasync

    def slow_disk(descriptor: int) -> None:
        syncs.append(descriptor)
        disk_is_free.wait(10)
        original(descriptor)

    monkeypatch.setattr("os.fdatasync", slow_disk)
    journal = Journal(tmp_path)
    futures = [journal.submit(Signal.TRACES, body, request_hash(Signal.TRACES, body)) for body in _bodies(100)]
    disk_is_free.set()

    assert _bodies(100) == [future.result(timeout=10).body for future in futures]
    assert len(syncs) <= 2
    journal.close()


def test_appending_from_many_threads_keeps_the_chain(tmp_path: Path) -> None:
    """Each thread gets its own record and the whole journal verifies."""
    journal = Journal(tmp_path, segment_bytes=10_000)
    mine: dict[int, list[bytes]] = {}

    def append(number: int) -> None:
        mine[number] = [journal.append(Signal.TRACES, f"{number}/{turn}".encode()).body for turn in range(50)]

    threads = [threading.Thread(target=append, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {number: [f"{number}/{turn}".encode() for turn in range(50)] for number in range(8)} == mine
    assert sorted(body for bodies in mine.values() for body in bodies) == sorted(record.body for record in journal.read())
    journal.close()


def test_append_async_does_not_block_the_loop(tmp_path: Path) -> None:
    """Requests of one event loop are written together."""
    journal = Journal(tmp_path)

    async def append_all() -> list[int]:
        records = await asyncio.gather(*(journal.append_async(Signal.METRICS, body) for body in _bodies(50)))
        return [record.seq for record in records]

    assert list(range(1, 51)) == asyncio.run(append_all())
    journal.close()


def test_reading_while_writing_sees_whole_records(tmp_path: Path) -> None:
    """A reader ends at the last record that was on disk when it began, whatever is written meanwhile."""
    journal = Journal(tmp_path, segment_bytes=5_000)
    done = threading.Event()

    def append() -> None:
        for body in _bodies(500):
            journal.append(Signal.TRACES, body)
        done.set()

    thread = threading.Thread(target=append)
    thread.start()
    reads = 0
    while not done.is_set() or reads == 0:
        last = journal.last_seq
        seen = [record.seq for record in journal.read()]
        assert list(range(1, len(seen) + 1)) == seen
        assert len(seen) >= last
        reads += 1
    thread.join()

    assert _bodies(500) == [record.body for record in journal.read()]
    journal.close()


def test_a_closed_journal_refuses(tmp_path: Path) -> None:
    """What comes after the end is told so, and closing twice does no harm."""
    journal = Journal(tmp_path)
    journal.close()
    journal.close()

    with pytest.raises(JournalUnavailableError):
        journal.append(Signal.TRACES, b"late")


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    """Prompts and answers are in the journal: nobody else on the machine may read them."""
    directory = tmp_path / "journal"
    journal = Journal(directory)
    journal.append(Signal.TRACES, b"secret")

    assert 0o700 == directory.stat().st_mode & 0o777
    assert {0o600} == {path.stat().st_mode & 0o777 for path in directory.iterdir()}
    journal.close()
