"""Commands, and the dashboard of `relaylens up`, beside a collector that speaks TLS and wants to see certificates."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from relaylens_analytics import tls
from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings
from relaylens_dashboard.cli import running

Relaylens = Callable[..., Any]


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)  # noqa: S607 - as found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an authority, a server's certificate for a name that leads nowhere here, and a client's."""
    made = tmp_path_factory.mktemp("tls")
    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    _openssl(*new, "-subj", "/CN=authority", "-keyout", made / "ca.key", "-out", made / "ca.pem")
    signed = ("-CA", made / "ca.pem", "-CAkey", made / "ca.key", "-addext", "basicConstraints=critical,CA:FALSE")
    for name, names in (("server", "DNS:collector.example"), ("local", "IP:127.0.0.1"), ("client", "DNS:client")):
        written = ("-keyout", made / f"{name}.key", "-out", made / f"{name}.pem")
        _openssl(*new, "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}", *signed, *written)
    return made


def settings(folder: Path, store: Path, certificate: str) -> Settings:
    """Set up a collector that speaks TLS and wants to see certificates."""
    return Settings(
        store=store,
        otlp_http_port=0,
        otlp_grpc_port=0,
        tls_certificate=folder / f"{certificate}.pem",
        tls_key=folder / f"{certificate}.key",
        tls_client_ca=folder / "ca.pem",
    )


@pytest.fixture
def collector(folder: Path, tmp_path: Path) -> Iterator[Collector]:
    """One whose certificate bears this machine's address."""
    held = Collector(settings(folder, tmp_path / "store", "local"), settle)
    held.start()
    yield held
    held.stop()


def test_a_command_believes_and_shows_what_a_sender_does(relaylens: Relaylens, collector: Collector, folder: Path) -> None:
    """OpenTelemetry's variables name the authority and the client's certificate; without them a sentence says so."""
    believes = {tls.TRUSTED: str(folder / "ca.pem")}
    shows = {tls.SHOWN: str(folder / "client.pem"), tls.SHOWN_KEY: str(folder / "client.key")}
    url = collector.http_url
    neither, silent, both = (relaylens("sql", "SELECT 1", "--url", url, **variables) for variables in ({}, believes, believes | shows))
    lost = relaylens("sql", "SELECT 1", "--url", url, **{tls.TRUSTED: "nowhere.pem"})
    plain = relaylens("sql", "SELECT 1", "--url", url.replace("https", "http"))

    assert (1, 1, 0, 1, 1) == (neither.code, silent.code, both.code, lost.code, plain.code)
    assert "The connection cannot be secured" in neither.err
    assert "The connection cannot be secured" in silent.err
    assert "OTEL_EXPORTER_OTLP_CERTIFICATE=nowhere.pem: [Errno 2]" in lost.err
    assert "https://" in plain.err


def test_the_dashboard_believes_its_collector_whatever_its_certificate_is_called(
    relaylens: Relaylens, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is given the very certificate, the first of its file; that there is none to show to the collector is said at the start."""
    (folder / "chain.pem").write_text((folder / "server.pem").read_text() + (folder / "ca.pem").read_text())
    (folder / "chain.key").write_bytes((folder / "server.key").read_bytes())
    held = Collector(settings(folder, tmp_path / "store", "chain"), settle)
    pinned = running.certificate_to_believe(held.settings)
    assert pinned is not None
    assert pinned.strip() == (folder / "server.pem").read_text().strip()
    assert "has no certificate to show" in capsys.readouterr().err
    shows = {tls.SHOWN: str(folder / "client.pem"), tls.SHOWN_KEY: str(folder / "client.key")}
    held.start()
    try:
        believed = relaylens("sql", "SELECT 1", "--url", held.http_url, **{tls.PINNED: pinned}, **shows)
        other = relaylens("sql", "SELECT 1", "--url", held.http_url, **{tls.PINNED: (folder / "local.pem").read_text()}, **shows)
    finally:
        held.stop()

    assert (0, 1) == (believed.code, other.code), believed.err
