"""What waits for the database: in memory while it is little, in the journal in any case."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relaylens_collector.journal import Journal
from relaylens_collector.mapping import decode
from relaylens_collector.pace import Pace
from relaylens_collector.records import Record
from relaylens_collector.signals import Signal
from relaylens_collector.waiting import Waiting

MakeTraces = Callable[..., bytes]


class _Sender:
    """Writes requests to the journal and offers them, as ingest does."""

    def __init__(self, journal: Journal, make_traces: MakeTraces, pace: Pace) -> None:
        self.journal = journal
        self._make_traces = make_traces
        self.waiting = Waiting(journal, pace, threading.Condition())

    def send(self, *seeds: int) -> list[Record]:
        """Send a request for each seed."""
        records = [self.journal.append(Signal.TRACES, self._make_traces(seed, 4)) for seed in seeds]
        for record in records:
            self.waiting.offer(record, decode(record.signal, record.body))
        return records

    def taken(self, most: int) -> list[int]:
        """Take from memory, and tell which records those are."""
        pairs, size = self.waiting.take(most)
        assert size == sum(receipt.body_bytes for receipt, _ in pairs)
        return [receipt.seq for receipt, _ in pairs]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """An empty one."""
    one = Journal(tmp_path)
    yield one
    one.close()


@pytest.fixture
def sender(journal: Journal, make_traces: MakeTraces) -> _Sender:
    """One whose memory is level with an empty journal."""
    one = _Sender(journal, make_traces, Pace())
    assert one.waiting.is_level(0)
    return one


def test_what_comes_is_taken_in_order_and_not_too_much_at_once(sender: _Sender) -> None:
    """So many bytes at most, but never nothing."""
    first, second, third = sender.send(1, 2, 3)
    size = len(first.body) + len(second.body)

    assert size + len(third.body) == sender.waiting.bytes
    assert [1, 2] == sender.taken(size)
    assert [3] == sender.taken(1)
    assert [] == sender.taken(1 << 20)
    assert not sender.waiting.more_comes


def test_what_is_stored_waits_no_longer(sender: _Sender) -> None:
    """Its bytes are taken off; more than there are is nothing."""
    (record,) = sender.send(1)
    sender.waiting.stored(len(record.body) - 1)
    left = sender.waiting.bytes
    sender.waiting.stored(1 << 20)

    assert (1, 0) == (left, sender.waiting.bytes)


def test_a_journal_that_nobody_has_read_comes_first(journal: Journal, make_traces: MakeTraces) -> None:
    """What was there before, and what comes meanwhile, is read from the journal; memory serves once all of it is applied."""
    one = _Sender(journal, make_traces, Pace())
    one.send(1, 2)
    read = [record.seq for record in one.waiting.read(0, 1 << 20)]
    one.send(3)
    is_level_too_early = one.waiting.is_level(2)
    rest = [record.seq for record in one.waiting.read(2, 1 << 20)]

    assert [1, 2] == read
    assert not is_level_too_early
    assert [3] == rest
    assert one.waiting.is_level(3)
    one.send(4)
    assert [4] == one.taken(1 << 20)


def test_the_journal_is_read_a_part_at_a_time(sender: _Sender) -> None:
    """It goes on where it was, wherever it was said to begin first."""
    records = sender.send(1, 2, 3)
    sender.waiting.go_back()
    size = len(records[0].body)

    assert [1] == [record.seq for record in sender.waiting.read(0, size)]
    assert [2, 3] == [record.seq for record in sender.waiting.read(0, 1 << 20)]


def test_more_than_memory_may_hold_is_read_again(journal: Journal, make_traces: MakeTraces) -> None:
    """What is there is taken first, what came on top from the journal, nothing twice and nothing never."""
    size = len(make_traces(1, 4))
    one = _Sender(journal, make_traces, Pace(queue_bytes=size))
    one.waiting.is_level(0)
    one.send(1)
    assert not one.waiting.has_room
    one.send(2, 3, 4)
    taken = one.taken(1 << 20)

    assert [1, 2] == taken
    assert one.waiting.is_behind
    assert [3, 4] == [record.seq for record in one.waiting.read(taken[-1], 1 << 20)]
    assert one.waiting.is_level(4)
    assert one.waiting.has_room


def test_going_back_forgets_what_was_in_memory(sender: _Sender) -> None:
    """After a failure everything since the last that was applied is read again."""
    sender.send(1, 2)
    sender.waiting.go_back()

    assert [] == sender.taken(1 << 20)
    assert sender.waiting.more_comes
    assert [2] == [record.seq for record in sender.waiting.read(1, 1 << 20)]


def test_a_little_waits_for_others(journal: Journal, make_traces: MakeTraces) -> None:
    """Small requests for a moment, many bytes not at all, and nothing for ever."""
    size = len(make_traces(1, 4))
    one = _Sender(journal, make_traces, Pace(gather_seconds=60.0, gather_bytes=2 * size))
    one.waiting.is_level(0)
    nothing = one.waiting.seconds_to_gather()
    one.send(1)
    waits, is_enough = one.waiting.seconds_to_gather(), one.waiting.is_enough
    one.send(2)

    assert nothing is None
    assert waits is not None
    assert 50 < waits <= 60
    assert not is_enough
    assert one.waiting.is_enough
    assert one.waiting.holds_requests
