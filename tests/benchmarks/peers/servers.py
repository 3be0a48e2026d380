"""The servers: Relaylens and its peers, how each is started, sent spans and asked how many it has.

Each is started as its own documentation says, on loopback, with its default store (a file each), and without anything that would call
home.
"""

import contextlib
import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeAlias

from tests.frameworks.environments import python_with

import relaylens_analytics

CONNECTIONS: Final = 4
LONGEST_SECONDS: Final = 1800.0
LOOK_EVERY: Final = 0.05
_START_SECONDS: Final = 180.0
_NOWHERE: Final = "http://127.0.0.1:9"
"""A proxy that nobody listens on: what would call home gets no further."""

_OURS: Final = (
    "import sys; from relaylens_analytics.settle import settle; from relaylens_collector import __main__; __main__.main(settle=settle)"
)


Port: TypeAlias = int | str


@dataclass(frozen=True, slots=True)
class Server:
    """A server to be measured."""

    name: str
    requests: int
    """How many it is sent in a turn."""

    command: Callable[[Path, Port, Port], Sequence[str]]
    """From a folder of its own, an HTTP port and a port more to what starts it; places to be filled in later may stand for them."""

    ready: str
    """A path that answers 200 when it takes requests."""

    count: Callable[[Path, int], int]
    """How many spans can be asked for now."""

    settled: Callable[[Path, int], int] | None = None
    """How many spans everything is derived from, where anything is."""

    headers: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


def _phoenix(folder: Path, port: Port, grpc_port: Port) -> Sequence[str]:
    python = python_with("peer-arize-phoenix", Path(__file__).with_name("arize-phoenix.in"))
    return (
        "env",
        f"PHOENIX_PORT={port}",
        f"PHOENIX_GRPC_PORT={grpc_port}",
        f"PHOENIX_WORKING_DIR={folder}",
        str(python),
        "-m",
        "phoenix.server.main",
        "serve",
    )


def _mlflow(folder: Path, port: Port, _more: Port) -> Sequence[str]:
    python = python_with("peer-mlflow", Path(__file__).with_name("mlflow.in"))
    place = ("--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--host", "127.0.0.1", "--port", str(port))
    return (str(python), "-m", "mlflow", "server", *place)


def _relaylens(folder: Path, port: Port, grpc_port: Port) -> Sequence[str]:
    return (
        *(sys.executable, "-c", _OURS, "--store", str(folder / "store")),
        *("--otlp-http-port", str(port), "--otlp-grpc-port", str(grpc_port)),
    )


def _rows_of(file: str) -> Callable[[Path, int], int]:
    def count(folder: Path, _port: int) -> int:
        with contextlib.closing(sqlite3.connect(f"file:{folder / file}?mode=ro", uri=True, timeout=60)) as connection:
            ((rows,),) = connection.execute("SELECT count(*) FROM spans").fetchall()
        return int(rows)

    return count


def _answered(table: str) -> Callable[[Path, int], int]:
    def count(_folder: Path, port: int) -> int:
        with relaylens_analytics.open_store(f"http://127.0.0.1:{port}") as reader:
            return int(reader.query(f"SELECT count(*) AS n FROM {table}").column("n")[0].as_py())  # noqa: S608 - our own names

    return count


PEERS: Final = (
    Server(
        "arize-phoenix",
        8,
        _phoenix,
        "/healthz",
        _rows_of("phoenix.db"),
        environment={"PHOENIX_HOST": "127.0.0.1", "PHOENIX_TELEMETRY_ENABLED": "false", "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false"},
    ),
    Server(
        "mlflow",
        40,
        _mlflow,
        "/health",
        _rows_of("mlflow.db"),
        headers={"x-mlflow-experiment-id": "0"},
        environment={"MLFLOW_DISABLE_TELEMETRY": "true"},
    ),
)
OURS: Final = Server("relaylens", 240, _relaylens, "/readyz", _answered("spans"), settled=_answered("span_facts"))


def quiet_environment(folder: Path) -> dict[str, str]:
    """What keeps a server from calling home, and its files in a folder."""
    quiet = {"HTTP_PROXY": _NOWHERE, "HTTPS_PROXY": _NOWHERE, "NO_PROXY": "127.0.0.1,localhost", "DO_NOT_TRACK": "true"}
    return {**quiet, "HOME": str(folder)}


@contextlib.contextmanager
def running(server: Server, folder: Path, port: int, more: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a session of its own until the end of the block, and give its process."""
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            server.command(folder, port, more),
            cwd=folder,
            env={**os.environ, **quiet_environment(folder), **server.environment},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(f"http://127.0.0.1:{port}{server.ready}"):
            if process.poll() is not None or time.monotonic() > deadline:
                message = f"{server.name} did not start:\n{log.read_text(errors='replace')[-2000:]}"
                raise RuntimeError(message)
            time.sleep(LOOK_EVERY)
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own loopback address
            return bool(response.status == http.client.OK)
    except (urllib.error.URLError, OSError):
        return False


def send_all(bodies: Sequence[bytes], port: int, headers: Mapping[str, str]) -> None:
    """Send requests over four connections, a refusal again, until all are acknowledged."""
    waiting, lock, failures = iter(bodies), threading.Lock(), []

    def send_some() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        try:
            while True:
                with lock:
                    body = next(waiting, None)
                if body is None:
                    return
                _send(connection, body, headers)
        except Exception as error:  # noqa: BLE001 - told by the thread that waits
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=send_some) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def _send(connection: http.client.HTTPConnection, body: bytes, headers: Mapping[str, str]) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while True:
        connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf", **headers})
        response = connection.getresponse()
        answer = response.read()
        if response.status == http.client.OK:
            return
        if response.status < http.client.INTERNAL_SERVER_ERROR and response.status != http.client.TOO_MANY_REQUESTS:
            message = f"Refused with {response.status}: {answer[:500]!r}"
            raise RuntimeError(message)
        if time.monotonic() > deadline:
            message = f"Still refused with {response.status}: {answer[:500]!r}"
            raise TimeoutError(message)
        time.sleep(float(response.headers.get("retry-after") or 1))


def free_port() -> int:
    """Find a port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def version_of(name: str) -> str:
    """Tell which version of a server is measured."""
    if name == "relaylens":
        return version(name)
    python = python_with(f"peer-{name}", Path(__file__).with_name(f"{name}.in"))
    asked = (str(python), "-c", f"from importlib.metadata import version; print(version({name!r}))")
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
