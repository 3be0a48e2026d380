"""Kill the collector again and again while it is being sent to over both transports, and count what is left.

A sender does what an exporter does: it sends a request until it is acknowledged. At the end every acknowledged span must be stored, once.
"""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Self

import duckdb
import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from relaylens_collector.journal import Journal
from relaylens_collector.proof import verify
from relaylens_collector.proof.findings import NOTES
from relaylens_collector.read_api.admin import ORDERS_PATH
from relaylens_collector.signals import Signal
from relaylens_collector.store.store import SCHEMA_VERSION

_HTTP_SENDERS = 3
_GRPC_SENDERS = 3
_SPANS = 40
_TEXT = "what the agent was told and what it said " * 10
TRACES: Final = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
_ALIVE = "/healthz"
_PAUSE = 0.01
_READY_SHARE = 0.8
_STORM_SHARE = 0.2
_ERASE_SHARE = 0.2
_LONGEST_RUN = 0.6
"""Seconds from ready to the kill, at most."""
_LONGEST_ERASURE = 5.0
"""From the order to the kill, at most: an erasure takes seconds, and the kill has to come amid it as well as after it."""
_LONGEST_START = 120.0
_RETENTION_SHARE = 0.3
RETENTION_SECONDS = 5.0
"""What is older goes when retention is ordered; the younger half of what is sent meanwhile must stay."""
_CLOCK_SLACK = 1.0
_MOST_TRIES_AT_THE_END = 500
"""A sender gives a request up when all is over and it is still refused: it was not acknowledged, and counts for nothing."""


@dataclass
class Sent:
    """What the senders have done; each span is named after its sender, request and place."""

    acknowledged: set[str] = field(default_factory=set)
    to_erase: set[str] = field(default_factory=set)
    """Spans whose erasure was ordered."""
    may_go_on: threading.Event = field(default_factory=threading.Event)
    """Not set while an erasure is ordered, which waits until all is settled."""
    erased: set[str] = field(default_factory=set)
    """Spans whose erasure was said to be done."""
    began: dict[str, float] = field(default_factory=dict)
    """When each span was sent first, and when it was acknowledged, by the machine's clock."""
    taken: dict[str, float] = field(default_factory=dict)
    requests: int = 0
    resent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Result:
    """What came of it."""

    kills_or_stops: int
    starts_with_checkpoints_without_end: int
    starts_without_database: int
    starts_on_an_older_schema: int
    acknowledged_spans: int
    acknowledged_requests: int
    resent_requests: int
    erasures_ordered: int
    of_them_by_age: int
    spans_erased: int
    lost_spans: int
    spans_not_erased: int
    faults_found_by_verify: int
    doubled_spans: int
    journal_records: int
    applied_records: int
    unreadable_databases: int
    longest_start_seconds: float
    longest_stop_seconds: float
    exit_code: int

    def lines(self) -> list[str]:
        """Name and figure, one a line."""
        return [f"{name.replace('_', ' '):34} {round(value, 2):,}" for name, value in vars(self).items()]


class Victim:
    """The process that is killed."""

    def __init__(
        self,
        store: Path,
        *,
        checkpoint_share: float = 0.3,
        storm: bool = False,
        free_bytes: int = 256 << 20,
        retention_days: float | None = None,
    ) -> None:
        """Start it on free ports; in a storm a thread of its own checkpoints without end."""
        self._free_bytes = free_bytes
        self.retention_days = retention_days
        self.store = store
        self.storm = storm
        self._checkpoint_share = checkpoint_share
        self.http_port, self.grpc_port = _free_port(), _free_port()
        self.longest_start = self.longest_stop = 0.0
        self.log = store / "stderr.log"
        store.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.collector.crash.collector_process"]
        self._forks = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._running = False
        self._start()

    def _order(self, order: dict[str, object]) -> int:
        assert self._forks.stdin is not None
        assert self._forks.stdout is not None
        self._forks.stdin.write(json.dumps(order) + "\n")
        self._forks.stdin.flush()
        return int(self._forks.stdout.readline())

    def _start(self) -> None:
        arguments = {
            "store": str(self.store),
            "http_port": self.http_port,
            "grpc_port": self.grpc_port,
            "checkpoint_share": self._checkpoint_share,
            "storm": self.storm,
            "free_bytes": self._free_bytes,
            "retention_days": self.retention_days,
        }
        self.pid = self._order({"start": arguments, "log": str(self.log)})
        self._started_at = time.monotonic()
        self._running = True

    def _wait(self) -> int:
        code = self._order({"wait": self.pid})
        self._running = False
        return code

    def has_ended(self) -> bool:
        """Tell whether the process has ended; it is not waited for yet, so that its number is still its own."""
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"

    def wait_until(self, path: str) -> None:
        """Ask until the answer is 200; raises when the process ends before, or takes too long."""
        while self.send("GET", path) != http.client.OK:
            if self.has_ended() or time.monotonic() - self._started_at > _LONGEST_START:
                message = f"The collector did not start, or not in time:\n{self.log.read_text()[-5000:]}"
                raise AssertionError(message)
            time.sleep(0.01)
        if path == _ALIVE:
            self.longest_start = max(self.longest_start, time.monotonic() - self._started_at)

    def send(self, method: str, path: str, body: bytes | None = None, content_type: str = "application/x-protobuf") -> int:
        """Send one HTTP request, and return the status, 0 when there is nobody to answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=10)
        try:
            connection.request(method, path, body, {"content-type": content_type})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def kill(self, between: Callable[[], None] = lambda: None) -> None:
        """End it without a chance to do anything, and start it again; in between something may be done to its folder."""
        os.kill(self.pid, signal.SIGKILL)
        code = self._wait()
        assert -signal.SIGKILL == code, f"It had ended before, with {code}:\n{self.log.read_text()[-5000:]}"
        between()
        self._start()

    def __enter__(self) -> Self:
        """Use it in a `with` block, so that a failed test leaves no process behind."""
        return self

    def __exit__(self, *_exception: object) -> None:
        """End what still runs."""
        if self._running:
            os.kill(self.pid, signal.SIGKILL)
            self._wait()
        with self._forks:  # which closes its pipes, and waits
            pass

    def restart(self) -> None:
        """End it in order, and start it again; raises when it says that something went wrong."""
        code = self.stop()
        assert 0 == code, f"It ended with {code}:\n{self.log.read_text()[-5000:]}"
        self._start()

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        began = time.monotonic()
        os.kill(self.pid, signal.SIGTERM)
        code = self._wait()
        self.longest_stop = max(self.longest_stop, time.monotonic() - began)
        return code


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _trace_id(sender: str, number: int) -> bytes:
    return f"{sender:>4}{number:012}".encode()


def request(sender: str, number: int) -> tuple[bytes, list[str]]:
    """Return a request of a sender, and the names of its spans."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    names = [f"{sender}/{number}/{place}" for place in range(_SPANS)]
    for place, name in enumerate(names):
        span = spans.add(name=name, start_time_unix_nano=time.time_ns())
        span.trace_id = _trace_id(sender, number)
        span.span_id = (place + 1).to_bytes(8)
        text = span.attributes.add()
        text.key, text.value.string_value = "gen_ai.input.messages", _TEXT
    return request.SerializeToString(), names


def _send_grpc(port: int, body: bytes) -> bool:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            channel.unary_unary(TRACES, request_serializer=None, response_deserializer=None)(body, timeout=10)
        except grpc.RpcError:
            return False
        return True


def _send(victim: Victim, sender: str, body: bytes) -> bool:
    if sender.startswith("h"):
        return victim.send("POST", "/v1/traces", body) == http.client.OK
    return _send_grpc(victim.grpc_port, body)


def _keep_sending(sender: str, victim: Victim, sent: Sent, stop: threading.Event) -> None:
    number = 0
    while not stop.wait(_PAUSE):
        if not sent.may_go_on.is_set():
            continue
        number += 1
        body, names = request(sender, number)
        sent.began.update(dict.fromkeys(names, time.time()))
        tries = 0
        while not _send(victim, sender, body):
            tries += 1
            if stop.wait(0.02) and tries > _MOST_TRIES_AT_THE_END:
                return
        with sent.lock:
            sent.acknowledged.update(names)
            sent.taken.update(dict.fromkeys(names, time.time()))
            sent.requests += 1
            sent.resent += tries > 0


def _order_erasure(victim: Victim, sent: Sent, chance: random.Random) -> None:
    """Order the erasure of one acknowledged trace; the kill comes before, amid or after it."""
    with sent.lock:
        left = sorted(sent.acknowledged - sent.to_erase)
        if not left:
            return
        sender, number, _ = chance.choice(left).split("/")
        names = {f"{sender}/{number}/{place}" for place in range(_SPANS)}
        sent.to_erase |= names
    order = {"order": "erase", "kind": "trace", "subject": _trace_id(sender, int(number)).hex()}
    if victim.send("POST", ORDERS_PATH, json.dumps(order).encode(), "application/json") == http.client.OK:
        with sent.lock:
            sent.erased |= names


def _order_retention(victim: Victim, sent: Sent) -> None:
    """Order that what is older than the rule says goes; the kill comes before, amid or after it."""
    with sent.lock:
        surely = {name for name, at in sent.taken.items() if at < time.time() - RETENTION_SECONDS - _CLOCK_SLACK}
    order = {"order": "retention", "trust_clock": True}
    is_done = victim.send("POST", ORDERS_PATH, json.dumps(order).encode(), "application/json") == http.client.OK
    with sent.lock:
        # As much as may have been in its plan, if it got that far.
        sent.to_erase |= {name for name, at in sent.began.items() if at < time.time() - RETENTION_SECONDS + _CLOCK_SLACK}
        if is_done:
            sent.erased |= surely


def _nothing(_store: Path) -> None:
    """Leave the folder as the kill left it."""


def _lose_database(store: Path) -> None:
    """Take the database away, so that it is made anew from the journal, and the next kill may come amid that."""
    for file in store.glob("relaylens.duckdb*"):
        file.unlink()


def _make_database_old(store: Path) -> None:
    """Give the database an older schema, so that the next start puts it aside and makes it anew: what an upgrade does."""
    try:
        with duckdb.connect(str(store / "relaylens.duckdb")) as connection:
            connection.execute("UPDATE schema_version SET version = $older", {"older": SCHEMA_VERSION - 1})
    except duckdb.Error:
        return  # it was killed before the table was there


BETWEEN: Final[dict[str, tuple[Callable[[Path], None], float]]] = {
    "nothing": (_nothing, 0.8),
    "rebuild": (_lose_database, 0.1),
    "migration": (_make_database_old, 0.1),
}
"""What is done between a kill and the next start, and how often."""


def run(kills: int, store: Path, seed: int = 1, *, in_order: bool = False) -> Result:
    """Send without pause, kill so many times at random moments, or end the collector in order, and count."""
    chance = random.Random(seed)  # noqa: S311 - repeatable chance, not cryptography
    sent, stop = Sent(), threading.Event()
    done: Counter[str] = Counter()
    erasing: list[threading.Thread] = []
    sent.may_go_on.set()
    senders = [*(f"h{number}" for number in range(_HTTP_SENDERS)), *(f"g{number}" for number in range(_GRPC_SENDERS))]
    with Victim(store, retention_days=RETENTION_SECONDS / 86_400) as victim:
        threads = [threading.Thread(target=_keep_sending, args=(sender, victim, sent, stop)) for sender in senders]
        for thread in threads:
            thread.start()
        try:
            for number in range(1, kills + 1):
                if in_order or chance.random() < _READY_SHARE:
                    victim.wait_until(_ALIVE)
                    longest = _LONGEST_RUN
                    if not in_order and chance.random() < _ERASE_SHARE:
                        longest = _LONGEST_ERASURE
                        sent.may_go_on.clear()
                        done["erasures"] += 1
                        if chance.random() < _RETENTION_SHARE:
                            done["retentions"] += 1
                            erasing.append(threading.Thread(target=_order_retention, args=(victim, sent)))
                        else:
                            erasing.append(threading.Thread(target=_order_erasure, args=(victim, sent, random.Random(chance.random()))))  # noqa: S311
                        erasing[-1].start()
                    time.sleep(chance.uniform(0, longest))
                else:
                    time.sleep(chance.uniform(0, _LONGEST_RUN))  # anywhere, also during the start
                sent.may_go_on.set()
                victim.storm = chance.random() < _STORM_SHARE
                if number == kills:
                    victim.retention_days = None  # the last one may run for longer than a rule waits until it is first looked at
                done["storms"] += victim.storm
                (what,) = chance.choices(list(BETWEEN), [share for _, share in BETWEEN.values()])
                if in_order:
                    victim.restart()
                else:
                    done[what] += 1
                    victim.kill(partial(BETWEEN[what][0], store))
            victim.wait_until(_ALIVE)
        finally:
            stop.set()
            for thread in [*threads, *erasing]:
                thread.join()
        victim.wait_until("/readyz")
        exit_code = victim.stop()
        return _count(kills, store, victim, sent, exit_code, done)


def _count(kills: int, store: Path, victim: Victim, sent: Sent, exit_code: int, done: Counter[str]) -> Result:
    with duckdb.connect(str(store / "relaylens.duckdb"), read_only=True) as connection:
        stored = Counter(name for (name,) in connection.execute("SELECT name FROM spans").fetchall())
        ((applied,),) = connection.execute("SELECT count(*) FROM batches WHERE signal = 'traces'").fetchall()
    journal = Journal(store / "journal")
    records = sum(record.signal is Signal.TRACES for record in journal.read())
    journal.close()
    return Result(
        kills_or_stops=kills,
        starts_with_checkpoints_without_end=done["storms"],
        starts_without_database=done["rebuild"],
        starts_on_an_older_schema=done["migration"],
        acknowledged_spans=len(sent.acknowledged),
        acknowledged_requests=sent.requests,
        resent_requests=sent.resent,
        erasures_ordered=done["erasures"],
        of_them_by_age=done["retentions"],
        spans_erased=len(sent.erased),
        lost_spans=len(sent.acknowledged - sent.to_erase - stored.keys()),
        spans_not_erased=len(sent.erased & stored.keys()),
        faults_found_by_verify=sum(count for fault, count in verify(store).counts.items() if fault not in NOTES),
        doubled_spans=sum(count - 1 for count in stored.values()),
        journal_records=records,
        applied_records=applied,
        unreadable_databases=victim.log.read_text().count("does not open: ") - victim.log.read_text().count("has schema"),
        longest_start_seconds=victim.longest_start,
        longest_stop_seconds=victim.longest_stop,
        exit_code=exit_code,
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write("\n".join(run(int(sys.argv[1]), Path(folder)).lines()) + "\n")
