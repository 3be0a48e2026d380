"""OTLP over gRPC, on the wire."""

import gzip
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.rpc.error_details_pb2 import BadRequest, RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2_grpc import LogsServiceStub
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub
from tests.collector.fuzz.frames import a_call_of
from tests.collector.fuzz.peer import connected
from tests.collector.receive.conftest import Client, MakeTraces, Start

_TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


@pytest.fixture(scope="module")
def channel(shared: Client) -> Iterator[grpc.Channel]:
    """A channel to the module's collector."""
    with _channel(shared) as channel:
        yield channel


def _channel(client: Client) -> grpc.Channel:
    return grpc.insecure_channel(f"127.0.0.1:{client.collector.grpc_port}", options=[("grpc.max_send_message_length", -1)])


def _export(channel: grpc.Channel, body: bytes, method: str = _TRACES, **options: Any) -> bytes:  # noqa: ANN401 - as grpc has it
    answer: bytes = channel.unary_unary(method, request_serializer=None, response_deserializer=None)(body, timeout=30, **options)
    return answer


def _refusal(channel: grpc.Channel, body: bytes, method: str = _TRACES, **options: Any) -> grpc.Call:  # noqa: ANN401 - as grpc has it
    with pytest.raises(grpc.RpcError) as refusal:
        _export(channel, body, method, **options)
    assert isinstance(refusal.value, grpc.Call)
    return refusal.value


def _details(call: grpc.Call) -> Status | None:
    for name, value in call.trailing_metadata() or ():
        if name == "grpc-status-details-bin":
            return Status.FromString(value)
    return None


def test_all_three_services(shared: Client, channel: grpc.Channel, make_traces: MakeTraces) -> None:
    """C01: generated stubs of each signal are answered, and the data is stored."""
    logs, metrics = ExportLogsServiceRequest(), ExportMetricsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add(event_name="by grpc")
    metrics.resource_metrics.add().scope_metrics.add().metrics.add(name="by grpc").sum.data_points.add(as_int=1)
    response = TraceServiceStub(channel).Export(ExportTraceServiceRequest.FromString(make_traces(named="by grpc")))  # type: ignore[no-untyped-call]
    LogsServiceStub(channel).Export(logs)  # type: ignore[no-untyped-call]
    MetricsServiceStub(channel).Export(metrics)  # type: ignore[no-untyped-call]

    assert not response.HasField("partial_success")
    assert [(3, 1, 1)] == shared.rows(
        """SELECT (SELECT count(*) FROM spans WHERE name = 'by grpc'), (SELECT count(*) FROM logs WHERE event_name = 'by grpc'),
                  (SELECT count(*) FROM metric_points WHERE name = 'by grpc')"""
    )


def test_an_empty_request_is_a_success(channel: grpc.Channel) -> None:
    """C16: zero bytes are a request without spans."""
    assert b"" == _export(channel, b"")


@pytest.mark.parametrize("count", [0, 2, 3])
def test_a_call_that_is_not_of_one_request_is_refused(shared: Client, channel: grpc.Channel, make_traces: MakeTraces, count: int) -> None:
    """Nobody is told OK for several of which one was taken: none is taken, and a resend cannot help."""
    name = f"one of {count}"
    call = channel.stream_unary(_TRACES, request_serializer=None, response_deserializer=None)
    with pytest.raises(grpc.RpcError) as refusal:
        call(iter([make_traces(named=name) for _ in range(count)]), timeout=30)
    assert isinstance(refusal.value, grpc.Call)

    assert grpc.StatusCode.INVALID_ARGUMENT == refusal.value.code()
    assert [(0,)] == shared.rows(f"SELECT count(*) FROM spans WHERE name = '{name}'")  # noqa: S608 - a name of ours


def test_gzip(shared: Client, channel: grpc.Channel, make_traces: MakeTraces) -> None:
    """C05: packed calls are taken."""
    _export(channel, make_traces(50, named="packed"), compression=grpc.Compression.Gzip)

    assert [(50,)] == shared.rows("SELECT count(*) FROM spans WHERE name = 'packed'")


def test_bad_ids_are_a_partial_success(channel: grpc.Channel, make_traces: MakeTraces) -> None:
    """C17: OK with the exact count."""
    partial = ExportTraceServiceResponse.FromString(_export(channel, make_traces(1, bad_ids=2))).partial_success

    assert 2 == partial.rejected_spans
    assert partial.error_message


def test_an_undecodable_body(channel: grpc.Channel) -> None:
    """C21, C22: INVALID_ARGUMENT with a BadRequest among the details."""
    call = _refusal(channel, b"\xff\xff\xff")
    status, details = _details(call), BadRequest()

    assert grpc.StatusCode.INVALID_ARGUMENT == call.code()
    assert call.details()
    assert status is not None
    assert 3 == status.code
    assert status.details[0].Unpack(details)


@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
def test_a_body_over_the_limit(start: Start, compression: grpc.Compression) -> None:
    """C23, C24, C26: RESOURCE_EXHAUSTED without RetryInfo, packed or not."""
    with _channel(start(max_body_bytes=1 << 20)) as channel:
        call = _refusal(channel, bytes(1 << 24), compression=compression)

        assert grpc.StatusCode.RESOURCE_EXHAUSTED == call.code()
        assert _details(call) is None


def test_too_many_records(start: Start, make_traces: MakeTraces) -> None:
    """C26: not to be sent again as it is."""
    with _channel(start(max_records=10)) as channel:
        call = _refusal(channel, make_traces(100))
        status = _details(call)

        assert grpc.StatusCode.RESOURCE_EXHAUSTED == call.code()
        assert status is not None
        assert [] == list(status.details)


def test_a_full_store_is_to_be_tried_again(start: Start, make_traces: MakeTraces) -> None:
    """C22, C28, C29: UNAVAILABLE with RetryInfo, for RESOURCE_EXHAUSTED without it would mean drop."""
    with _channel(start(free_bytes=1 << 60)) as channel:
        call = _refusal(channel, make_traces())
        status, retry = _details(call), RetryInfo()

        assert grpc.StatusCode.UNAVAILABLE == call.code()
        assert status is not None
        assert status.details[0].Unpack(retry)
        assert 1 <= retry.retry_delay.seconds <= 30


@pytest.mark.parametrize("method", ["/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export", "/x/y"])
def test_unknown_methods(channel: grpc.Channel, method: str) -> None:
    """C04: said cleanly."""
    assert grpc.StatusCode.UNIMPLEMENTED == _refusal(channel, b"", method).code()


def test_a_hundred_calls_at_once(shared: Client, channel: grpc.Channel, make_traces: MakeTraces) -> None:
    """C31: none is refused."""
    futures = [
        channel.unary_unary(_TRACES, request_serializer=None, response_deserializer=None).future(
            make_traces(2, named="at once"), timeout=30
        )
        for _ in range(150)
    ]

    assert [b""] * 150 == [future.result() for future in futures]
    assert [(300,)] == shared.rows("SELECT count(*) FROM spans WHERE name = 'at once'")


def test_the_same_request_over_both_transports_is_stored_once(shared: Client, channel: grpc.Channel, make_traces: MakeTraces) -> None:
    """C56: also when they come at once."""
    body = make_traces(5, named="both")
    together = threading.Barrier(4)

    def send(number: int) -> None:
        together.wait()
        if number % 2:
            _export(channel, body)
        else:
            shared.post(gzip.compress(body), content_encoding="gzip")

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [(5,)] == shared.rows("SELECT count(*) FROM spans WHERE name = 'both'")


def test_a_path_that_is_no_text_ends_nothing_for_good(start: Start, make_traces: MakeTraces) -> None:
    """The library's server ends for good of one such call, which needs no token; ours is back at once, a few times in a row."""
    client = start()
    port = client.collector.grpc_port
    for number in range(5):
        with connected(port) as one:
            one.sendall(a_call_of(b"/\xff\xfe"))
            while one.recv(1 << 16):  # until it is closed
                pass
        with connected(port), _channel(client) as channel:
            _export(channel, make_traces(1, named=f"after {number}"), wait_for_ready=True)

    assert [(5,)] == client.rows("SELECT count(*) FROM spans WHERE name LIKE 'after %'")


def test_a_slow_call_does_not_keep_the_server_from_coming_back(start: Start, make_traces: MakeTraces) -> None:
    """Calls that are still coming when a path that is no text ends the server are given up with it."""
    client = start()
    port = client.collector.grpc_port
    with connected(port) as slow:
        slow.sendall(a_call_of(_TRACES.encode())[:-10])
        with connected(port) as one:
            one.sendall(a_call_of(b"/\xff\xfe"))
            while one.recv(1 << 16):
                pass
        with _channel(client) as channel:
            began = time.monotonic()
            _export(channel, make_traces(), wait_for_ready=True)

    assert time.monotonic() - began < 5


def test_a_token_is_asked_of_every_method(start: Start, make_traces: MakeTraces) -> None:
    """C63: known and unknown methods alike, before anything else."""
    client = start(token="s3cret")  # noqa: S106 - a test's own
    with _channel(client) as channel:
        for method in (_TRACES, "/x/y"):
            for metadata in (
                (),
                (("authorization", "Bearer wrong"),),
                (("authorization", "Basic s3cret"),),
                (("authorization", "s3cret"),),
            ):
                assert grpc.StatusCode.UNAUTHENTICATED == _refusal(channel, make_traces(), method, metadata=metadata).code()

        assert b"" == _export(channel, make_traces(), metadata=(("authorization", "Bearer s3cret"),))
    assert [(3,)] == client.rows("SELECT count(*) FROM spans")
