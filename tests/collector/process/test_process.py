"""The collector as a process of its own: how it starts, what it refuses, how it stops."""

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import duckdb
import pytest

from relaylens_collector.collector import Collector
from relaylens_collector.errors import ListenError, SettingsError, StoreLockedError
from relaylens_collector.ingest import Ingest
from relaylens_collector.settings import Settings, flag, variable

MakeTraces = Callable[..., bytes]

_READY = re.compile(r"ready: OTLP/HTTP and read API on http://127\.0\.0\.1:(\d+), OTLP/gRPC on 127\.0\.0\.1:(\d+), store (.+)")


def _start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "relaylens_collector", *arguments], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@contextlib.contextmanager
def _running(store: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a collector on free ports, and give it with its HTTP port."""
    with _start("--store", str(store), "--otlp-http-port", "0", "--otlp-grpc-port", "0", *arguments) as process:
        assert process.stderr is not None
        ready = next(filter(None, map(_READY.match, process.stderr)), None)  # what is said of the start comes before
        try:
            assert ready is not None
            assert str(store) == ready[3]
            yield process, int(ready[1])
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)


def _post(port: int, body: bytes) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
        return connection.getresponse().status
    finally:
        connection.close()


def _ask(port: int, sql: str) -> tuple[int, str]:
    """Ask a query once the store can be read, and return the status and what is said."""
    deadline = time.monotonic() + 10
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("POST", "/api/v1/sql", json.dumps({"sql": sql, "format": "json"}), {"content-type": "application/json"})
            response = connection.getresponse()
            answer = response.read().decode()
        finally:
            connection.close()
        if response.status != http.client.SERVICE_UNAVAILABLE or time.monotonic() > deadline:
            return response.status, answer


def _failed(*arguments: str) -> tuple[int, str]:
    """Run a collector that does not start, and return its exit code and what it says."""
    with _start(*arguments) as process:
        _, said = process.communicate(timeout=30)
        return process.returncode, said


def _spans(store: Path) -> int:
    with duckdb.connect(str(store / "relaylens.duckdb"), read_only=True) as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM spans").fetchall()
        return int(count)


def test_a_stop_amid_the_start_is_one_in_order(tmp_path: Path) -> None:
    """As soon as the port is open, long before it says that it is ready; threads that libraries began at their import do not end it."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with _start("--store", str(tmp_path / "store"), "--otlp-http-port", str(port), "--otlp-grpc-port", "0") as process:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError), contextlib.closing(socket.create_connection(("127.0.0.1", port), 1)):
                break
            time.sleep(0.005)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)

    assert 0 == process.returncode


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_and_exits_with_0(tmp_path: Path, make_traces: MakeTraces, how: signal.Signals) -> None:
    """C62: everything acknowledged is in the database, and nothing is said on stdout."""
    with _running(tmp_path) as (process, port):
        assert [200] * 20 == [_post(port, make_traces(seed)) for seed in range(1, 21)]
        began = time.monotonic()
        process.send_signal(how)
        out, _ = process.communicate(timeout=10)

    assert (0, "") == (process.returncode, out)
    assert time.monotonic() - began < 10
    assert 60 == _spans(tmp_path)


def _send_until_refused(port: int, bodies: Iterator[bytes], acknowledged: list[int]) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        while _post(port, next(bodies)) == 200:
            acknowledged.append(1)


def test_a_stop_under_load(tmp_path: Path, make_traces: MakeTraces) -> None:
    """C62, G34: senders and connections that hang do not hold it up; what was acknowledged is kept."""
    acknowledged: list[int] = []
    with _running(tmp_path) as (process, port):
        bodies = [map(make_traces, range(sender * 100_000, (sender + 1) * 100_000)) for sender in range(1, 5)]
        threads = [threading.Thread(target=_send_until_refused, args=(port, mine, acknowledged)) for mine in bodies]
        idle, half = (socket.create_connection(("127.0.0.1", port)) for _ in range(2))
        half.sendall(b"POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-protobuf\r\nContent-Length: 9\r\n\r\nabc")
        for thread in threads:
            thread.start()
        while len(acknowledged) < 50 and threads[0].is_alive():
            threads[0].join(0.01)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        for thread in threads:
            thread.join()
        for connection in (idle, half):
            connection.close()

    assert 0 == process.returncode
    assert time.monotonic() - began < 10
    with Ingest(tmp_path) as ingest:
        ingest.flush()
    assert 50 <= len(acknowledged)
    assert _spans(tmp_path) >= 3 * len(acknowledged)


def test_a_port_in_use(tmp_path: Path) -> None:
    """The second collector names the address and what to do, and leaves its store alone."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        http_result = _failed("--store", str(tmp_path / "http"), "--otlp-http-port", port, "--otlp-grpc-port", "0")
        grpc_result = _failed("--store", str(tmp_path / "grpc"), "--otlp-http-port", "0", "--otlp-grpc-port", port)

    for code, said in (http_result, grpc_result):
        assert 1 == code
        assert f"127.0.0.1:{port}" in said
        assert "Choose another port" in said
        assert "Traceback" not in said
    assert not (tmp_path / "http").exists()


def test_two_collectors_do_not_share_a_port(tmp_path: Path) -> None:
    """A port that another collector listens on is in use, for both protocols."""
    first = Collector(Settings(store=tmp_path / "one", otlp_http_port=0, otlp_grpc_port=0))
    first.start()
    for ports in ({"otlp_http_port": first.http_port, "otlp_grpc_port": 0}, {"otlp_http_port": 0, "otlp_grpc_port": first.grpc_port}):
        second = Collector(Settings(store=tmp_path / "two", **ports))  # type: ignore[arg-type]
        with pytest.raises(ListenError):
            second.start()
    first.stop()

    Collector(Settings(store=tmp_path / "two", otlp_http_port=0, otlp_grpc_port=0)).stop()


def test_a_store_in_use(tmp_path: Path) -> None:
    """The second collector on a folder says who holds it."""
    with _running(tmp_path) as (process, _):
        code, said = _failed("--store", str(tmp_path), "--otlp-http-port", "0", "--otlp-grpc-port", "0")

        assert 1 == code
        assert f"held by process {process.pid}" in said
        assert "Traceback" not in said


@pytest.mark.parametrize(
    "expression",
    [
        "length(repeat('x', 3000000000))",
        "len(range(1000000000))",
        "length(format('{:2000000000}', 1))",
        "max(length(repeat('x', 100000000 + i::BIGINT))) FROM range(2048) AS r(i)",
    ],
)
def test_a_query_cannot_take_the_machines_memory(tmp_path: Path, make_traces: MakeTraces, expression: str) -> None:
    """A query that would take gigabytes fails at once and alone; the process stays small and goes on."""
    with _running(tmp_path, "--process-memory", str(400 << 20)) as (process, port):
        status, message = _ask(port, f"SELECT {expression}")
        taken = _post(port, make_traces(1))
        peak = int(re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())[0])

    assert (413, 200) == (status, taken)
    assert "more memory" in message
    assert 1 << 20 > peak
    assert 0 == process.returncode


def test_another_address_than_loopback_needs_a_token(tmp_path: Path) -> None:
    """It does not start, and says how to set one."""
    code, said = _failed("--store", str(tmp_path / "store"), "--host", "0.0.0.0")  # noqa: S104 - that is what is refused

    assert 2 == code
    assert "RELAYLENS_TOKEN" in said
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])  # noqa: S104 - that is what is refused
def test_what_counts_as_another_address(host: str) -> None:
    """Whatever is not surely loopback; with a token it is allowed."""
    with pytest.raises(SettingsError, match="RELAYLENS_TOKEN"):
        Settings(host=host)
    assert host == Settings(host=host, token="s3cret").host  # noqa: S106 - a test's own
    assert ["localhost", "127.0.0.1", "127.9.9.9", "::1"] == [
        Settings(host=own).host for own in ("localhost", "127.0.0.1", "127.9.9.9", "::1")
    ]


def test_no_token_is_shown(tmp_path: Path) -> None:
    """G36: neither in the settings' text nor in what the process says."""
    settings = Settings(token="s3cret")  # noqa: S106 - a test's own
    with _running(tmp_path, "--token", "s3cret") as (process, port):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/healthz", headers={"authorization": "Bearer wr0ng"})
        answer = connection.getresponse().read().decode()
        connection.close()
        process.send_signal(signal.SIGTERM)
        out, said = process.communicate(timeout=10)

    assert "s3cret" not in repr(settings) + answer + out + said
    assert "wr0ng" not in answer + out + said


def test_settings_have_one_precedence() -> None:
    """The command line, then the environment, then the default."""
    environment = {"RELAYLENS_HOST": "127.0.0.2", "RELAYLENS_OTLP_HTTP_PORT": "1234"}
    settings = Settings.load({"host": "127.0.0.3", "otlp_http_port": None}, environment)

    assert ("127.0.0.3", 1234, 4317) == (settings.host, settings.otlp_http_port, settings.otlp_grpc_port)
    assert ("a", "b.c") == Settings.load({"allowed_hosts": "a, b.c,"}, {}).allowed_hosts


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("otlp_http_port", "70000"),
        ("otlp_grpc_port", "-1"),
        ("max_body_bytes", "0"),
        ("sql_rows", "many"),
        ("sql_seconds", "inf"),
        ("body_seconds", "-1"),
        ("memory_limit", "much"),
        ("token", " "),
    ],
)
def test_bad_settings_are_named(name: str, value: str) -> None:
    """By the place where they stand."""
    with pytest.raises(SettingsError, match=f"{flag(name)}|token"):
        Settings.load({name: value}, {})
    with pytest.raises(SettingsError, match=f"{variable(name)}|token"):
        Settings.load({}, {variable(name): value})


def test_a_collector_that_did_not_start_leaves_nothing_open(tmp_path: Path) -> None:
    """When the last step fails the folder and the ports of the first are free again."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        collector = Collector(Settings(store=tmp_path, otlp_http_port=0, otlp_grpc_port=taken.getsockname()[1]))
        with pytest.raises(ListenError):
            collector.start()

    again = Collector(Settings(store=tmp_path, otlp_http_port=0, otlp_grpc_port=0))
    again.start()
    with pytest.raises(StoreLockedError):
        Collector(Settings(store=tmp_path, otlp_http_port=0, otlp_grpc_port=0)).start()
    again.stop()
    again.stop()
    assert again.wait(0)


def test_readiness_follows_the_catching_up(tmp_path: Path, make_traces: MakeTraces) -> None:
    """C64: the port answers while the database is still made from the journal, and says so."""
    with _running(tmp_path) as (process, port):
        for seed in range(1, 30):
            _post(port, make_traces(seed, 300))
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    (tmp_path / "relaylens.duckdb").unlink()

    with _running(tmp_path) as (_, port):
        deadline = time.monotonic() + 30
        states: list[tuple[int, int]] = []
        while (not states or states[-1][0] != 200) and time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", "/readyz")
            response = connection.getresponse()
            states.append((response.status, json.loads(response.read())["applied_record"]))
            connection.close()

    assert (200, 29) == states[-1]
    assert {503} >= {status for status, _ in states[:-1]}
    assert 29 * 300 == _spans(tmp_path)


def _threads() -> Sequence[str]:
    return sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("relaylens"))


def test_ipv6_loopback(tmp_path: Path) -> None:
    """Both protocols listen on ::1 when that is the host, and its Host header is one of ours."""
    collector = Collector(Settings(store=tmp_path, host="::1", otlp_http_port=0, otlp_grpc_port=0))
    collector.start()
    with socket.create_connection(("::1", collector.grpc_port)):
        pass
    connection = http.client.HTTPConnection("::1", collector.http_port, timeout=10)
    connection.request("GET", "/healthz")

    assert 200 == connection.getresponse().status
    assert f"http://[::1]:{collector.http_port}" == collector.http_url
    connection.close()
    collector.stop()


def test_a_stopped_collector_leaves_no_thread(tmp_path: Path, make_traces: MakeTraces) -> None:
    """Embedded in another program it goes away in full."""
    before = _threads()
    collector = Collector(Settings(store=tmp_path, otlp_http_port=0, otlp_grpc_port=0))
    collector.start()
    assert 200 == _post(collector.http_port, make_traces(1))
    assert len(_threads()) > len(before)
    collector.stop()
    deadline = time.monotonic() + 5
    while _threads() != before and time.monotonic() < deadline:
        pass

    assert before == _threads()
