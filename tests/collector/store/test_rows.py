"""What a request becomes in each table, where it is not the request itself."""

import json

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, EntityRef, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from tests.collector.golden.spans import VALUES
from tests.collector.store.building import field, request, span
from tests.collector.store.conftest import Submit

from relaylens.semconv import CONVENTIONS, NUMERIC_CONCEPTS
from relaylens_collector.signals import Signal
from relaylens_collector.store import Store
from relaylens_collector.store.otlp_messages import Messages


def _text(value: str) -> AnyValue:
    """Return a string value."""
    return AnyValue(string_value=value)


def test_resources_and_scopes_come_back(store: Store, submit: Submit) -> None:
    """All their fields are stored, long texts by reference, and each is stored once for all its spans."""
    sent = request()
    resource_spans = sent.resource_spans[0]
    resource_spans.schema_url = "https://opentelemetry.io/schemas/1.40.0"
    resource_spans.resource.CopyFrom(
        Resource(
            attributes=[
                KeyValue(key="service.name", value=_text("shop")),
                *(KeyValue(key=key, value=value) for key, value in VALUES.items()),
            ],
            dropped_attributes_count=7,
            entity_refs=[EntityRef(schema_url="u", type="service", id_keys=["service.name"], description_keys=["a", "ü"]), EntityRef()],
        )
    )
    scope_spans = resource_spans.scope_spans[0]
    scope_spans.schema_url = "https://opentelemetry.io/schemas/1.39.0"
    scope_spans.scope.CopyFrom(
        InstrumentationScope(
            name="tracer", version="1.0", attributes=[KeyValue(key="a", value=VALUES["long text"])], dropped_attributes_count=9
        )
    )
    scope_spans.spans.extend([span(1), span(2)])
    batch = submit(sent.SerializeToString())
    submit(sent.SerializeToString())

    found = Messages(store.connection)

    expected = resource_spans.resource.SerializeToString(deterministic=True)
    assert [(expected, resource_spans.schema_url)] * 2 == [
        (resource.SerializeToString(deterministic=True), url) for resource, url in found.resources(batch)
    ]
    assert [(scope_spans.scope, scope_spans.schema_url)] * 2 == found.scopes(batch)
    assert [("shop",)] == store.connection.execute("SELECT DISTINCT service_name FROM spans").fetchall()
    assert [(1, "shop")] == store.connection.execute("SELECT count(*), any_value(service_name) FROM resources").fetchall()
    assert [(1,)] == store.connection.execute("SELECT count(*) FROM scopes").fetchall()


def test_the_schema_url_belongs_to_the_resource(store: Store, submit: Submit) -> None:
    """Equal resources under different schema URLs are two."""
    sent = request(span(1), span(2))
    sent.resource_spans.add(schema_url="u").CopyFrom(sent.resource_spans[0])
    sent.resource_spans[1].schema_url = "u"
    submit(sent.SerializeToString())

    assert [(None,), ("u",)] == store.connection.execute("SELECT schema_url FROM resources ORDER BY ALL NULLS FIRST").fetchall()


def test_log_records_of_every_kind_come_back(store: Store, submit: Submit) -> None:
    """A body of any kind, all severities, ids or none, and times or none are stored loss-free."""
    sent = ExportLogsServiceRequest()
    log_records = sent.resource_logs.add().scope_logs.add().log_records
    for number, value in enumerate(VALUES.values()):
        log_records.add(
            time_unix_nano=number,
            observed_time_unix_nano=2**64 - 1 - number,
            severity_number=list(SeverityNumber.values())[number % len(SeverityNumber.values())],
            severity_text="WARN" if number % 2 else "",
            body=value,
            attributes=[KeyValue(key="a", value=value)],
            dropped_attributes_count=number,
            flags=number,
            trace_id=b"\xab" * 16 if number % 3 else b"",
            span_id=b"\xcd" * 8 if number % 3 else b"",
            event_name="gen_ai.user.message" if number % 2 else "",
        )
    log_records.add(body=_text("no attributes"))
    batch = submit(sent.SerializeToString(), Signal.LOGS)

    found = Messages(store.connection).log_records([batch])

    assert [log_record.SerializeToString(deterministic=True) for log_record in log_records] == [
        log_record.SerializeToString(deterministic=True) for log_record in found
    ]


def test_a_log_record_is_dated_by_its_time_or_else_by_when_it_was_observed(store: Store, submit: Submit) -> None:
    """`logged_at` is there whenever one of the times is."""
    sent = ExportLogsServiceRequest()
    log_records = sent.resource_logs.add().scope_logs.add().log_records
    log_records.extend(
        LogRecord(time_unix_nano=time, observed_time_unix_nano=observed) for time, observed in ((1000, 2000), (0, 2000), (0, 0))
    )
    submit(sent.SerializeToString(), Signal.LOGS)

    assert [(1,), (2,), (None,)] == store.connection.execute("SELECT epoch_us(logged_at) FROM logs ORDER BY ordinal").fetchall()


def test_ids_that_are_all_zero_are_none(store: Store, submit: Submit) -> None:
    """OTLP calls them invalid; a parent of zeros makes a root, and a log record of zeros belongs to no span."""
    submit(request(span(1, parent_span_id=b"\x00" * 8), span(2, parent_span_id=b"\x00" * 7 + b"\x01")).SerializeToString())
    sent = ExportLogsServiceRequest()
    sent.resource_logs.add().scope_logs.add().log_records.add(trace_id=b"\x00" * 16, span_id=b"\x00" * 8)
    submit(sent.SerializeToString(), Signal.LOGS)

    assert [(None,), ("0000000000000001",)] == store.connection.execute("SELECT parent_span_id FROM spans ORDER BY ordinal").fetchall()
    assert [(None, None)] == store.connection.execute("SELECT trace_id, span_id FROM logs").fetchall()


@pytest.mark.parametrize(
    ("kind", "metric"),
    {
        "gauge": Metric(gauge=metrics_pb2.Gauge(data_points=[metrics_pb2.NumberDataPoint(as_double=float("nan"), flags=1)])),
        "sum": Metric(
            sum=metrics_pb2.Sum(
                is_monotonic=True,
                aggregation_temporality=metrics_pb2.AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA,
                data_points=[
                    metrics_pb2.NumberDataPoint(
                        as_int=2**63 - 1,
                        time_unix_nano=2**64 - 1,
                        attributes=[KeyValue(key="a", value=AnyValue(bytes_value=b"\xff"))],
                        exemplars=[metrics_pb2.Exemplar(trace_id=b"\xab" * 16, span_id=b"\xcd" * 8, as_int=1)],
                    )
                ],
            )
        ),
        "histogram": Metric(histogram=metrics_pb2.Histogram(data_points=[metrics_pb2.HistogramDataPoint(count=1, min=float("-inf"))])),
        "exponential_histogram": Metric(
            exponential_histogram=metrics_pb2.ExponentialHistogram(
                data_points=[
                    metrics_pb2.ExponentialHistogramDataPoint(
                        scale=-3, positive=metrics_pb2.ExponentialHistogramDataPoint.Buckets(offset=-1, bucket_counts=[1, 2**64 - 1])
                    )
                ]
            )
        ),
        "summary": Metric(
            summary=metrics_pb2.Summary(
                data_points=[metrics_pb2.SummaryDataPoint(quantile_values=[metrics_pb2.SummaryDataPoint.ValueAtQuantile(quantile=0.5)])]
            )
        ),
        None: Metric(),
    }.items(),
)
def test_metrics_are_stored_as_otlp_json(kind: str | None, metric: Metric, store: Store, submit: Submit) -> None:
    """Each type of metric has its row, with ids in hex and 64-bit numbers as OTLP has them."""
    sent = ExportMetricsServiceRequest()
    metric.name, metric.description, metric.unit = "gen_ai.client.token.usage", "tokens", "{token}"
    sent.resource_metrics.add().scope_metrics.add().metrics.extend([metric])
    submit(sent.SerializeToString(), Signal.METRICS)

    [(name, description, unit, data_type, data)] = store.connection.execute(
        "SELECT name, description, unit, data_type, data FROM metric_points"
    ).fetchall()

    assert ("gen_ai.client.token.usage", "tokens", "{token}", kind) == (name, description, unit, data_type)
    json_of: dict[str | None, dict[str, object]] = {
        "gauge": {"gauge": {"dataPoints": [{"asDouble": "NaN", "flags": 1}]}},
        "sum": {
            "sum": {
                "isMonotonic": True,
                "aggregationTemporality": 1,
                "dataPoints": [
                    {
                        "asInt": "9223372036854775807",
                        "timeUnixNano": "18446744073709551615",
                        "attributes": [{"key": "a", "value": {"bytesValue": "/w=="}}],
                        "exemplars": [{"traceId": "ab" * 16, "spanId": "cd" * 8, "asInt": "1"}],
                    }
                ],
            }
        },
        "histogram": {"histogram": {"dataPoints": [{"count": "1", "min": "-Infinity"}]}},
        "exponential_histogram": {
            "exponentialHistogram": {
                "dataPoints": [{"scale": -3, "positive": {"offset": -1, "bucketCounts": ["1", "18446744073709551615"]}}]
            }
        },
        "summary": {"summary": {"dataPoints": [{"quantileValues": [{"quantile": 0.5}]}]}},
        None: {},
    }
    assert {"name": name, "description": description, "unit": unit, **json_of[kind]} == json.loads(data)


def test_a_metric_with_broken_text_is_kept_as_protobuf(store: Store, submit: Submit) -> None:
    """The other metrics of the request are stored as ever."""
    good, bad = Metric(name="good").SerializeToString(), field(1, b"\xff\xfe")
    submit(field(1, field(2, field(2, bad) + field(2, good))), Signal.METRICS)

    assert [(None, "protobuf", "CgL//g=="), ("good", None, '{"name":"good"}')] == store.connection.execute(
        "SELECT name, data_type, data FROM metric_points ORDER BY ordinal"
    ).fetchall()


def test_broken_text_costs_that_text_only(store: Store, submit: Submit) -> None:
    """What is not UTF-8 gets U+FFFD wherever it is; everything else stays."""
    good = span(2, name="good", attributes=[KeyValue(key="a", value=_text("b"))])
    good.status.SetInParent()
    broken = b"x\xff"
    attribute = field(1, broken) + field(2, field(1, broken * 200))
    ids = field(1, b"1" * 16) + field(2, b"1" * 8)
    bad = ids + field(3, broken) + field(5, broken) + field(9, attribute) + field(11, field(2, broken) + field(3, attribute))
    bad += field(13, field(1, b"1" * 16) + field(3, broken) + field(4, attribute)) + field(15, field(2, broken))
    scope = field(1, field(1, broken) + field(2, broken) + field(3, attribute))
    resource = field(1, field(1, attribute) + field(3, field(1, broken) + field(2, broken) + field(3, broken)))
    batch = submit(
        field(1, resource + field(2, scope + field(2, bad) + field(2, good.SerializeToString()) + field(3, broken)) + field(3, broken))
    )

    rows = Messages(store.connection)
    [found, other] = rows.spans([batch])
    repaired = "x\ufffd"
    attributes = [KeyValue(key=repaired, value=_text(repaired * 200))]

    assert good == other
    assert (repaired, repaired, repaired) == (found.name, found.trace_state, found.status.message)
    assert [attributes] * 3 == [list(found.attributes), list(found.events[0].attributes), list(found.links[0].attributes)]
    assert (repaired, repaired) == (found.events[0].name, found.links[0].trace_state)
    [(resource_found, resource_url), _] = rows.resources(batch)
    [(scope_found, scope_url), _] = rows.scopes(batch)
    entity = EntityRef(schema_url=repaired, type=repaired, id_keys=[repaired])
    assert Resource(attributes=attributes, entity_refs=[entity]) == resource_found
    assert InstrumentationScope(name=repaired, version=repaired, attributes=attributes) == scope_found
    assert (repaired, repaired) == (resource_url, scope_url)


def test_a_value_of_two_kinds_has_one(store: Store, submit: Submit) -> None:
    """Of several kinds in one value, which no encoder writes, a fixed one counts and the row is whole."""
    number, truth, text, some_bytes = b"\x18\x07", b"\x10\x01", field(1, b"text"), field(7, b"b")
    values = (number + text, text + number, number + truth, some_bytes + number, some_bytes + field(5, b""))
    attributes = b"".join(field(9, field(1, b"%d" % place) + field(2, value)) for place, value in enumerate(values))
    submit(field(1, field(2, field(2, field(1, b"1" * 16) + field(2, b"1" * 8) + attributes))))

    assert [("ssbia", ["text", "text", "true", "7", "[]"])] == store.connection.execute(
        "SELECT attribute_types, map_values(attributes) FROM spans"
    ).fetchall()


def test_a_log_record_may_have_no_body(store: Store, submit: Submit) -> None:
    """No body is an empty value."""
    sent = ExportLogsServiceRequest()
    sent.resource_logs.add().scope_logs.add().log_records.add(event_name="gen_ai.choice")
    submit(sent.SerializeToString(), Signal.LOGS)

    assert [("", "e", "gen_ai.choice")] == store.connection.execute("SELECT body, body_type, event_name FROM logs").fetchall()


def test_over_deep_values_cost_that_value_only(store: Store, submit: Submit) -> None:
    """A value nested ten thousand times is kept as protobuf, and its neighbours as ever."""
    deep = b"\x18\x01"
    for _ in range(10_000):
        deep = field(5, field(1, deep))
    ids = field(1, b"1" * 16) + field(2, b"1" * 8)
    attributes = field(9, field(1, b"deep") + field(2, deep)) + field(9, field(1, b"a") + field(2, field(1, b"b")))
    submit(field(1, field(2, field(2, ids + attributes))))

    assert [("ps", "b")] == store.connection.execute("SELECT attribute_types, attributes['a'] FROM spans").fetchall()


def test_huge_values_are_stored(store: Store, submit: Submit) -> None:
    """A name of 1 MiB, a text of 16 MiB, and ten thousand attributes on one span come back."""
    sent = [
        span(1, name="n" * (1 << 20)),
        span(2, attributes=[KeyValue(key="a", value=_text("ü" * (8 << 20)))]),
        span(3, attributes=[KeyValue(key=f"key {number}", value=AnyValue(int_value=number)) for number in range(10_000)]),
    ]
    for one in sent:
        one.status.SetInParent()
    batch = submit(request(*sent).SerializeToString())

    assert sent == Messages(store.connection).spans([batch])


def test_concepts_are_columns(store: Store, submit: Submit) -> None:
    """Each concept has a column of its type; what is no number becomes NULL."""
    submit(request(*(span(1, attributes=[KeyValue(key=keys[0], value=_text("7"))]) for keys in CONVENTIONS.values())).SerializeToString())

    for number, concept in enumerate(CONVENTIONS):
        expected = {"BIGINT": 7, "DOUBLE": 7.0}.get(NUMERIC_CONCEPTS.get(concept, ""), "7")
        found = store.connection.table("spans").filter(f"ordinal = {number}").select(concept).fetchall()
        assert [(expected,)] == found, concept


@pytest.mark.parametrize(
    ("value", "tokens", "cost"),
    [
        (AnyValue(int_value=2**63 - 1), 2**63 - 1, float(2**63 - 1)),
        (AnyValue(double_value=0.25), 0, 0.25),
        (AnyValue(double_value=float("nan")), None, None),
        (AnyValue(double_value=float("inf")), None, None),
        (_text("12"), 12, 12.0),
        (_text("many"), None, None),
        (_text(""), None, None),
        (_text("1" * 300), None, None),
        (VALUES["kvlist"], None, None),
    ],
    ids=["integer", "double", "nan", "infinity", "text", "word", "no text", "long text", "kvlist"],
)
def test_numeric_concepts_are_numbers_or_null(
    value: AnyValue, tokens: int | None, cost: float | None, store: Store, submit: Submit
) -> None:
    """Tokens and costs come as numbers or as texts, and sometimes as neither."""
    keys = ("gen_ai.usage.input_tokens", "operation.cost")
    submit(request(span(1, attributes=[KeyValue(key=key, value=value) for key in keys])).SerializeToString())

    assert [(tokens, cost)] == store.connection.execute("SELECT input_tokens, cost_usd FROM spans").fetchall()


def test_every_concept_has_a_column_of_its_type(store: Store) -> None:
    """The vocabulary and the table name the same concepts."""
    columns = dict(store.connection.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'spans'").fetchall())

    assert {concept: NUMERIC_CONCEPTS.get(concept, "VARCHAR") for concept in CONVENTIONS} == {
        concept: columns.get(concept) for concept in CONVENTIONS
    }
