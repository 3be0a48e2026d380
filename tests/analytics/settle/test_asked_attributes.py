"""The spans at work keep the attributes that the queries of settling read, and only those spans that have one of them."""

import re
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.analytics.settle.captured import apply

import relaylens_analytics
from relaylens_analytics.settle import settle
from relaylens_analytics.stages import asked_attributes, asked_prefixes
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store

SQL = Path(relaylens_analytics.__file__).parent / "sql"
MENTION = re.compile(r"(?<!\b[lse]\.)(?<!AS )\battributes\b(?!\[')(?!\s*(?:or|that|say)\b)")
"""A way of reading attributes of a span at work that names no key; stored spans, logs and events are `s`, `l` and `e`."""
LISTED = re.compile(r"map_(?:keys|entries)\((?:\w\.)?attributes\)")


def _code(path: Path) -> str:
    """A query without its comments."""
    return re.sub(r"--[^\n]*", "", path.read_text())


def test_attributes_are_read_in_ways_that_are_seen() -> None:
    """A query reads an attribute by its key, or all of them and only those that begin with a prefix."""
    unseen = []
    for folder in ("staging", "marts", "findings", "rules"):
        for path in (SQL / folder).rglob("*.sql"):
            code = _code(path)
            listed = LISTED.sub("", code)
            if MENTION.search(listed) or (listed.count("attributes") < code.count("attributes") and _reads_all(code)):
                unseen.append(path.name)

    assert [] == unseen


def _reads_all(code: str) -> bool:
    """Whether attributes of spans at work are listed without a prefix."""
    listings = re.findall(r"map_(?:keys|entries)\((?:w\.)?attributes\)", code)
    return len(listings) > len(re.findall(r"starts_with\((?:e\.key|k), '", code))


def test_spans_keep_their_attributes_when_one_is_asked_for() -> None:
    """A span with an attribute that a rule reads is derived from it, beside one that keeps none."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for place, attributes in enumerate(({}, {"relaylens.run.outcome": "failed", "gen_ai.operation.name": "outcome"}), 1):
        span = spans.add(trace_id=bytes(16)[1:] + b"\x01", span_id=bytes(7) + bytes([place]), name="work", start_time_unix_nano=place)
        span.end_time_unix_nano = place + 1
        span.parent_span_id = b"" if place == 1 else bytes(7) + b"\x01"
        for key, value in attributes.items():
            span.attributes.add(key=key).value.string_value = value
        if place == 1:
            span.attributes.add(key="gen_ai.operation.name").value.string_value = "invoke_workflow"
    store = Store(":memory:")
    apply(store, [(Signal.TRACES, request.SerializeToString())])

    settle(store.connection)

    assert [("failed", "stated")] == store.connection.execute("SELECT outcome, outcome_rule FROM runs").fetchall()
    store.close()


def test_what_is_asked_for() -> None:
    """Keys and prefixes are found in the queries themselves."""
    assert "relaylens.handoff.id" in asked_attributes()
    assert "llm.output_messages." in asked_prefixes()
