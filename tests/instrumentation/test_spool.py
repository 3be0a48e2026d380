"""What waits on disk while the collector is away: bounded, in order of need, once, and never for ever."""

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import StatusCode

import relaylens
from relaylens.accounting import Tally
from relaylens.exporting_grpc import GrpcSender
from relaylens.semconv import DropReason

from .fronts import Front, front
from .receivers import grpc_receiver

Begin = Callable[..., relaylens.Instrumentation]


@pytest.fixture
def door() -> Iterator[Front]:
    """A collector that is away until the test opens it."""
    with front(None, None) as made:
        yield made


@pytest.fixture
def begin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Begin]:
    """Sets up sending to an address, with OpenTelemetry's and our variables."""

    def begin(address: str, **variables: str) -> relaylens.Instrumentation:
        monkeypatch.setenv("RELAYLENS_SPOOL_DIR", str(tmp_path / "spool"))
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return relaylens.instrument("s", endpoint=address, tracer_provider=TracerProvider(shutdown_on_exit=False), frameworks=False)

    yield begin
    relaylens.uninstrument(0.1)


def spooled(tmp_path: Path) -> list[Path]:
    """The requests on disk."""
    return sorted((tmp_path / "spool").rglob("*.otlp"))


def tally(handle: relaylens.Instrumentation) -> Tally:
    """What the process's ledger says."""
    assert handle.processor is not None
    return handle.processor._delivery.dispatcher().ledger.tally()  # noqa: SLF001 - what will be in the account


def work(handle: relaylens.Instrumentation, name: str, *, fails: bool = False) -> None:
    """A tool call below a span that stays open: bulk, unless it fails."""
    tracer = handle.provider.get_tracer("test")
    with tracer.start_as_current_span(name) as root:
        inner = tracer.start_span(f"{name} inner")
        if fails:
            inner.set_status(StatusCode.ERROR)
        inner.end()
        root.get_span_context()


def test_what_is_needed_most_is_sent_first(begin: Begin, door: Front) -> None:
    """Accounts, then what is urgent with the newest first, then what is new, then the rest with the oldest first.

    What was on its way when the collector went (`zero`) stays the request it was: it may have arrived.
    """
    handle = begin(door.address)
    for name in ("zero", "one", "two", "three"):
        work(handle, name)
        assert not handle.flush(5)
    handle.shutdown(5)
    relaylens.uninstrument()
    door.open()
    later = begin(door.address)
    work(later, "new")

    assert later.flush(5)
    assert ["three", "two", "one", "zero inner", "zero", "new inner", "new", "one inner", "two inner", "three inner"] == door.spans
    assert "/v1/logs" == door.order[0]


def test_failures_are_urgent(begin: Begin, door: Front, tmp_path: Path) -> None:
    """A failed call does not wait behind those that went well."""
    handle = begin(door.address)
    work(handle, "zero")
    handle.flush(5)
    work(handle, "well")
    work(handle, "badly", fails=True)
    assert not handle.flush(5)

    assert 3 == len(spooled(tmp_path))
    door.open()
    assert handle.flush(5)
    assert ["well", "badly inner", "badly", "zero inner", "zero", "well inner"] == door.spans


def test_nobody_else_can_read_what_waits(begin: Begin, door: Front, tmp_path: Path) -> None:
    """Prompts wait there: the folder and its files are the user's alone."""
    handle = begin(door.address)
    work(handle, "secret")
    handle.flush(5)

    folder = spooled(tmp_path)[0].parent
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_a_full_spool_gives_up_bulk_for_what_is_needed(begin: Begin, door: Front, tmp_path: Path) -> None:
    """The bound holds, what is given up is counted with its numbers, and outcomes are kept before details."""
    handle = begin(door.address, RELAYLENS_SPOOL_BYTES="16384")
    for number in range(7):
        work(handle, f"work {number}")
        handle.flush(5)
    said = tally(handle)
    kept = spooled(tmp_path)

    assert 16384 >= sum(-(-path.stat().st_size // 4096) * 4096 for path in kept)
    assert ["1", "1", "1", "1"] == [path.name[0] for path in kept]
    assert {DropReason.SPOOL_FULL: 9} == dict(said.counts)
    door.open()
    assert handle.flush(5)
    assert ["work 3", "work 2", "work 1", "work 0 inner", "work 0"] == door.spans
    assert 14 == said.last
    assert 9 == sum(last - first + 1 for first, last in said.dropped[DropReason.SPOOL_FULL])


def test_a_full_queue_keeps_what_is_needed(begin: Begin, door: Front) -> None:
    """With more spans than the queue holds, details go and roots stay; each loss has its number."""
    handle = begin(door.address, OTEL_BSP_MAX_QUEUE_SIZE="4", RELAYLENS_SPOOL_BYTES="0")
    handle.flush(5)
    tracer = handle.provider.get_tracer("test")
    with tracer.start_as_current_span("root"):
        for number in range(10):
            tracer.start_span(f"detail {number}").end()
    said = tally(handle)
    door.open()

    assert handle.flush(5)
    assert "root" in door.spans
    assert 11 == len(door.spans) + said.counts.get(DropReason.QUEUE_FULL, 0)


def test_without_a_spool_spans_wait_in_memory(begin: Begin, door: Front, tmp_path: Path) -> None:
    """Size 0: nothing is written anywhere, and the collector gets everything when it is back."""
    handle = begin(door.address, RELAYLENS_SPOOL_BYTES="0")
    work(handle, "patient")
    assert not handle.flush(5)
    assert not (tmp_path / "spool").exists()
    door.open()

    assert handle.flush(5)
    assert ["patient inner", "patient"] == door.spans


@pytest.mark.parametrize("status", ["400", "401", "404", "413", "500"])
def test_a_refusal_is_counted_and_not_sent_again(status: str, begin: Begin, door: Front, tmp_path: Path) -> None:
    """What the collector will never take is dropped, with its numbers, and nothing comes after it again and again."""
    door.open(status)
    handle = begin(door.address)
    work(handle, "refused")

    assert handle.flush(5)
    assert handle.flush(5)
    assert 1 == door.seen["/v1/traces"]
    assert {DropReason.EXPORT_REFUSED: ((1, 2),)} == dict(tally(handle).dropped)
    assert [] == spooled(tmp_path)


def test_spans_refused_in_partial_success_are_counted(begin: Begin, door: Front) -> None:
    """The collector says how many, and which is among those of the request."""
    door.rejects = 1
    door.open()
    handle = begin(door.address)
    work(handle, "in part")

    assert handle.flush(5)
    said = tally(handle)
    assert ({DropReason.EXPORT_REFUSED: 1}, {DropReason.EXPORT_REFUSED: ((1, 2),)}) == (dict(said.counts), dict(said.dropped))


@pytest.mark.parametrize("status", ["429", "503"])
def test_a_collector_that_asks_for_patience_gets_it(status: str, begin: Begin, door: Front, tmp_path: Path) -> None:
    """Nothing is sent before the time it named is over, not even when the host asks for it; all is kept."""
    door.retry_after = "3600"
    door.open(status)
    handle = begin(door.address)
    work(handle, "later")
    assert not handle.flush(5)
    door.open()

    assert not handle.flush(5)
    assert 1 == door.seen["/v1/traces"]
    assert 1 <= len(spooled(tmp_path))


def test_a_broken_file_costs_only_itself(begin: Begin, door: Front, tmp_path: Path) -> None:
    """A file that was not written whole is removed; the others are sent."""
    handle = begin(door.address)
    for name in ("zero", "one", "two"):
        work(handle, name)
        handle.flush(5)
    first, *_ = spooled(tmp_path)
    first.write_bytes(first.read_bytes()[:-5])
    door.open()

    assert handle.flush(5)
    assert ["two", "one", "one inner", "two inner"] == door.spans
    assert [] == spooled(tmp_path)


LEAVES = """
    import os, signal, sys, relaylens
    relaylens.instrument("s", endpoint=sys.argv[1], frameworks=False)
    for number in range(20):
        with relaylens.run(f"left {number}"):
            pass
        relaylens.flush(5)
    os.kill(os.getpid(), signal.SIGKILL)
"""
SENDS = """
    import sys, relaylens
    sys.stdin.readline()
    relaylens.instrument("s", endpoint=sys.argv[1], frameworks=False)
    while not relaylens.flush(5):
        pass
"""


def test_what_a_killed_process_has_left_is_sent_once(door: Front, tmp_path: Path) -> None:
    """Three processes begin at the same moment: one of them sends, and nothing arrives twice."""
    environment = {**os.environ, "RELAYLENS_SPOOL_DIR": str(tmp_path / "spool")}

    def start(source: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(source), door.address],
            env=environment,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    with start(LEAVES) as left:
        assert -signal.SIGKILL == left.wait(60)
    assert 20 == len(spooled(tmp_path))
    door.open()
    others = [start(SENDS) for _ in range(3)]
    for other in others:
        assert other.stdin is not None
        other.stdin.write("\n")
        other.stdin.flush()
    ends = [(other.communicate(timeout=60)[1], other.returncode) for other in others]

    assert [("", 0)] * 3 == ends
    assert sorted(f"invoke_workflow left {number}" for number in range(20)) == sorted(door.spans)
    assert [] == [path for path in (tmp_path / "spool").rglob("*") if path.is_file() and path.name != "room"]
    assert ["died"] == [account["state"] for account in door.accounts if account.get("last") == "20"]


def test_another_service_keeps_its_spool_to_itself(begin: Begin, door: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was recorded for one destination or service is never sent by another."""
    handle = begin(door.address)
    work(handle, "mine")
    handle.flush(5)
    relaylens.uninstrument(0.5)
    door.open()
    provider = TracerProvider(shutdown_on_exit=False)
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=other")
    relaylens.instrument("other", endpoint=door.address + "/other/v1/traces", tracer_provider=provider, frameworks=False)

    assert relaylens.flush(5)
    assert [] == door.spans


def test_the_account_at_the_end_says_it_all(begin: Begin, door: Front) -> None:
    """Last number, what never ended, what was dropped: in numbers and as counts."""
    door.open()
    handle = begin(door.address)
    work(handle, "done")
    handle.provider.get_tracer("test").start_span("open at the end")
    handle.shutdown(5)

    (said,) = door.accounts
    assert {"number": "1", "state": "ended", "last": "3", "open": "3"} == {key: said[key] for key in ("number", "state", "last", "open")}
    assert ["done inner", "done"] == door.spans


def test_spans_of_a_span_that_cannot_be_written_cost_only_themselves(begin: Begin, door: Front, caplog: pytest.LogCaptureFixture) -> None:
    """A text that is no Unicode cannot go into protobuf: its span is dropped and named, the others of the request arrive."""
    door.open()
    handle = begin(door.address)
    tracer = handle.provider.get_tracer("test")
    for name in ("before", "half a \udc80 letter", "after"):
        tracer.start_span(name).end()

    assert handle.flush(5)
    assert ["before", "after"] == door.spans
    assert {DropReason.UNENCODABLE: ((2, 2),)} == dict(tally(handle).dropped)
    assert "half a" in caplog.text


def test_grpc_waits_and_sends_the_same(begin: Begin, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A collector that is away over gRPC: kept on disk, and there when it is back."""
    with grpc_receiver() as got:
        address = got.address
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "2")
    handle = begin(address)
    work(handle, "over gRPC")
    assert not handle.flush(10)
    assert 1 == len(spooled(tmp_path))


@pytest.mark.parametrize(
    ("code", "seconds", "is_retryable"),
    [
        (grpc.StatusCode.UNAVAILABLE, None, True),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, 7, True),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, None, False),
        (grpc.StatusCode.INVALID_ARGUMENT, None, False),
    ],
)
def test_grpc_codes_say_whether_to_try_again(code: grpc.StatusCode, seconds: int | None, is_retryable: bool) -> None:  # noqa: FBT001 - a case
    """As OTLP lays down: a lack of room is passing only where the collector says for how long."""

    def refuse(_: object, context: grpc.ServicerContext) -> None:
        status = Status(code=code.value[0])
        if seconds is not None:
            status.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=seconds)))
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        context.abort(code, "no")

    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    with ThreadPoolExecutor(1) as pool:
        server = grpc.server(pool)
        handler = grpc.unary_unary_rpc_method_handler(refuse)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("opentelemetry.proto.collector.trace.v1.TraceService", {"Export": handler}),)
        )
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        sender = GrpcSender(f"http://127.0.0.1:{port}", None)
        answer = sender.send(b"", is_account=False, timeout=5)
        sender.close()
        server.stop(None).wait()

    assert (False, is_retryable, None if seconds is None else float(seconds)) == (
        answer.is_delivered,
        answer.is_retryable,
        answer.retry_after,
    )


def test_the_head_of_a_file_is_plain(begin: Begin, door: Front, tmp_path: Path) -> None:
    """A line that says which numbers are inside, then the request as it goes over the wire."""
    handle = begin(door.address)
    for name in ("zero", "plain"):
        work(handle, name)
        handle.flush(5)

    heads = [path.read_bytes().split(b"\n", 1)[0] for path in spooled(tmp_path)]
    assert [[[1, 2]], [[3, 3]], [[4, 4]]] == [json.loads(head.removeprefix(b"relaylens-1 "))["sequences"] for head in heads]
