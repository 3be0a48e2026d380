"""Bulk ingest until queryable, beside arize-phoenix and mlflow on the same machine in the same run.

Each server is started as its own documentation says, on loopback, with its default store (a file each), and without anything that would
call home. It is sent the same generated traces in requests of 512 spans over four connections; a refusal is sent again. The clock runs
from the first byte until the last span can be asked for: in the peers until its row is committed in their SQLite file (which is kinder
than asking through their own interface), in ours until the read API answers with it. The peers derive nothing from spans; ours goes on to
settle them into runs, steps and handoffs, and a second clock runs until that is done. Slow servers get fewer requests. The turns alternate.
`python -m tests.benchmarks.peers` prints the figures.
"""

import argparse
import contextlib
import http.client
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tests.benchmarks.generate import SPANS_PER_REQUEST, trace_requests
from tests.benchmarks.ingest import machine
from tests.frameworks.environments import python_with

import relaylens_analytics

CONNECTIONS: Final = 4
_START_SECONDS: Final = 180.0
_LONGEST_SECONDS: Final = 1800.0
_LOOK_EVERY: Final = 0.05
_NOWHERE: Final = "http://127.0.0.1:9"
"""A proxy that nobody listens on: what would call home gets no further."""

_OURS: Final = (
    "import sys; from relaylens_analytics.settle import settle; from relaylens_collector import __main__; __main__.main(settle=settle)"
)
_FLOORS: Final = {"arize-phoenix": 150.0, "mlflow": 20.0}
"""How many times faster Relaylens has to be."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server to be measured."""

    name: str
    requests: int
    """How many it is sent in a turn."""

    command: Callable[[Path, int, int], Sequence[str]]
    """From a folder of its own, an HTTP port and a port more to what starts it."""

    ready: str
    """A path that answers 200 when it takes requests."""

    count: Callable[[Path, int], int]
    """How many spans can be asked for now."""

    settled: Callable[[Path, int], int] | None = None
    """How many spans everything is derived from, where anything is."""

    headers: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)


def _phoenix(folder: Path, port: int, grpc_port: int) -> Sequence[str]:
    del folder
    python = python_with("peer-arize-phoenix", Path(__file__).with_name("arize-phoenix.in"))
    return ("env", f"PHOENIX_PORT={port}", f"PHOENIX_GRPC_PORT={grpc_port}", str(python), "-m", "phoenix.server.main", "serve")


def _mlflow(folder: Path, port: int, _more: int) -> Sequence[str]:
    python = python_with("peer-mlflow", Path(__file__).with_name("mlflow.in"))
    place = ("--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--host", "127.0.0.1", "--port", str(port))
    return (str(python), "-m", "mlflow", "server", *place)


def _relaylens(folder: Path, port: int, grpc_port: int) -> Sequence[str]:
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


@dataclass(frozen=True, slots=True)
class Rates:
    """Spans per second of one turn."""

    queryable: float
    """Until the last could be asked for."""

    settled: float | None
    """Until everything was derived from the last, where anything is."""


def rates(server: Server) -> Rates:
    """Start the server, send it everything, and measure."""
    bodies = list(trace_requests(server.requests))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        port, more = _free_port(), _free_port()
        with _running(server, folder, port, more):
            before = server.count(folder, port)
            began = time.perf_counter()
            _send_all(bodies, port, server.headers)
            sent = server.requests * SPANS_PER_REQUEST

            def until(count: Callable[[Path, int], int]) -> float:
                while (found := count(folder, port)) < before + sent:
                    if time.perf_counter() - began > _LONGEST_SECONDS:
                        message = f"{server.name} has {found - before} of {sent} spans after {_LONGEST_SECONDS:g} s."
                        raise TimeoutError(message)
                    time.sleep(_LOOK_EVERY)
                return sent / (time.perf_counter() - began)

            return Rates(until(server.count), None if server.settled is None else until(server.settled))


@contextlib.contextmanager
def _running(server: Server, folder: Path, port: int, more: int) -> Iterator[None]:
    """Run a server in a session of its own until the end of the block."""
    quiet = {"HTTP_PROXY": _NOWHERE, "HTTPS_PROXY": _NOWHERE, "NO_PROXY": "127.0.0.1,localhost", "DO_NOT_TRACK": "true"}
    place = {"HOME": str(folder), "PHOENIX_WORKING_DIR": str(folder)}
    log = folder / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            server.command(folder, port, more),
            cwd=folder,
            env={**os.environ, **quiet, **place, **server.environment},
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
            time.sleep(_LOOK_EVERY)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own loopback address
            return bool(response.status == http.client.OK)
    except (urllib.error.URLError, OSError):
        return False


def _send_all(bodies: Sequence[bytes], port: int, headers: Mapping[str, str]) -> None:
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
    deadline = time.monotonic() + _LONGEST_SECONDS
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _version_of(name: str) -> str:
    if name == "relaylens":
        return version(name)
    python = python_with(f"peer-{name}", Path(__file__).with_name(f"{name}.in"))
    asked = (str(python), "-c", f"from importlib.metadata import version; print(version({name!r}))")
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def main() -> int:
    """Measure in turns and print; the exit code is 1 when a floor is not held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=2, help="how often each is measured; the best of each counts")
    parser.add_argument("--peers", default=",".join(peer.name for peer in PEERS), help="which to measure")
    asked = parser.parse_args()
    chosen = [peer for peer in PEERS if peer.name in asked.peers.split(",")]
    turns: dict[str, list[Rates]] = {server.name: [] for server in (*chosen, OURS)}
    for _ in range(asked.turns):
        for server in (*chosen, OURS):
            turns[server.name].append(rates(server))
    best = {name: max(one.queryable for one in measured) for name, measured in turns.items()}
    settled = max(one.settled or 0.0 for one in turns[OURS.name])
    print(machine())
    print(f"requests of {SPANS_PER_REQUEST} spans, {CONNECTIONS} connections, until queryable; best of {asked.turns}")
    for server in (OURS, *chosen):
        print(f"{server.name:14} {_version_of(server.name):10} {best[server.name]:9,.0f} spans/s, {server.requests} requests a turn")
    print(f"{'  settled':14} {'':10} {settled:9,.0f} spans/s, until runs, steps and handoffs are derived, as no peer does")
    shares = {peer.name: best[OURS.name] / best[peer.name] for peer in chosen}
    for name, share in shares.items():
        print(f"relaylens is {share:6.1f} x {name} until queryable (aim {_FLOORS[name]:g}), {settled / best[name]:6.1f} x until settled")
    return 0 if all(share >= _FLOORS[name] for name, share in shares.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
