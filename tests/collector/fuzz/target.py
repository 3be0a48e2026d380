"""The real application without its HTTP socket, and the real gRPC port, on a real store; and what has to hold for every answer."""

import asyncio
import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import duckdb
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from tests.collector.fuzz.frames import Call, Conversation
from tests.collector.fuzz.grpc_target import HANG_SECONDS, BrokenPromiseError, GrpcTarget, hold
from tests.collector.fuzz.inputs import Input
from tests.collector.fuzz.oracle import Reading

from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.journal import request_hash
from relaylens_collector.pace import Pace
from relaylens_collector.receive.otlp_json import to_protobuf
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal
from relaylens_collector.store.otlp_messages import Messages

_BODY: Final = 8 << 20
_BATCHES: Final = 200
"""Compared by one query."""
_TABLES: Final = {Signal.TRACES: "spans", Signal.LOGS: "logs", Signal.METRICS: "metric_points", Signal.LABELS: "labels"}
_RESPONSES: Final[dict[Signal, tuple[type[Message], str]]] = {
    Signal.TRACES: (ExportTraceServiceResponse, "rejected_spans"),
    Signal.LOGS: (ExportLogsServiceResponse, "rejected_log_records"),
    Signal.METRICS: (ExportMetricsServiceResponse, "rejected_data_points"),
}
_BAD_REQUEST: Final = frozenset({400, 401, 403, 404, 405, 413, 415, 504})
"""What may be answered when nothing is wrong with the collector; 504 is a query over its time."""


@dataclass
class _Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class _Taken:
    """A request that was answered with success."""

    signal: Signal
    body: bytes
    accepted: int | None
    """What has to be stored; None where only the collector's own reader reads the request."""
    rejected: int


class Target:
    """Answers inputs, and holds what it answered against what the store has."""

    def __init__(self, folder: Path) -> None:
        """Open a store in the folder."""
        settings = Settings(
            store=folder,
            otlp_http_port=0,
            otlp_grpc_port=0,
            free_bytes=1,
            max_body_bytes=_BODY,
            sql_seconds=0.2,
            sql_rows=10_000,
            sql_bytes=1 << 20,
        )
        pace = Pace(gather_seconds=3600, gather_bytes=1 << 40, quiet_seconds=3600, settle_every_seconds=3600)
        self.collector = Collector(settings, settle, pace=pace)
        self.collector.start()
        self.ingest = self.collector.ingest
        self._loop = asyncio.new_event_loop()
        self._taken: dict[bytes, _Taken] = {}
        self._known: set[bytes] = set()
        self._checked = 0
        self._stored: Counter[Signal] = Counter()
        self.counts: Counter[str] = Counter()
        self.slowest = 0.0
        self._perhaps: dict[bytes, _Taken] = {}
        self._grpc = GrpcTarget(self.collector.grpc_port, self._check_response, self._note_perhaps, self._check_refused)

    def close(self) -> None:
        """Close the store."""
        self._loop.close()
        self._grpc.close()
        self.collector.stop()

    def throw(self, one: Input | Conversation | Call) -> int:
        """Send one input, look at the answer, and return its HTTP status (0 when the client was gone, or over gRPC)."""
        if not isinstance(one, Input):
            self._throw_at_grpc(one)
            return 0
        answer, seconds = self._timed(one)
        for _ in range(2):
            if seconds <= HANG_SECONDS or one.kind == "SQL":
                break
            seconds = min(seconds, self._timed(one)[1])  # the machine is shared: what is slow by itself is slow each time
        self.slowest = max(self.slowest, seconds)
        hold(seconds <= HANG_SECONDS, one, f"took {seconds:.1f} s")
        self.counts[f"{one.kind}: {answer.status or 'gone'}"] += 1
        if answer.status == 0:
            hold(one.hangs_up or _length_is_wrong(one), one, "has no answer")
        elif answer.status != 200:
            self._check_refusal(one, answer)
        elif one.path.startswith("/v1/"):
            self._check_success(one, answer)
        elif one.kind == "labels":
            self._note_label(answer)
        return answer.status

    def _throw_at_grpc(self, one: Conversation | Call) -> None:
        outcome, seconds = self._grpc.throw(one)
        for _ in range(2):
            if seconds <= HANG_SECONDS:
                break
            seconds = min(seconds, self._grpc.throw(one)[1])
        self.slowest = max(self.slowest, seconds)
        hold(seconds <= HANG_SECONDS, one, f"took {seconds:.1f} s")
        self.counts[f"{one.kind}: {outcome}"] += 1

    def check_store(self) -> None:
        """Compare the store with the answers: all that was accepted is there, whole and equal, and nothing else."""
        self.ingest.flush(120)
        progress = self.ingest.status().progress
        if progress.set_aside or progress.settle_failures:
            message = f"{progress.set_aside} records set aside, settling failed {progress.settle_failures} times: {progress.problem}"
            raise BrokenPromiseError(message)
        with self.ingest.reading() as cursor:
            new = cursor.execute(
                "SELECT batch, signal, request_hash, rows_stored, rows_rejected FROM batches WHERE batch > $checked ORDER BY batch",
                {"checked": self._checked},
            ).fetchall()
            counted: Counter[int] = Counter()
            for table in _TABLES.values():
                counted.update(
                    dict(cursor.execute(f"SELECT batch, count(*) FROM {table} WHERE batch > {self._checked} GROUP BY batch").fetchall())  # noqa: S608 - our own names
                )
            found: dict[int, _Taken] = {}
            if new:
                self._checked = new[-1][0]
            for batch, signal, found_hash, stored, rejected in new:
                perhaps = self._perhaps.pop(bytes(found_hash), None)
                taken = self._taken.pop(bytes(found_hash), perhaps)
                self._known.add(bytes(found_hash))
                if taken is None and signal == "labels":
                    continue
                if taken is None:
                    message = f"batch {batch} is stored, and no request of it was accepted"
                    raise BrokenPromiseError(message)
                if counted[batch] != stored or (taken.accepted is not None and (stored, rejected) != (taken.accepted, taken.rejected)):
                    message = f"{signal}: {taken.accepted} accepted, {stored} noted, {counted[batch]} stored: {taken.body.hex()}"
                    raise BrokenPromiseError(message)
                found[batch] = taken
            self._check_rows(cursor, found)
        if self._taken:
            lost, count = next(iter(self._taken.values())), len(self._taken)
            self._taken.clear()
            message = f"{count} accepted requests are not stored, such as {lost.signal} {lost.body.hex()}"
            raise BrokenPromiseError(message)
        alive = [thread.name for thread in threading.enumerate() if thread.name == "relaylens-apply"]
        if not alive:
            message = "the applying thread is gone"
            raise BrokenPromiseError(message)

    @staticmethod
    def _check_rows(cursor: duckdb.DuckDBPyConnection, stored: Mapping[int, _Taken]) -> None:
        """Compare each record with what was sent, many batches by one query: each alone would take most of the time."""
        messages = Messages(cursor)
        for signal, read in ((Signal.TRACES, messages.spans), (Signal.LOGS, messages.log_records)):
            expected = [
                (batch, sent, taken.body)
                for batch, taken in stored.items()
                if taken.signal is signal and (sent := Reading(signal, taken.body).exact()) is not None
            ]
            for first in range(0, len(expected), _BATCHES):
                some = expected[first : first + _BATCHES]
                pairs = [(one, body) for _, sent, body in some for one in sent]
                for (one, body), kept in zip(pairs, read([batch for batch, _, _ in some]), strict=True):
                    _unwrap(kept, one)
                    if _bytes(one) != _bytes(kept):
                        message = f"sent\n{one}\nstored\n{kept}\nin {body.hex()}"
                        raise BrokenPromiseError(message)

    def _check_refusal(self, one: Input, answer: _Answer) -> None:
        hold(answer.status != 500, one, f"is answered with 500: {answer.body[:300]!r}")
        hold(
            answer.status in _BAD_REQUEST or (one.path == "/readyz" and answer.status == 503),
            one,
            f"is answered with {answer.status}: {answer.body[:300]!r}",
        )
        hold("retry-after" not in answer.headers, one, f"bad, and yet to be sent again ({answer.status})")
        if answer.headers["content-type"] == "application/x-protobuf":
            status = Status.FromString(answer.body)
            hold(bool(status.message) and bool(status.code), one, "is refused without a word")
        elif one.path != "/readyz":
            hold(bool(json.loads(answer.body)["message"]), one, "is refused without a word")
        if one.harmless and one.signal is not None and _header(one, b"content-type") == b"application/x-protobuf":
            reading = Reading(one.signal, one.body)
            hold(not reading.is_undoubted(), one, f"is a good request that is refused: {answer.body[:300]!r}")

    def _check_success(self, one: Input, answer: _Answer) -> None:
        signal = Signal(one.path.rpartition("/")[2])
        body, response = one.body, answer.body
        if _header(one, b"content-encoding").strip().lower() == b"gzip":
            body = gzip.decompress(body)
        if answer.headers["content-type"] == "application/json":
            response = json_format.Parse(response, _RESPONSES[signal][0]()).SerializeToString()
            body = to_protobuf(signal, body)
        self._check_response(one, signal, body, response)

    def _check_response(self, one: object, signal: Signal, body: bytes, answer: bytes) -> None:
        """Look at a success, and note what has to be in the store."""
        made, name = _RESPONSES[signal]
        response: Any = made()
        response.ParseFromString(answer)
        rejected = getattr(response.partial_success, name)
        hold(not rejected or bool(response.partial_success.error_message), one, "is rejected in part without a word")
        reading = Reading(signal, body)
        if reading.readable:
            hold(rejected == reading.bad(), one, f"holds {reading.bad()} bad records, and {rejected} are said to be rejected")
        accepted = reading.good() if reading.readable else None
        known = request_hash(signal, body)
        if (accepted != 0 or rejected) and known not in self._known:
            self._known.add(known)
            if accepted is None and not rejected and self.ingest.submit(signal, body).accepted == 0:
                return
            self._taken[known] = _Taken(signal, body, accepted, rejected)

    def _note_perhaps(self, signal: Signal, body: bytes) -> None:
        """Note a request whose answer was not seen: it is in the store, whole, or it is not."""
        reading = Reading(signal, body)
        known = request_hash(signal, body)
        if known not in self._known:
            self._perhaps[known] = _Taken(
                signal, body, reading.good() if reading.readable else None, reading.bad() if reading.readable else 0
            )

    @staticmethod
    def _check_refused(one: object, signal: Signal, body: bytes, why: str) -> None:
        """Look at a refusal of a request that nothing but its body can be the reason of."""
        hold(not Reading(signal, body).is_undoubted(), one, f"is a good request that is refused: {why}")

    def _note_label(self, answer: _Answer) -> None:
        self._stored[Signal.LABELS] += not json.loads(answer.body)["duplicate"]

    def _timed(self, one: Input) -> tuple[_Answer, float]:
        began = time.monotonic()
        answer = self._loop.run_until_complete(self._answer(one))
        return answer, time.monotonic() - began

    async def _answer(self, one: Input) -> _Answer:
        answer = _Answer()
        messages: list[dict[str, Any]] = [{"type": "http.request", "body": part, "more_body": True} for part in one.parts]
        if one.hangs_up:
            messages[-1] = {"type": "http.disconnect"}
        else:
            messages.append({"type": "http.request", "body": b"", "more_body": False})
        waiting = iter(messages)

        async def receive() -> MutableMapping[str, Any]:
            return next(waiting, {"type": "http.disconnect"})

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]}
            else:
                answer.body += message["body"]

        scope = {"type": "http", "method": one.method, "path": one.path, "headers": one.headers, "client": ("127.0.0.1", 1)}
        await self.collector.application(scope, receive, send)
        return answer


def _header(one: Input, name: bytes) -> bytes:
    return next((value for found, value in one.headers if found == name), b"")


def _length_is_wrong(one: Input) -> bool:
    return any(name == b"content-length" for name, _ in one.headers)


def _unwrap(kept: Any, sent: Any) -> None:  # noqa: ANN401 - two spans or log records
    """Undo what the read API does to values nearly too deep for protobuf's library: it gives them as the bytes that they are."""
    values = [(pair.value, other.value) for pair, other in zip(kept.attributes, sent.attributes, strict=False)]
    if isinstance(kept, LogRecord):
        values.append((kept.body, sent.body))
    for found, expected in values:
        if found.WhichOneof("value") == "bytes_value" and found.bytes_value == _bytes(expected):
            found.CopyFrom(expected)


def _bytes(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)
