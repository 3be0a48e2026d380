"""Numbers of payment cards, told by their issuer's prefix, their length and their check digit (Luhn)."""

import re
from collections.abc import Iterator
from typing import Final

from relaylens.redaction.rule import Found, Rule, digits_of, passes_luhn, rows_of_digits, words_before

_NUMBER: Final = re.compile(
    r"(?<![\w.,+-])(?:\d{12,19}|"
    r"(?<!\d{4}[ ])(?:\d{4}([ \u00a0.-])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ \u00a0.-])\d{6}\2\d{4,5})(?![ ]\d{4}))"
    r"(?![\w-]|[.,]\d)",
    re.ASCII,
)
_ISSUERS: Final = (
    (re.compile(r"4"), {16, 19}),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"6011|65|64[4-9]|62|81"), {16, 17, 18, 19}),
    (re.compile(r"30[0-5]|309|36|38|39"), {14, 16}),
    (re.compile(r"35"), {16}),
    (re.compile(r"2131|1800"), {15}),
    (re.compile(r"220[0-5]|9792|60|50[0-9]|5[6-9]|63|67"), {16}),
)
"""Prefixes and the lengths that go with them: Visa, Mastercard, American Express, Discover, UnionPay, Diners, JCB, Mir, Troy, RuPay,
Maestro."""

_CARD: Final = re.compile(
    r"card|paid|pay|charge|debit|credit|cvv|cvc|bezahl|zahl|karte|visa|master|maestro|amex|\bpan\b|carte|tarjeta|carta|kaart"
)
_LONG: Final = 19
_MAESTRO: Final = frozenset({"50", "56", "57", "58", "63", "67"})
_OLD_VISA: Final = 13
_SHORT_MAESTRO: Final = 12
_OTHER: Final = re.compile(
    r"(?:order|bestell\w*|auftrag\w*|tracking|sendung\w*|invoice|rechnung\w*|ticket|serial|isbn|ean|imei|upc|gtin|sku|request|trace|batch|"
    r"message|transaction|session|commande|pedido|factura|facture)"
    r"[ _-]?(?:no|nr|num|number|nummer|id|ref|code)?\.?\s*[#:=\"'-]*\s*\Z"
)
"""What stands directly before a number that is something else."""


def _find(text: str) -> Iterator[Found]:
    """Numbers of an issuer that pass Luhn's check."""
    for start, end in rows_of_digits(text, fewest=_SHORT_MAESTRO):
        yield from (number.span() for number in _NUMBER.finditer(text, start, end) if _is_card(number))


def _is_card(number: re.Match[str]) -> bool:
    """Whether a number can be a card's, and is not said to be something else."""
    digits = digits_of(number.group())
    written = "".join(map(str, digits))
    is_issued = any(prefix.match(written) and len(digits) in lengths for prefix, lengths in _ISSUERS)
    is_rare = (len(digits) == _OLD_VISA and written[0] == "4") or (len(digits) == _SHORT_MAESTRO and written[:2] in _MAESTRO)
    if not is_issued and not is_rare:
        return False
    if len(set(digits)) == 1 or not passes_luhn(digits):
        return False
    before = words_before(number.string, number.start())
    # Identifiers of these lengths are common, cards are not: a word must say so.
    if (is_rare or len(digits) == _LONG) and not _CARD.search(before):
        return False
    return not _OTHER.search(before)


CARD: Final = Rule("card", "Numbers of payment cards, with their issuer's prefix and their check digit (Luhn).", _find)
