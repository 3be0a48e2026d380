"""Decoding a request: its records in columns, and how many of them cannot be kept."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa

from relaylens_collector.errors import RequestTooLargeError, UndecodableError
from relaylens_collector.mapping import dead_letters, origins, wire
from relaylens_collector.mapping.columns import Ints, data_of, offsets_of, owners
from relaylens_collector.mapping.dead_letters import DeadLetter
from relaylens_collector.mapping.mending import mended_texts
from relaylens_collector.mapping.origins import Origin
from relaylens_collector.signals import Signal

TRACE_ID_BYTES: Final = 16
SPAN_ID_BYTES: Final = 8

COUNTED_ABOVE: Final = 4 << 20
"""Bytes; the parts of a smaller request take little memory whatever they are."""

MOST_PARTS: Final = 2_000_000
"""Records, attributes, events, links and data points of one request: two bytes on the wire can be a hundred in memory."""

_BAD_TRACE: Final = f"a trace_id that is not {TRACE_ID_BYTES} bytes or is all zero"
_BAD_SPAN: Final = f"a span_id that is not {SPAN_ID_BYTES} bytes or is all zero"


_ALONE: Final = frozenset({Signal.LABELS, Signal.OPERATIONS})
"""Signals of our own, of which a request holds one."""


@dataclass(frozen=True, slots=True)
class Level:
    """How a signal names its lists, from the request down to its records."""

    resources: str
    scopes: str
    records: str


LEVELS: Final = {
    Signal.TRACES: Level("resource_spans", "scope_spans", "spans"),
    Signal.LOGS: Level("resource_logs", "scope_logs", "log_records"),
    Signal.METRICS: Level("resource_metrics", "scope_metrics", "metrics"),
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A request's records in columns."""

    signal: Signal
    accepted: int
    rejected: int
    reason: str | None
    """What was rejected and why, and what was mended, or None."""

    records: pa.Array
    """Spans or log records as structs, metrics as protobuf bytes; the rejected ones left out. Labels: one JSON text."""

    ordinals: Ints
    """Place of each record in the request."""

    resources: tuple[Origin, ...]
    resource_of: Ints
    """For each record the place of its resource among `resources`."""

    scopes: tuple[Origin, ...]
    scope_of: Ints

    dead: tuple[DeadLetter, ...] = ()
    """The rejected records, the first of them when there are very many."""

    def compact(self) -> Self:
        """Copy the records into as much memory as they need: what they were decoded into grew by doubling, and is twice as large."""
        return replace(self, records=pa.concat_arrays([self.records, self.records.slice(0, 0)]))


def decode(signal: Signal, body: bytes) -> Decoded:
    """Decode a request; UndecodableError when its bytes are not a request of the signal.

    A record that cannot be read is rejected, and the others are taken; only when nothing would be left is the request refused.
    """
    if signal in _ALONE:
        return _one_document(signal, body)
    try:
        return _decode(signal, body)
    except RequestTooLargeError:
        raise
    except UndecodableError as error:
        rest = dead_letters.salvage(signal, body, error)
        decoded = _decode(signal, rest.body)
        if not decoded.accepted:
            raise
        first = rest.dead[0]
        counted = "1 record" if rest.count == 1 else f"{rest.count} records"
        said = f"{counted} cannot be read (first: {first.ordinal} of the request: {first.reason})"
        return replace(
            decoded,
            rejected=decoded.rejected + rest.count,
            reason=f"{said}; {decoded.reason or 'the others are stored.'}",
            ordinals=rest.ordinals[decoded.ordinals],
            dead=tuple(
                sorted(
                    (*rest.dead, *(replace(one, ordinal=int(rest.ordinals[one.ordinal])) for one in decoded.dead)),
                    key=lambda one: one.ordinal,
                )[: dead_letters.MOST]
            ),
        )


def check_parts(signal: Signal, body: bytes) -> None:
    """Raise RequestTooLargeError when a long request holds far more parts than one should."""
    if len(body) > COUNTED_ABOVE:
        parts = _parts(_read(wire.COUNTS[signal], [body], signal).column(0))
        if parts > MOST_PARTS:
            detail = f"It holds {parts} records, attributes, events, links or data points; {MOST_PARTS} are taken."
            raise RequestTooLargeError(detail)


def _decode(signal: Signal, body: bytes) -> Decoded:
    """Decode a request whose records can all be read."""
    level = LEVELS[signal]
    check_parts(signal, body)
    batch = _read(wire.REQUESTS[signal], [body], signal)
    per_resource = batch.column(level.resources).flatten()
    per_scope = per_resource.field(level.scopes).flatten()
    records = per_scope.field(level.records).flatten()
    scope_of_record = owners(offsets_of(per_scope.field(level.records)))
    resource_of_scope = owners(offsets_of(per_resource.field(level.scopes)))
    resources, resource_places = _origins(per_resource, "resource", origins.resource)
    scopes, scope_places = _origins(per_scope, "scope", origins.scope)
    if signal is Signal.METRICS:
        _read(wire.METRICS, records.to_pylist(), signal)
    ordinals = np.arange(len(records), dtype=np.int32)
    reason = None
    rejected = 0
    dead: tuple[DeadLetter, ...] = ()
    if signal is Signal.TRACES:
        good_trace = _ids_are_valid(records.field("trace_id"), TRACE_ID_BYTES)
        good_span = _ids_are_valid(records.field("span_id"), SPAN_ID_BYTES)
        good = good_trace & good_span
        rejected = int(len(records) - good.sum())
        if rejected:
            faults = ((~good_trace, _BAD_TRACE), (~good_span & good_trace, _BAD_SPAN))
            reason = _reason(faults)
            dead = dead_letters.of_spans(body, records, faults)
            records = records.filter(pa.array(good))
            ordinals, scope_of_record = ordinals[good], scope_of_record[good]
    mended = 0 if signal is Signal.METRICS else mended_texts(records)
    if mended:
        warning = f"{mended} {'text is' if mended == 1 else 'texts are'} not UTF-8, and stored with U+FFFD for what is not."
        reason = warning if reason is None else f"{reason} {warning}"
    return Decoded(
        signal,
        len(records),
        rejected,
        reason,
        records,
        ordinals,
        resources,
        resource_places[resource_of_scope][scope_of_record],
        scopes,
        scope_places[scope_of_record],
        dead,
    )


def _read(reader: wire.Reader, messages: list[bytes], signal: Signal) -> pa.RecordBatch:
    """Decode messages of one type."""
    try:
        return reader.list_to_record_batch(messages)
    except ValueError as error:
        detail = f"Decoding {signal} of {sum(map(len, messages))} bytes: {error}."
        raise UndecodableError(detail) from error


def _parts(values: pa.Array) -> int:
    """Count the items of all lists in nested lists and structs."""
    if pa.types.is_list(values.type):
        items = values.flatten()
        return len(items) + _parts(items)
    if pa.types.is_struct(values.type):
        return sum(_parts(child) for child in values.flatten())
    return 0


def _one_document(signal: Signal, body: bytes) -> Decoded:
    """Take one label or operation, a JSON object; nothing is left of one that was erased."""
    none = np.zeros(1, np.int32)
    if not body:
        return Decoded(signal, 0, 0, None, pa.array([], pa.string()), none[:0], (), none[:0], (), none[:0])
    try:
        said = json.loads(body)
        if not isinstance(said, dict):
            detail = f"What is among {signal} is a JSON object."
            raise UndecodableError(detail)
        # A lone surrogate is allowed in JSON and in no column.
        text = json.dumps(said, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    except (ValueError, RecursionError) as error:
        detail = f"What is among {signal} is not JSON: {error}."
        raise UndecodableError(detail) from error
    return Decoded(signal, 1, 0, None, pa.array([text], pa.string()), none, (), none, (), none)


def _origins(column: pa.StructArray, name: str, read: Callable[[bytes, bytes], Origin]) -> tuple[tuple[Origin, ...], Ints]:
    """Decode the distinct resources or scopes, and return for each row the place of its own."""
    bodies: Sequence[Any] = column.field(name).to_pylist()
    urls: Sequence[Any] = column.field("schema_url").to_pylist()
    places: dict[tuple[bytes, bytes], int] = {}
    found = np.array([places.setdefault(pair, len(places)) for pair in zip(bodies, urls, strict=True)], np.int32)
    return tuple(read(*pair) for pair in places), found


def _ids_are_valid(ids: pa.Array, size: int) -> Ints:
    """Return which ids have the right size and are not all zero."""
    data, offsets = data_of(ids)
    right: Ints = np.diff(offsets) == size
    if right.all():
        right &= data[offsets[0] : offsets[-1]].reshape(-1, size).any(axis=1)
        return right
    valid = np.zeros(len(ids), np.bool_)
    valid[right] = _ids_are_valid(ids.filter(pa.array(right)), size)
    return valid


def _reason(faults: Sequence[tuple[Ints, str]]) -> str:
    """Say how many spans have which fault, and where the first one is."""
    said = [
        f"{bad.sum()} {'span has' if bad.sum() == 1 else 'spans have'} {what} (first: span {int(np.argmax(bad))} of the request)"
        for bad, what in faults
        if bad.any()
    ]
    return "; ".join(said) + "; the others are stored."
