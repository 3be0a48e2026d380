"""Stores and requests for the tests of mapping and store."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.collector.store.building import pair

from relaylens_collector.signals import Signal
from relaylens_collector.store import Store

Submit = Callable[..., int]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = Store(tmp_path / "relaylens.duckdb")
    yield opened
    opened.close()


@pytest.fixture
def submit(store: Store) -> Submit:
    """Decode and store a request by itself, and return its batch."""
    numbers = itertools.count(1)

    def submit(body: bytes, signal: Signal = Signal.TRACES) -> int:
        batch = next(numbers)
        store.apply([pair(batch, body, signal)])
        return batch

    return submit
