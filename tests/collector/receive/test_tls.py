"""TLS on both ports, and clients that have to show a certificate."""

import http.client
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

from relaylens_collector.collector import Collector
from relaylens_collector.errors import SettingsError
from relaylens_collector.settings import Settings

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)  # noqa: S607 - as found


@dataclass
class Files:
    """An authority, and certificates for a server and a client."""

    folder: Path

    def pem(self, name: str) -> Path:
        """A file by its name."""
        return self.folder / f"{name}.pem"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Made for these tests."""
    made = Files(tmp_path_factory.mktemp("tls"))
    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    _openssl(*new, "-subj", "/CN=authority", "-keyout", str(made.pem("ca-key")), "-out", str(made.pem("ca")))
    signed = ("-CA", str(made.pem("ca")), "-CAkey", str(made.pem("ca-key")), "-addext", "basicConstraints=critical,CA:FALSE")
    for name in ("server", "client"):
        written = ("-keyout", str(made.pem(f"{name}-key")), "-out", str(made.pem(name)))
        _openssl(*new, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", *signed, *written)
    return made


@pytest.fixture
def collector(files: Files, tmp_path: Path) -> Iterator[Collector]:
    """One that wants to see a client's certificate."""
    running = Collector(
        Settings(
            store=tmp_path / "store",
            otlp_http_port=0,
            otlp_grpc_port=0,
            stop_seconds=3.0,
            tls_certificate=files.pem("server"),
            tls_key=files.pem("server-key"),
            tls_client_ca=files.pem("ca"),
        )
    )
    running.start()
    yield running
    running.stop()


def _post(collector: Collector, context: ssl.SSLContext) -> int:
    connection = http.client.HTTPSConnection("localhost", collector.http_port, timeout=20, context=context)
    try:
        connection.request("POST", "/v1/traces", b"", {"content-type": "application/x-protobuf"})
        return connection.getresponse().status
    finally:
        connection.close()


def _call(collector: Collector, credentials: grpc.ChannelCredentials) -> grpc.StatusCode:
    with grpc.secure_channel(f"localhost:{collector.grpc_port}", credentials) as channel:
        try:
            channel.unary_unary(EXPORT, request_serializer=None, response_deserializer=None)(b"", timeout=20)
        except grpc.RpcError as error:
            return error.code()
        return grpc.StatusCode.OK


def test_a_client_with_a_certificate_is_served(collector: Collector, files: Files) -> None:
    """Over both transports."""
    context = ssl.create_default_context(cafile=str(files.pem("ca")))
    context.load_cert_chain(files.pem("client"), files.pem("client-key"))
    credentials = grpc.ssl_channel_credentials(*(files.pem(name).read_bytes() for name in ("ca", "client-key", "client")))

    assert (200, grpc.StatusCode.OK) == (_post(collector, context), _call(collector, credentials))


def test_a_client_without_one_is_not(collector: Collector, files: Files) -> None:
    """The handshake fails, and nothing of a request is read; nor is anything without TLS."""
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _post(collector, ssl.create_default_context(cafile=str(files.pem("ca"))))
    assert grpc.StatusCode.UNAVAILABLE is _call(collector, grpc.ssl_channel_credentials(files.pem("ca").read_bytes()))
    plain = http.client.HTTPConnection("localhost", collector.http_port, timeout=20)
    plain.request("GET", "/healthz")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        plain.getresponse()
    plain.close()


@pytest.mark.parametrize(
    ("certificate", "key", "message"),
    [
        ("server", None, "TLS needs both a certificate and its key"),
        ("server", "client-key", "KEY_VALUES_MISMATCH"),
        ("missing", "server-key", "No such file"),
    ],
)
def test_files_that_do_not_fit_are_named(files: Files, tmp_path: Path, certificate: str, key: str | None, message: str) -> None:
    """Before anything is opened."""
    with pytest.raises(SettingsError, match=message):
        Settings(store=tmp_path, tls_certificate=files.pem(certificate), tls_key=None if key is None else files.pem(key))
