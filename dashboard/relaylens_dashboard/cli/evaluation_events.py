"""Findings as OpenTelemetry's evaluation events, sent on to any OTLP/HTTP server.

Each is a log record in the trace of its evidence. Nothing of it changes from one time to the next, so that a receiver that knows resent
requests, as ours does, keeps it once.
"""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any, Final

from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk._logs.export import LogRecordExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

from relaylens import semconv
from relaylens_analytics import Reader, Window
from relaylens_analytics.queries import lists
from relaylens_analytics.queries.lists import FindingFilter
from relaylens_analytics.window import as_utc

SCOPE: Final = "relaylens.findings"
FAILED: Final = "fail"
"""What the score's label says of every finding: the work did not pass."""

_BATCH: Final = 500
_TIMEOUT_S: Final = 30.0
_SEVERITIES: Final = {"high": SeverityNumber.ERROR, "medium": SeverityNumber.WARN, "low": SeverityNumber.INFO}

Row = dict[str, Any]


def send(reader: Reader, window: Window, wanted: FindingFilter, endpoint: str) -> tuple[int, int]:
    """Send the findings that are wanted, oldest first, but for those marked false; give how many were taken and how many not."""
    exporter = OTLPLogExporter(endpoint=f"{endpoint.rstrip('/')}/v1/logs", timeout=_TIMEOUT_S)
    sent = failed = 0
    try:
        for batch in _batches(reader, window, wanted):
            if exporter.export([_record(row) for row in batch]) is LogRecordExportResult.SUCCESS:
                sent += len(batch)
            else:
                failed += len(batch)
    finally:
        exporter.shutdown()  # type: ignore[no-untyped-call]  # the SDK says no types here
    return sent, failed


def _batches(reader: Reader, window: Window, wanted: FindingFilter) -> Iterator[Sequence[Row]]:
    rows = [row for row in lists.findings(reader, window, wanted, limit=None).to_pylist() if row["mark"] != semconv.Mark.FALSE]
    rows.reverse()
    for first in range(0, len(rows), _BATCH):
        yield rows[first : first + _BATCH]


def _record(row: Row) -> ReadableLogRecord:
    """Write a finding as an event of the span that shows it."""
    moment = int(as_utc(row["found_at"]).timestamp() * 1_000_000) * 1000 if row["found_at"] is not None else None
    said = {
        semconv.GEN_AI_EVALUATION_NAME: row["detector"],
        semconv.GEN_AI_EVALUATION_SCORE_LABEL: FAILED,
        semconv.GEN_AI_EVALUATION_SCORE_VALUE: row["score"],
        semconv.GEN_AI_EVALUATION_EXPLANATION: row["message"] if not row["evidence"] else f"{row['message']}\n{row['evidence']}",
        semconv.GEN_AI_AGENT_NAME: row["agent"],
        semconv.RELAYLENS_RUN_ID: row["run"],
        semconv.RELAYLENS_FINDING_ID: row["finding"],
        semconv.RELAYLENS_FINDING_SEVERITY: row["severity"],
        semconv.RELAYLENS_FINDING_CERTAINTY: row["certainty"],
        semconv.RELAYLENS_FINDING_MARK: row["mark"],
    }
    span = SpanContext(
        trace_id=int(row["trace_id"], 16),
        span_id=int(row["span_id"] or "0", 16),
        is_remote=True,
        trace_flags=TraceFlags(TraceFlags.SAMPLED),
    )
    record = LogRecord(
        timestamp=moment,
        observed_timestamp=moment,
        context=set_span_in_context(NonRecordingSpan(span)),
        severity_number=_SEVERITIES.get(row["severity"], SeverityNumber.UNSPECIFIED),
        severity_text=row["severity"],
        event_name=semconv.GEN_AI_EVALUATION_RESULT,
        attributes={name: value for name, value in said.items() if value is not None},
    )
    resource = Resource({semconv.SERVICE_NAME: "relaylens"})
    return ReadableLogRecord(record, resource, InstrumentationScope(SCOPE, version("relaylens")))
