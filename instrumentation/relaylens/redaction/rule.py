"""What a rule of redaction is: a kind, and a function that finds it in a text."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_DIGITS: Final = "0123456789"

Found = tuple[int, int]
"""Where something stands in a text: its first character and the one after its last."""


@dataclass(frozen=True)
class Rule:
    """One kind of data that must not leave the process."""

    kind: str
    """Word in `redact=(...)`, and in the replacement: `[mail]`."""

    sentence: str
    """What it finds, for the documentation."""

    find: Callable[[str], Iterator[Found]]
    """Where it stands in a text; takes time in proportion to the text, whatever the text is."""


_ROW: Final = re.compile(r"\d(?:[^\d]{0,9}\d)+", re.ASCII)
_BEFORE: Final = 8
_AFTER: Final = 16


def rows_of_digits(text: str, fewest: int) -> Iterator[Found]:
    """Parts of a text in which there are enough digits close to each other, with a little around them: the only ones worth a close look."""
    for row in _ROW.finditer(text):
        start, end = row.span()
        if end - start >= fewest and sum(character in _DIGITS for character in row.group()) >= fewest:
            yield max(0, start - _BEFORE), min(len(text), end + _AFTER)


def digits_of(text: str) -> list[int]:
    """The digits in a text, in order."""
    return [int(character) for character in text if character in _DIGITS]


def passes_luhn(digits: list[int]) -> bool:
    """Whether the last digit is the check digit of the others (Luhn)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - the sum of two digits
    return total % 10 == 0


def words_before(text: str, start: int, reach: int = 40) -> str:
    """The few characters before a place, in lower case and on the same line, as the evidence of what stands there; `a_b` is two words."""
    return text[max(0, start - reach) : start].rpartition("\n")[2].lower().replace("_", " ")
