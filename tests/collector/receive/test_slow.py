"""G09: senders that are slow on purpose are closed, and hold nobody else up."""

import http.client
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator

import grpc
import pytest
from tests.collector.receive.conftest import Client, MakeTraces, Start

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what each connection has brought")

_HEAD = b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\n"
_EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def _is_closed(one: socket.socket) -> bool:
    """Tell whether the other side has closed, whatever it said before."""
    one.setblocking(False)  # noqa: FBT003 - its own signature
    try:
        while one.recv(4096):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _as_it_is(message: bytes) -> bytes:
    return message


def _wait(what: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_served(client: Client) -> bool:
    return client.send("GET", "/healthz").status == 200


def _ask(one: socket.socket) -> int:
    """Ask on an open connection."""
    one.sendall(_HEALTH)
    answer = http.client.HTTPResponse(one)
    answer.begin()
    answer.read()
    return answer.status


def test_slow_headers_and_bodies_are_closed(start: Start) -> None:
    """A byte now and then keeps nothing open, and others are served all the while."""
    client = start(head_seconds=1.0, body_seconds=1.0)
    slow = [client.raw() for _ in range(200)]
    for number, one in enumerate(slow):
        one.sendall(_HEAD[:30] if number % 2 else _HEAD + b"Content-Length: 1000\r\n\r\nab")

    def all_closed() -> bool:
        assert _is_served(client)
        for one in slow:
            try:
                one.send(b"a")
            except OSError:
                continue
        return all(map(_is_closed, slow))

    _wait(all_closed)
    for one in slow:
        one.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_an_idle_connection_stays(start: Start, host: str) -> None:
    """C60: whoever has been served may wait, and ask again on the same connection."""
    client = start(host=host, head_seconds=0.5)
    with (
        socket.create_connection((host, client.collector.http_port), timeout=10) as idle,
        socket.create_connection((host, client.collector.http_port), timeout=10) as unused,
    ):
        assert 200 == _ask(idle)
        _wait(lambda: _is_closed(unused))  # this one never asked, and so the watch has looked long enough

        assert 200 == _ask(idle)


def test_the_headers_of_a_second_request_are_timed_too(start: Start) -> None:
    """One answer does not buy a connection for ever."""
    client = start(head_seconds=0.5)
    with client.raw() as slow:
        assert 200 == _ask(slow)
        for part in (_HEAD[:10], _HEAD[10:20]):
            time.sleep(0.8)  # seen by the watch as bytes that came after the answer
            slow.sendall(part)

        _wait(lambda: _is_closed(slow))


def test_of_too_many_connections_the_longest_waiting_are_closed(start: Start) -> None:
    """There is always room for whoever comes now."""
    client = start(connections=40)
    waiting = [client.raw() for _ in range(120)]

    _wait(lambda: sum(map(_is_closed, waiting)) >= 84)
    assert _is_served(client)
    for one in waiting:
        one.close()


def test_calls_that_send_nothing_hold_nobody_up(start: Start, make_traces: MakeTraces) -> None:
    """Over gRPC a call without its request takes no thread, and is to be tried again when its time is over."""
    client = start(body_seconds=3.0)
    over = threading.Event()

    def nothing() -> Iterator[bytes]:
        over.wait()
        yield from ()

    with grpc.insecure_channel(f"127.0.0.1:{client.collector.grpc_port}") as channel:
        call_of_many = channel.stream_unary(_EXPORT, _as_it_is, _as_it_is)
        stalled = [call_of_many.future(nothing()) for _ in range(100)]
        answer, call = channel.unary_unary(_EXPORT, _as_it_is, _as_it_is).with_call(make_traces(), timeout=2)
        _wait(lambda: all(one.done() for one in stalled))
        codes = {one.code() for one in stalled}
        details = dict(stalled[0].trailing_metadata())
        over.set()

    assert (b"", grpc.StatusCode.OK) == (answer, call.code())
    assert {grpc.StatusCode.UNAVAILABLE} == codes
    assert b"RetryInfo" in details["grpc-status-details-bin"]
