"""Cutting long texts so that what repeats is stored once.

Agents send the conversation so far with every call, so a text is mostly texts already sent. A list of messages is cut before
and after each message; the messages already stored are then found by content. Where a text is cut depends on that text alone,
and the chunks joined are the text again.
"""

import re
from typing import Final

SMALLEST: Final = 160
"""Bytes; a message that is smaller is kept together with the next ones, or their references would outgrow the text."""

SHORT: Final = 400
"""Bytes; a text up to this long stays whole: only the first calls of a conversation are that short."""

_OPENING: Final = re.compile(rb"""\[(\s*)(?:(\{\s*\\*["'][^"'\\]{1,40}\\*["'])|["']?[A-Z]\w{0,40}Message\()""")
"""The first list of objects in JSON, Python or JSON within JSON, told by its first key; or of message objects as Python prints them."""

_BEFORE_PRINTED: Final = re.compile(rb""",\s*(?=["']?[A-Z]\w{0,40}Message\()""")


def chunks(text: bytes) -> list[bytes]:
    """Cut the text before and after each message of the first list of messages in it."""
    opening = _OPENING.search(text) if len(text) > SHORT else None
    if opening is None:
        return [text]
    space, head = opening.groups()
    start = opening.end(1)
    if head is None:
        comma = b", "
        pieces = _BEFORE_PRINTED.split(text[start:])
        if comma.join(pieces) != text[start:]:
            return [text]
    else:
        comma = b"," + space
        if not space and b", " + head in text:
            comma = b", "
        pieces = text[start:].split(comma + head)
        pieces[1:] = [head + piece for piece in pieces[1:]]
    return [text[:start], *_joined(pieces, comma)]


def _joined(pieces: list[bytes], comma: bytes) -> list[bytes]:
    """Return the messages with the commas between them, small messages together, and what follows the last one by itself."""
    last = pieces.pop()
    end = last.rfind(b"}") + 1 or len(last)
    result: list[bytes] = []
    small = b""
    for piece in pieces:
        if small or len(piece) < SMALLEST:
            small += piece + comma
            if len(small) < SMALLEST:
                continue
            result += (small[: -len(comma)], comma)
            small = b""
        else:
            result += (piece, comma)
    result.append(small + last[:end])
    if end < len(last):
        result.append(last[end:])
    return result
