"""What both transports do with one OTLP request: look at its size, take it in, and say what became of it."""

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import grpc
from google.protobuf.message import Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsPartialSuccess, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsPartialSuccess, ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTracePartialSuccess, ExportTraceServiceResponse

from relaylens_collector.access import Grant
from relaylens_collector.ingest import Verdict
from relaylens_collector.log_lines import Repeats, fields
from relaylens_collector.projects import Projects
from relaylens_collector.receive.record_count import has_more_records
from relaylens_collector.receive.refusals import Refusal
from relaylens_collector.signals import Signal

OTLP_SIGNALS: Final = (Signal.TRACES, Signal.LOGS, Signal.METRICS)

_LONGEST_REASON: Final = 1000
_NO_PROJECT: Final = ""

_logger: Final = logging.getLogger(__name__)


class Tally(Protocol):
    """Counts what comes in."""

    def taken(self, project: str, transport: str, signal: Signal, verdict: Verdict, size: int) -> None:
        """Count a request that was answered with success."""

    def refused(self, project: str, transport: str, signal: Signal, refusal: Refusal) -> None:
        """Count a request that was refused."""

    def turned_away(self, project: str, transport: str, refusal: Refusal) -> None:
        """Count a request that was refused at the gate, for whatever it came."""

    def answered(self, project: str, transport: str, signal: Signal, seconds: float) -> None:
        """Note how long a request took, whatever was answered."""


class Receiver:
    """Takes OTLP requests as protobuf bytes."""

    def __init__(self, projects: Projects, tally: Tally, *, max_records: int) -> None:
        """Put what comes into the store of its sender's project."""
        self._projects = projects
        self._tally = tally
        self._max_records = max_records
        self._repeats = Repeats()

    def take(self, grant: Grant, transport: str, signal: Signal, body: bytes) -> Message:
        """Take one request and return the answer, with `partial_success` only when there is something to say."""
        if has_more_records(body, self._max_records):
            message = f"The request holds more than {self._max_records} records; send smaller batches."
            raise Refusal(grpc.StatusCode.RESOURCE_EXHAUSTED, message)
        with self._projects.using(grant.project) as ingest:
            verdict = ingest.submit(signal, body)
        self._tally.taken(grant.project, transport, signal, verdict, len(body))
        return response(signal, verdict)

    def refused(self, grant: Grant, transport: str, signal: Signal, refusal: Refusal) -> None:
        """Count a refusal, also one that was made before the request came here, and log the first of its kind and then one a minute."""
        self._tally.refused(grant.project, transport, signal, refusal)
        held_back = self._repeats((grant.project, transport, signal, refusal.why))
        if held_back is not None:
            # Not the message: it may hold what was sent.
            said = fields(project=grant.project, transport=transport, signal=str(signal), reason=str(refusal.why), held_back=held_back)
            _logger.warning("A request was refused.", extra=said)

    def turned_away(self, grant: Grant | None, transport: str, refusal: Refusal) -> None:
        """Count a refusal at the gate; without a valid token the request belongs to no project."""
        self._tally.turned_away(_NO_PROJECT if grant is None else grant.project, transport, refusal)

    @contextlib.contextmanager
    def timed(self, grant: Grant, transport: str, signal: Signal) -> Iterator[None]:
        """Note how long it takes to answer one request."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._tally.answered(grant.project, transport, signal, time.perf_counter() - began)


def response(signal: Signal, verdict: Verdict) -> Message:
    """Return the signal's Export*ServiceResponse."""
    return _RESPONSES[signal](verdict.rejected, (verdict.reason or "")[:_LONGEST_REASON])


def _traces(rejected: int, reason: str) -> Message:
    if not rejected and not reason:
        return ExportTraceServiceResponse()
    return ExportTraceServiceResponse(partial_success=ExportTracePartialSuccess(rejected_spans=rejected, error_message=reason))


def _logs(rejected: int, reason: str) -> Message:
    if not rejected and not reason:
        return ExportLogsServiceResponse()
    return ExportLogsServiceResponse(partial_success=ExportLogsPartialSuccess(rejected_log_records=rejected, error_message=reason))


def _metrics(rejected: int, reason: str) -> Message:
    if not rejected and not reason:
        return ExportMetricsServiceResponse()
    return ExportMetricsServiceResponse(partial_success=ExportMetricsPartialSuccess(rejected_data_points=rejected, error_message=reason))


_RESPONSES: Final[dict[Signal, Callable[[int, str], Message]]] = {
    Signal.TRACES: _traces,
    Signal.LOGS: _logs,
    Signal.METRICS: _metrics,
}
