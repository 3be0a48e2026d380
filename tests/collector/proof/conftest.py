"""A small store to be looked at and tampered with."""

import shutil
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from tests.benchmarks.generate import trace_requests

from relaylens_collector.ingest import Ingest
from relaylens_collector.signals import Signal

TRACE_REQUESTS = 6
RECORDS = TRACE_REQUESTS + 3
SPANS_PER_REQUEST = 20


def logs_request() -> bytes:
    """Return two log records, one of them long."""
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for text in ("short", "a long answer " * 40):
        scope.log_records.add(time_unix_nano=1).body.string_value = text
    return request.SerializeToString()


def metrics_request() -> bytes:
    """Return one metric."""
    request = ExportMetricsServiceRequest()
    request.resource_metrics.add().scope_metrics.add().metrics.add(name="calls").sum.data_points.add(as_int=3)
    return request.SerializeToString()


@pytest.fixture(scope="session")
def whole_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fill a store with agent traces, logs, a metric and a label, and close it."""
    folder = tmp_path_factory.mktemp("whole") / "store"
    with Ingest(folder) as ingest:
        for body in trace_requests(TRACE_REQUESTS, SPANS_PER_REQUEST):
            ingest.submit(Signal.TRACES, body)
        ingest.submit(Signal.LOGS, logs_request())
        ingest.submit(Signal.METRICS, metrics_request())
        ingest.submit(Signal.LABELS, b'{"run": "r1", "name": "accuracy", "score": 0.5}')
    return folder


@pytest.fixture
def store(whole_store: Path, tmp_path: Path) -> Path:
    """Return a copy of the whole store."""
    return Path(shutil.copytree(whole_store, tmp_path / "store"))
