"""Sends spans with OpenTelemetry's Python exporter, whichever version is installed here: a plan in JSON on standard input."""

import inspect
import json
import sys

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.util import BoundedList
from opentelemetry.trace import Link, SpanContext, SpanKind, TraceFlags, TraceState
from opentelemetry.trace.status import Status, StatusCode

try:
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
except ImportError:
    from opentelemetry.sdk.util.instrumentation import InstrumentationInfo as InstrumentationScope

try:
    from opentelemetry.attributes import BoundedAttributes
except ImportError:
    BoundedAttributes = None


def context(trace, span, state=None):
    return SpanContext(int(trace, 16), int(span, 16), is_remote=False, trace_flags=TraceFlags(1), trace_state=TraceState(state or []))


def value(written):
    """An attribute; whole numbers that are to be doubles are marked."""
    return float(written["double"]) if isinstance(written, dict) else written


def attributes(written):
    given = {key: value(item) for key, item in written.items()}
    return given if BoundedAttributes is None else BoundedAttributes(128, given)


def span(plan):
    scope = (
        "instrumentation_scope"
        if "instrumentation_scope" in inspect.signature(ReadableSpan.__init__).parameters
        else "instrumentation_info"
    )
    return ReadableSpan(
        name=plan["name"],
        context=context(plan["trace"], plan["span"], plan["state"]),
        parent=context(plan["trace"], plan["parent"]) if plan["parent"] else None,
        resource=Resource({"service.name": "client", "number": 7}),
        attributes=attributes(plan["attributes"]),
        # The first versions take no plain lists.
        events=BoundedList.from_seq(
            128, [Event(event["name"], attributes(event["attributes"]), int(event["time"])) for event in plan["events"]]
        ),
        links=BoundedList.from_seq(
            128, [Link(context(link["trace"], link["span"]), attributes(link["attributes"])) for link in plan["links"]]
        ),
        kind=SpanKind[plan["kind"]],
        status=Status(StatusCode[plan["status"]], plan["message"]) if plan["message"] else Status(StatusCode[plan["status"]]),
        start_time=int(plan["start"]),
        end_time=int(plan["end"]),
        **{scope: InstrumentationScope("golden", "1.2.3")},
    )


plan = json.load(sys.stdin)
if plan["transport"] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    exporter = OTLPSpanExporter(endpoint=plan["grpc"], insecure=True)
else:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    exporter = OTLPSpanExporter(endpoint=plan["http"] + "/v1/traces")
result = exporter.export([span(one) for one in plan["spans"]])
exporter.shutdown()
sys.exit(0 if result is SpanExportResult.SUCCESS else "refused")
