"""Check digits and dates of the numbers that states give to people."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from relaylens.redaction.rule import passes_luhn

_SPANISH: Final = "TRWAGMYFPDXBNJZSQVHLCKE"
_FINNISH: Final = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_IRISH: Final = "WABCDEFGHIJKLMNOPQRSTUV"
_ITALIAN_MONTHS: Final = "ABCDEHLMPRST"
_ITALIAN_DIGITS: Final = "LMNPQRSTUV"
_ITALIAN_ODD: Final = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)
_VERHOEFF_STEP: Final = ((1, 5, 7, 6, 2, 8, 3, 0, 9, 4), (5, 8, 0, 3, 7, 9, 6, 1, 4, 2))


def _digits(number: str) -> list[int]:
    return [int(digit) for digit in number]


def luhn(number: str) -> bool:
    """Luhn's check, of numbers that are not all alike."""
    return passes_luhn(_digits(number)) and len(set(number)) > 1


def date_within(number: str, order: str) -> bool:
    """Whether two digits each for day, month and year, in the order given, are a day of some century."""
    part = {letter: int(number[place * 2 : place * 2 + 2]) for place, letter in enumerate(order)}
    try:
        date(2000 + part["y"], part["m"], part["d"])
    except ValueError:
        return False
    return True


def eleven_weighted(weights: Sequence[int], *, zero_for_ten: bool = False) -> Callable[[str], bool]:
    """A check that the weighted sum can be divided by eleven; some states write 0 where the check digit would be 10."""

    def is_valid(number: str) -> bool:
        digits = _digits(number)
        if len(digits) != len(weights) or len(set(digits)) == 1:
            return False
        total = sum(weight * digit for weight, digit in zip(weights, digits, strict=True))
        return total % 11 == 0 or (zero_for_ten and digits[-1] == 0 and (total + 10) % 11 == 0)

    return is_valid


def german(number: str) -> bool:
    """ISO 7064 mod 11, 10; and of the first ten digits exactly one occurs twice or three times."""
    most = Counter(number[:10]).most_common(2)
    if len(number) != 11 or most[0][1] not in {2, 3} or most[1][1] > 1:  # noqa: PLR2004 - the form of this number
        return False
    product = 10
    for digit in _digits(number[:10]):
        product = ((digit + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(number[10])


def french(number: str) -> bool:
    """Mod 97, with Corsica's departments as numbers, and a month."""
    if len(number) != 15:  # noqa: PLR2004 - the form of this number
        return False
    month = int(number[3:5])
    body = int(number[:13].replace("2A", "19").replace("2B", "18"))
    return (1 <= month <= 12 or 20 <= month <= 42 or month >= 50) and 97 - body % 97 == int(number[13:])  # noqa: PLR2004 - months of births whose date is unknown


def spanish(number: str) -> bool:
    """A letter by the remainder of 23."""
    body = number[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return body.isdigit() and _SPANISH[int(body) % 23] == number[-1]


def italian(number: str) -> bool:
    """A letter by the sum of all others, and a day."""
    plain = "".join(
        str(_ITALIAN_DIGITS.index(letter)) if place in {6, 7, 9, 10} and letter in _ITALIAN_DIGITS else letter
        for place, letter in enumerate(number)
    )
    day = int(plain[9:11])
    if not (1 <= day <= 31 or 41 <= day <= 71) or number[8] not in _ITALIAN_MONTHS:  # noqa: PLR2004 - days of women have 40 added
        return False
    total = sum(
        _ITALIAN_ODD[letter] if place % 2 == 0 else int(letter, 36) - (10 if letter.isalpha() else 0)
        for place, letter in enumerate(number[:15])
    )
    return chr(ord("A") + total % 26) == number[15]


def swiss(number: str) -> bool:
    """The check digit of EAN-13."""
    digits = _digits(number)
    return sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def belgian(number: str) -> bool:
    """Mod 97 of the rest, before and since 2000, and a date or none."""
    if len(number) != 11 or not (int(number[2:4]) == 0 or date_within(number, "ymd")):  # noqa: PLR2004 - the form of this number
        return False
    body, check = int(number[:9]), int(number[9:])
    return check in {97 - body % 97, 97 - (2_000_000_000 + body) % 97}


def polish(number: str) -> bool:
    """Weights 1, 3, 7, 9, and a date whose month tells the century."""
    month = int(number[2:4]) % 20
    total = sum(weight * digit for weight, digit in zip((1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), _digits(number), strict=True))
    return total % 10 == 0 and date_within(f"{number[:2]}{month:02}{number[4:6]}", "ymd")


def finnish(number: str) -> bool:
    """A sign by the remainder of 31."""
    return date_within(number[:6], "dmy") and _FINNISH[int(number[:6] + number[7:10]) % 31] == number[10]


def norwegian(number: str) -> bool:
    """Two check digits, each of them mod 11, and a date, which for temporary numbers has 40 added to its day."""
    digits = _digits(number)
    day = f"{int(number[:2]) - (40 if digits[0] > 3 else 0):02}"  # noqa: PLR2004 - as above
    month = f"{int(number[2:4]) - (40 if digits[2] > 3 else 0):02}"  # noqa: PLR2004 - as above
    first = sum(weight * digit for weight, digit in zip((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), digits[:10], strict=True))
    second = sum(weight * digit for weight, digit in zip((5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1), digits, strict=True))
    return date_within(day + month + number[4:6], "dmy") and first % 11 == 0 and second % 11 == 0


def irish(number: str) -> bool:
    """A letter by the remainder of 23."""
    total = sum(weight * digit for weight, digit in zip(range(8, 1, -1), _digits(number[:7]), strict=True))
    if len(number) > 8:  # noqa: PLR2004 - a second letter counts too
        total += 9 * _IRISH.find(number[8])
    return _IRISH[total % 23] == number[7]


def brazilian(number: str) -> bool:
    """Two check digits, each of them mod 11."""
    digits = _digits(number)
    if len(digits) != 11 or len(set(digits)) == 1:  # noqa: PLR2004 - the form of this number
        return False
    for length in (9, 10):
        total = sum(weight * digit for weight, digit in zip(range(length + 1, 1, -1), digits[:length], strict=True))
        if total * 10 % 11 % 10 != digits[length]:
            return False
    return True


def chinese(number: str) -> bool:
    """ISO 7064 mod 11, 2, and a date."""
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(number[:17]))
    return date_within(number[8:14], "ymd") and "10X98765432"[total % 11] == number[17]


def indian(number: str) -> bool:
    """Verhoeff's check."""
    check = 0
    for place, digit in enumerate(reversed(_digits(number))):
        check = _dihedral(check, _permuted(place, digit))
    return check == 0


def _permuted(place: int, digit: int) -> int:
    """A digit after as many permutations as its place says."""
    for _ in range(place % 8):
        digit = _VERHOEFF_STEP[0][digit]
    return digit


def _dihedral(left: int, right: int) -> int:
    """The product in the group of the pentagon's symmetries."""
    if left < 5:  # noqa: PLR2004 - a rotation
        return (left + right) % 5 if right < 5 else 5 + (left + right) % 5  # noqa: PLR2004 - as above
    return 5 + (left - right) % 5 if right < 5 else (left - right) % 5  # noqa: PLR2004 - as above
