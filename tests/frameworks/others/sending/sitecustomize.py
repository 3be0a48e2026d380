"""Sends a program's spans by an instrumentation that is not ours: Python reads this at its start.

SENDING_INSTRUMENTORS names the packages whose instrumentors are switched on; SENDING_CODE is a line that a framework's own tracing needs.
"""

import os
from importlib.metadata import entry_points

from opentelemetry import trace
from opentelemetry._logs import set_logger_provider
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
logs = LoggerProvider()
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
set_logger_provider(logs)

wanted = tuple(name for name in os.environ["SENDING_INSTRUMENTORS"].split(",") if name)
for entry in entry_points(group="opentelemetry_instrumentor"):
    if wanted and entry.value.startswith(wanted):
        entry.load()().instrument()

exec(os.environ["SENDING_CODE"], {})  # noqa: S102 - our own line, from combinations.py
