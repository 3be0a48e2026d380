"""What is on disk and not in the database yet: decoded in memory while it is little, otherwise to be read from the journal again."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Final

from relaylens_collector.journal import Journal
from relaylens_collector.mapping import Decoded
from relaylens_collector.pace import Pace
from relaylens_collector.records import Receipt, Record

_OVERFLOW: Final = 2
"""How many times as much as senders wait for may come all the same, from several at once, before it is read from the journal again."""


class Waiting:
    """Holds what comes until it is taken; its memory is only a shortcut to the journal, and it can go back to that at any moment.

    It shares its owner's condition: what is not said to wait for it is to be called while that is held, or by the thread that takes.
    """

    def __init__(self, journal: Journal, pace: Pace, changed: threading.Condition) -> None:
        """Begin with the journal, of which nobody knows yet how much is in the database."""
        self._journal = journal
        self._pace = pace
        self._changed = changed
        self._queue: deque[tuple[Receipt, Decoded]] = deque()
        self._queue_bytes = 0
        self._gather_until = 0.0
        self._replay: Iterator[Record] | None = None
        self._offered_seq = journal.last_seq
        self.is_behind = True
        """Everything is read from the journal, since more is on disk than memory holds."""
        self.bytes = 0
        """Request bytes that came since the start and are not in the database yet."""

    @property
    def more_comes(self) -> bool:
        """Whether anything waits."""
        return bool(self._queue) or self.is_behind

    @property
    def holds_requests(self) -> bool:
        """Whether what comes now will wait decoded behind others, as while a checkpoint is at work."""
        return not self.is_behind and self._queue_bytes >= self._pace.gather_bytes

    @property
    def has_room(self) -> bool:
        """Whether what comes can be stored soon; behind, when everything is read from the journal, that is when little waits there."""
        return (self.bytes if self.is_behind else self._queue_bytes) < self._pace.queue_bytes

    @property
    def is_enough(self) -> bool:
        """Whether there is more than a little that others may still join."""
        return self.is_behind or (bool(self._queue) and self._queue_bytes >= self._pace.gather_bytes)

    def seconds_to_gather(self) -> float | None:
        """Return how long the first may still wait for others, nothing when none is there."""
        return max(0.0, self._gather_until - time.monotonic()) if self._queue else None

    def offer(self, record: Record, decoded: Decoded) -> None:
        """Take a record that is on disk; called in the journal's order."""
        size = len(record.body)
        self._offered_seq = record.seq
        self.bytes += size
        if not self.is_behind and self._queue_bytes + size > _OVERFLOW * self._pace.queue_bytes:
            self.is_behind = True
        if not self.is_behind:
            if not self._queue:
                self._gather_until = time.monotonic() + self._pace.gather_seconds
            self._queue.append((record.receipt, decoded))
            self._queue_bytes += size

    def take(self, most: int) -> tuple[list[tuple[Receipt, Decoded]], int]:
        """Take records from memory, of so many bytes at most unless the first has more, with their bytes; waits for the condition."""
        pairs: list[tuple[Receipt, Decoded]] = []
        size = 0
        with self._changed:
            while self._queue and (not pairs or size + self._queue[0][0].body_bytes <= most):
                pairs.append(self._queue.popleft())
                size += pairs[-1][0].body_bytes
            self._queue_bytes -= size
            self._changed.notify_all()
        return pairs, size

    def read(self, after_seq: int, most: int) -> Iterator[Record]:
        """Yield the journal's next records, of at least so many bytes in all if there are; they begin after a record the first time."""
        if self._replay is None:
            self._replay = self._journal.read(after_seq)
        size = 0
        while size < most and (record := next(self._replay, None)) is not None:
            size += len(record.body)
            yield record

    def is_level(self, applied_seq: int) -> bool:
        """Hear that the journal has no more, and tell whether memory serves from here on; waits for the condition."""
        self._replay = None
        with self._changed:
            if applied_seq < self._offered_seq:
                return False
            self.is_behind = False
            self.bytes = 0
            return True

    def stored(self, size: int) -> None:
        """Hear that so many bytes are in the database."""
        self.bytes = max(0, self.bytes - size)

    def go_back(self) -> None:
        """Let go of what is in memory: everything is read from the journal again."""
        self._queue.clear()
        self._queue_bytes = 0
        self._replay = None
        self.is_behind = True
