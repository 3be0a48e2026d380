"""Takes what the rules find out of texts, also where a text is JSON."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final

from relaylens.redaction.card import CARD
from relaylens.redaction.iban import IBAN
from relaylens.redaction.ip import IP
from relaylens.redaction.jwt import JWT
from relaylens.redaction.mail import MAIL
from relaylens.redaction.national_id import NATIONAL_ID
from relaylens.redaction.phone import PHONE
from relaylens.redaction.rule import Rule
from relaylens.redaction.secret import SECRET

RULES: Final[tuple[Rule, ...]] = (JWT, SECRET, MAIL, IBAN, CARD, NATIONAL_ID, PHONE, IP)
"""All rules; where two find the same place, the first has it."""

KINDS: Final = tuple(rule.kind for rule in RULES)
USUAL_KINDS: Final = tuple(kind for kind in KINDS if kind != IP.kind)
"""What `redact=True` stands for."""

_DEEPEST: Final = 64
_MOST_REMEMBERED: Final = 1024
_LONGEST_REMEMBERED: Final = 2048
_NOTHING_TO_FIND: Final = re.compile(r"[^\d@:=%]*\Z")
_SECRET_NAME: Final = re.compile(r"(?i)pass|pwd|wort|contrase|senha|wachtwoord|secret|token|key|credential|auth")
_ESCAPED: Final = re.compile(r"\\[nrt]")
_WORDS_IN_KEY: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_\s]+")

Replace = Callable[[str], str]


class Redactor:
    """Replaces data of the chosen kinds by `[kind]`, or with a key by `[kind:pseudonym]`, so that equal values stay equal."""

    def __init__(self, kinds: Sequence[str] = USUAL_KINDS, own: Sequence[Replace] = (), key: bytes | None = None) -> None:
        """Choose the kinds, the user's own functions, which come after, and the key of pseudonyms."""
        self._kinds = frozenset(kinds)
        self._own = tuple(own)
        self._key = key
        # Rules that come later cannot take anything from those that are wanted.
        self._remembered = lru_cache(_MOST_REMEMBERED)(self._replaced)
        self._rules = RULES[: max((place + 1 for place, rule in enumerate(RULES) if rule.kind in self._kinds), default=0)]

    def text(self, text: str) -> str:
        """A text without what is to be taken out; a text that is JSON stays JSON."""
        return self._document(text, 0)

    def member(self, text: str, name: str) -> str:
        """A text that is called something, as the members of JSON are; its name is part of the evidence."""
        redacted = self._value(text, name, 0)
        return redacted if isinstance(redacted, str) else text

    def _document(self, text: str, depth: int) -> str:
        """JSON member by member, anything else as a text."""
        if text[:1] in '{["' and text[-1:] in '}]"' and depth < _DEEPEST:
            try:
                value = json.loads(text)
                redacted = self._value(value, "", depth + 1)
            except (ValueError, RecursionError):
                return self._plain(text)
            return text if redacted == value else json.dumps(redacted, ensure_ascii=False)
        return self._plain(text)

    def _value(self, value: object, name: str, depth: int) -> object:
        """A value of JSON, with the name that it has."""
        if isinstance(value, str):
            return self._named(value, name) if value[:1] not in '{["' else self._document(value, depth + 1)
        if isinstance(value, dict):
            return {self._plain(key): self._value(member, key, depth + 1) for key, member in value.items()}
        if isinstance(value, list):
            return [self._value(member, name, depth + 1) for member in value]
        if isinstance(value, int | float) and not isinstance(value, bool):
            written = repr(value)
            redacted = self._named(written, name)
            return value if redacted == written else redacted
        return value

    def _named(self, text: str, name: str) -> str:
        """A text whose name is part of the evidence: `{"phone": "030 1234567"}`."""
        if not name:
            return self._plain(text)
        introduction = _WORDS_IN_KEY.sub(" ", name[-64:]) + '": "'
        return self._plain(text, introduction)

    def _plain(self, text: str, introduction: str = "") -> str:
        """A text that is only a text."""
        if self._rules and (not _NOTHING_TO_FIND.match(text) or (introduction and _SECRET_NAME.search(introduction))):
            # A conversation is sent again with every call of a model: the same texts, again and again.
            text = (self._remembered if len(text) <= _LONGEST_REMEMBERED else self._replaced)(text, introduction)
        for own in self._own:
            text = own(text)
            if not isinstance(text, str):
                message = f"the function {getattr(own, '__name__', own)!r} of redact= answered {type(text).__name__} instead of str"
                raise TypeError(message)
        return text

    def _replaced(self, text: str, introduction: str) -> str:
        """The text with every place found replaced."""
        whole = introduction + text
        taken: list[tuple[int, int, str]] = []
        # In texts that are program code or logs a new line may be written as two characters, which are no part of the word after them.
        searched = _ESCAPED.sub(" \n", whole) if "\\" in whole else whole
        for rule in self._rules:
            taken.extend((start, end, rule.kind) for start, end in rule.find(searched) if start >= len(introduction))
        if not taken:
            return text
        written: list[str] = []
        place = len(introduction)
        for start, end, kind in _without_overlaps(taken):
            written.append(whole[place:start])
            written.append(self._replacement(kind, whole[start:end]) if kind in self._kinds else whole[start:end])
            place = end
        written.append(whole[place:])
        return "".join(written)

    def _replacement(self, kind: str, value: str) -> str:
        """What stands in the place of a value."""
        return f"[{kind}]" if self._key is None else f"[{kind}:{pseudonym(value, self._key)}]"


def pseudonym(value: str, key: bytes, length: int = 8) -> str:
    """A short name for a value that only the holder of the key can connect with it; spelling does not change it."""
    spelled = "".join(character for character in value.casefold() if character.isalnum() or character in "@.+")
    return hmac.new(key, spelled.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:length]


def _without_overlaps(found: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Places in order; of two that overlap the one of the earlier rule stays, of the same rule the longer."""
    order = {kind: place for place, kind in enumerate(KINDS)}
    kept: list[tuple[int, int, str]] = []
    claimed: list[tuple[int, int, str]] = sorted(found, key=lambda place: (place[0], order[place[2]], -place[1]))
    for candidate in claimed:
        while kept and candidate[0] < kept[-1][1] and order[candidate[2]] < order[kept[-1][2]]:
            kept.pop()
        if not kept or candidate[0] >= kept[-1][1]:
            kept.append(candidate)
    return kept
