"""Texts that are not UTF-8: they are stored with U+FFFD for what is not, and the sender is told."""

from collections.abc import Iterator

import pyarrow as pa


def mended_texts(records: pa.Array) -> int:
    """Count the texts of spans or log records that are not UTF-8."""
    return sum(_broken(values) for values in _texts(records))


def _texts(records: pa.Array) -> Iterator[pa.Array]:
    """Find the columns of texts in a column of structs; resources and scopes, few and looked at elsewhere, are left out."""
    for name in ("name", "trace_state", "severity_text", "event_name", "key", "string_value"):
        if records.type.get_field_index(name) >= 0:
            yield records.field(name)
    for name in ("status", "body", "value"):
        if records.type.get_field_index(name) >= 0:
            yield from _texts(records.field(name))
    for name in ("attributes", "events", "links"):
        if records.type.get_field_index(name) >= 0:
            yield from _texts(records.field(name).flatten())


def _broken(values: pa.Array) -> int:
    """Count what is not UTF-8; one look at all of them together where nothing is."""
    try:
        values.cast(pa.string())
    except pa.ArrowInvalid:
        if len(values) == 1:
            return 1
        half = len(values) // 2
        return _broken(values[:half]) + _broken(values[half:])
    return 0
