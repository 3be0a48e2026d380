"""`relaylens account`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from relaylens_analytics.settle import settle
from relaylens_collector.ingest import Ingest
from relaylens_collector.signals import Signal

Relaylens = Callable[..., Any]
START = 1_790_000_000_000_000_000


def _attribute(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def _resource() -> Resource:
    return Resource(
        attributes=[
            _attribute("service.name", "support"),
            _attribute("relaylens.process.id", "p1"),
            _attribute("service.instance.id", "host-7"),
        ]
    )


def _spans(*numbers: int) -> bytes:
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add(resource=_resource())
    spans = resource.scope_spans.add().spans
    for number in numbers:
        span = spans.add(
            name="a", trace_id=b"t" * 16, span_id=number.to_bytes(8), start_time_unix_nano=START + number, end_time_unix_nano=START + 9
        )
        span.attributes.append(KeyValue(key="relaylens.sequence", value=AnyValue(int_value=number)))
    return request.SerializeToString()


def _account(**said: str) -> bytes:
    request = ExportLogsServiceRequest()
    resource = request.resource_logs.add(resource=_resource())
    record = resource.scope_logs.add().log_records.add(time_unix_nano=START + 10, event_name="relaylens.account")
    record.attributes.extend(_attribute(f"relaylens.account.{name.replace('__', '.')}", value) for name, value in said.items())
    return request.SerializeToString()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Ten spans begun: 1, 2, 3 and 6 are here; 4 and 5 refused, 7 dropped, 8 never ended, 9 and 10 died."""
    with Ingest(tmp_path / "store", settle) as ingest:
        ingest.submit(Signal.TRACES, _spans(1, 2))
        ingest.submit(Signal.TRACES, _spans(3, 6))
        ingest.submit(
            Signal.LOGS,
            _account(number="1", state="died", last="10", open="8", dropped__export_refused="4-5", dropped__queue_full="7"),
        )
        ingest.flush(30)
    return tmp_path / "store"


def test_the_sum_is_told_by_name(relaylens: Relaylens, store: Path) -> None:
    """Stored, refused, dropped and died add up to what was begun; something missing is exit code 1."""
    done = relaylens("account", "--store", store, "--format", "json")
    table = relaylens("account", "--store", store)

    (one,) = json.loads(done.out)
    told = {name: one[name] for name in ("service_name", "instance", "process", "state", "begun", "stored", "refused", "dropped", "died")}
    assert {
        "service_name": "support",
        "instance": "host-7",
        "process": "p1",
        "state": "died",
        "begun": 10,
        "stored": 4,
        "refused": 2,
        "dropped": 1,
        "died": 3,
    } == told
    assert "export_refused 4-5, queue_full 7, never_ended 8, process_died 9-10" == one["ranges"]
    assert (6, 0, 0, 0, 0, True) == tuple(one[name] for name in ("missing", "waiting", "unknown", "pending", "duplicates", "fits"))
    assert (1, 1) == (done.code, table.code)
    assert "10 begun = 4 stored + 2 refused + 1 dropped + 3 died + 0 waiting + 0 unknown + 0 pending" in table.err


def test_whole_and_twice(relaylens: Relaylens, tmp_path: Path) -> None:
    """0 where every span is here; a number that is here twice is told, and is exit code 1."""
    codes = []
    for name, again in (("whole", ()), ("twice", (2,))):
        with Ingest(tmp_path / name, settle) as ingest:
            ingest.submit(Signal.TRACES, _spans(1, 2))
            if again:
                ingest.submit(Signal.TRACES, _spans(*again))
            ingest.submit(Signal.LOGS, _account(number="1", state="ended", last="2"))
            ingest.flush(30)
        done = relaylens("account", "--store", tmp_path / name, "--format", "json")
        codes.append((done.code, json.loads(done.out)[0]["duplicates"], json.loads(done.out)[0]["fits"]))

    assert [(0, 0, True), (1, 1, True)] == codes
