"""How much waits, and for how long: what came is marked a few times a second, whatever the rate."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_A_MARK_EVERY: Final = 0.1
"""Seconds; lags are told as exactly as this."""

_MOST_MARKS: Final = 36_000
"""An hour of them; what waits longer is told as having waited since the oldest mark."""


@dataclass(frozen=True, slots=True)
class Lag:
    """What has come and is not done."""

    requests: int
    bytes: int
    seconds: float
    """Since the oldest of them came; of those of before the start, since the start."""


@dataclass(slots=True)
class _Mark:
    first_seq: int
    came_at: float
    bytes_before: int


class Trail:
    """When which records came; used under its owner's lock."""

    def __init__(self, last_seq: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with what is in the journal; its bytes are not known."""
        self._clock = clock
        self._last_seq = last_seq
        self._bytes = 0
        self._marks: deque[_Mark] = deque([_Mark(0, clock(), 0)], maxlen=_MOST_MARKS)

    def came(self, seq: int, size: int) -> None:
        """Hear of a record that is on disk now."""
        now = self._clock()
        if now - self._marks[-1].came_at >= _A_MARK_EVERY or self._marks[-1].first_seq == 0:
            self._marks.append(_Mark(seq, now, self._bytes))
        self._last_seq = seq
        self._bytes += size

    def behind(self, done_seq: int, *, forget: bool = False) -> Lag:
        """Tell what came after a record; what came before it need not be remembered any more when that is said."""
        if done_seq >= self._last_seq:
            return Lag(0, 0, 0.0)
        while forget and len(self._marks) > 1 and self._marks[1].first_seq <= done_seq + 1:
            self._marks.popleft()
        oldest = self._marks[0]
        for mark in self._marks:
            if mark.first_seq > done_seq + 1:
                break
            oldest = mark
        return Lag(self._last_seq - done_seq, self._bytes - oldest.bytes_before, self._clock() - oldest.came_at)
