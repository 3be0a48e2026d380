"""The numbers of a batch's spans are stored as stretches without a gap."""

from datetime import UTC, datetime, timedelta
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.collector.store.building import request, span
from tests.collector.store.conftest import Submit

from relaylens_collector.store import Store

BEGAN = 1_790_000_000_000_000_000


def _numbered(*numbers: object, process: str = "p") -> bytes:
    """Return a request of a process whose spans have these numbers and begin as many seconds after each other."""
    spans = []
    for place, number in enumerate(numbers, 1):
        one = span(place, start_time_unix_nano=BEGAN + (number * 10**9 if isinstance(number, int) and number < 100 else 0))
        _number(one, number)
        spans.append(one)
    made = request(*spans)
    made.resource_spans[0].resource.attributes.add(key="relaylens.process.id").value.string_value = process
    return made.SerializeToString()


def _number(one: Span, number: object) -> None:
    value = one.attributes.add(key="relaylens.sequence").value
    if isinstance(number, int):
        value.int_value = number
    else:
        value.string_value = str(number)


def _ranges(store: Store) -> list[tuple[Any, ...]]:
    """Return batch, place, first, last, spans, and the three times as seconds."""
    rows = store.connection.execute(
        "SELECT batch, ordinal, first, last, spans, first_started_at, last_started_at, reached_at FROM number_ranges ORDER BY ALL"
    ).fetchall()
    began = datetime.fromtimestamp(BEGAN / 1e9, UTC).replace(tzinfo=None)
    return [(*row[:5], *((moment - began) // timedelta(seconds=1) for moment in row[5:])) for row in rows]


def test_numbers_that_follow_each_other_are_one_row(store: Store, submit: Submit) -> None:
    """In whatever order they come, each batch by itself, and a number that comes twice counts as two spans."""
    submit(_numbered(3, 1, 2, 7, 8, 8))
    submit(_numbered(5, 4))

    assert [(1, 0, 1, 3, 3, 1, 3, 3), (1, 1, 7, 8, 3, 7, 8, 8), (2, 0, 4, 5, 2, 4, 5, 5)] == _ranges(store)


def test_what_no_process_can_have_counted_is_left_out(store: Store, submit: Submit) -> None:
    """Words, fractions, negative numbers and those beyond all reason are no numbers; text of digits is one."""
    submit(_numbered("one", "1.5", -1, 0, 10**13, "12", 10**12 + 1))
    submit(_numbered("none"))

    assert [(1, 0, 12, 12, 1, 0, 0, 0)] == _ranges(store)


def test_spans_without_a_time_have_none(store: Store, submit: Submit) -> None:
    """A span whose beginning is not known does not count for the times of its stretch."""
    unknown = span(1)
    _number(unknown, 1)
    submit(request(unknown).SerializeToString())

    assert [(1, 1, None, None, None)] == store.connection.execute(
        "SELECT first, last, first_started_at, last_started_at, reached_at FROM number_ranges"
    ).fetchall()
