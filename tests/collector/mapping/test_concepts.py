"""A concept is the first of its conventions that a span has."""

import pyarrow as pa
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from tests.collector.store.building import request, span

from relaylens.semconv import CONVENTIONS
from relaylens_collector.mapping import decode
from relaylens_collector.mapping.attributes import attributes_of
from relaylens_collector.mapping.cells import LongTexts
from relaylens_collector.mapping.concepts import concept_columns
from relaylens_collector.signals import Signal


def _concepts(*spans: dict[str, str], conventions: dict[str, tuple[str, ...]] | None = None) -> dict[str, list[str | None]]:
    """Return the concepts of spans with the attributes."""
    made = [
        span(number, attributes=[KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in attributes.items()])
        for number, attributes in enumerate(spans, start=1)
    ]
    records = decode(Signal.TRACES, request(*made).SerializeToString()).records
    attributes = attributes_of(records.field("attributes"), LongTexts())
    columns = concept_columns(attributes, attributes.cells.texts, conventions or CONVENTIONS)
    return {concept: column.to_pylist() for concept, column in columns.items() if column.null_count < len(column)}


def test_the_preferred_key_wins_whatever_the_order() -> None:
    """Each span is looked at by itself."""
    found = _concepts(
        {"agent.name": "second", "gen_ai.agent.name": "first"},
        {},
        {"gen_ai.agent.name": "first", "agent.name": "second"},
        {"graph.node.name": "last"},
        {"unknown": "x"},
    )

    assert {"agent_name": ["first", None, "first", "last", None]} == found


def test_a_key_may_serve_two_concepts() -> None:
    """Conventions are looked at one by one."""
    assert {"a": ["1", None], "b": ["2", "2"]} == _concepts(
        {"x": "1", "y": "2"}, {"y": "2"}, conventions={"a": ("x",), "b": ("y", "x"), "c": ("z",)}
    )


def test_every_convention_is_found() -> None:
    """Each key of the vocabulary gives its concept when it is alone."""
    for concept, keys in CONVENTIONS.items():
        for key in keys:
            assert {concept: ["value"]} == {name: values for name, values in _concepts({key: "value"}).items() if name == concept}


def test_spans_without_any_attribute_have_no_concepts() -> None:
    """Columns are as long as the spans also when there is nothing in them."""
    records = decode(Signal.TRACES, request(span(1), span(2)).SerializeToString()).records
    attributes = attributes_of(records.field("attributes"), LongTexts())

    columns = concept_columns(attributes, attributes.cells.texts)

    assert dict.fromkeys(CONVENTIONS, pa.array([None, None], pa.string())) == columns
