"""A store of the network that a test may change, and a collector that has taken it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.dashboard.conftest import Run

from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal


@pytest.fixture
def store(relaylens: Run, bodies: list[bytes], framed: Callable[..., bytes], tmp_path: Path) -> Path:
    """Import the network into a store that a test may change."""
    (tmp_path / "network.pb").write_bytes(framed(*bodies))
    assert 0 == relaylens("import", tmp_path / "network.pb", "--store", tmp_path / "store").code
    return tmp_path / "store"


@pytest.fixture
def collector(bodies: list[bytes], tmp_path: Path) -> Iterator[Collector]:
    """A collector that has taken the network."""
    running = Collector(Settings(store=tmp_path / "live", otlp_http_port=0, otlp_grpc_port=0), settle)
    running.start()
    for body in bodies:
        running.ingest.submit(Signal.TRACES, body)
    running.ingest.flush()
    yield running
    running.stop()
