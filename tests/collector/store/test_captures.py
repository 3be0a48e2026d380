"""What real frameworks sent is stored loss-free."""

import lzma
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from tests.collector.store.conftest import Submit

from relaylens_collector.signals import Signal
from relaylens_collector.store import Store
from relaylens_collector.store.otlp_messages import Messages

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "captures"
CAPTURES = sorted(FOLDER.glob("*.pb.xz"))

pytestmark = pytest.mark.skipif(not CAPTURES, reason="the recorded captures lie outside of the repository, in ../shared/captures")


def _requests(path: Path) -> Iterator[bytes]:
    """Return the requests of a capture: each behind its length as a varint."""
    data = lzma.decompress(path.read_bytes())
    place = 0
    while place < len(data):
        length = shift = 0
        while data[place] & 0x80:
            length |= (data[place] & 0x7F) << shift
            place, shift = place + 1, shift + 7
        length |= data[place] << shift
        place += 1
        yield data[place : place + length]
        place += length


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.name.removesuffix(".pb.xz"))
def test_every_record_of_a_capture_comes_back(path: Path, store: Store, submit: Submit) -> None:
    """Each span, log record, resource and scope turned back into protobuf is what was sent."""
    rows: list[object] = []
    sent: list[object] = []
    if path.name.endswith(".logs.pb.xz"):
        batches = []
        for body in _requests(path):
            batches.append(submit(body, Signal.LOGS))
            for resource_logs in ExportLogsServiceRequest.FromString(body).resource_logs:
                for scope_logs in resource_logs.scope_logs:
                    for log_record in scope_logs.log_records:
                        log_record.body.SetInParent()
                        sent.append(log_record)
        rows.extend(Messages(store.connection).log_records(batches))
    else:
        for body in _requests(path):
            batch = submit(body)
            found = Messages(store.connection)
            rows.extend(zip(found.spans([batch]), found.resources(batch), found.scopes(batch), strict=True))
            for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
                resource = (resource_spans.resource, resource_spans.schema_url)
                for scope_spans in resource_spans.scope_spans:
                    scope = (scope_spans.scope, scope_spans.schema_url)
                    for span in scope_spans.spans:
                        span.status.SetInParent()
                        sent.append((span, resource, scope))

    assert len(sent) > 0
    assert sent == rows


@pytest.mark.parametrize(
    "path", [path for path in CAPTURES if ".logs." not in path.name], ids=lambda path: path.name.removesuffix(".pb.xz")
)
def test_text_of_gives_every_attribute(path: Path, store: Store, submit: Submit) -> None:
    """The macro `text_of` gives each text attribute of each span, event and link whole."""
    sent: list[tuple[str, str]] = []

    def take(attributes: list[KeyValue]) -> None:
        sent.extend((pair.key, pair.value.string_value) for pair in attributes if pair.value.WhichOneof("value") == "string_value")

    for body in _requests(path):
        submit(body)
        for resource_spans in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope_spans in resource_spans.scope_spans:
                for span in scope_spans.spans:
                    for attributes in (
                        span.attributes,
                        *(event.attributes for event in span.events),
                        *(link.attributes for link in span.links),
                    ):
                        take(list(attributes))

    found = store.connection.execute("""
        WITH attribute_lists AS (
            SELECT attributes, attribute_types FROM spans
            UNION ALL SELECT event.attributes, event.attribute_types FROM (SELECT unnest(events) AS event FROM spans)
            UNION ALL SELECT link.attributes, link.attribute_types FROM (SELECT unnest(links) AS link FROM spans)
        ), pairs AS (
            SELECT unnest(map_keys(attributes)) AS key, unnest(map_values(attributes)) AS cell,
                   unnest(string_split(attribute_types, '')) AS letter
            FROM attribute_lists
        )
        SELECT key, text_of(cell) FROM pairs WHERE letter = 's'
    """).fetchall()

    assert sorted(sent) == sorted(found)
