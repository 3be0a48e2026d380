"""Unpacking gzip within a limit: a small body can be made to grow a thousand times."""

import zlib
from typing import Final

from relaylens_collector.errors import UndecodableError
from relaylens_collector.receive.refusals import too_large

_GZIP: Final = 16 + zlib.MAX_WBITS
_MOST_MEMBERS: Final = 1000
_SLICE: Final = 1 << 16
"""What is fed at a time: the bytes after a member's end are copied, so that they must not be the whole rest."""


def unpack(body: bytes, limit: int) -> bytes:
    """Return what was packed, from all members of the body; no more than `limit` bytes are ever held."""
    parts: list[bytes] = []
    place = size = 0
    for _ in range(_MOST_MEMBERS):
        if place >= len(body):
            return parts[0] if len(parts) == 1 else b"".join(parts)
        member = zlib.decompressobj(_GZIP)
        while not member.eof:
            fed = body[place : place + _SLICE]
            if not fed:
                message = "The gzip body ends too early."
                raise UndecodableError(message)
            try:
                part = member.decompress(fed, limit - size + 1)
            except zlib.error as error:
                message = f"The body is not gzip: {error}."
                raise UndecodableError(message) from error
            place += len(fed) - len(member.unused_data)
            size += len(part)
            if size > limit:
                what = "The unpacked body"
                raise too_large(what, limit)
            parts.append(part)
        while body[place : place + 1] == b"\0":
            place += 1
    message = f"The gzip body has more than {_MOST_MEMBERS} members."
    raise UndecodableError(message)
