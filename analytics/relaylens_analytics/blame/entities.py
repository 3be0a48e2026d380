"""The values in a text by which work can be followed from step to step: numbers, identifiers, dates, quoted words and names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from relaylens_analytics import message_shapes

DEEPEST: Final = 20
"""Nesting of a JSON text beyond this is not followed."""


class Kind(StrEnum):
    """What a value is."""

    NUMBER = "number"
    IDENTIFIER = "identifier"
    DATE = "date"
    QUOTED = "quoted"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a text."""

    text: str
    """In one writing: without thousands separators, currency and case."""

    kind: Kind
    key: str
    """What it is called there: the key of the JSON object, or the word before it; empty where there is none."""

    field: bool
    """Whether it is called so on purpose: by a key of an object, or as in `key: value`; else by the order of words only."""

    @property
    def telling(self) -> bool:
        """Whether it says something that two texts do not hold by chance; small numbers do not."""
        return self.kind is not Kind.NUMBER or len(self.text.replace(".", "").lstrip("-0")) > _SMALL


_SMALL: Final = 2
_MONTH: Final = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DATE: Final = (
    rf"\d{{4}}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?|{_MONTH} \d{{1,2}},? \d{{4}}|\d{{1,2}} {_MONTH} \d{{4}}|\d{{1,2}}/\d{{1,2}}/\d{{2,4}}"
)
_SCAN: Final = re.compile(
    rf"(?P<date>{_DATE})"
    r"|(?P<number>[-+]?\d[\d,]*(?:\.\d+)?(?![\w@-]|[./:]\w))"
    r"|[\"\u201c](?P<quoted>[^\"\u201c\u201d\n]{3,60})[\"\u201d]"
    r"|(?P<word>\w[\w.:@/#+-]*)",
    re.IGNORECASE,
)
_NAME: Final = re.compile(r"(?<![.!?:] )(?<!^)\b[A-Z][\w'-]+(?: [A-Z][\w'-]+){1,3}", re.MULTILINE)
_DIGIT: Final = re.compile(r"\d")
_HOLDS_VALUES: Final = re.compile(r"[\d\"\u201c]")


def values(text: str) -> list[Value]:
    """List the values of a text in order; of a JSON text, the values of its leaves under their keys."""
    if text[:1] in "[{" and text:
        document = message_shapes.parsed(text)
        if isinstance(document, dict | list):
            return [value for key, leaf in _leaves(document, "", 0) for value in _scan(leaf, key)]
    return list(_scan(text, ""))


def texts(text: str) -> set[str]:
    """Give the telling values of a text, each once, as they are compared."""
    return {value.text for value in values(text) if value.telling}


def number(text: str) -> float | None:
    """Give the number that a value is, None where it is none."""
    try:
        return float(text)
    except ValueError:
        return None


def _scan(text: str, key: str) -> Iterator[Value]:
    word, named = key, bool(key)
    # Every value but a name has a digit or stands in quotes, and most texts of a long run have neither.
    for match in _SCAN.finditer(text) if _HOLDS_VALUES.search(text) else ():
        kind, found = match.lastgroup, match[match.lastgroup or 0]
        if kind == "word":
            bare = found.rstrip(".:/#+-")
            if _DIGIT.search(bare):
                yield Value(bare.lower(), Kind.IDENTIFIER, word, named)
            if not key:
                word, named = bare.lower(), found.endswith(":") or text[match.end() : match.end() + 1] in {":", "="}
        elif kind == "number":
            yield Value(_plain(found), Kind.NUMBER, word, named)
        elif kind == "date":
            yield Value(found.lower().replace(",", ""), Kind.DATE, word, named)
        else:
            yield Value(" ".join(found.lower().split()), Kind.QUOTED, word, named)
    for match in _NAME.finditer(text):
        yield Value(match[0].lower(), Kind.NAME, key, bool(key))


def _plain(found: str) -> str:
    bare = found.replace(",", "").lstrip("+")
    return bare.rstrip("0").rstrip(".") if "." in bare else bare


def _leaves(value: object, key: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > DEEPEST:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, str(name).lower(), depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner, key, depth + 1)
    elif isinstance(value, bool) or value is None:
        return
    else:
        yield key, str(value)
