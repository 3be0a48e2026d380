"""What a process owes an account of: how many spans it began, which of them are open, and which it had to drop and why.

The ledger lives in memory that outlives a killed process (a file in `/dev/shm`, where there is one), so that a later process
can give the account that this one no longer could. Writing to it is storing a number: no system call, no disk.
"""

import contextlib
import mmap
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from relaylens.semconv import DropReason

Ranges = tuple[tuple[int, int], ...]
"""Numbers as first and last of each unbroken row, ascending."""

_MAGIC: Final = 0x31_52454C41594C53
_MOST_OPEN: Final = 2048
_MOST_DROPS: Final = 1024

# Places of the words, 64 bits each.
_KIND, _LAST, _ACCOUNTS, _CLOSED, _UNLISTED_OPEN = range(5)
_COUNTS: Final = 8
_OPEN: Final = 32
_DROPS: Final = _OPEN + _MOST_OPEN
_WORDS: Final = _DROPS + 3 * _MOST_DROPS
_BYTES: Final = 8 * _WORDS

_REASONS: Final = tuple(DropReason)


def ranges_of(numbers: Iterable[int]) -> Ranges:
    """Numbers in any order as ranges."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number <= found[-1][1] + 1:
            found[-1][1] = max(found[-1][1], number)
        else:
            found.append([number, number])
    return tuple((first, last) for first, last in found)


def joined(many: Iterable[Ranges]) -> Ranges:
    """Ranges of several as one."""
    found: list[list[int]] = []
    for first, last in sorted(pair for ranges in many for pair in ranges):
        if found and first <= found[-1][1] + 1:
            found[-1][1] = max(found[-1][1], last)
        else:
            found.append([first, last])
    return tuple((first, last) for first, last in found)


@dataclass(frozen=True)
class Tally:
    """What a ledger says at one moment."""

    last: int
    """Number of the span begun last."""
    accounts: int
    """Accounts given so far."""
    is_closed: bool
    """The process ended in order."""
    open: Ranges
    """Spans begun and not ended."""
    counts: Mapping[DropReason, int] = field(default_factory=dict)
    dropped: Mapping[DropReason, Ranges] = field(default_factory=dict)
    unlisted_open: int = 0
    """Spans begun and not ended for which the list has no room."""


class Ledger:
    """Gives spans their numbers, and keeps what became of them."""

    def __init__(self, path: Path | None = None) -> None:
        """Begin an empty one, in a file of shared memory or, without a path or room for it, in this process alone."""
        self.path: Path | None = None
        self._lock = threading.Lock()
        self._map: mmap.mmap | None = None
        if path is not None:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                self._map = _reserve(path)
                self.path = path
        # A bytearray where there is no file: the same words, gone with the process.
        self._words = memoryview(bytearray(_BYTES) if self._map is None else self._map).cast("Q")
        self._words[_KIND] = _MAGIC
        self._last = 0
        self._free = list(range(_OPEN + _MOST_OPEN - 1, _OPEN - 1, -1))
        self._places: dict[int, int] = {}
        self._drops = 0

    def begin(self) -> int:
        """A span begins: its number."""
        with self._lock:
            number = self._last = self._last + 1
            words = self._words
            if self._free:
                place = self._places[number] = self._free.pop()
                words[place] = number
            else:
                words[_UNLISTED_OPEN] += 1
            words[_LAST] = number
        return number

    def end(self, number: int) -> None:
        """A span has ended, or is known not to be sent from here."""
        with self._lock:
            place = self._places.pop(number, None)
            if place is not None:
                self._words[place] = 0
                self._free.append(place)
            elif self._words[_UNLISTED_OPEN]:
                self._words[_UNLISTED_OPEN] -= 1

    def drop(self, reason: DropReason, ranges: Ranges, count: int | None = None) -> None:
        """Spans are given up; with a `count`, only so many among them."""
        kind = _REASONS.index(reason)
        with self._lock:
            words = self._words
            words[_COUNTS + kind] += sum(last - first + 1 for first, last in ranges) if count is None else count
            for first, last in ranges:
                place = _DROPS + 3 * (self._drops - 1)
                if self._drops and words[place + 2] == kind and words[place + 1] + 1 == first:
                    words[place + 1] = last
                elif self._drops < _MOST_DROPS:
                    place += 3
                    words[place], words[place + 1], words[place + 2] = first, last, kind
                    self._drops += 1

    def next_account(self) -> int:
        """Number of the account that is given now."""
        with self._lock:
            self._words[_ACCOUNTS] += 1
            return self._words[_ACCOUNTS]

    def mark_closed(self) -> None:
        """The process ends in order: what is not open and not dropped has been sent or is in the spool."""
        self._words[_CLOSED] = 1

    def tally(self) -> Tally:
        """What it says now."""
        with self._lock:
            return _read(self._words)

    def discard(self) -> None:
        """Nobody need read it any more."""
        if self.path is not None:
            with contextlib.suppress(OSError):
                self.path.unlink()


def read_ledger(path: Path) -> Tally | None:
    """What the ledger of an ended process says; None when there is none or it is not one."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if len(content) != _BYTES:
        return None
    words = memoryview(content).cast("Q")
    return _read(words) if words[_KIND] == _MAGIC else None


def _read(words: memoryview) -> Tally:
    """The words in plain values."""
    listed: dict[DropReason, list[tuple[int, int]]] = {}
    for place in range(_DROPS, _WORDS, 3):
        if not words[place]:
            break
        listed.setdefault(_REASONS[words[place + 2]], []).append((words[place], words[place + 1]))
    return Tally(
        last=words[_LAST],
        accounts=words[_ACCOUNTS],
        is_closed=bool(words[_CLOSED]),
        open=ranges_of(number for number in words[_OPEN:_DROPS] if number),
        counts={reason: words[_COUNTS + kind] for kind, reason in enumerate(_REASONS) if words[_COUNTS + kind]},
        dropped={reason: joined([tuple(ranges)]) for reason, ranges in listed.items()},
        unlisted_open=words[_UNLISTED_OPEN],
    )


def _reserve(path: Path) -> mmap.mmap:
    """Map a new file whose room is taken for good: a store to a page for which there is no room would kill the process."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.posix_fallocate(handle, 0, _BYTES)
        return mmap.mmap(handle, _BYTES)
    except BaseException:
        path.unlink()
        raise
    finally:
        os.close(handle)
