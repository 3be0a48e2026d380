"""C23 to C31: sizes and pressure."""

import email.utils
import gzip
import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.rpc import error_details_pb2  # type: ignore[import-untyped]

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.answers import Reply
from relaylens_collector.conformance.items import FailedError, expect, item, rest_needs
from relaylens_collector.conformance.responses import is_retryable
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.serving import Memory, option_of, served, serving_of
from relaylens_collector.conformance.target import Called, Target

_MIB = 1 << 20
_SMALL_LIMIT = 4 * _MIB
_RECOMMENDED = 64 * _MIB
_BOMB_MEMORY = 256 * _MIB
_REFUSAL_SECONDS = 0.005
_REFUSALS = 20
_MANY = 100
_ATTEMPTS = 8


def _head_only(target: Target, length: int, seconds: float) -> tuple[int | None, float]:
    """Announce a body and send none of it: what is answered, and after how many seconds."""
    with target.connection(seconds) as opened:
        begun = time.perf_counter()
        opened.send(target.head(length))
        try:
            return opened.answer().status, time.perf_counter() - begun
        except FailedError:
            return None, time.perf_counter() - begun


@item("C23", "M", "a body over the limit: 413, RESOURCE_EXHAUSTED")
def too_large(target: Target) -> None:
    """Before it is unpacked."""
    body = samples.padded(target.max_body + 1)
    status, _ = _head_only(target, len(body), 2.0)
    if status is None:  # It wants to see the body first, which it may.
        status = target.post(body).status
    expect(status == http.client.REQUEST_ENTITY_TOO_LARGE, f"HTTP answers {status} to {len(body)} bytes")
    answer = target.call(body)
    expect(answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED, f"gRPC answers {answer.code.name}: {answer.message}")


@item("C24", "M", "a body over the limit once unpacked: the same, in little memory")
def bomb(target: Target) -> str:
    """A small body that becomes a large one."""
    large = samples.padded(target.max_body + _MIB)
    packed = gzip.compress(large + b"\0" * target.max_body * 3, 1)
    memory = None if target.pid is None else Memory(target.pid)
    reply, answer = target.post(packed, encoding="gzip"), target.call(large, packed=True)
    grown = 0 if memory is None else memory.grown()
    expect(
        reply.status == http.client.REQUEST_ENTITY_TOO_LARGE,
        f"HTTP answers {reply.status} to {len(packed)} bytes that become {4 * target.max_body}",
    )
    expect(answer.code is grpc.StatusCode.RESOURCE_EXHAUSTED, f"gRPC answers {answer.code.name}: {answer.message}")
    if memory is None:
        what = "--pid or --serve, to see the server's memory"
        raise rest_needs(what)
    expect(grown <= _BOMB_MEMORY, f"the process grew by {grown >> 20} MiB")
    return f"the process grew by {max(grown, 0) >> 20} MiB"


@item("C25", "S", "the limit can be set, and is 64 MiB otherwise")
def limit_can_be_set(target: Target) -> str | None:
    """A server with another limit refuses what this one takes."""
    reply = target.post(samples.padded(target.max_body))
    expect(reply.status == http.client.OK, f"a request of {target.max_body} bytes answers {reply.status}")
    option = option_of(serving_of(target).max_body, "serve-max-body", bytes=_SMALL_LIMIT)
    with served(target, option) as server:
        for size, http_status, code in (
            (_SMALL_LIMIT, http.client.OK, grpc.StatusCode.OK),
            (_SMALL_LIMIT + 1, http.client.REQUEST_ENTITY_TOO_LARGE, grpc.StatusCode.RESOURCE_EXHAUSTED),
        ):
            reply, answer = server.target.post(samples.padded(size)), server.target.call(samples.padded(size))
            expect(reply.status == http_status, f"HTTP with a limit of {_SMALL_LIMIT} bytes answers {reply.status} to {size}")
            expect(answer.code is code, f"gRPC with a limit of {_SMALL_LIMIT} bytes answers {answer.code.name} to {size}")
    return None if target.max_body >= _RECOMMENDED else f"the limit of this server is {target.max_body} bytes, less than is recommended"


@item("C26", "M", "a refusal for size carries no RetryInfo")
def size_is_final(target: Target) -> None:
    """The same request would only come again."""
    body = samples.padded(target.max_body + 1)
    for answer in (target.call(body), target.call(body, packed=True)):
        expect(answer.code is not grpc.StatusCode.OK, "gRPC takes it")
        expect("RetryInfo" not in answer.names_of_details(), f"gRPC answers {answer.code.name} with RetryInfo")
        expect(not is_retryable(answer), f"gRPC answers {answer.code.name}, which asks for the same request again")


def _overloaded(target: Target) -> tuple[Reply, Called]:
    """What a small request is answered while the server's memory is full of bodies that are still coming."""
    option = option_of(serving_of(target).in_flight, "serve-in-flight", bytes=_SMALL_LIMIT)
    length = 3 * _MIB
    body = samples.padded(2 * _MIB)
    with served(target, option) as server:
        for attempt in range(1, _ATTEMPTS + 1):
            with server.target.connection() as slow:
                slow.send(server.target.head(length) + b"\0" * (length - 1))
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
def retry_hint(target: Target) -> str:
    """Seconds or a date; RetryInfo on gRPC."""
    reply, answer = _overloaded(target)
    given = reply.headers.get("retry-after", "")
    try:
        seconds = float(given) if given.isdigit() else email.utils.parsedate_to_datetime(given).timestamp() - time.time()
    except ValueError as error:
        message = f"Retry-After is {given!r}, neither seconds nor a date"
        raise FailedError(message) from error
    expect(1 <= seconds <= 30, f"Retry-After is {given!r}")  # noqa: PLR2004 - the item's bounds
    infos = [detail for detail in answer.details().details if detail.type_url.endswith(".RetryInfo")]
    expect(infos, f"gRPC has {answer.names_of_details()}")
    info = error_details_pb2.RetryInfo()
    infos[0].Unpack(info)
    delay = info.retry_delay.ToTimedelta().total_seconds()
    expect(1 <= delay <= 30, f"RetryInfo says {delay:g} s")  # noqa: PLR2004 - the item's bounds
    return f"{seconds:.0f} s and {delay:.0f} s; whether it grows with the backlog cannot be seen from outside"


@item("C30", "R", "a refusal is cheap: before the body is read")
def cheap_refusal(target: Target) -> str:
    """The best of twenty, since machines are busy."""
    memory = None if target.pid is None else Memory(target.pid)
    answers = [_head_only(target, target.max_body + 1, 2.0)]
    while answers[0][0] is not None and len(answers) < _REFUSALS:
        answers.append(_head_only(target, target.max_body + 1, 2.0))
    grown = 0 if memory is None else memory.grown()
    refused = [taken for status, taken in answers if status == http.client.REQUEST_ENTITY_TOO_LARGE]
    expect(len(refused) == len(answers), f"a body that is only announced is answered with {answers[0][0] or 'nothing'}")
    expect(min(refused) < _REFUSAL_SECONDS, f"the quickest of twenty took {min(refused) * 1000:.1f} ms")
    if memory is None:
        what = f"--pid or --serve, to see the server's memory ({min(refused) * 1000:.1f} ms)"
        raise rest_needs(what)
    expect(grown < _MIB * len(answers), f"twenty refusals took {grown >> 20} MiB")
    return f"{min(refused) * 1000:.1f} ms, {max(grown, 0) // len(answers) >> 10} KiB"


@item("C31", "S", "100 calls and 100 connections at once")
def many_at_once(target: Target) -> None:
    """All are served."""
    bodies = [samples.one_span(Trace.new()) for _ in range(_MANY)]
    together = threading.Barrier(_MANY)

    def post(body: bytes) -> int:
        with target.connection() as opened:
            together.wait(30)
            try:
                opened.send(target.head(len(body)) + body)
                return opened.answer().status
            finally:
                # Nobody hangs up before all are answered, else a server that takes fewer at once can serve them in turn.
                together.wait(30)

    channel = target.channel()
    with ThreadPoolExecutor(_MANY) as pool:
        statuses = set(pool.map(post, bodies))
        codes = {answer.code for answer in pool.map(lambda body: target.call(body, channel=channel), bodies)}
    channel.close()
    expect(statuses == {200}, f"HTTP answers {sorted(statuses)}")
    expect(codes == {grpc.StatusCode.OK}, f"gRPC answers {sorted(code.name for code in codes)}")
