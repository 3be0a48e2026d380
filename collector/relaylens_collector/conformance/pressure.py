"""C23 to C31: sizes and pressure."""

import email.utils
import gzip
import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.items import FailedError, expect, item
from relaylens_collector.conformance.responses import is_retryable
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.serving import memory_of, option_of, served, serving_of
from relaylens_collector.conformance.target import Called, Reply, Target

_MIB = 1 << 20
_SMALL_LIMIT = 4 * _MIB
_BOMB_MEMORY = 256 * _MIB
_MANY = 100
_ATTEMPTS = 8


def _head_only(target: Target, length: int) -> tuple[int, float]:
    """Announce a body and send none of it: what is answered, and after how many seconds."""
    with target.connection(10.0) as opened:
        begun = time.perf_counter()
        opened.sendall(target.head(length))
        try:
            answer = http.client.HTTPResponse(opened)
            answer.begin()
        except (OSError, http.client.HTTPException) as error:
            message = f"a body of {length} bytes that is only announced has no answer within 10 s ({type(error).__name__})"
            raise FailedError(message) from error
        return answer.status, time.perf_counter() - begun


@item("C23", "M", "a body over the limit: 413, RESOURCE_EXHAUSTED")
def too_large(target: Target) -> None:
    """Before it is unpacked."""
    status, _ = _head_only(target, target.max_body + 1)
    expect(status == http.client.REQUEST_ENTITY_TOO_LARGE, f"HTTP answers {status}")
    answer = target.call(samples.traces([samples.span(Trace.new(), 1, name="x" * target.max_body)]).SerializeToString())
    expect(answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED, f"gRPC answers {answer.code.name}: {answer.message}")


@item("C24", "M", "a body over the limit once unpacked: the same, in little memory")
def bomb(target: Target) -> str | None:
    """A small body that becomes a large one."""
    large = samples.traces([samples.span(Trace.new(), 1, name="x" * (target.max_body + _MIB))]).SerializeToString()
    packed = gzip.compress(large + b"\0" * target.max_body * 3, 9)
    before = 0 if target.pid is None else memory_of(target.pid)
    reply = target.post(packed, content_encoding="gzip")
    grown = 0 if target.pid is None else memory_of(target.pid) - before
    expect(
        reply.status == http.client.REQUEST_ENTITY_TOO_LARGE,
        f"HTTP answers {reply.status} to {len(packed)} bytes that become {4 * target.max_body}",
    )
    answer = target.call(large, packed=True)
    expect(answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED, f"gRPC answers {answer.code.name}")
    expect(grown <= _BOMB_MEMORY, f"the process grew by {grown >> 20} MiB")
    return "memory was not seen" if target.pid is None else f"the process grew by {max(grown, 0) >> 20} MiB"


@item("C25", "S", "the limit can be set")
def limit_can_be_set(target: Target) -> None:
    """A server with another limit refuses what this one takes."""
    option = option_of(serving_of(target).max_body, "serve-max-body", bytes=_SMALL_LIMIT)
    body = samples.traces([samples.span(Trace.new(), 1, name="x" * (_SMALL_LIMIT + 1))]).SerializeToString()
    with served(target, option) as server:
        reply = server.target.post(body)
        expect(
            reply.status == http.client.REQUEST_ENTITY_TOO_LARGE, f"a limit of {_SMALL_LIMIT} bytes answers {reply.status} to {len(body)}"
        )


@item("C26", "M", "a refusal for size carries no RetryInfo")
def size_is_final(target: Target) -> None:
    """The same request would only come again."""
    answer = target.call(samples.traces([samples.span(Trace.new(), 1, name="x" * target.max_body)]).SerializeToString())
    expect(not is_retryable(answer), "gRPC asks for the same request again")


def _overloaded(target: Target) -> tuple[Reply, Called]:
    """What a small request is answered while the server's memory is full of bodies that are still coming."""
    option = option_of(serving_of(target).in_flight, "serve-in-flight", bytes=_SMALL_LIMIT)
    length = 3 * _MIB
    body = samples.traces([samples.span(Trace.new(), 1, name="x" * 2 * _MIB)]).SerializeToString()
    with served(target, option) as server:
        for attempt in range(1, _ATTEMPTS + 1):
            with server.target.connection() as slow:
                slow.sendall(server.target.head(length) + b"\0" * (length - 1))
                # Until these have been read there is room, and then it may be the slow one that is refused.
                time.sleep(0.3 * attempt)
                reply = server.target.post(body)
                if reply.status != http.client.OK:
                    return reply, server.target.call(body)
    message = f"takes everything with {length >> 20} MiB on their way and a limit of {_SMALL_LIMIT >> 20}"
    raise FailedError(message)


@item("C27", "S", "overload over HTTP: 429 or 503")
def overload_http(target: Target) -> None:
    """And Retry-After."""
    reply, _ = _overloaded(target)
    expect(reply.status in {429, 503}, f"answers {reply.status}")
    expect("retry-after" in reply.headers, f"{reply.status} has no Retry-After")


@item("C28", "S", "overload over gRPC: UNAVAILABLE with RetryInfo")
def overload_grpc(target: Target) -> None:
    """RESOURCE_EXHAUSTED alone would mean: drop it."""
    _, answer = _overloaded(target)
    expect(is_retryable(answer), f"answers {answer.code.name} with {answer.names_of_details()}, which means drop it")


@item("C29", "S", "every throttle says when to come again, in 1 to 30 s")
def retry_hint(target: Target) -> None:
    """Seconds or a date; RetryInfo on gRPC."""
    reply, answer = _overloaded(target)
    given = reply.headers.get("retry-after", "")
    seconds = float(given) if given.replace(".", "", 1).isdigit() else email.utils.parsedate_to_datetime(given).timestamp() - time.time()
    expect(1 <= seconds <= 30, f"Retry-After is {given!r}")  # noqa: PLR2004 - the item's bounds
    expect("RetryInfo" in answer.names_of_details(), f"gRPC has {answer.names_of_details()}")


@item("C30", "R", "a refusal is cheap: before the body is read")
def cheap_refusal(target: Target) -> str:
    """The best of twenty, since machines are busy."""
    taken = min(_head_only(target, target.max_body + 1)[1] for _ in range(20))
    expect(taken < 0.005, f"the quickest of twenty took {taken * 1000:.1f} ms")  # noqa: PLR2004 - the item's bound
    return f"{taken * 1000:.1f} ms"


@item("C31", "S", "100 calls and 100 connections at once")
def many_at_once(target: Target) -> None:
    """All are served."""
    bodies = [samples.one_span(Trace.new()) for _ in range(_MANY)]
    together = threading.Barrier(_MANY)

    def post(body: bytes) -> int:
        with target.connection() as opened:
            together.wait(30)
            opened.sendall(target.head(len(body)) + body)
            answer = http.client.HTTPResponse(opened)
            answer.begin()
            return answer.status

    channel = target.channel()
    with ThreadPoolExecutor(_MANY) as pool:
        statuses = set(pool.map(post, bodies))
        codes = {answer.code for answer in pool.map(lambda body: target.call(body, channel=channel), bodies)}
    channel.close()
    expect(statuses == {200}, f"HTTP answers {sorted(statuses)}")
    expect(codes == {grpc.StatusCode.OK}, f"gRPC answers {sorted(code.name for code in codes)}")
