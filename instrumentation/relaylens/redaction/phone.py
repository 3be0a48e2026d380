"""Phone numbers: international, and national where their form or the words before them say that they are."""

import re
from collections.abc import Iterator
from typing import Final

from relaylens.redaction.rule import Found, Rule, rows_of_digits, words_before

_GAP: Final = r"[ \u00a0\u202f./\u2010-\u2015-]"
_INTERNATIONAL: Final = re.compile(
    r"(?<![\w+.])(?:\(\+(?=\d{1,3}\))|\+|%2B|(?<!\d[ ])(?<!-)00(?=[1-9]))[ ]?\(?[1-9]"
    r"(?:(?:[ \u00a0\u202f./\u2010-\u2015-]|[ ]?[/-][ ]|[ .-]?\(|\)[ .-]?|\)[ ]?\()?\d){6,15}"
    r"(?:[ ]?(?:x|ext\.?|-)[ ]?\d{1,5}\b)?(?![\w@]|[.,:]\d|-\d)",
    re.ASCII | re.IGNORECASE,
)
_AMERICAN: Final = re.compile(
    r"(?<![\w+./-])(?<!\d,)(?:1[ .-])?(?:\([2-9]\d{2}\)[ ]?|[2-9]\d{2}(?P<gap>[ .-]))[2-9]\d{2}(?(gap)(?P=gap)|[ .-])\d{4}"
    r"(?:[ ]?(?:x|ext\.?)[ ]?\d{1,6})?(?![\w-]|[.,]\d)",
    re.ASCII,
)
_TRUNK: Final = re.compile(
    rf"(?<![\w+./:#-])(?<!\d,)(?<!\d[ ])(?:\(0[1-9]\d{{0,4}}\)|0[1-9]\d{{0,4}})(?: ?{_GAP} ?)"
    rf"\d{{2,8}}(?:{_GAP}\d{{1,8}}){{0,4}}(?![\w]|[.,:]\d|-\d)",
    re.ASCII,
)
"""Numbers with the 0 that most countries put before the area."""

_MOBILE: Final = re.compile(
    r"(?<![\w+./:#-])(?<!\d,)(?<!\d[ ])(?:01[5-7]\d{8,9}|07[1-9]\d{8}|0[67]\d{8}|"
    r"06[5-9]\d{7,10}|07[5-9]\d{7}|04\d{8}|0[789]0\d{8})(?![\w-]|[.,:]\d|[ ]\d)",
    re.ASCII,
)
"""Numbers of mobiles, written together: Germany, United Kingdom, France and the Netherlands, Austria, Switzerland, Australia, Japan."""

_GROUPED: Final = re.compile(
    r"(?<![\w+./:#-])(?<!\d,)(?<!\d[ ])(?:"
    r"[6-9]\d{2} \d{3} \d{3}|[6-9]\d{2} \d{2} \d{2} \d{2}"  # Spain, Portugal
    r"|3\d{2}[ -]\d{3}[ -]\d{4}|3\d{2}[ -]\d{6,7}"  # Italy
    r"|1[3-9]\d[ -]\d{4}[ -]\d{4}|[6-9]\d{4}[ -]\d{5}"  # China, India
    r"|\([1-9]\d\) ?9?\d{4}-\d{4}"  # Brazil
    r")(?![\w-]|[.,:]\d|[ ]\d)",
    re.ASCII,
)
_CALLED: Final = re.compile(r"(?<![\w+./-])(?<!\d,)\(?\d(?:[ \u00a0\u202f./()\u2010-\u2015-]{0,3}\d){6,14}(?![\w]|[.,:]\d|-\d)", re.ASCII)
_BETWEEN: Final = (
    r"(?:[\s:=\"'().,>/-]|\b(?:is|at|on|sent|under|unter|me|us|him|her|them|back|today|now|please|bitte|"
    r"number|no|nr|nummer|numm?er|num[eé]ro|n[uú]mero|num|ist|lautet|moi|nous|lui|mig|mij|mir|uns|op|på|para|pour|für|na|"
    r"est|es|au|al|a|an|der|die|the|my|your|mein|meine|mon|mi|meu|mijn|"
    r"home|work|office|for|to|via|or|und|oder|and|direct|private|us|uk|de|le|el|il)\b){0,8}"
)
_WORD: Final = (
    r"(?:(?:\b(?:tele)?phones?|\btel[eé]fon\w*|\bt[eé]l(?:[eé]phone)?|\bcell(?:ular)?|\bmobiles?|\bmobil\w*|"
    r"\bhandy\w*|\b(?:tele)?fax|\bwhats ?app|"
    r"\bsms|\bcall(?:ed|ing|er)?(?: id)?|\bring|\bdial(?:led)?|\btext|\breach|\bruf\w*|\banruf\w*|\brückruf\w*|"
    r"\bdurchwahl|\bappel\w*|\brappel\w*|\bnatel|\bgsm|"
    r"\bjoindre|\bllam\w+|\bm[oó]vil|\bcelular|\bcellulare|\bchiam\w+|\bbel(?:len|t)?|\bligue|\bligar|\bpuhelin\w*|"
    r"\bzadzwo\w*|\bdzwo\w*|\bvolejte|\bportable|\bhotline|\bcontact(?: number)?|\bkontakt\w*|"
    r"\b(?:my|his|her|our|their|meine|seine|ihre|unsere|mon|son|mi|su|mijn|meu|mio) (?:number|nummer|num[eé]ro|n[uú]mero)|"
    r"\bmsisdn|\bsignal|\btelegram|телефон\w*|\bтел|звони\w*)\b|(?:手机|电话|手機|電話|携帯|전화)(?:号码|号|番号|번호)?)"  # noqa: RUF001 - Russian
)
_ANY_WORD: Final = re.compile(_WORD)
_WORDS: Final = re.compile(_WORD + _BETWEEN + r"\Z")
"""Words that announce a phone number, with nothing but small words between them and it."""

_OTHER: Final = re.compile(
    r"(?:order|bestell\w*|auftrag\w*|tracking|sendung\w*|shipment|invoice|rechnung\w*|serial|serie\w*|"
    r"isbn\w*|issn|ean|imei|upc|gtin|sku|part|artikel\w*|"
    r"version|\bv|timestamp|build|commit|issue|ticket|case|ref\w*|account|konto\w*|customer|kunden\w*|"
    r"model|modell|product|item|code|batch|po|vin|iban|lot|"
    r"policy|contract|vertrag\w*|patient|employee|member\w*|zip|plz|id|no|nr|"
    r"commande|pedido|factura|facture|ordre|ordine|paragraph|section|coordinates?|lat|lon|lng)"
    r"[ _-]?(?:no|nr|num|number|nummer|id|ref|code|key)?\.?\s*[#:=\"'-]*\s*\Z"
)
"""What stands directly before a number that is something else."""

_DATE: Final = re.compile(
    r"(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|1[0-2])[./-](?:19|20)?\d{2}\Z|(?:19|20)\d{2}[./-](?:0[1-9]|1[0-2])(?:[./-][0-3]\d)?"
)
_DECIMAL: Final = re.compile(r"\+\d+\.\d+\Z")
_CODE: Final = re.compile(
    r"1|7|2[07]|3[0123469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|2[1-6]\d|29[0-9]|35\d|37\d|38[0-9]|"
    r"42\d|50\d|59\d|67\d|68\d|69\d|85\d|88\d|96\d|97\d|99\d"
)
"""Countries' codes."""

_AMERICAN_LENGTH: Final = 11
_FEWEST_WITH_CODE: Final = 10
_FEWEST_WITH_TRUNK: Final = 9
_FEWEST: Final = 7
_REACH: Final = 40
_MOST: Final = 15
_FEWEST_INTERNATIONAL: Final = 8


def _find(text: str) -> Iterator[Found]:
    """Numbers of each form."""
    for start, end in rows_of_digits(text, fewest=_FEWEST):
        yield from (
            found.span() for found in _INTERNATIONAL.finditer(text, start, end) if _is_international(found.group(), text, found.start())
        )
        for pattern in (_AMERICAN, _TRUNK, _MOBILE, _GROUPED):
            yield from (found.span() for found in pattern.finditer(text, start, end) if _is_national(found))
        if not _ANY_WORD.search(text[max(0, start - _REACH) : end].lower()):
            continue
        for found in _CALLED.finditer(text, start, end):
            if _has_length(found.group()) and _WORDS.search(words_before(text, found.start())):
                yield found.span()


def _is_national(found: re.Match[str]) -> bool:
    """Whether a number in a national form is not said to be something else."""
    if not _has_length(found.group()) or (found.re is _TRUNK and _count(found.group()) < _FEWEST_WITH_TRUNK):
        return False
    if found.re is _AMERICAN and found.group("gap") == " " and _is_in_a_row(found.string, *found.span()):
        return False
    before = words_before(found.string, found.start())
    return not _OTHER.search(before) or _WORDS.search(before) is not None


def _has_length(number: str) -> bool:
    """Whether there are as many digits as in phone numbers, and they are no date."""
    return _FEWEST <= _count(number) <= _MOST and not _DATE.match(number)


def _is_in_a_row(text: str, start: int, end: int) -> bool:
    """Whether more digits follow or precede with a blank between: a row of numbers."""
    return bool(re.search(r"\d \Z", text[max(0, start - 2) : start]) or re.match(r" \d", text[end : end + 2]))


def _is_international(number: str, text: str, start: int) -> bool:
    """Whether a number with a country's code can be one; `00` is also how identifiers are padded."""
    digits = "".join(character for character in number.removeprefix("%2B") if character.isdigit())
    if not number.startswith("00"):
        number = number.lstrip("(")
        return _FEWEST_INTERNATIONAL <= len(digits) <= _MOST + 5 and not _DECIMAL.match(number) and _has_code(digits)
    digits = digits[2:]
    before = words_before(text, start)
    if (_OTHER.search(before) and not _WORDS.search(before)) or (number.isdigit() and is_article_number(number)):
        return False
    return _has_code(digits) and _FEWEST_WITH_CODE <= len(digits) <= _MOST


def _has_code(digits: str) -> bool:
    """Whether a number begins with a country's code and is, in North America, as long as all of them are there."""
    if digits[0] == "1":
        return len(digits) >= _AMERICAN_LENGTH
    return _CODE.match(digits) is not None


def is_article_number(digits: str) -> bool:
    """Whether it can as well be the number under a bar code (EAN-13), which has a check digit."""
    return len(digits) == 13 and sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0  # noqa: PLR2004


def _count(text: str) -> int:
    """How many digits there are."""
    return sum(character.isdigit() for character in text)


PHONE: Final = Rule("phone", "Phone numbers, international and national.", _find)
