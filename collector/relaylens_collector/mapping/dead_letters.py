"""Dead letters: records that are rejected within a request whose others are stored, each with the reason and what was found of it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from relaylens_collector.errors import UndecodableError
from relaylens_collector.mapping import wire
from relaylens_collector.mapping.columns import Ints
from relaylens_collector.mapping.walking import fields, parts, written_varint
from relaylens_collector.signals import Signal

MOST: Final = 1000
"""Kept of one request; those above are counted with their batch."""

KEPT_BYTES: Final = 2048
"""Kept of the record's bytes."""

_KEPT_ID: Final = 32
_KEPT_NAME: Final = 200

UNREADABLE: Final = b"\x00"
"""Begins a record whose JSON cannot be written as protobuf: field number 0, which no reader takes. JSON with reason and record follows."""

_RESOURCE_LISTS: Final = 1 << 3 | 2
_SCOPE_LISTS: Final = 2 << 3 | 2
_RECORDS: Final = 2 << 3 | 2
_LEVELS: Final = (_RESOURCE_LISTS, _SCOPE_LISTS, _RECORDS)
"""Resource, scope and record lists have the same field numbers in all three signals."""

_FOUND_IN: Final = {Signal.TRACES: (1, 2, 5), Signal.LOGS: (9, 10, 12), Signal.METRICS: (None, None, 1)}
"""Field numbers of trace id, span id and name."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that is not stored."""

    ordinal: int
    """Its place in the request."""

    reason: str
    trace_id: str | None
    """As found, in hex; it may be what is wrong."""

    span_id: str | None
    name: str | None
    body: bytes
    """Its first bytes."""

    size: int


@dataclass(frozen=True, slots=True)
class Salvaged:
    """A request without the records that cannot be read."""

    body: bytes
    ordinals: Ints
    """For each record left its place in the request as it came."""

    dead: tuple[DeadLetter, ...]
    count: int
    """How many records were left out."""


def salvage(signal: Signal, body: bytes, error: UndecodableError) -> Salvaged:
    """Leave out the records that cannot be read; raises the error when something else is broken, or nothing would be left."""
    try:
        places = _places(body)
        broken = _broken(wire.RECORDS[signal], [body[begin:end] for begin, end in places])
        if not broken or len(broken) == len(places):
            raise error
        dropped = {places[ordinal][0] for ordinal in broken}
        rest = _without(body, (0, len(body)), _LEVELS, dropped)
    except (ValueError, IndexError):
        raise error from None
    dead = tuple(_unreadable(signal, ordinal, body[slice(*places[ordinal])], why) for ordinal, why in list(broken.items())[:MOST])
    return Salvaged(rest, np.delete(np.arange(len(places), dtype=np.int32), list(broken)), dead, len(broken))


def of_spans(body: bytes, spans: pa.StructArray, faults: Sequence[tuple[Ints, str]]) -> tuple[DeadLetter, ...]:
    """Return dead letters of spans that are read and not taken; of each fault which spans have it."""
    reasons = {int(place): why for bad, why in faults for place in np.flatnonzero(bad)[:MOST]}
    wanted = sorted(reasons)[:MOST]
    ids, names = {name: spans.field(name).take(pa.array(wanted)).to_pylist() for name in ("trace_id", "span_id")}, spans.field("name")
    places = _some_places(body, wanted)
    return tuple(
        DeadLetter(
            ordinal,
            reasons[ordinal],
            _hex(ids["trace_id"][number]),
            _hex(ids["span_id"][number]),
            _text(names[ordinal].as_py()),
            body[begin : min(end, begin + KEPT_BYTES)],
            end - begin,
        )
        for number, (ordinal, (begin, end)) in enumerate(zip(wanted, places, strict=True))
    )


def unreadable_json(record: Any, why: str) -> bytes:  # noqa: ANN401 - whatever JSON holds
    """Return the bytes that stand in a request for a record whose JSON cannot be written as protobuf."""
    text = json.dumps(record).encode()
    return UNREADABLE + json.dumps({"why": why, "size": len(text), "record": text[:KEPT_BYTES].decode()}).encode()


def _places(body: bytes) -> list[tuple[int, int]]:
    """Find where all records begin and end."""
    return list(_records(body))


def _records(body: bytes) -> Iterable[tuple[int, int]]:
    for resource in parts(body, 0, len(body), _RESOURCE_LISTS):
        for scope in parts(body, *resource, _SCOPE_LISTS):
            yield from parts(body, *scope, _RECORDS)


def _some_places(body: bytes, wanted: list[int]) -> list[tuple[int, int]]:
    """Find where the records with these ordinals begin and end; nowhere where the walk does not follow the decoder."""
    left, found = set(wanted), []
    try:
        for ordinal, place in enumerate(_records(body)):
            if ordinal in left:
                found.append(place)
                if len(found) == len(wanted):
                    break
    except (ValueError, IndexError):
        pass
    return found + [(0, 0)] * (len(wanted) - len(found))


def _broken(reader: wire.Reader, records: list[bytes]) -> dict[int, str]:
    """Return the ordinals of the records that cannot be read, and why: halves that can be read are read only once."""
    found: dict[int, str] = {}
    waiting = [(0, len(records))]
    while waiting:
        begin, end = waiting.pop()
        try:
            reader.list_to_record_batch(records[begin:end])
        except ValueError as error:
            if end - begin == 1:
                found[begin] = str(error)
            else:
                half = (begin + end) // 2
                waiting += ((half, end), (begin, half))
    return found


def _without(body: bytes, place: tuple[int, int], tags: Sequence[int], dropped: set[int]) -> bytes:
    """Write a message anew without the records that begin at these places."""
    written: list[bytes] = []
    for tag, begin, content, end in fields(body, *place):
        if tag != tags[0]:
            written.append(body[begin:end])
        elif len(tags) > 1:
            inner = _without(body, (content, end), tags[1:], dropped)
            written += (written_varint(tag), written_varint(len(inner)), inner)
        elif content not in dropped:
            written.append(body[begin:end])
    return b"".join(written)


def _unreadable(signal: Signal, ordinal: int, record: bytes, why: str) -> DeadLetter:
    if record[:1] == UNREADABLE:
        try:
            said = json.loads(record[1:])
            return DeadLetter(ordinal, said["why"], None, None, None, said["record"].encode(), said["size"])
        except (ValueError, KeyError, TypeError, AttributeError):
            pass  # a sender may have written anything
    found = dict.fromkeys(_FOUND_IN[signal], b"")
    try:
        for tag, _, content, end in fields(record, 0, len(record)):
            if tag & 7 == 2 and tag >> 3 in found:  # noqa: PLR2004 - a field with a length
                found[tag >> 3] = record[content:end]
    except (ValueError, IndexError):
        pass  # what stands before the fault is found
    trace_id, span_id, name = (found.get(number) for number in _FOUND_IN[signal])
    return DeadLetter(ordinal, why, _hex(trace_id), _hex(span_id), _text(name), record[:KEPT_BYTES], len(record))


def _hex(value: bytes | None) -> str | None:
    return value[:_KEPT_ID].hex() if value else None


def _text(value: bytes | None) -> str | None:
    return value[:_KEPT_NAME].decode(errors="replace") if value else None
