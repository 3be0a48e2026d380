"""Whatever happens to the files, the journal either has every acknowledged record or says what is wrong."""

import errno
import random
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from relaylens_collector.errors import JournalCorruptError, JournalUnavailableError
from relaylens_collector.journal import Journal
from relaylens_collector.journal.segments import compress, list_segments
from relaylens_collector.signals import Signal

_BODIES = [f"body {number} ".encode() * number for number in range(1, 41)]


def _write(directory: Path, *, segment_bytes: int = 1 << 20) -> None:
    journal = Journal(directory, segment_bytes=segment_bytes)
    for body in _BODIES:
        journal.append(Signal.TRACES, body)
    journal.close()


def _read(directory: Path) -> list[bytes]:
    journal = Journal(directory)
    try:
        return [record.body for record in journal.read()]
    finally:
        journal.close()


def _newest(directory: Path) -> Path:
    return max(directory.glob("*.segment"))


def _append_bytes(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.mark.parametrize(
    "tail",
    [b"R", b"RLRC", bytes(4096), b"\xff" * 50, b"RLRC" + bytes(500)],
    ids=["one byte", "magic alone", "zeros", "ones", "header without body"],
)
def test_a_torn_tail_is_cut(tmp_path: Path, tail: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """What a killed process left half written is cut with a warning, and the journal goes on."""
    _write(tmp_path)
    size = _newest(tmp_path).stat().st_size
    _append_bytes(_newest(tmp_path), tail)
    journal = Journal(tmp_path)
    added = journal.append(Signal.TRACES, b"next")

    assert len(_BODIES) + 1 == added.seq
    assert [*_BODIES, b"next"] == [record.body for record in journal.read()]
    assert f"cut at byte {size} of {size + len(tail)}" in caplog.text
    journal.close()


def test_half_of_an_unacknowledged_record_is_cut(tmp_path: Path) -> None:
    """A record of which the anchor does not know is no loss, at whatever byte it was torn."""
    original = tmp_path / "original"
    _write(original)
    anchor = (original / "anchor").read_bytes()
    size = _newest(original).stat().st_size
    journal = Journal(original)
    journal.append(Signal.TRACES, b"never acknowledged" * 10)
    journal.close()
    (original / "anchor").write_bytes(anchor)
    full = _newest(original).stat().st_size

    for cut in range(size, full):
        copy = tmp_path / f"cut {cut}"
        shutil.copytree(original, copy)
        with _newest(copy).open("r+b") as file:
            file.truncate(cut)
        assert _BODIES == _read(copy)


def test_every_truncation_of_acknowledged_records_is_reported(tmp_path: Path) -> None:
    """200 truncations, 200 reports, each naming the folder."""
    original = tmp_path / "original"
    _write(original)
    chance = random.Random(7)  # noqa: S311 - repeatable chance, not cryptography
    size = _newest(original).stat().st_size
    for cut in sorted(chance.sample(range(size), 200)):
        copy = tmp_path / f"cut {cut}"
        shutil.copytree(original, copy)
        with _newest(copy).open("r+b") as file:
            file.truncate(cut)
        with pytest.raises(JournalCorruptError, match=r"acknowledged|byte"):
            _read(copy)
        shutil.rmtree(copy)


@pytest.mark.parametrize("segment_bytes", [1 << 20, 2000], ids=["one segment", "many segments"])
def test_every_changed_byte_is_reported(tmp_path: Path, segment_bytes: int) -> None:
    """A flipped bit anywhere in any segment raises, with the file's name."""
    _write(tmp_path, segment_bytes=segment_bytes)
    chance = random.Random(11)  # noqa: S311 - repeatable chance, not cryptography
    for _ in range(150):
        path = chance.choice(sorted(tmp_path.glob("*.segment")))
        data = bytearray(path.read_bytes())
        place = chance.randrange(len(data) - 4 if len(data) == 64 else len(data))
        if 60 <= place < 64:
            continue  # padding of the segment header
        data[place] ^= 1 << chance.randrange(8)
        whole = path.read_bytes()
        path.write_bytes(bytes(data))
        with pytest.raises(JournalCorruptError, match=path.name):
            _read(tmp_path)
        path.write_bytes(whole)


def _remove_first(directory: Path) -> None:
    min(directory.glob("*.segment")).unlink()


def _remove_middle(directory: Path) -> None:
    sorted(directory.glob("*.segment"))[1].unlink()


def _remove_last(directory: Path) -> None:
    _newest(directory).unlink()


def _remove_all(directory: Path) -> None:
    for path in directory.glob("*.segment"):
        path.unlink()


def _rewrite(directory: Path) -> None:
    """Write another journal of the same length under the old anchor."""
    anchor = (directory / "anchor").read_bytes()
    for path in directory.iterdir():
        path.unlink()
    journal = Journal(directory, segment_bytes=2000)
    for body in _BODIES:
        journal.append(Signal.TRACES, body.replace(b"body", b"bodo"))
    journal.close()
    (directory / "anchor").write_bytes(anchor)


def _swap(directory: Path) -> None:
    """Put one segment in the place of another."""
    first, second, *_ = sorted(directory.glob("*.segment"))
    one, two = first.read_bytes(), second.read_bytes()
    first.write_bytes(two)
    second.write_bytes(one)


@pytest.mark.parametrize("tamper", [_remove_first, _remove_middle, _remove_last, _remove_all, _rewrite, _swap])
def test_tampering_is_reported(tmp_path: Path, tamper: Callable[[Path], None]) -> None:
    """Missing, exchanged and rewritten segments do not pass."""
    _write(tmp_path, segment_bytes=2000)
    tamper(tmp_path)

    with pytest.raises(JournalCorruptError):
        _read(tmp_path)


def test_a_missing_anchor_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without it a loss at the end cannot be told; all records that are there are read."""
    _write(tmp_path)
    (tmp_path / "anchor").unlink()

    assert _BODIES == _read(tmp_path)
    assert "the anchor is missing" in caplog.text


def test_damage_in_the_middle_is_not_cut_without_an_anchor(tmp_path: Path) -> None:
    """A bad record with others after it is damage, not a torn tail."""
    _write(tmp_path)
    (tmp_path / "anchor").unlink()
    path = _newest(tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))

    with pytest.raises(JournalCorruptError, match=path.name):
        _read(tmp_path)
    assert bytes(data) == path.read_bytes()


@pytest.mark.parametrize("torn", [(0, 128), (128, 256), (5, 60)])
def test_a_torn_anchor_line_leaves_the_other(tmp_path: Path, torn: tuple[int, int]) -> None:
    """Lost power in the middle of an anchor write does not lose the anchor."""
    _write(tmp_path)
    path = tmp_path / "anchor"
    data = bytearray(path.read_bytes())
    data[torn[0] : torn[1]] = bytes(torn[1] - torn[0])
    path.write_bytes(bytes(data))

    assert _BODIES == _read(tmp_path)


def test_a_segment_that_was_never_begun_in_full_is_removed(tmp_path: Path) -> None:
    """A process killed while it begins a segment leaves a short file that holds nothing."""
    _write(tmp_path, segment_bytes=2000)
    number = int(_newest(tmp_path).name[:8]) + 1
    torn = tmp_path / f"{number:08d}-{len(_BODIES) + 1:012d}.segment"
    torn.write_bytes(b"RLJOURNL\x01")

    assert _BODIES == _read(tmp_path)
    assert not torn.exists()


def test_compressed_segments_read_the_same(tmp_path: Path) -> None:
    """Sealed segments are kept smaller, and the chain across them still holds."""
    _write(tmp_path, segment_bytes=2000)
    before = sum(path.stat().st_size for path in tmp_path.iterdir())
    segments = list_segments(tmp_path)
    for segment in segments[:-1]:
        compress(segment)

    assert _BODIES == _read(tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 0.75 * before
    assert [True] * (len(segments) - 1) + [False] == [segment.compressed for segment in list_segments(tmp_path)]


def test_an_interrupted_compression_leaves_the_plain_segment(tmp_path: Path) -> None:
    """Both files, or half a compressed one, are cleared at the next start."""
    _write(tmp_path, segment_bytes=2000)
    first, second, *_ = list_segments(tmp_path)
    plain = first.path.read_bytes()
    compressed = compress(first)
    first.path.write_bytes(plain)
    unfinished = second.path.with_name(second.path.name + ".zst.unfinished")
    unfinished.write_bytes(b"half")

    assert _BODIES == _read(tmp_path)
    assert not compressed.path.exists()
    assert not unfinished.exists()


def test_damage_in_a_compressed_segment_is_reported(tmp_path: Path) -> None:
    """Changed and missing bytes of a compressed file raise, with its name."""
    _write(tmp_path, segment_bytes=4000)
    path = compress(list_segments(tmp_path)[0]).path
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:-1], whole[:30] + bytes(20) + whole[50:], b""):
        path.write_bytes(damaged)
        with pytest.raises(JournalCorruptError):
            _read(tmp_path)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    """A segment of a later Relaylens says what to do."""
    _write(tmp_path)
    path = _newest(tmp_path)
    data = bytearray(path.read_bytes())
    data[8] = 9
    path.write_bytes(bytes(data))

    with pytest.raises(JournalCorruptError, match="format version 9; this Relaylens reads up to 2: upgrade it"):
        _read(tmp_path)


@contextmanager
def _full_disk(limit: int) -> Iterator[None]:
    """Let no file of this process grow beyond a limit, which is how a full disk looks to the journal."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_an_error_that_passes(tmp_path: Path) -> None:
    """While nothing can be written each request is refused as retryable; afterwards all is as if it had never been tried."""
    journal = Journal(tmp_path)
    written = [journal.append(Signal.TRACES, body).body for body in _BODIES]
    with _full_disk(_newest(tmp_path).stat().st_size + 150):
        for _ in range(3):
            with pytest.raises(JournalUnavailableError, match="File too large"):
                journal.append(Signal.TRACES, b"too much" * 100)
        assert written == [record.body for record in journal.read()]
    written.append(journal.append(Signal.TRACES, b"there is room again").body)

    assert written == [record.body for record in journal.read()]
    assert 1 == len(list(tmp_path.glob("*.segment")))
    journal.close()
    assert written == _read(tmp_path)


def test_a_full_disk_at_the_start_of_a_segment(tmp_path: Path) -> None:
    """When not even the next segment can be begun nothing is left behind, and it is begun later."""
    journal = Journal(tmp_path, segment_bytes=100)
    journal.append(Signal.TRACES, b"first" * 100)
    with _full_disk(10), pytest.raises(JournalUnavailableError):
        journal.append(Signal.TRACES, b"second")
    assert 1 == len(list(tmp_path.glob("*.segment")))
    journal.append(Signal.TRACES, b"second")

    assert [b"first" * 100, b"second"] == [record.body for record in journal.read()]
    journal.close()


def test_after_a_failed_sync_the_next_group_goes_to_a_new_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel could not write is not believed later; the request is refused as retryable."""
    journal = Journal(tmp_path)
    journal.append(Signal.TRACES, b"safe")

    def broken_disk(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("os.fdatasync", broken_disk)
        with pytest.raises(JournalUnavailableError, match="Input/output error"):
            journal.append(Signal.TRACES, b"lost")
    journal.append(Signal.TRACES, b"again")

    assert [b"safe", b"again"] == [record.body for record in journal.read()]
    assert 2 == len(list(tmp_path.glob("*.segment")))
    journal.close()
    assert [b"safe", b"again"] == _read(tmp_path)
