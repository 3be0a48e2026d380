"""Cutting long texts so that what repeats is stored once.

Agents send the conversation so far with every call, so a text is mostly texts already sent. A list of messages is cut before
and after each message; the messages already stored are then found by content. Where a text is cut depends on that text alone,
and the chunks joined are the text again.
"""

import re
from collections.abc import Sequence
from typing import Final

SMALLEST: Final = 160
"""Bytes; a message that is smaller is kept together with the next ones, or their references would outgrow the text."""

SHORT: Final = 400
"""Bytes; a text up to this long stays whole: only the first calls of a conversation are that short."""

_OPENING: Final = re.compile(rb"""\[(\s*)(?:(\{\s*\\*["'][^"'\\]{1,40}\\*["'])|["']?[A-Z]\w{0,40}Message\()""")
"""The first list of objects in JSON, Python or JSON within JSON, told by its first key; or of message objects as Python prints them."""

_BEFORE_PRINTED: Final = re.compile(rb""", (?=["']?[A-Z]\w{0,40}Message\()""")
_COMMA: Final = b", "


def cuts(texts: bytes, ends: Sequence[int]) -> tuple[list[int], list[int]]:
    """Cut each text before and after each message of the first list of messages in it.

    The texts lie one after the other and end at `ends`. Returns where their chunks end, and how many of them each text has.
    """
    places: list[int] = []
    counts = []
    start = 0
    for end in ends:
        before = len(places)
        if end - start > SHORT and (opening := _OPENING.search(texts, start, end)):
            _cut_list(texts, opening, end, places)
        places.append(end)
        counts.append(len(places) - before)
        start = end
    return places, counts


def _cut_list(texts: bytes, opening: re.Match[bytes], end: int, places: list[int]) -> None:
    """Cut one text whose first list begins at the opening; its own end is left out."""
    space, head = opening.groups()
    start = opening.end(1)
    places.append(start)
    if head is None:
        comma = _COMMA
        found = [match.start() for match in _BEFORE_PRINTED.finditer(texts, start, end)]
    else:
        comma = b"," + space if space else _COMMA
        found = _places(texts, comma + head, start, end)
        if not found and not space:
            comma = b","
            found = _places(texts, comma + head, start, end)
    for place in found:
        if place - start >= SMALLEST:
            start = place + len(comma)
            places += (place, start)
    last = texts.rfind(b"}", start, end) + 1
    if 0 < last < end:
        places.append(last)


def _places(texts: bytes, wanted: bytes, start: int, end: int) -> list[int]:
    """Find where a list's further messages begin, with the comma before them."""
    found = []
    place = texts.find(wanted, start, end)
    while place >= 0:
        found.append(place)
        place = texts.find(wanted, place + 1, end)
    return found
