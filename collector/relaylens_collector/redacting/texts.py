"""Texts without what is to be taken out of them; each is looked at once, however often it comes."""

import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from typing import Final

from relaylens.redaction import Redactor

FAILED: Final = "failed"
"""What is counted, and stands in the place of a text, when a rule raises: nothing is let through that was not looked at."""

_MAY_HOLD: Final = re.compile(rb"[0-9@:=%\x80-\xff]")
"""Without one of these there is nothing to find for any kind; all that is not ASCII may be a digit."""

_SHORTEST: Final = 4
_MOST_REMEMBERED: Final = 32 << 20
_LONGEST_REMEMBERED: Final = 256 << 10
_OF_AN_ENTRY: Final = 200
"""About what an entry takes in memory beside its texts."""

Counts = Mapping[str, int]

_NONE: Final[Counts] = {}


class Texts:
    """Redacts texts as they are on the wire; used from any thread."""

    def __init__(self, redactor: Redactor, kinds: Sequence[str], *, every_text: bool) -> None:
        """Count what is taken out by kind; `every_text` is for rules that nothing is known of."""
        self._redactor = redactor
        self._marks = {kind: (f"[{kind}]", f"[{kind}:") for kind in kinds}
        self._every_text = every_text
        self._remembered: OrderedDict[tuple[bytes, str], tuple[bytes | None, Counts]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def redacted(self, text: bytes, name: str, counted: Counter[str]) -> bytes | None:
        """Return the text as it may be stored, or None where it may be as it is; a name is part of the evidence."""
        if len(text) < _SHORTEST or not (self._every_text or name or _MAY_HOLD.search(text)):
            return None
        key = text, name
        found = self._remembered.get(key)
        if found is None:
            found = self._looked_at(text, name)
            if len(text) <= _LONGEST_REMEMBERED:
                self._remember(key, found)
        left, counts = found
        if left is not None:
            counted.update(counts)
        return left

    def _looked_at(self, text: bytes, name: str) -> tuple[bytes | None, Counts]:
        try:
            given = text.decode("utf-8", "replace")
            left = self._redactor.member(given, name) if name else self._redactor.text(given)
        except Exception:  # noqa: BLE001 - its words may hold what was to be taken out
            return f"[redaction {FAILED}]".encode(), {FAILED: 1}
        if left == given:
            return None, _NONE
        counts = {kind: sum(left.count(mark) - given.count(mark) for mark in marks) for kind, marks in self._marks.items()}
        return left.encode("utf-8", "replace"), {kind: count for kind, count in counts.items() if count > 0}

    def _remember(self, key: tuple[bytes, str], found: tuple[bytes | None, Counts]) -> None:
        """Keep what was found; what came first is forgotten first."""
        size = _OF_AN_ENTRY + len(key[0]) + len(found[0] or b"")
        with self._lock:
            if key in self._remembered:
                return
            self._remembered[key] = found
            self._size += size
            while self._size > _MOST_REMEMBERED:
                (text, _), (left, _) = self._remembered.popitem(last=False)
                self._size -= _OF_AN_ENTRY + len(text) + len(left or b"")
