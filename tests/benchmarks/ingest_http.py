"""Bulk ingest over HTTP until settled and queryable, as a share of DuckDB's own limit on this machine at this moment.

A collector in a process of its own is sent generated agent traces over four connections, as an exporter in a hurry would: a refusal that
asks for patience is waited for and sent again. Every answer comes after the request is on disk. The clock runs from the first byte until
every trace is settled, the read API says so, and the file is closed; the limit (see `ingest.py`) is the rate at which DuckDB inserts the
same rows, until its file is closed, measured in turns in the same run. `python -m tests.benchmarks.ingest_http` prints the figures.
"""

import argparse
import contextlib
import http.client
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
from tests.benchmarks.generate import SPANS_PER_REQUEST, trace_requests
from tests.benchmarks.ingest import Rate, best_in_turns, insert, machine, materialised, records_of

CONNECTIONS: Final = 4
FLOOR: Final = 0.15
"""The least share of the limit until all is settled and queryable."""

STORED_FLOOR: Final = 0.4
"""The least share of the limit without settling."""

_READY: Final = re.compile(r"ready: .* on http://127\.0\.0\.1:(\d+),")
_STORING: Final = ("-m", "relaylens_collector")
_SETTLING: Final = (
    "-c",
    "import sys; from relaylens_analytics.settle import settle; from relaylens_collector import __main__; __main__.main(settle=settle)",
)
_LOOK_EVERY: Final = 0.02


@dataclass(frozen=True, slots=True)
class Sending:
    """What came of sending everything to a collector."""

    rate: Rate
    """Until its file is closed."""

    queryable: Rate
    """Until all is settled and the read API says so."""

    waits: list[float]
    """Seconds from sending a request to its success."""

    def wait(self, quantile: float) -> str:
        """Say how long a request waited for its answer."""
        return f"{1000 * sorted(self.waits)[int(quantile * (len(self.waits) - 1))]:,.0f} ms"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The best of each in one run."""

    requests: int
    bytes_per_span: float
    settled: Sending
    stored: Sending
    limit: Rate

    @property
    def share(self) -> float:
        """How much of the limit is reached until all is settled."""
        return self.settled.rate.spans_per_second / self.limit.spans_per_second

    @property
    def stored_share(self) -> float:
        """How much of the limit is reached without settling."""
        return self.stored.rate.spans_per_second / self.limit.spans_per_second

    def lines(self) -> list[str]:
        """Say it."""
        return [
            machine(),
            f"{self.requests} requests of {SPANS_PER_REQUEST} spans of {self.bytes_per_span:,.0f} bytes, {CONNECTIONS} connections",
            f"limit (DuckDB alone)      {self.limit}",
            f"settled, queryable        {self.settled.queryable}",
            f"  and its file closed     {self.settled.rate}",
            f"  share of the limit        {self.share:9.2f}",
            f"  acknowledged after      p50 {self.settled.wait(0.5)}, p99 {self.settled.wait(0.99)}",
            f"stored, not settled       {self.stored.rate}",
            f"  share of the limit        {self.stored_share:9.2f}",
            f"  acknowledged after      p50 {self.stored.wait(0.5)}, p99 {self.stored.wait(0.99)}",
        ]


def compare(requests: int, turns: int) -> Comparison:
    """Measure in turns, and take the best of each."""
    bodies = list(trace_requests(requests))
    spans = requests * SPANS_PER_REQUEST
    with tempfile.TemporaryDirectory() as folder:
        transactions = materialised(records_of(bodies), Path(folder) / "rows.duckdb")
    settled, stored, limits = [], [], []
    for _ in range(turns):
        settled.append(send(bodies, settle=True))
        limits += best_in_turns([lambda path: insert(transactions, path)], spans, 1)
        stored.append(send(bodies, settle=False))
    return Comparison(
        requests,
        sum(map(len, bodies)) / spans,
        max(settled, key=lambda one: one.rate.spans_per_second),
        max(stored, key=lambda one: one.rate.spans_per_second),
        max(limits, key=lambda rate: rate.spans_per_second),
    )


def send(bodies: Sequence[bytes], *, settle: bool) -> Sending:
    """Send everything to a new collector, and measure until it is settled, and until the process has ended."""
    spans = len(bodies) * SPANS_PER_REQUEST
    with tempfile.TemporaryDirectory() as folder, collector(Path(folder), settle=settle) as (process, port):
        wait_until_ready(port)  # the tables of settling are made once, at the start
        began, processor = time.perf_counter(), processor_seconds(process.pid)
        waiting, lock = iter(bodies), threading.Lock()
        waits: list[float] = []

        def send_some() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            while (body := _next(waiting, lock)) is not None:
                waits.append(send_one(connection, body))
            connection.close()

        threads = [threading.Thread(target=send_some) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        _wait_until(port, lambda answer: answer["settled_record"] == len(bodies))  # what is settled can be queried
        queryable = Rate(spans, time.perf_counter() - began, processor_seconds(process.pid) - processor)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        process.send_signal(signal.SIGTERM)
        process.wait()
        seconds = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = used.ru_utime + used.ru_stime - ended.ru_utime - ended.ru_stime - processor
        _check(Path(folder), process.returncode, spans, settle=settle)
    return Sending(Rate(spans, seconds, processor), queryable, waits)


@contextlib.contextmanager
def collector(store: Path, *, settle: bool) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a collector on free ports, and give it with its HTTP port."""
    command = _SETTLING if settle else _STORING
    arguments = ("--store", str(store), "--otlp-http-port", "0", "--otlp-grpc-port", "0", "--stop-seconds", "600")
    with subprocess.Popen([sys.executable, *command, *arguments], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        ready = next(filter(None, map(_READY.match, process.stderr)), None)  # what is said of the start comes before
        assert ready is not None
        yield process, int(ready[1])


def send_one(connection: http.client.HTTPConnection, body: bytes) -> float:
    """Send a request until it is taken, and return how long it took that time."""
    while True:
        began = time.perf_counter()
        connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
        response = connection.getresponse()
        answer = response.read()
        if response.status == http.client.OK:
            return time.perf_counter() - began
        assert response.status == http.client.SERVICE_UNAVAILABLE, answer
        time.sleep(float(response.headers["retry-after"]))


def processor_seconds(pid: int) -> float:
    """Return what a process has used, its start included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def wait_until_ready(port: int) -> None:
    """Ask the collector until its database can be queried."""
    _wait_until(port, lambda answer: answer["status"] == "ready")


def _wait_until(port: int, holds: Callable[[dict[str, object]], bool]) -> None:
    """Ask the collector how far it is until that is far enough."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while True:
        connection.request("GET", "/readyz")
        if holds(json.loads(connection.getresponse().read())):
            break
        time.sleep(_LOOK_EVERY)
    connection.close()


def _check(store: Path, exit_code: int, spans: int, *, settle: bool) -> None:
    """A rate counts only when everything is there."""
    assert exit_code == 0
    with duckdb.connect(str(store / "relaylens.duckdb"), read_only=True) as connection:
        [(stored, traces)] = connection.execute("SELECT count(*), count(DISTINCT trace_id) FROM spans").fetchall()
        assert stored == spans
        if settle:
            assert connection.execute("SELECT count(*), sum(spans) FROM runs").fetchall() == [(traces, spans)]


def _next(waiting: Iterator[bytes], lock: threading.Lock) -> bytes | None:
    with lock:
        return next(waiting, None)


def main() -> int:
    """Measure and print; the exit code is 1 when the share is too small."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=160, help=f"requests of {SPANS_PER_REQUEST} spans")
    parser.add_argument("--turns", type=int, default=3, help="how often each is measured; the best counts")
    asked = parser.parse_args()
    comparison = compare(asked.requests, asked.turns)
    print(*comparison.lines(), sep="\n")
    return 0 if comparison.share >= FLOOR and comparison.stored_share >= STORED_FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
