"""Spans as rows of the table `spans`, in columns."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa

from relaylens_collector.mapping.attributes import attributes_of
from relaylens_collector.mapping.cells import LongTexts, References
from relaylens_collector.mapping.columns import hexadecimal, microseconds, none_if_empty, offsets_of, optional_id, utf8
from relaylens_collector.mapping.concepts import concept_columns
from relaylens_collector.mapping.frame import Frame


def map_spans(frame: Frame, longs: LongTexts) -> Callable[[References], pa.Table]:
    """Take the spans' long texts; what is returned builds the rows once their references are known."""
    spans = frame.records
    attributes = attributes_of(spans.field("attributes"), longs)
    name = longs.take(utf8(spans.field("name")))
    message = longs.take(none_if_empty(utf8(spans.field("status").field("message"))))
    events = _map_events(spans.field("events"), longs)
    links = _map_links(spans.field("links"), longs)

    def table(references: References) -> pa.Table:
        texts = references.resolve(attributes.cells)
        start, end = spans.field("start_time_unix_nano"), spans.field("end_time_unix_nano")
        return pa.table(
            {
                **frame.columns(),
                "trace_id": hexadecimal(spans.field("trace_id")),
                "span_id": hexadecimal(spans.field("span_id")),
                "parent_span_id": optional_id(spans.field("parent_span_id")),
                "trace_state": none_if_empty(utf8(spans.field("trace_state"))),
                "flags": spans.field("flags"),
                "name": references.resolve(name),
                "kind": spans.field("kind"),
                "start_time_unix_nano": start,
                "end_time_unix_nano": end,
                "started_at": microseconds(start),
                "ended_at": microseconds(end),
                "status_code": spans.field("status").field("code").fill_null(0),
                "status_message": references.resolve(message),
                **attributes.columns(texts),
                "dropped_attributes_count": spans.field("dropped_attributes_count"),
                "events": events(references),
                "dropped_events_count": spans.field("dropped_events_count"),
                "links": links(references),
                "dropped_links_count": spans.field("dropped_links_count"),
                **concept_columns(attributes, texts),
            }
        )

    return table


def _map_events(lists: pa.ListArray, longs: LongTexts) -> Callable[[References], pa.ListArray]:
    """Take the events' long texts and return what builds their lists."""
    events = lists.flatten()
    attributes = attributes_of(events.field("attributes"), longs)
    return lambda references: _lists(
        lists,
        {
            "time_unix_nano": events.field("time_unix_nano"),
            "name": utf8(events.field("name")),
            **attributes.columns(references.resolve(attributes.cells)),
            "dropped_attributes_count": events.field("dropped_attributes_count"),
        },
    )


def _map_links(lists: pa.ListArray, longs: LongTexts) -> Callable[[References], pa.ListArray]:
    """Take the links' long texts and return what builds their lists."""
    links = lists.flatten()
    attributes = attributes_of(links.field("attributes"), longs)
    return lambda references: _lists(
        lists,
        {
            "trace_id": hexadecimal(links.field("trace_id")),
            "span_id": hexadecimal(links.field("span_id")),
            "trace_state": none_if_empty(utf8(links.field("trace_state"))),
            **attributes.columns(references.resolve(attributes.cells)),
            "dropped_attributes_count": links.field("dropped_attributes_count"),
            "flags": links.field("flags"),
        },
    )


def _lists(like: pa.ListArray, columns: dict[str, pa.Array]) -> pa.ListArray:
    """Return lists of structs with the columns as fields, as long as the lists given."""
    items = pa.StructArray.from_arrays(list(columns.values()), names=list(columns))
    return pa.ListArray.from_arrays(pa.array(np.asarray(offsets_of(like), np.int32)), items)
