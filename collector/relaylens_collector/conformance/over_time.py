"""C55 to C64: what holds over time: after a kill, a second send, a hang-up, a stop."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.items import ConformanceError, expect, item, rest_needs
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.serving import Server, own_folder, serving_of
from relaylens_collector.conformance.target import TRACE_URL, Target

_KILLS = 5
_PARTS = 3
_LATER_SECONDS = 5.0
_SENDING_SECONDS = 0.2
_PAUSE_SECONDS = 0.005
_STOP_SECONDS = 10.0


@item("C55", "R", "acknowledged means on disk: kill -9 right after the answer")
def survives_kill(target: Target) -> str:
    """Every acknowledged request is there, whole and once, after the next start."""
    acknowledged: list[Trace] = []
    with own_folder() as data:
        for _ in range(_KILLS):
            server = Server(serving_of(target), target, data).wait()
            acknowledged += _sent_until(server, lambda server: server.kill())
        expect(acknowledged, f"nothing is acknowledged within {_SENDING_SECONDS:g} s")
        server = Server(serving_of(target), target, data).wait()
        try:
            counts = _counts(server.target, acknowledged)
        finally:
            server.kill()
    _are_whole(counts)
    return f"{len(acknowledged)} requests acknowledged, {_KILLS} kills, none lost"


def _sent_until(server: Server, end: Callable[[Server], None]) -> list[Trace]:
    """Send over both transports until the server is ended in the midst of it; what was acknowledged."""
    stop = threading.Event()

    def send(number: int) -> list[Trace]:
        sent: list[Trace] = []
        channel = server.target.channel()
        while not stop.wait(_PAUSE_SECONDS):
            trace = Trace.new()
            body = samples.traces([samples.span(trace, place) for place in range(1, _PARTS + 1)]).SerializeToString()
            with contextlib.suppress(ConformanceError):
                if number % 2:
                    is_taken = server.target.call(body, channel=channel, timeout=5).code is grpc.StatusCode.OK
                else:
                    is_taken = server.target.post(body).status == http.client.OK
                if is_taken:
                    sent.append(trace)
        channel.close()
        return sent

    with ThreadPoolExecutor(4) as pool:
        senders = [pool.submit(send, number) for number in range(4)]
        time.sleep(_SENDING_SECONDS)
        end(server)
        stop.set()
        return [trace for sender in senders for trace in sender.result()]


def _counts(target: Target, traces: Sequence[Trace]) -> list[int]:
    """How many spans there are of each trace once one that was sent after them can be read."""
    last = Trace.new()
    expect(target.post(samples.one_span(last)).status == http.client.OK, "the next request is refused")
    target.stored(last, seconds=60)
    deadline = time.monotonic() + _LATER_SECONDS
    while True:
        counts = [len(target.stored_now(trace)) for trace in traces]
        if all(count >= _PARTS for count in counts) or time.monotonic() > deadline:
            return counts
        time.sleep(0.2)


def _are_whole(counts: Sequence[int]) -> None:
    """Fail unless each request was stored whole and once."""
    lost, partly = sum(count == 0 for count in counts), sum(0 < count < _PARTS for count in counts)
    expect(not lost, f"{lost} of {len(counts)} acknowledged requests are lost")
    expect(not partly, f"{partly} of {len(counts)} acknowledged requests are stored in part")
    twice = sum(count > _PARTS for count in counts)
    expect(not twice, f"{twice} of {len(counts)} acknowledged requests are stored more than once")


@item("C56", "R", "a request that is sent twice is stored once, also at the same time")
def sent_twice(target: Target) -> None:
    """Clients send again what they have no answer for."""
    one, two = Trace.new(), Trace.new()
    body = samples.one_span(one)
    for _ in range(2):
        expect(target.post(body).status == http.client.OK, "the same request is refused the second time")
    body = samples.one_span(two)
    with ThreadPoolExecutor(8) as pool:
        codes = {answer.code for answer in pool.map(lambda _: target.call(body), range(8))}
    expect(codes == {grpc.StatusCode.OK}, f"eight at once answer {codes}")
    target.stored(one)
    target.stored(two)
    time.sleep(1.0)
    counts = len(target.stored_now(one)), len(target.stored_now(two))
    expect(counts == (1, 1), f"stored {counts[0]} times when sent in turn, {counts[1]} times when sent at once")


@item("C57", "R", "a client that hangs up in the middle leaves nothing or all")
def hang_up(target: Target) -> None:
    """Never a part."""
    traces = []
    for share in (0.1, 0.5, 0.99):
        trace = Trace.new()
        body = samples.traces([samples.span(trace, number) for number in range(1, 501)]).SerializeToString()
        with target.connection() as opened:
            opened.send(target.head(len(body)) + body[: int(len(body) * share)])
            opened.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        traces.append(trace)
    after = Trace.new()
    expect(target.post(samples.one_span(after)).status == http.client.OK, "the next request is refused")
    target.stored(after)
    counts = [len(target.stored_now(trace)) for trace in traces]
    expect(set(counts) <= {0, 500}, f"of 500 spans {counts} were stored")


@item("C58", "R", "a deadline that passes before the answer: absent, or once after the resend")
def deadline(target: Target) -> None:
    """The client does not know, so it sends again."""
    traces = []
    for timeout in (0.0005, 0.002, 0.005, 0.01):
        trace = Trace.new()
        body = samples.traces([samples.span(trace, number) for number in range(1, 201)]).SerializeToString()
        target.call(body, timeout=timeout)
        answer = target.call(body)
        expect(answer.code is grpc.StatusCode.OK, f"the resend answers {answer.code.name}")
        traces.append(trace)
    for trace in traces:
        target.stored(trace, 200)
    time.sleep(1.0)
    counts = [len(target.stored_now(trace)) for trace in traces]
    expect(set(counts) == {200}, f"of 200 spans each {counts} after a resend")


@item("C62", "R", "SIGTERM: what was begun is finished, exit 0 within 10 s")
def stops_in_order(target: Target) -> str:
    """Nothing that was acknowledged is lost by it, also in the midst of sending."""
    serving = serving_of(target)
    with own_folder() as data:
        server = Server(serving, target, data).wait()
        ended: list[tuple[int, float]] = []

        def stop(server: Server) -> None:
            begun = time.monotonic()
            code = server.stop()
            ended.append((code, time.monotonic() - begun))

        acknowledged = _sent_until(server, stop)
        ((code, taken),) = ended
        expect(code == 0, f"exit code {code}: {server.tail()}")
        expect(taken <= _STOP_SECONDS, f"took {taken:.1f} s")
        if target.trace_url is None:
            raise rest_needs(TRACE_URL)
        again = Server(serving, target, data).wait()
        try:
            counts = _counts(again.target, acknowledged)
        finally:
            again.kill()
        _are_whole(counts)
    return f"{taken:.1f} s, {len(acknowledged)} requests acknowledged before it"
