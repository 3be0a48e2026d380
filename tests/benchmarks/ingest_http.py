"""Bulk ingest over HTTP, as a share of DuckDB's own limit on this machine at this moment.

A collector in a process of its own is sent generated agent traces over four connections, as an exporter in a hurry would: a refusal that
asks for patience is waited for and sent again. The clock runs from the first byte until every span is stored and the file is closed; the
limit (see `ingest.py`) is the rate at which DuckDB inserts the same rows, until its file is closed, measured in turns in the same run.
`python -m tests.benchmarks.ingest_http` prints the figures.
"""

import argparse
import contextlib
import http.client
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
from tests.benchmarks.generate import SPANS_PER_REQUEST, trace_requests
from tests.benchmarks.ingest import Rate, best_in_turns, insert, machine, materialised, records_of

CONNECTIONS: Final = 4
FLOOR: Final = 0.35
"""The least share of the limit."""

_READY: Final = re.compile(r"ready: .* on http://127\.0\.0\.1:(\d+),")
_PLAIN: Final = ("-m", "relaylens_collector")
_SETTLING: Final = (
    "-c",
    "import sys; from relaylens_analytics.settle import settle; from relaylens_collector import __main__; __main__.main(settle=settle)",
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rates of one run."""

    requests: int
    bytes_per_span: float
    over_http: Rate
    with_settling: Rate
    limit: Rate

    @property
    def share(self) -> float:
        """How much of the limit is reached."""
        return self.over_http.spans_per_second / self.limit.spans_per_second

    def lines(self) -> list[str]:
        """Say it."""
        settling = self.with_settling.spans_per_second / self.limit.spans_per_second
        return [
            machine(),
            f"{self.requests} requests of {SPANS_PER_REQUEST} spans of {self.bytes_per_span:,.0f} bytes, {CONNECTIONS} connections",
            f"over HTTP, stored     {self.over_http}",
            f"limit (DuckDB alone)  {self.limit}",
            f"share of the limit    {self.share:9.2f}",
            f"with settling beside  {self.with_settling}",
            f"share of the limit    {settling:9.2f}",
        ]


def compare(requests: int, turns: int) -> Comparison:
    """Measure in turns, and take the best of each."""
    bodies = list(trace_requests(requests))
    spans = requests * SPANS_PER_REQUEST
    with tempfile.TemporaryDirectory() as folder:
        transactions = materialised(records_of(bodies), Path(folder) / "rows.duckdb")
    rates: dict[str, list[Rate]] = {"plain": [], "settling": [], "limit": []}
    for _ in range(turns):
        rates["plain"].append(send(bodies, _PLAIN))
        rates["limit"] += best_in_turns([lambda path: insert(transactions, path)], spans, 1)
        rates["settling"].append(send(bodies, _SETTLING))
    best = {name: max(found, key=lambda rate: rate.spans_per_second) for name, found in rates.items()}
    return Comparison(requests, sum(map(len, bodies)) / spans, best["plain"], best["settling"], best["limit"])


def send(bodies: Sequence[bytes], command: Sequence[str]) -> Rate:
    """Send everything to a new collector, and measure until it is stored and the process has ended."""
    spans = len(bodies) * SPANS_PER_REQUEST
    with tempfile.TemporaryDirectory() as folder, _collector(command, Path(folder)) as (process, port):
        began, processor = time.perf_counter(), _processor_seconds(process.pid)
        waiting, lock = iter(bodies), threading.Lock()

        def send_some() -> None:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            while (body := _next(waiting, lock)) is not None:
                _send(connection, body)
            connection.close()

        threads = [threading.Thread(target=send_some) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        process.send_signal(signal.SIGTERM)
        process.wait()
        seconds = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = used.ru_utime + used.ru_stime - ended.ru_utime - ended.ru_stime - processor
        _check(Path(folder), process.returncode, spans)
    return Rate(spans, seconds, processor)


@contextlib.contextmanager
def _collector(command: Sequence[str], store: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Run a collector on free ports, and give it with its HTTP port."""
    arguments = ("--store", str(store), "--otlp-http-port", "0", "--otlp-grpc-port", "0", "--stop-seconds", "600")
    with subprocess.Popen([sys.executable, *command, *arguments], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        ready = _READY.match(process.stderr.readline())
        assert ready is not None
        yield process, int(ready[1])


def _check(store: Path, exit_code: int, spans: int) -> None:
    """A rate counts only when everything is there."""
    assert exit_code == 0
    with duckdb.connect(str(store / "relaylens.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM spans").fetchall() == [(spans,)]


def _next(waiting: Iterator[bytes], lock: threading.Lock) -> bytes | None:
    with lock:
        return next(waiting, None)


def _processor_seconds(pid: int) -> float:
    """Return what a process has used, its start included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _send(connection: http.client.HTTPConnection, body: bytes) -> None:
    while True:
        connection.request("POST", "/v1/traces", body, {"content-type": "application/x-protobuf"})
        response = connection.getresponse()
        answer = response.read()
        if response.status == http.client.OK:
            return
        assert response.status == http.client.SERVICE_UNAVAILABLE, answer
        time.sleep(float(response.headers["retry-after"]))


def main() -> int:
    """Measure and print; the exit code is 1 when the share is too small."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=160, help=f"requests of {SPANS_PER_REQUEST} spans")
    parser.add_argument("--turns", type=int, default=3, help="how often each is measured; the best counts")
    asked = parser.parse_args()
    comparison = compare(asked.requests, asked.turns)
    print(*comparison.lines(), sep="\n")
    return 0 if comparison.share >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
