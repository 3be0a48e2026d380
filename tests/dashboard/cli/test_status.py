"""`relaylens status`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relaylens_collector.collector import Collector
from relaylens_collector.conformance import samples
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.target import Target
from relaylens_collector.errors import StoreError
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal

Relaylens = Callable[..., Any]


def test_the_collectors_numbers_are_shown(relaylens: Relaylens, tmp_path: Path) -> None:
    """What came over each transport, what was refused and why, and what is stored; 1 when nobody answers."""
    collector = Collector(Settings(store=tmp_path, otlp_http_port=0, otlp_grpc_port=0, stop_seconds=3.0))
    collector.start()
    target = Target(collector.http_url, f"127.0.0.1:{collector.grpc_port}")
    target.post(samples.one_span(Trace.new()))
    target.call(samples.one_span(Trace.new()))
    target.post(b"\xff")
    collector.ingest.flush(30)

    ready = relaylens("status", "--url", collector.http_url, "--format", "json")
    table = relaylens("status", "--url", collector.http_url)
    collector.stop()
    away = relaylens("status", "--url", collector.http_url)

    numbers = {(row["number"], row["of"]): row["value"] for row in json.loads(ready.out)}
    assert (0, 0, 1) == (ready.code, table.code, away.code)
    assert [1, 1] == [numbers["records_accepted", f"signal=traces, transport={transport}"] for transport in ("http", "grpc")]
    assert 1 == numbers["requests_refused", "code=INVALID_ARGUMENT, reason=bad_data, signal=traces, transport=http"]
    assert 2 == numbers["spans_stored", ""]
    assert 0 < numbers["request_duration_seconds_p95", "signal=traces, transport=grpc"] <= 30
    assert "Spans in the database." in table.out


def test_what_keeps_a_store_from_going_on_is_said(relaylens: Relaylens, collector: Collector, bodies: list[bytes], tmp_path: Path) -> None:
    """A detectors.toml that cannot be followed stands below the numbers in a sentence; without one there is no such sentence."""
    before = relaylens("status", "--url", collector.http_url)
    (tmp_path / "live" / "detectors.toml").write_text("[loopz]\non = true\n", encoding="utf-8")
    collector.ingest.submit(Signal.TRACES, bodies[0] + bodies[1])
    with pytest.raises(StoreError, match="loopz"):
        collector.ingest.flush(30)
    after = relaylens("status", "--url", collector.http_url)
    (tmp_path / "live" / "detectors.toml").unlink()

    assert "detectors.toml" not in before.err
    assert "There is no detector 'loopz'. Perhaps loop is meant" in after.err
    assert (0, 0) == (before.code, after.code)
