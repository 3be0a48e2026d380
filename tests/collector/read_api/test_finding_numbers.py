"""How many findings there are, as Prometheus sees them: from a real collector that settles."""

from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import duckdb
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from relaylens import semconv
from relaylens_analytics.settle import settle
from relaylens_collector.access import Scope
from relaylens_collector.access.tokens import TokenFile
from relaylens_collector.collector import Collector
from relaylens_collector.erasing.orders import erase_subject
from relaylens_collector.erasing.planning import Kind
from relaylens_collector.read_api.finding_numbers import MOST_SERVICES
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal
from relaylens_collector.store.statements import read_statement

TOKEN = "may-do-everything"  # noqa: S105 - of a collector that lives as long as a test


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    """Start a collector whose runs are settled."""
    started = Collector(Settings(store=tmp_path, otlp_http_port=0, otlp_grpc_port=0, free_bytes=1, token=TOKEN), settle)
    started.start()
    yield started
    started.stop()


def fail(collector: Collector, first: int, last: int, service: str = 'de"sk') -> None:
    """Send runs whose model call failed, each with one finding, and wait until they are settled."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key=semconv.SERVICE_NAME).value.string_value = service
    spans = resource.scope_spans.add().spans
    for number in range(first, last):
        span = spans.add(trace_id=number.to_bytes(16, "big"), span_id=number.to_bytes(8, "big"), name="chat", start_time_unix_nano=10**18)
        span.end_time_unix_nano = 10**18 + 10**9
        span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message="overloaded"))
        span.attributes.add(key=semconv.GEN_AI_OPERATION_NAME).value.string_value = semconv.Operation.CHAT
    collector.ingest.submit(Signal.TRACES, request.SerializeToString())
    collector.ingest.flush()


def numbers(collector: Collector, token: str = TOKEN) -> list[str]:
    """Scrape, and give the lines about findings."""
    request = Request(f"{collector.http_url}/metrics", headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - our own address
    with urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
        return [line for line in answer.read().decode().splitlines() if line.startswith("relaylens_findings_total")]


def test_findings_are_counted_by_detector_severity_and_service(collector: Collector) -> None:
    """As soon as they are settled, and no more than once."""
    assert [] == numbers(collector)
    labels = 'detector="llm_error",project="default",service="de\\"sk",severity="medium"'
    for last, count in ((3, 2), (3, 2), (6, 5)):
        fail(collector, 1, last)
        assert [f"relaylens_findings_total{{{labels}}} {count}.0"] == numbers(collector)


def test_a_counter_never_falls(collector: Collector) -> None:
    """A finding that is erased was one all the same: Prometheus would take a fall for a restart."""
    fail(collector, 1, 3)
    before = numbers(collector)
    erase_subject(collector.ingest, Kind.TRACE, f"{1:032x}", said_by="test")
    collector.ingest.flush()
    with collector.ingest.reading() as cursor:
        left = cursor.execute("SELECT count(*) FROM findings").fetchone()

    assert (1,) == left
    assert before == numbers(collector)


@pytest.mark.parametrize(("scope", "seen"), [(Scope.READ, 1), (Scope.MONITOR, 1), (Scope.INGEST, 0), (Scope.LABEL, 0)], ids=str)
def test_who_sends_spans_does_not_see_what_was_found(collector: Collector, scope: Scope, seen: int) -> None:
    """The numbers name services of the project, which are part of what is stored."""
    fail(collector, 1, 2)
    token = TokenFile(collector.settings.store).create("one", project="default", scopes={scope}).text

    assert seen == len(numbers(collector, token))


def test_services_beyond_the_most_frequent_are_one() -> None:
    """Whoever sends spans chooses their service; Prometheus keeps a hundred names and not a million."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""CREATE TABLE runs AS
                SELECT 'c' || i AS conversation, 'r' || i AS run, 's' || i AS service_name FROM range({MOST_SERVICES * 3}) AS t(i);
                CREATE TABLE findings AS SELECT conversation, run, 'loop' AS detector, 'high' AS severity FROM runs"""  # noqa: S608 - a number
        )
        rows = connection.execute(read_statement("count_findings"), {"services": MOST_SERVICES}).fetchall()

    assert MOST_SERVICES + 1 == len(rows)
    assert [MOST_SERVICES * 2] == [count for _, _, service, count in rows if service == "other"]
