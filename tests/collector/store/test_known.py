"""What the store remembers of its rows is what is in them."""

import hashlib
import random

from hypothesis import given
from hypothesis import strategies as st
from tests.collector.store.conftest import Submit

from relaylens_collector.store import Store
from relaylens_collector.store.intervals import Intervals
from relaylens_collector.store.known_requests import KnownRequests


@given(st.lists(st.integers(0, 40)), st.integers(0, 41))
def test_intervals_are_a_set(numbers: list[int], asked: int) -> None:
    """In whatever order numbers are added, they and no others are there, in the fewest runs."""
    intervals = Intervals()
    for number in numbers:
        intervals.add(number)

    kept = sorted(set(numbers))
    starts = [number for number in kept if number - 1 not in kept]
    ends = [number for number in kept if number + 1 not in kept]
    assert list(zip(starts, ends, strict=True)) == intervals.runs()
    assert (asked in kept) == (asked in intervals)
    assert max(kept, default=0) == intervals.last
    assert intervals.runs() == Intervals(intervals.runs()).runs()


def test_every_request_is_known(store: Store, submit: Submit) -> None:
    """Requests stored are known to the store, to one opened later, and beyond what is kept as recent."""
    for number in range(5):
        submit(b"\x12\x01%c" % number)
    hashes = [hashlib.sha256(b"\x12\x01%c" % number).digest() for number in range(6)]

    assert [True] * 5 + [False] == [store.known_request(one) for one in hashes]
    assert [True] * 5 + [False] == [one in KnownRequests(store.connection) for one in hashes]


def test_many_requests_move_from_the_recent_to_the_older(store: Store) -> None:
    """The list of all requests grows by merging; the database has the last word."""
    chance = random.Random(1)  # noqa: S311 - the same hashes each time
    hashes = [chance.randbytes(32) for _ in range(150_000)]
    known = KnownRequests(store.connection)
    for first in range(0, len(hashes), 5_000):
        known.add(hashes[first : first + 5_000])
    stored = hashes[:: len(hashes) // 7]
    for one in stored:
        store.connection.execute("INSERT INTO batches SELECT 1, 'traces', now()::TIMESTAMP, 0, $one, 0, NULL, FALSE, 0", {"one": one})

    assert [True] * len(stored) == [one in known for one in stored]
    assert hashes[1] not in known
    assert chance.randbytes(32) not in known


def test_a_hash_with_the_same_beginning_is_another(store: Store, submit: Submit) -> None:
    """Eight equal bytes are looked up in the database."""
    submit(b"")
    stored = hashlib.sha256(b"").digest()

    assert store.known_request(stored)
    assert not store.known_request(stored[:8] + bytes(24))
