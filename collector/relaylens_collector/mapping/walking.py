"""Walking over the fields of a protobuf message without decoding it."""

from collections.abc import Iterator
from typing import Final

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_SEVEN_BITS: Final = 0x7F
_LONGEST_SHIFT: Final = 63

Field = tuple[int, int, int, int]
"""Tag, where the field begins, where its content begins and where it ends."""


def fields(body: bytes, place: int, end: int) -> Iterator[Field]:
    """Yield the fields of the message that lies between two places; ValueError or IndexError when it is broken."""
    while place < end:
        begin = place
        tag, place = varint(body, place)
        kind = tag & 7
        content = place
        if kind == _LENGTH:
            size, content = varint(body, place)
            place = content + size
        elif kind == _VARINT:
            _, place = varint(body, place)
        elif kind == _FIXED64:
            place += 8
        elif kind == _FIXED32:
            place += 4
        else:
            raise ValueError
        if place > end or tag >> 3 == 0:
            raise ValueError
        yield tag, begin, content, place


def parts(body: bytes, place: int, end: int, wanted: int) -> Iterator[tuple[int, int]]:
    """Yield where the contents of the fields with a tag begin and end."""
    for tag, _, content, stop in fields(body, place, end):
        if tag == wanted:
            yield content, stop


def varint(body: bytes, place: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, and return it with the place behind it."""
    byte = body[place]
    if byte <= _SEVEN_BITS:
        return byte, place + 1
    value = shift = 0
    while byte > _SEVEN_BITS:
        if shift >= _LONGEST_SHIFT:
            raise ValueError
        value |= (byte & _SEVEN_BITS) << shift
        shift += 7
        place += 1
        byte = body[place]
    return value | byte << shift, place + 1


def written_varint(value: int) -> bytes:
    """Write a number in seven bits a byte."""
    written = bytearray()
    while value > _SEVEN_BITS:
        written.append(value & _SEVEN_BITS | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)
