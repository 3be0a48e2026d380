"""C59 to C61, C63 and C64: clients, connections, credentials and health."""

import contextlib
import http.client
import json
import shlex
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import grpc

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.items import FailedError, NeedsError, expect, item, rest_needs
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.serving import Server, Serving, option_of, own_folder, served, serving_of, starved_of_disk
from relaylens_collector.conformance.target import EXPORT_LOGS, EXPORT_METRICS, EXPORT_TRACES, TRACES, Target

_ROUTES = ("/v1/traces", "/v1/metrics", "/v1/logs", "/v1development/profiles", "/")


@item("C59", "M", "clients old and new, of two families: Python and JavaScript")
def clients(target: Target) -> str:
    """Programs that send with OpenTelemetry's exporters (`--client`), and the Python exporter that is installed here."""
    done = []
    for name, command in target.clients.items():
        _client(target, name, shlex.split(command.format(http=target.http.rstrip("/"), grpc=target.grpc)))
        done.append(name)
    for transport, address in (("http", target.http.rstrip("/") + TRACES), ("grpc", target.grpc)):
        with contextlib.suppress(NeedsError):
            _client(
                target, f"Python over {transport}", [sys.executable, "-c", _PYTHON_CLIENT, transport, address, json.dumps(target.headers())]
            )
            done.append(f"Python here over {transport}")
    if not target.clients:
        what = "--client, programs that send with old and new exporters of Python and JavaScript"
        if done:
            what += f" ({' and '.join(done)} was tried)"
            raise rest_needs(what)
        raise NeedsError(what)
    return ", ".join(done)


_PYTHON_CLIENT = """
import importlib, json, sys
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
transport, address, headers = sys.argv[1:]
exporter = importlib.import_module(f"opentelemetry.exporter.otlp.proto.{transport}.trace_exporter").OTLPSpanExporter
class Seen(exporter):
    def export(self, spans):
        result = super().export(spans)
        if result is not SpanExportResult.SUCCESS:
            sys.exit("refused")
        return result
provider = TracerProvider()
options = {"insecure": True} if transport == "grpc" else {}
provider.add_span_processor(SimpleSpanProcessor(Seen(endpoint=address, headers=json.loads(headers), **options)))
with provider.get_tracer("conformance").start_as_current_span("from a client") as span:
    print(f"{span.get_span_context().trace_id:032x}")
"""


def _client(target: Target, name: str, command: Sequence[str]) -> None:
    """Run a program that sends a span and prints its trace's id; that trace has to be there, where that can be seen."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - what the user names
    except subprocess.TimeoutExpired as error:
        message = f"{name} does not end within 60 s"
        raise FailedError(message) from error
    if "ModuleNotFoundError" in ran.stderr:
        raise NeedsError(name)
    expect(ran.returncode == 0 and "refused" not in ran.stderr, f"{name} fails: {ran.stderr[-300:]}")
    for printed in ran.stdout.split():
        target.kept(Trace(bytes.fromhex(printed)))


@item("C60", "S", "a connection stays open when idle for a minute", takes_long=True)
def idle(target: Target) -> str:
    """Senders send once a minute."""
    body = samples.one_span(Trace.new())
    with target.connection() as opened:
        for pause in (0, 0, target.idle):
            time.sleep(pause)
            opened.send(target.head(len(body)) + body)
            try:
                reply = opened.answer()
            except FailedError as error:
                message = f"after {pause:g} s: {error}"
                raise FailedError(message) from error
            expect(reply.status == http.client.OK, f"answers {reply.status} after {pause:g} s")
    return f"{target.idle:g} s"


@item("C61", "R", "gRPC without TLS, and over TLS with ALPN h2")
def tls(target: Target) -> None:
    """Prior knowledge, and a certificate."""
    expect(target.call(samples.one_span(Trace.new())).code is grpc.StatusCode.OK, "gRPC without TLS fails")
    with own_folder() as data:
        key, certificate = data.parent / "key.pem", data.parent / "certificate.pem"
        command = shlex.split("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost")
        command += ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
        made = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own arguments
        if made.returncode:
            message = "openssl, to make a certificate"
            raise NeedsError(message)
        options = option_of(serving_of(target).tls, "serve-tls", certificate=certificate, key=key)
        server = Server(serving_of(target), target, data, options)
        try:
            _tls_answers(server.target, certificate, server)
        finally:
            server.kill()


def _tls_answers(target: Target, certificate: Path, server: Server) -> None:
    """An export over TLS on both ports, and h2 agreed on by ALPN."""
    credentials = grpc.ssl_channel_credentials(certificate.read_bytes())
    deadline = time.monotonic() + min(target.patience, 10)
    while True:
        with grpc.secure_channel(target.grpc.replace("127.0.0.1", "localhost"), credentials) as channel:
            answer = target.call(samples.one_span(Trace.new()), channel=channel, timeout=5)
        if answer.code is grpc.StatusCode.OK or time.monotonic() > deadline or server.process.poll() is not None:
            break
        time.sleep(0.2)
    expect(answer.code is grpc.StatusCode.OK, f"gRPC over TLS answers {answer.code.name}: {answer.message} {server.tail()}")
    context = ssl.create_default_context(cafile=str(certificate))
    context.set_alpn_protocols(["h2"])
    host, _, grpc_port = target.grpc.rpartition(":")
    with (
        socket.create_connection((host, int(grpc_port)), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        expect(tls.selected_alpn_protocol() == "h2", f"ALPN on the gRPC port agrees on {tls.selected_alpn_protocol()}")
    context = ssl.create_default_context(cafile=str(certificate))
    body = samples.one_span(Trace.new())
    port = int(target.http.rpartition(":")[2])
    connection = http.client.HTTPSConnection("localhost", port, timeout=10, context=context)
    with contextlib.closing(connection):
        connection.request("POST", TRACES, body, target.headers() | {"content-type": "application/x-protobuf"})
        status = connection.getresponse().status
    expect(status == http.client.OK, f"HTTPS answers {status}")


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
        deadline = time.monotonic() + target.patience
        while (status := starved.send("GET", ready).status) != http.client.OK and time.monotonic() < deadline:
            time.sleep(0.1)
        expect(status == http.client.OK, f"{ready} answers {status} before")
        for _ in range(200):
            if (
                starved.post(samples.traces([samples.span(Trace.new(), 1, name="y" * 200_000)]).SerializeToString()).status
                != http.client.OK
            ):
                break
        deadline = time.monotonic() + min(target.patience, 10)
        while (status := starved.send("GET", ready).status) == http.client.OK and time.monotonic() < deadline:
            time.sleep(0.1)
        expect(status == http.client.SERVICE_UNAVAILABLE, f"{ready} answers {status} when nothing can be stored")
        expect(starved.send("GET", alive).status == http.client.OK, f"{alive} does not answer 200")
