"""C55 to C64: what holds over time: after a kill, a second send, a hang-up, a stop."""

import contextlib
import http.client
import shlex
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import grpc

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.items import ConformanceError, FailedError, NeedsError, expect, item
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.serving import Server, Serving, option_of, served, serving_of, starved_of_disk
from relaylens_collector.conformance.target import EXPORT_LOGS, EXPORT_METRICS, EXPORT_TRACES, TRACES, Target

_KILLS = 5
_IDLE_SECONDS = 61
_STOP_SECONDS = 10.0
_ROUTES = ("/v1/traces", "/v1/metrics", "/v1/logs", "/v1development/profiles", "/")


@item("C55", "R", "acknowledged means on disk: kill -9 right after the answer")
def survives_kill(target: Target) -> str:
    """Every acknowledged request is there after the next start."""
    acknowledged: list[Trace] = []
    with tempfile.TemporaryDirectory(prefix="otlp-conformance-") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        for _ in range(_KILLS):
            server = Server(serving_of(target), target, data).wait()
            stop = threading.Event()

            def send(server: Server = server, stop: threading.Event = stop) -> list[Trace]:
                sent: list[Trace] = []
                while not stop.is_set():
                    trace = Trace.new()
                    with contextlib.suppress(ConformanceError):
                        if server.target.post(samples.one_span(trace)).status == http.client.OK:
                            sent.append(trace)
                return sent

            with ThreadPoolExecutor(4) as pool:
                senders = [pool.submit(send) for _ in range(4)]
                time.sleep(0.5)
                server.kill()
                stop.set()
                for sender in senders:
                    acknowledged += sender.result()
        server = Server(serving_of(target), target, data).wait()
        try:
            server.target.stored(acknowledged[-1], seconds=60)
            lost = [trace for trace in acknowledged if not server.target.stored_now(trace)]
        finally:
            server.kill()
    expect(not lost, f"{len(lost)} of {len(acknowledged)} acknowledged requests are lost after {_KILLS} kills")
    return f"{len(acknowledged)} requests acknowledged, {_KILLS} kills, none lost"


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
    expect(counts == (1, 1), f"stored {counts[0]} times in turn and {counts[1]} times at once")


@item("C57", "R", "a client that hangs up in the middle leaves nothing or all")
def hang_up(target: Target) -> None:
    """Never a part."""
    traces = []
    for share in (0.1, 0.5, 0.99):
        trace = Trace.new()
        body = samples.traces([samples.span(trace, number) for number in range(1, 501)]).SerializeToString()
        with target.connection() as opened:
            opened.sendall(target.head(len(body)) + body[: int(len(body) * share)])
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
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
        count = len(target.stored(trace, 200))
        expect(count == 200, f"{count} of 200 spans after a resend")  # noqa: PLR2004 - what was sent


@item("C59", "M", "clients: the exporters of OpenTelemetry")
def clients(target: Target) -> str:
    """Those installed here; tests/collector/conformance runs old and new ones and JavaScript's."""
    done = []
    for transport, address in (("http", target.http.rstrip("/") + TRACES), ("grpc", target.grpc)):
        program = f"""
import sys
from opentelemetry.exporter.otlp.proto.{transport}.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
class Seen(OTLPSpanExporter):
    def export(self, spans):
        result = super().export(spans)
        if result is not SpanExportResult.SUCCESS:
            sys.exit("refused")
        return result
provider = TracerProvider()
options = {{"insecure": True}} if {transport!r} == "grpc" else {{}}
provider.add_span_processor(SimpleSpanProcessor(Seen(endpoint={address!r}, headers={target.headers()!r}, **options)))
with provider.get_tracer("conformance").start_as_current_span("from a client") as span:
    print(f"{{span.get_span_context().trace_id:032x}}")
"""
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own program
        if "ModuleNotFoundError" in ran.stderr:
            message = "opentelemetry-exporter-otlp to be installed here"
            raise NeedsError(message)
        expect(ran.returncode == 0 and "refused" not in ran.stderr, f"the {transport} exporter fails: {ran.stderr[-300:]}")
        if target.trace_url is not None:
            target.stored(Trace(bytes.fromhex(ran.stdout.strip())))
        done.append(transport)
    return f"Python over {' and '.join(done)}"


@item("C60", "S", f"a connection stays open when idle for {_IDLE_SECONDS} s", takes_long=True)
def idle(target: Target) -> None:
    """Senders send once a minute."""
    body = samples.one_span(Trace.new())
    with target.connection() as opened:
        for pause in (0, 0, _IDLE_SECONDS):
            time.sleep(pause)
            try:
                opened.sendall(target.head(len(body)) + body)
                answer = http.client.HTTPResponse(opened)
                answer.begin()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                message = f"closed after {pause} s ({type(error).__name__})"
                raise FailedError(message) from error
            expect(answer.status == http.client.OK, f"answers {answer.status} after {pause} s")


@item("C61", "R", "gRPC without TLS, and over TLS with ALPN h2")
def tls(target: Target) -> None:
    """Prior knowledge, and a certificate."""
    expect(target.call(samples.one_span(Trace.new())).code is grpc.StatusCode.OK, "gRPC without TLS fails")
    with tempfile.TemporaryDirectory(prefix="otlp-conformance-") as folder:
        key, certificate = Path(folder) / "key.pem", Path(folder) / "certificate.pem"
        command = shlex.split("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost")
        command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
        made = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own arguments
        if made.returncode:
            message = "openssl, to make a certificate"
            raise NeedsError(message)
        options = option_of(serving_of(target).tls, "serve-tls", certificate=certificate, key=key)
        data = Path(folder) / "data"
        data.mkdir()
        server = Server(serving_of(target), target, data, options)
        try:
            _tls_answers(server.target, certificate, server)
        finally:
            server.kill()


def _tls_answers(target: Target, certificate: Path, server: Server) -> None:
    """An export over TLS on both ports."""
    credentials = grpc.ssl_channel_credentials(certificate.read_bytes())
    deadline = time.monotonic() + 30
    while True:
        with grpc.secure_channel(target.grpc.replace("127.0.0.1", "localhost"), credentials) as channel:
            answer = target.call(samples.one_span(Trace.new()), channel=channel, timeout=5)
        if answer.code is grpc.StatusCode.OK or time.monotonic() > deadline or server.process.poll() is not None:
            break
        time.sleep(0.2)
    expect(answer.code is grpc.StatusCode.OK, f"gRPC over TLS answers {answer.code.name}: {answer.message} {server.tail()}")
    context = ssl.create_default_context(cafile=str(certificate))
    body = samples.one_span(Trace.new())
    port = int(target.http.rpartition(":")[2])
    connection = http.client.HTTPSConnection("localhost", port, timeout=10, context=context)
    with contextlib.closing(connection):
        connection.request("POST", TRACES, body, target.headers() | {"content-type": "application/x-protobuf"})
        status = connection.getresponse().status
    expect(status == http.client.OK, f"HTTPS answers {status}")


@item("C62", "R", "SIGTERM: what was begun is finished, exit 0 within 10 s")
def stops_in_order(target: Target) -> str:
    """Nothing that was acknowledged is lost by it."""
    serving = serving_of(target)
    with tempfile.TemporaryDirectory(prefix="otlp-conformance-") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        server = Server(serving, target, data).wait()
        trace = Trace.new()
        expect(server.target.post(samples.one_span(trace)).status == http.client.OK, "an export is refused")
        begun = time.monotonic()
        code = server.stop()
        taken = time.monotonic() - begun
        expect(code == 0, f"exit code {code}: {server.tail()}")
        expect(taken <= _STOP_SECONDS, f"took {taken:.1f} s")
        again = Server(serving, target, data).wait()
        try:
            if target.trace_url is not None:
                again.target.stored(trace)
        finally:
            again.kill()
    return f"{taken:.1f} s"


@item("C63", "R", "with a token set, every route refuses without it")
def every_route(target: Target) -> None:
    """Also health, metrics and whatever else there is."""
    serving: Serving = serving_of(target)
    option = option_of(serving.auth, "serve-auth", token="a-token-of-the-suite")  # noqa: S106 - of the suite
    with served(target, option, token="a-token-of-the-suite") as server:  # noqa: S106 - of the suite
        nobody, stranger = replace(server.target, token=None), replace(server.target, token="another")  # noqa: S106 - a wrong one
        for route in (*_ROUTES, *serving.routes):
            for method in ("GET", "POST"):
                for who in (nobody, stranger):
                    reply = who.send(method, route, b"{}" if method == "POST" else None, {"content-type": "application/json"})
                    expect(reply.status in {401, 403}, f"{method} {route} answers {reply.status} without the token")
        for who in (nobody, stranger):
            for service in (EXPORT_TRACES, EXPORT_METRICS, EXPORT_LOGS):
                answer = who.call(b"", service)
                expect(
                    answer.code in {grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED},
                    f"gRPC answers {answer.code.name} without the token",
                )


@item("C64", "R", "a store that cannot be written: not ready, but alive")
def readiness(target: Target) -> None:
    """Balancers look at one, supervisors at the other."""
    serving = serving_of(target)
    ready, alive = option_of(serving.ready, "ready"), option_of(serving.alive, "alive")
    with starved_of_disk(target) as starved:
        expect(starved.send("GET", ready).status == http.client.OK, f"{ready} is not 200 before")
        for _ in range(200):
            if (
                starved.post(samples.traces([samples.span(Trace.new(), 1, name="y" * 200_000)]).SerializeToString()).status
                != http.client.OK
            ):
                break
        deadline = time.monotonic() + 10
        while (status := starved.send("GET", ready).status) == http.client.OK and time.monotonic() < deadline:
            time.sleep(0.1)
        expect(status == http.client.SERVICE_UNAVAILABLE, f"{ready} answers {status} when nothing can be stored")
        expect(starved.send("GET", alive).status == http.client.OK, f"{alive} does not answer 200")
