"""Secrets are in nothing that is said, whatever goes wrong: logs, answers, errors, help and reprs."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from relaylens_analytics import open_store
from relaylens_analytics.errors import RelaylensAnalyticsError
from relaylens_collector.access import ALL_SCOPES, Authenticator, TokenFile
from relaylens_collector.collector import Collector
from relaylens_collector.errors import SettingsError
from relaylens_collector.settings import Settings

TOKEN = "planted-token-of-the-setting"  # noqa: S105 - planted
KEY = "planted-privacy-key"
HEADER = "planted-authorization-header"
QUERY = "planted-token-in-a-query"
BODY = "planted-text-of-a-body"
EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
PEM = "planted-private-key"
PLANTED = (TOKEN, KEY, HEADER, QUERY, BODY, PEM)
VARIABLES = {"RELAYLENS_TOKEN": TOKEN, "RELAYLENS_PRIVACY_KEY": KEY, "RELAYLENS_REDACT": "mail"}


def _run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RELAYLENS_")}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, env=kept | VARIABLES | variables, capture_output=True, text=True, check=False, timeout=60)


def _found(said: str) -> list[str]:
    return [planted for planted in PLANTED if planted in said]


def _send(port: int, method: str, target: str, body: bytes | None, headers: dict[str, str]) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, target, body, headers)
        response = connection.getresponse()
        return f"{response.status} {response.getheaders()} {response.read().decode(errors='replace')}"
    finally:
        connection.close()


@contextlib.contextmanager
def _collector(store: Path) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """A collector as a process, with secrets in its environment; its ports."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RELAYLENS_")}
    command = [sys.executable, "-m", "relaylens_collector", "--store", str(store), "--otlp-http-port", "0", "--otlp-grpc-port", "0"]
    with subprocess.Popen(command, env=kept | VARIABLES, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = next(line for line in process.stderr if line.startswith("ready"))
            http_port, grpc_port = re.findall(r"127\.0\.0\.1:(\d+)", line)
            yield process, int(http_port), int(grpc_port)
        finally:
            if process.poll() is None:
                process.kill()


def test_a_run_full_of_mistakes_says_no_secret(tmp_path: Path) -> None:
    """G36: wrong headers, queries and bodies on every route, over both transports, with and without a token."""
    made = TokenFile(tmp_path).create("agents", project="acme", scopes=ALL_SCOPES)
    secret = made.text.split("_", 2)[2]
    broken = f'{{"sql": "SELECT {BODY} FROM {BODY}", "resourceSpans": "{BODY}", "{BODY}": 1}}'.encode()  # noqa: S608 - it is wrong
    said = ""
    with _collector(tmp_path) as (process, http_port, grpc_port):
        holders = [f"Bearer {TOKEN}", f"Bearer {made.text}", f"Bearer {HEADER}", f"Basic {HEADER}", HEADER, f"Bearer {TOKEN}{HEADER}"]
        routes = ["/v1/traces", "/v1/logs", "/v1/metrics", "/api/v1/sql", "/api/v1/labels", "/api/v1/traces/x", "/metrics", "/readyz", "/x"]
        for authorization in holders:
            for route in (*routes, "/api/v1/whoami", "/healthz"):
                for method in ("GET", "POST"):
                    for kind in ("application/json", "application/x-protobuf"):
                        headers = {"authorization": authorization, "content-type": kind}
                        answer = _send(http_port, method, f"{route}?token={QUERY}&access_token={QUERY}", broken, headers)
                        # Who asks may be told what is wrong in what was asked.
                        said += answer.replace(BODY, "") if method == "POST" else answer
            with grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
                call = channel.unary_unary(EXPORT, request_serializer=None, response_deserializer=None)
                with pytest.raises(grpc.RpcError) as refusal:
                    call(broken, timeout=20, metadata=(("authorization", authorization),))
                said += str(refusal.value).replace(BODY, "")
        process.send_signal(signal.SIGTERM)
        out, logged = process.communicate(timeout=20)

    assert "" == out
    assert [] == _found(said)
    assert [] == _found(logged)
    assert secret not in said + logged
    assert said.count("401 ") >= 100
    for file in (path for path in tmp_path.rglob("*") if path.is_file()):
        held = file.read_bytes()
        assert [] == [text for text in (TOKEN, KEY, HEADER, QUERY, secret) if text.encode() in held], file


def test_starts_that_fail_say_no_secret(tmp_path: Path) -> None:
    """G36: a port in use, a bad certificate, a bad number."""
    key = tmp_path / "key.pem"
    key.write_text(f"-----BEGIN PRIVATE KEY-----\n{PEM}\n-----END PRIVATE KEY-----\n", encoding="utf-8")
    store = ("--store", str(tmp_path / "store"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        runs = [
            _run("relaylens_collector", *store, "--otlp-http-port", port),
            _run("relaylens_collector", *store, "--tls-certificate", str(key), "--tls-key", str(key)),
            _run("relaylens_collector", *store, "--memory-limit", "much"),
            _run("relaylens_dashboard.main", "up", *store, "--otlp-http-port", port, "--no-dashboard"),
        ]

    assert [] == [found for run in runs for found in _found(run.stdout + run.stderr)]
    assert [] == [run.args for run in runs if "Traceback" in run.stderr]
    assert [1, 2, 2, 1] == [run.returncode for run in runs]


@pytest.mark.parametrize("port", ["1", "x", "99999"])
def test_a_password_in_an_address_is_not_repeated(port: str) -> None:
    """G36: it is refused, and said where a token goes."""
    with pytest.raises(RelaylensAnalyticsError) as refusal:
        open_store(f"http://user:{HEADER}@127.0.0.1:{port}")

    assert [] == _found(str(refusal.value))


def test_what_is_printed_by_mistake_holds_no_secret(tmp_path: Path) -> None:
    """G36: settings, tokens, readers and errors, as repr and as text."""
    made = TokenFile(tmp_path).create("agents", project="acme", scopes=ALL_SCOPES)
    settings = Settings(store=tmp_path, token=TOKEN, privacy_key=KEY)
    collector = Collector(settings)
    reader = open_store("http://127.0.0.1:9", token=TOKEN)
    with pytest.raises(RelaylensAnalyticsError) as nobody:
        reader.query("SELECT 1")
    with pytest.raises(SettingsError) as wrong:
        Settings.load({"token": TOKEN, "sql_rows": "many"}, {"RELAYLENS_PRIVACY_KEY": KEY})
    things = (settings, collector, vars(collector), Authenticator(TOKEN, TokenFile(tmp_path)), made, reader, nobody.value, wrong.value)
    said = " ".join(f"{thing!r} {thing}" for thing in things)

    assert [] == _found(said)
    assert made.text not in said
    assert TOKEN not in json.dumps({name: str(value) for name, value in vars(collector.authenticator).items()})
