"""Requests as an SDK sends them, for the tests of ingest and process."""

from collections.abc import Callable

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

MakeTraces = Callable[..., bytes]


@pytest.fixture
def make_traces() -> MakeTraces:
    """Return a builder of trace requests: `count` spans of one trace, all ids made from `seed`."""

    def make(seed: int, count: int = 3, *, bad_ids: int = 0) -> bytes:
        request = ExportTraceServiceRequest()
        resource = request.resource_spans.add()
        service = resource.resource.attributes.add()
        service.key, service.value.string_value = "service.name", "support"
        spans = resource.scope_spans.add().spans
        for number in range(1, count + bad_ids + 1):
            span = spans.add(name=f"span {seed}/{number}", start_time_unix_nano=number, end_time_unix_nano=number + 1)
            span.trace_id = seed.to_bytes(16) if number <= count else b"short"
            span.span_id = (seed << 32 | number).to_bytes(8)
        return request.SerializeToString()

    return make
