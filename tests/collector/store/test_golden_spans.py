"""Spans of every shape are stored loss-free: the row turned back into protobuf is the span that was sent."""

import pytest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tests.collector.golden.spans import VALUES, golden_spans, text
from tests.collector.store.building import request
from tests.collector.store.conftest import Submit

from relaylens_collector.store import Store
from relaylens_collector.store.otlp_messages import Messages


def test_every_pair_of_values_comes_back(store: Store, submit: Submit) -> None:
    """A row holds all of its span, whatever values come together."""
    spans = golden_spans()
    batch = submit(request(*spans).SerializeToString())

    found = Messages(store.connection).spans([batch])

    assert len(spans) == len(found)
    for sent, stored in zip(spans, found, strict=True):
        for attribute in sent.attributes:
            attribute.value.SetInParent()
        sent.status.SetInParent()
        assert sent.SerializeToString(deterministic=True) == stored.SerializeToString(deterministic=True)


@pytest.mark.parametrize("kind", VALUES)
def test_every_kind_of_value_has_its_letter(kind: str, store: Store, submit: Submit) -> None:
    """The letter tells the kind, so that a reader can tell a number from its digits."""
    value = VALUES[kind]
    batch = submit(request(Span(trace_id=b"1" * 16, span_id=b"1" * 8, attributes=[KeyValue(key="a", value=value)])).SerializeToString())

    found = store.connection.execute("SELECT attribute_types FROM spans WHERE batch = $batch", {"batch": batch}).fetchall()

    letters = {"string_value": "s", "bool_value": "b", "int_value": "i", "double_value": "d", "bytes_value": "x", None: "e"}
    plain = {"array_value": "a", "kvlist_value": "k"}
    which = value.WhichOneof("value")
    lossy = kind in {"array with bytes", "array with infinity", "kvlist with bytes", "kvlist with a key twice"}
    expected = letters.get(which) or (plain[str(which)].upper() if lossy else plain[str(which)])
    assert [(expected,)] == found


def test_all_rows_of_a_repeated_key_keep_the_last_value(store: Store, submit: Submit) -> None:
    """Of repeated keys the last value counts, in spans, events and links."""
    twice = [KeyValue(key=key, value=text(value)) for key, value in (("a", "1"), ("b", "2"), ("a", "3"))]
    once = [KeyValue(key=key, value=text(value)) for key, value in (("b", "2"), ("a", "3"))]

    def made(attributes: list[KeyValue]) -> Span:
        return Span(
            trace_id=b"1" * 16,
            span_id=b"1" * 8,
            attributes=attributes,
            events=[Span.Event(attributes=attributes), Span.Event(), Span.Event(attributes=attributes)],
            links=[Span.Link(attributes=attributes)],
            status=Status(),
        )

    batch = submit(request(made(twice), Span(trace_id=b"1" * 16, span_id=b"2" * 8, status=Status()), made(once)).SerializeToString())

    found = Messages(store.connection).spans([batch])

    assert [made(once), Span(trace_id=b"1" * 16, span_id=b"2" * 8, status=Status()), made(once)] == found
