"""Spans of every shape, sent in each of OTLP's forms, again and again and across a kill: stored once, every field as it was sent."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.collector.golden.sending import TRANSPORTS, body_of, by_fields, read_as_json, read_as_protobuf, send
from tests.collector.golden.spans import golden_spans

from relaylens_collector.conformance.items import ConformanceError
from relaylens_collector.conformance.target import Target

A_REQUEST = 24
"""Spans in a request."""


def _collector(store: Path) -> tuple[subprocess.Popen[bytes], Target]:
    """Start a collector of its own on a store."""
    ports = []
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    options = ["--store", str(store), "--otlp-http-port", str(ports[0]), "--otlp-grpc-port", str(ports[1])]
    process = subprocess.Popen([sys.executable, "-m", "relaylens_collector", *options], stderr=subprocess.DEVNULL)
    target = Target(f"http://127.0.0.1:{ports[0]}", f"127.0.0.1:{ports[1]}")
    _until(lambda: target.send("GET", "/readyz").status == 200)
    return process, target


def _until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if holds():
                return
        except ConformanceError:
            pass
        time.sleep(0.02)
    pytest.fail(f"not within {seconds:g} s")


def _is_level(target: Target) -> bool:
    """Whether everything in the journal is in the database."""
    progress = json.loads(target.send("GET", "/readyz").body)
    return bool(progress["applied_record"] == progress["journal_record"])


def test_stored_once_and_whole(tmp_path: Path) -> None:
    """Every span three times, in parallel, before and after kill -9, over each transport: 100 % of fields, once."""
    traces = {transport: os.urandom(16) for transport in TRANSPORTS}
    requests = [
        (body_of(spans[place : place + A_REQUEST], transport), transport)
        for transport, trace in traces.items()
        for spans in [golden_spans(trace)]
        for place in range(0, len(spans), A_REQUEST)
    ]

    process, target = _collector(tmp_path / "store")
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda one: send(target, *one), requests * 3))
    process.send_signal(signal.SIGKILL)
    process.wait()
    process, target = _collector(tmp_path / "store")
    with ThreadPoolExecutor(6) as pool:
        taken += list(pool.map(lambda one: send(target, *one), requests))
    _until(lambda: _is_level(target))

    assert [True] * 4 * len(requests) == taken
    for trace in traces.values():
        sent = by_fields(golden_spans(trace))
        assert sent == by_fields(read_as_protobuf(target, trace))
        assert sent == by_fields(read_as_json(target, trace))
    process.terminate()
    assert 0 == process.wait(20)
