"""Numbers that states give to people, told by their form, their check digits and the words before them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from relaylens.redaction.checks import (
    belgian,
    brazilian,
    chinese,
    date_within,
    eleven_weighted,
    finnish,
    french,
    german,
    indian,
    irish,
    italian,
    luhn,
    norwegian,
    polish,
    spanish,
    swiss,
)
from relaylens.redaction.rule import Found, Rule, rows_of_digits, words_before


@dataclass(frozen=True)
class Number:
    """A state's number."""

    name: str
    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool]
    """Whether the check digits and dates in it fit; gets letters and digits only, in upper case."""
    words: re.Pattern[str] | None = None
    """One of these must stand before it where the form alone says too little."""
    grouped: re.Pattern[str] | None = None
    """A way of writing that needs no word."""
    is_whole: bool = False
    """Whether the signs between are a part of the number."""


def _form(pattern: str) -> re.Pattern[str]:
    """A pattern that stands alone: no part of a longer number, word or fraction."""
    return re.compile(rf"(?<![\w.,+/#-])(?:{pattern})(?![\w/-]|[.,]\d)", re.ASCII)


def _no_check(_: str) -> bool:
    return True


def _is_social_security(number: str) -> bool:
    """The areas, groups and serials that are given out."""
    return number[:3] not in {"000", "666"} and number[0] != "9" and number[3:5] != "00" and number[5:] != "0000" and number != "123456789"


NUMBERS: Final = (
    Number(
        "US social security number",
        _form(r"\d{3}-\d{2}-\d{4}|\d{3} \d{2} \d{4}|\d{9}"),
        _is_social_security,
        re.compile(r"\bssn\b|social.security|\bitin\b"),
        grouped=re.compile(r"\d{3}-\d{2}-\d{4}\Z"),
    ),
    Number(
        "UK national insurance number",
        _form(r"(?i:QQ|(?!BG|GB|NK|KN|TN|NT|ZZ)[ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z])([ -]?)(?:\d{2}\1\d{2}\1\d{2}|\d{6})\1(?i:[A-D])"),
        _no_check,
    ),
    Number("German tax number of a person", _form(r"[1-9]\d{10}|[1-9]\d ?\d{3} ?\d{3} ?\d{3}"), german),
    Number("French social security number", _form(r"[1-478] ?\d{2} ?\d{2} ?(?:\d{2}|2[ABab]) ?\d{3} ?\d{3} ?/?\d{2}"), french),
    Number("Spanish DNI and NIE", _form(r"(?:\d{2}\.?\d{3}\.?\d{3}|[XYZxyz][ -]?\d{7})[ -]?[A-HJ-NP-TV-Za-hj-np-tv-z]"), spanish),
    Number(
        "Italian tax code",
        _form(r"[A-Za-z]{6} ?[\dLMNP-Vlmnp-v]{2} ?[ABCDEHLMPRSTabcdehlmprst][\dLMNP-Vlmnp-v]{2} ?[A-Za-z][\dLMNP-Vlmnp-v]{3} ?[A-Za-z]"),
        italian,
    ),
    Number(
        "Dutch BSN",
        _form(r"\d{9}|\d{3}[ .]\d{3}[ .]\d{3}|\d{4}[ .]\d{2}[ .]\d{3}|\d{2}[ .]\d{3}[ .]\d{4}"),
        eleven_weighted((9, 8, 7, 6, 5, 4, 3, 2, -1)),
        re.compile(r"\bbsn\b|burgerservice|sofi|persoonsnummer"),
    ),
    Number(
        "Austrian social security number",
        _form(r"[1-9]\d{3}[ -]?[0-3]\d[01]\d{3}"),
        lambda number: date_within(number[4:], "dmy") and eleven_weighted((3, 7, 9, -1, 5, 8, 4, 2, 1, 6))(number),
    ),
    Number("Swiss AHV number", _form(r"756([. ]?)\d{4}\1\d{4}\1\d{2}"), swiss),
    Number("Belgian national number", _form(r"\d{2}[. ]?[01]\d[. ]?[0-3]\d[- ]?\d{3}[. ]?\d{2}"), belgian),
    Number("Polish PESEL", _form(r"\d{11}"), polish),
    Number(
        "Swedish personal number",
        _form(r"(?:19|20)?\d{2}[01]\d[0-3]\d[-+]\d{4}|(?:19|20)\d{2}[01]\d[0-3]\d{5}"),
        lambda number: date_within(number[-10:], "ymd") and luhn(number[-10:]),
    ),
    Number("Finnish personal identity code", _form(r"[0-3]\d[01]\d{3}[-+ABCDEFYXWVU]\d{3}[0-9A-FHJ-NPR-Y]"), finnish, is_whole=True),
    Number("Norwegian birth number", _form(r"[0-7]\d[0-5]\d{3} ?\d{5}"), norwegian),
    Number(
        "Danish CPR number",
        _form(r"[0-3]\d[01]\d{3}[- ]?\d{4}"),
        lambda number: date_within(number, "dmy"),
        re.compile(r"\bcpr\b|personnummer"),
        grouped=re.compile(r"\d{6}-\d{4}\Z"),
    ),
    Number("Irish PPS number", _form(r"\d{7}[A-Wa-w][A-IWa-iw]?"), irish),
    Number(
        "Portuguese tax number",
        _form(r"[1-356]\d{8}|[1-356]\d{2}[ .]\d{3}[ .]\d{3}"),
        eleven_weighted((9, 8, 7, 6, 5, 4, 3, 2, 1), zero_for_ten=True),
        re.compile(r"\bnif\b|contribuinte"),
    ),
    Number("Brazilian CPF", _form(r"\d{3}\.\d{3}\.\d{3}-\d{2}|\d{11}"), brazilian),
    Number("Chinese resident identity number", _form(r"[1-9]\d{5}(?:19|20)\d{9}[\dXx]"), chinese),
    Number(
        "Indian Aadhaar number",
        _form(r"(?<!\d )[2-9]\d{3}([ -]?)\d{4}\1\d{4}(?! \d)"),
        indian,
        re.compile(r"aa?dhaa?r|uidai|\buid\b"),
        grouped=re.compile(r"\d{4} \d{4} \d{4}\Z"),
    ),
    Number(
        "Canadian social insurance number",
        _form(r"\d{9}|\d{3}([ -])\d{3}\1\d{3}"),
        luhn,
        re.compile(r"\bsin\b|\bnas\b|social insurance|assurance sociale"),
    ),
    Number(
        "Australian tax file number",
        _form(r"\d{9}|\d{3} \d{3} \d{3}"),
        eleven_weighted((1, 4, 3, 7, 5, 8, 6, 9, 10)),
        re.compile(r"\btfn\b|tax file"),
    ),
    Number(
        "UK NHS number", _form(r"\d{10}|\d{3}([ -])\d{3}\1\d{4}"), eleven_weighted((10, 9, 8, 7, 6, 5, 4, 3, 2, 1)), re.compile(r"\bnhs\b")
    ),
    Number(
        "Mexican CURP",
        _form(r"[A-Z][AEIOUX][A-Z]{2}\d{2}[01]\d[0-3]\d[HM][A-Z]{5}[0-9A-Z]\d"),
        lambda number: date_within(number[4:10], "ymd"),
    ),
)
"""The numbers that are known, with how each is told from others like it."""

INDIAN_PAN: Final = Number("Indian PAN", _form(r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]"), _no_check)
"""Has fewer digits than all others, and is looked for by itself."""

_FEWEST: Final = 6
_FEWEST_OF_ALL: Final = 4

_OTHER: Final = re.compile(
    r"(?:order|bestell\w*|auftrag\w*|tracking|sendung\w*|invoice|rechnung\w*|serial|serie\w*|isbn|ean|imei|upc|gtin|sku|part|artikel\w*|art|"
    r"version|timestamp|ts|epoch|unix|time|build|commit|issue|ticket|pid|seq\w*|offset|bytes|size|commande|pedido|factura|facture|parcel|paket\w*)"
    r"[ _-]?(?:no|nr|num|number|nummer|id|ref|code)?\.?\s*[#:=\"'-]*\s*\Z"
)
"""What stands directly before a number that is something else."""


def _find(text: str) -> Iterator[Found]:
    """Numbers of the table."""
    for start, end in rows_of_digits(text, fewest=_FEWEST):
        for number in NUMBERS:
            yield from (found.span() for found in number.pattern.finditer(text, start, end) if _is_number(number, found))

    for start, end in rows_of_digits(text, fewest=_FEWEST_OF_ALL):
        yield from (found.span() for found in INDIAN_PAN.pattern.finditer(text, start, end))


def _is_number(number: Number, found: re.Match[str]) -> bool:
    """Whether what has a number's form is one, and is not said to be something else."""
    written = found.group().upper()
    bare = written if number.is_whole else "".join(character for character in written if character.isalnum())
    if not number.is_valid(bare):
        return False
    before = words_before(found.string, found.start())
    needs_word = number.words is not None and not (number.grouped is not None and number.grouped.match(found.group()))
    if needs_word and number.words is not None and not number.words.search(before):
        return False
    return not _OTHER.search(before)


NATIONAL_ID: Final = Rule(
    "national_id",
    "Numbers that states give to people, with their check digits: " + ", ".join(number.name for number in (*NUMBERS, INDIAN_PAN)) + ".",
    _find,
)
