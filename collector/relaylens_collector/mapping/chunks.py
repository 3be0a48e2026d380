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

_BEFORE_PRINTED: Final = re.compile(rb""", (?=["']?[A-Z]\w{0,40}Message\()""")
_COMMA: Final = b", "


def chunks(text: bytes) -> list[bytes]:
    """Cut the text before and after each message of the first list of messages in it."""
    opening = _OPENING.search(text) if len(text) > SHORT else None
    if opening is None:
        return [text]
    space, head = opening.groups()
    start = opening.end(1)
    result = [text[:start]]
    if head is None:
        comma = _COMMA
        cuts = [match.start() for match in _BEFORE_PRINTED.finditer(text, start)]
    else:
        comma = b"," + space if space else _COMMA
        cuts = _places(text, comma + head, start)
        if not cuts and not space:
            comma = b","
            cuts = _places(text, comma + head, start)
    for cut in cuts:
        if cut - start >= SMALLEST:
            result += (text[start:cut], comma)
            start = cut + len(comma)
    end = text.rfind(b"}", start) + 1 or len(text)
    result.append(text[start:end])
    if end < len(text):
        result.append(text[end:])
    return result


def _places(text: bytes, wanted: bytes, start: int) -> list[int]:
    """Find where a list's further messages begin, with the comma before them."""
    found = []
    place = text.find(wanted, start)
    while place >= 0:
        found.append(place)
        place = text.find(wanted, place + 1)
    return found
