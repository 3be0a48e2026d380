"""A look at how many records a request holds, before anything is built from it.

A span can be as short as two bytes on the wire and hundreds in memory, so that the size alone does not bound the work.
"""

from collections.abc import Iterator
from typing import Final

_SHORTEST_RECORD: Final = 2
_RESOURCES: Final = 1 << 3 | 2
_SCOPES: Final = 2 << 3 | 2
_RECORDS: Final = 2 << 3 | 2
"""Resource, scope and record lists have the same field numbers in all three signals."""

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


def has_more_records(body: bytes, limit: int) -> bool:
    """Tell whether resources, scopes and records together are more than a limit; broken bytes are left to the decoder."""
    if len(body) <= _SHORTEST_RECORD * limit:
        return False
    count = 0
    try:
        for resource in _parts(body, 0, len(body), _RESOURCES):
            count += 1
            for scope in _parts(body, *resource, _SCOPES):
                count += 1
                for _ in _parts(body, *scope, _RECORDS):
                    count += 1
                    if count > limit:
                        return True
            if count > limit:
                return True
    except (IndexError, ValueError):
        return False
    return False


def _parts(body: bytes, place: int, end: int, wanted: int) -> Iterator[tuple[int, int]]:
    """Yield where the wanted parts of a message begin and end."""
    while place < end:
        tag, place = _varint(body, place)
        kind = tag & 7
        if kind == _LENGTH:
            size, place = _varint(body, place)
            if place + size > end:
                raise ValueError
            if tag == wanted:
                yield place, place + size
            place += size
        elif kind == _VARINT:
            _, place = _varint(body, place)
        elif kind == _FIXED64:
            place += 8
        elif kind == _FIXED32:
            place += 4
        else:
            raise ValueError


def _varint(body: bytes, place: int) -> tuple[int, int]:
    byte = body[place]
    if byte < 0x80:  # noqa: PLR2004 - the highest bit says that another byte follows
        return byte, place + 1
    value = shift = 0
    while byte >= 0x80:  # noqa: PLR2004
        value |= (byte & 0x7F) << shift
        shift += 7
        place += 1
        byte = body[place]
    return value | byte << shift, place + 1
