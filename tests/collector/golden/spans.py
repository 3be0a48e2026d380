"""Spans of every shape: all pairs of kind, parent, status, attribute, events, links, times, state, flags, counts and name."""

import itertools
import math
import random
from collections.abc import Mapping, Sequence

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

LONG = "The customer asks again, and again. " * 40
BIG = 2**32 - 1
LAST = 2**64 - 1


def array(*values: AnyValue) -> AnyValue:
    """Return an array value."""
    return AnyValue(array_value=ArrayValue(values=values))


def kvlist(**values: AnyValue) -> AnyValue:
    """Return a kvlist value."""
    return AnyValue(kvlist_value=KeyValueList(values=[KeyValue(key=key, value=value) for key, value in values.items()]))


def text(value: str) -> AnyValue:
    """Return a string value."""
    return AnyValue(string_value=value)


VALUES = {
    "text": text("plain"),
    "no text": text(""),
    "unicode": text("Grüße \U0001f680 \u202e \x00 \x7f"),
    "text of 240 bytes": text("x" * 240),
    "text of 241 bytes": text("x" * 241),
    "forged reference": text("\x011,2,3"),
    "long forged reference": text("\x01" + "1," * 200),
    "long text": text(LONG),
    "true": AnyValue(bool_value=True),
    "false": AnyValue(bool_value=False),
    "zero": AnyValue(int_value=0),
    "least integer": AnyValue(int_value=-(2**63)),
    "greatest integer": AnyValue(int_value=2**63 - 1),
    "double": AnyValue(double_value=0.1),
    "whole double": AnyValue(double_value=3.0),
    "minus zero": AnyValue(double_value=-0.0),
    "least double": AnyValue(double_value=5e-324),
    "greatest double": AnyValue(double_value=1.7976931348623157e308),
    "not a number": AnyValue(double_value=math.nan),
    "infinity": AnyValue(double_value=math.inf),
    "minus infinity": AnyValue(double_value=-math.inf),
    "bytes": AnyValue(bytes_value=bytes(range(256))),
    "no bytes": AnyValue(bytes_value=b""),
    "array": array(text("a"), AnyValue(int_value=1), AnyValue(double_value=1.0), AnyValue(bool_value=True), AnyValue()),
    "empty array": array(),
    "array of arrays": array(array(array()), kvlist(a=array(AnyValue(int_value=2**63 - 1)))),
    "array with bytes": array(AnyValue(bytes_value=b"\xff"), text("a")),
    "array with infinity": array(AnyValue(double_value=math.inf), AnyValue(double_value=-0.0)),
    "kvlist": kvlist(text=text("a"), number=AnyValue(int_value=-1), nested=kvlist(a=kvlist(b=AnyValue(double_value=0.5)))),
    "empty kvlist": kvlist(),
    "kvlist with bytes": kvlist(a=AnyValue(bytes_value=b"\x00"), b=kvlist(c=AnyValue(double_value=-math.inf))),
    "kvlist with a key twice": AnyValue(
        kvlist_value=KeyValueList(values=[KeyValue(key="a", value=AnyValue(int_value=number)) for number in (1, 2)])
    ),
    "long array": array(*(text(LONG) for _ in range(3))),
    "empty": AnyValue(),
}
"""Every kind of AnyValue, and the edges of each."""

EVENTS = (
    (),
    (Span.Event(),),
    (
        Span.Event(time_unix_nano=LAST, name="exception", attributes=[KeyValue(key="exception.message", value=text(LONG))]),
        Span.Event(time_unix_nano=1, name=LONG, dropped_attributes_count=BIG, attributes=[KeyValue(key="a", value=VALUES["kvlist"])]),
    ),
)
LINKS = (
    (),
    (
        Span.Link(trace_id=b"\x01" * 16, span_id=b"\x02" * 8, trace_state="a=1", flags=768, dropped_attributes_count=BIG),
        Span.Link(trace_id=b"\xff" * 16, span_id=b"\xfe" * 8, attributes=[KeyValue(key="a", value=VALUES["not a number"])]),
        Span.Link(trace_id=b"\x01\x02", span_id=b""),
    ),
)

DIMENSIONS: tuple[Sequence[Mapping[str, object]], ...] = (
    [{"kind": kind} for kind in (*Span.SpanKind.values(), 99)],
    [{"parent_span_id": b""}, {"parent_span_id": b"\xab" * 8}, {"parent_span_id": b"\x01"}],
    [
        {},
        {"status": Status(code=Status.StatusCode.STATUS_CODE_OK)},
        {"status": Status(code=Status.StatusCode.STATUS_CODE_ERROR, message="broken")},
        {"status": Status(code=Status.StatusCode.STATUS_CODE_ERROR, message=LONG)},
        {"status": Status(message="\x01")},
    ],
    [{"attributes": [KeyValue(key="a", value=value)]} for value in VALUES.values()]
    + [{"attributes": [KeyValue(key=key, value=value) for key, value in VALUES.items()]}, {}, {"attributes": [KeyValue(key="")]}],
    [{"events": events} for events in EVENTS],
    [{"links": links} for links in LINKS],
    [
        {"start_time_unix_nano": start, "end_time_unix_nano": end}
        for start, end in ((0, 0), (1, 2**63 - 1), (2**63, LAST), (LAST, 1), (1_790_000_000_123_456_789, 1_790_000_000_123_456_790))
    ],
    [{"trace_state": ""}, {"trace_state": "vendor=value,other=1"}],
    [{"flags": flags} for flags in (0, 256, BIG)],
    [{}, {"dropped_attributes_count": BIG, "dropped_events_count": BIG, "dropped_links_count": BIG}],
    [{"name": name} for name in ("", "chat gpt-4.1", "передача → агент", LONG, "\x01", "\x01" + LONG)],
)


def pairwise(dimensions: Sequence[Sequence[object]]) -> list[list[int]]:
    """Return choices of one value of each dimension, such that every pair of values of two dimensions is among them."""
    chance = random.Random(1)  # noqa: S311 - the same choices each time
    missing: dict[tuple[int, int, int, int], None] = dict.fromkeys(
        (one, first, other, second)
        for one, other in itertools.combinations(range(len(dimensions)), 2)
        for first in range(len(dimensions[one]))
        for second in range(len(dimensions[other]))
    )
    rows: list[list[int]] = []
    while missing:
        candidates = []
        one, first, other, second = next(iter(missing))
        for _ in range(20):
            row = [chance.randrange(len(values)) for values in dimensions]
            row[one], row[other] = first, second
            candidates.append((sum(pair in missing for pair in _pairs(row)), row))
        row = max(candidates)[1]
        for pair in _pairs(row):
            missing.pop(pair, None)
        rows.append(row)
    return rows


def _pairs(row: Sequence[int]) -> set[tuple[int, int, int, int]]:
    """Return the pairs of values in a choice."""
    return {(one, row[one], other, row[other]) for one, other in itertools.combinations(range(len(row)), 2)}


def golden_spans(trace: bytes | None = None) -> list[Span]:
    """Return the spans of all choices, each with a trace of its own or all in one."""
    spans = []
    for number, row in enumerate(pairwise(DIMENSIONS), start=1):
        fields = {name: value for values, chosen in zip(DIMENSIONS, row, strict=True) for name, value in values[chosen].items()}
        spans.append(Span(trace_id=trace or number.to_bytes(16), span_id=number.to_bytes(8), **fields))  # type: ignore[arg-type]
    return spans
