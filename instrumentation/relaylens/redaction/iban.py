"""International bank account numbers, together or in groups, told by their country's length and their check digits."""

import re
from collections.abc import Iterator
from typing import Final

from relaylens.redaction.rule import Found, Rule, rows_of_digits

_LENGTHS: Final = {
    country: int(length)
    for length, countries in {
        "15": "NO",
        "16": "BE BI",
        "18": "DK FI FO GL NL FK",
        "19": "MK SI",
        "20": "AT BA EE KZ LT LU XK MN",
        "21": "CH HR LI LV",
        "22": "BG BH CR DE GB GE IE ME RS VA",
        "23": "AE GI IL IQ OM TL",
        "24": "AD CZ DZ ES MD PK RO SA SE SK TN VG",
        "25": "AO CV LY MZ PT ST",
        "26": "IR IS TR",
        "27": "BF BJ CF CG CI CM DJ FR GA GQ GR IT KM MC MG ML MR NE SM SN SO TD TG BI",
        "28": "AL AZ BY CY DO GT HN HU LB NI PL SV",
        "29": "BR EG PS QA UA",
        "30": "JO KW MU YE",
        "31": "MT SC",
        "32": "LC",
        "33": "RU",
    }.items()
    for country in countries.split()
}
"""Characters of an IBAN by country, as SWIFT's registry has them."""

_BEGINNING: Final = re.compile(r"(?<![A-Za-z0-9])([A-Za-z]{2})[ \u00a0\u202f.-]?(\d{2})(?=[ \u00a0\u202f.-]?[A-Za-z0-9])", re.ASCII)
_TOGETHER: Final = re.compile(r"[A-Za-z]{2}\d{2}[A-Za-z0-9]{11,30}(?![A-Za-z0-9])", re.ASCII)
_LINKS: Final = " \u00a0\u202f.-"


def _find(text: str) -> Iterator[Found]:
    """Numbers that begin with a country and have its length."""
    for start, end in rows_of_digits(text, fewest=8):
        for beginning in _BEGINNING.finditer(text, start, end):
            if (place := _end_of(text, beginning)) is not None:
                yield beginning.start(), place


def _end_of(text: str, beginning: re.Match[str]) -> int | None:
    """Where the number ends that begins so; None when it is none."""
    length = _LENGTHS.get(beginning.group(1).upper())
    if length is None:
        return None
    # Written together, the check digits say enough; countries do change their length.
    together = _TOGETHER.match(text, beginning.start())
    if together is not None and _is_valid(together.group()):
        return together.end()
    taken = beginning.group(1) + beginning.group(2)
    place = beginning.end()
    while len(taken) < length and place < len(text):
        if text[place] in _LINKS and place + 1 < len(text):
            place += 1
        if not (text[place].isascii() and text[place].isalnum()):
            break
        taken += text[place]
        place += 1
    ends = place == len(text) or not text[place].isalnum()
    return place if len(taken) == length and ends and _is_valid(taken) else None


def _is_valid(number: str) -> bool:
    """Whether the check digits fit (ISO 7064, mod 97)."""
    moved = (number[4:] + number[:4]).upper()
    return int("".join(str(int(character, 36)) for character in moved)) % 97 == 1


IBAN: Final = Rule("iban", "International bank account numbers, with their length and check digits (mod 97).", _find)
