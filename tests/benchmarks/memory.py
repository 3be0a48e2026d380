"""The memory of a collector under load for minutes: spans at 80 % of the greatest rate, and four readers with the dashboard's questions.

The greatest rate is that of the first seconds of this run, until settled and queryable. Then a new collector is sent generated agent
traces at 80 % of it over four connections; every second its resident memory is read, and the most that it ever was by the kernel's count.
Each reader asks one question after the other, of the hour so far, with a second between them.
`python -m tests.benchmarks.memory` prints the figures; the exit code is 1 when the memory grew beyond the limit, or a request or a
question failed.
"""

import argparse
import contextlib
import http.client
import itertools
import json
import signal
import struct
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import linear_regression
from typing import Final

import numpy as np
import numpy.typing as npt
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.benchmarks.generate import SPANS_PER_REQUEST, trace_requests
from tests.benchmarks.ingest import machine
from tests.benchmarks.ingest_http import CONNECTIONS, collector, send, send_one, wait_until_ready

from relaylens_analytics import metrics, open_store
from relaylens_analytics.errors import RelaylensAnalyticsError
from relaylens_analytics.queries import agents, headlines, lists, network, runs
from relaylens_analytics.reader import Reader
from relaylens_analytics.window import Window

SHARE: Final = 0.8
READERS: Final = 4
LIMIT_MIB: Final = 512
MOST_GROWTH: Final = 5.0
"""MiB a minute after the warm-up that count as flat: a hundredth of the limit."""

_BODIES: Final = 64
_MOST_SAID: Final = 20
_WARM_UP: Final = 0.3
_THINKING_SECONDS: Final = 1.0
_HOUR: Final = timedelta(hours=1)

_QUESTIONS: Final[tuple[Callable[[Reader, Window], object], ...]] = (
    headlines.headlines,
    runs.page,
    network.agents,
    network.edges,
    agents.scorecards,
    lists.handoffs,
    lists.escalations,
    lists.findings_inbox,
    lambda reader, window: metrics.compute(reader, "run_latency", window, by="service"),
    lambda reader, window: metrics.compute(reader, "handoff_success_rate", window, by="edge"),
)


class Rounds:
    """The same requests again and again, each time as other traces, at other times and with other texts."""

    def __init__(self) -> None:
        """Find the places to be written anew."""
        self._bodies = [_Places(body) for body in trace_requests(_BODIES)]

    def __iter__(self) -> Iterator[bytes]:
        """Write request after request, for ever."""
        for number in itertools.count(1):
            for body in self._bodies:
                yield body.written_for(number)


class _Places:
    """One request, and where its ids, times and texts are."""

    def __init__(self, body: bytes) -> None:
        self._body = np.frombuffer(body, np.uint8)
        request = ExportTraceServiceRequest.FromString(body)
        spans = [span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]
        self._traces = _all(body, {span.trace_id for span in spans})
        self._texts = _all(body, {b'"content": "'}) + len(b'"content": "')
        conversations = {one.value.string_value for span in spans for one in span.attributes if one.key == "gen_ai.conversation.id"}
        self._conversations = _all(body, {name.encode() for name in conversations})
        moments = [moment for span in spans for moment in (span.start_time_unix_nano, span.end_time_unix_nano)]
        places: list[int] = []
        place = 0
        for span in spans:
            place = body.index(span.span_id, place)
            places += (body.index(struct.pack("<Q", moment), place) for moment in (span.start_time_unix_nano, span.end_time_unix_nano))
        self._moments = np.array(places)[:, None] + np.arange(8)
        self._after_first = np.array(moments, np.int64) - moments[0]

    def written_for(self, number: int) -> bytes:
        """Write the request for a round."""
        body = self._body.copy()
        token = np.frombuffer(f"{number:08x}".encode(), np.uint8)
        for places in (self._traces, self._texts, self._conversations):
            body[places[:, None] + np.arange(len(token))] = token
        body[self._moments] = (self._after_first + time.time_ns()).astype("<i8").view(np.uint8).reshape(-1, 8)
        return body.tobytes()


def _all(body: bytes, wanted: set[bytes]) -> npt.NDArray[np.int64]:
    """Find all places of some bytes."""
    found = []
    for one in wanted:
        place = body.find(one)
        while place >= 0:
            found.append(place)
            place = body.find(one, place + 1)
    return np.array(found, np.int64)


@dataclass
class Seen:
    """What happened while it ran."""

    rate: float
    waits: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    resident: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the start, and MiB."""
    said: deque[str] = field(default_factory=lambda: deque(maxlen=_MOST_SAID))
    """What the collector wrote to its log last."""
    peak: float = 0.0
    """The most it had at any moment, in MiB."""
    seconds: float = 0.0

    @property
    def growth(self) -> float:
        """What it grew by after the warm-up, in MiB a minute."""
        last = self.resident[-1][0]
        kept = [(moment / 60, size) for moment, size in self.resident if moment > _WARM_UP * last]
        return linear_regression([moment for moment, _ in kept], [size for _, size in kept]).slope

    def lines(self) -> list[str]:
        """Say it."""
        spans = len(self.waits) * SPANS_PER_REQUEST
        reached = spans / self.seconds
        sizes = ", ".join(f"{size:.0f} at {moment:.0f} s" for moment, size in self.resident[:: max(1, len(self.resident) // 10)])
        largest = max(size for _, size in self.resident)
        waits, answers = sorted(self.waits), sorted(self.answers)
        return [
            machine(),
            f"greatest rate        {self.rate:,.0f} spans/s until queryable",
            f"sent                 {spans:,} spans in {self.seconds:,.0f} s: {reached:,.0f} spans/s, {reached / self.rate:.0%} of it",
            f"resident memory      peak {self.peak:,.0f} MiB (limit {LIMIT_MIB}), {self.growth:+.1f} MiB a minute after the warm-up",
            f"                     of one reading a second {largest:,.0f}; {sizes}",
            f"acknowledged after   p50 {1000 * _at(waits, 0.5):,.0f} ms, p99 {1000 * _at(waits, 0.99):,.0f} ms",
            f"{READERS} readers            {len(answers)} answers, p50 {_at(answers, 0.5):.2f} s, p95 {_at(answers, 0.95):.2f} s",
            f"errors               {len(self.errors)}",
            *sorted(set(self.errors))[:5],
            *(self.said if self.errors else ()),
        ]


def _at(values: list[float], quantile: float) -> float:
    return values[int(quantile * (len(values) - 1))] if values else float("nan")


def run(minutes: float, requests: int) -> Seen:
    """Measure the greatest rate, then load a new collector for so long."""
    rounds = iter(Rounds())
    seen = Seen(send(list(itertools.islice(rounds, requests)), settle=True).queryable.spans_per_second)
    with tempfile.TemporaryDirectory() as folder, collector(Path(folder), settle=True) as (process, port):
        wait_until_ready(port)
        began = time.monotonic()
        end = began + 60 * minutes
        due = (began + number * SPANS_PER_REQUEST / (SHARE * seen.rate) for number in itertools.count())
        turn = threading.Lock()
        threads = [threading.Thread(target=_send, args=(port, rounds, due, end, turn, seen)) for _ in range(CONNECTIONS)]
        assert process.stderr is not None
        threading.Thread(target=_listen, args=(process.stderr, seen), daemon=True).start()
        threads += [threading.Thread(target=_ask, args=(port, number, end, seen)) for number in range(READERS)]
        for thread in threads:
            thread.start()
        while (now := time.monotonic()) < end:
            seen.resident.append((now - began, _mebibytes(process.pid, "VmRSS")))
            seen.peak = _mebibytes(process.pid, "VmHWM")
            time.sleep(1 - (time.monotonic() - now) % 1)
        for thread in threads:
            thread.join()
        seen.seconds = time.monotonic() - began
        problem = _problem(port)
        if problem is not None:
            seen.errors.append(f"The collector has a problem: {problem}")
        process.send_signal(signal.SIGTERM)
        if process.wait() != 0:
            seen.errors.append(f"The collector ended with {process.returncode}.")
    return seen


def _send(port: int, rounds: Iterator[bytes], due: Iterator[float], end: float, turn: threading.Lock, seen: Seen) -> None:
    """Send requests when they are due; several threads take turns."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while True:
        with turn:
            at, body = next(due), next(rounds)
        if at >= end:
            break
        time.sleep(max(0.0, at - time.monotonic()))
        try:
            seen.waits.append(send_one(connection, body))
        except (AssertionError, OSError, http.client.HTTPException) as error:
            seen.errors.append(f"A request failed: {error!r}")
            connection.close()
    connection.close()


def _listen(log: Iterable[str], seen: Seen) -> None:
    """Keep what the collector says; nobody reads it otherwise, and a full pipe would hold it up."""
    with contextlib.suppress(ValueError):  # it is closed
        seen.said.extend(line.rstrip() for line in log)


def _ask(port: int, number: int, end: float, seen: Seen) -> None:
    """Ask one question after the other; each reader begins with another."""
    with open_store(f"http://127.0.0.1:{port}") as reader:
        for ask in itertools.cycle(_QUESTIONS[number:] + _QUESTIONS[:number]):
            if time.monotonic() >= end:
                return
            began = time.monotonic()
            try:
                ask(reader, Window.last(_HOUR))
                seen.answers.append(time.monotonic() - began)
            except RelaylensAnalyticsError as error:
                seen.errors.append(f"A question failed: {error}")
            time.sleep(_THINKING_SECONDS)


def _problem(port: int) -> object:
    """Ask the collector what is wrong."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/readyz")
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer["problem"]


def _mebibytes(pid: int, what: str) -> float:
    """Return what the kernel says of a process's memory."""
    (kilobytes,) = (line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(f"{what}:"))
    return int(kilobytes) / 1024


def main() -> int:
    """Measure and print; the exit code is 1 when something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--requests", type=int, default=128, help=f"requests of {SPANS_PER_REQUEST} spans by which the rate is measured")
    asked = parser.parse_args()
    seen = run(asked.minutes, asked.requests)
    print(*seen.lines(), sep="\n")
    return 0 if seen.peak <= LIMIT_MIB and seen.growth <= MOST_GROWTH and not seen.errors else 1


if __name__ == "__main__":
    sys.exit(main())
