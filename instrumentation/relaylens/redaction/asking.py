"""What `redact` may say: everything usual, kinds by name, functions of the user's own."""

from collections.abc import Callable, Collection

from relaylens.exceptions import SettingError
from relaylens.redaction.redactor import KINDS, USUAL_KINDS, Redactor, Replace

Redact = bool | str | Replace | Collection[str | Replace]
"""The values of `redact`."""

_OTHER_WORDS = {
    "email": "mail",
    "e-mail": "mail",
    "key": "secret",
    "keys": "secret",
    "token": "secret",
    "tokens": "secret",
    "national-id": "national_id",
}


def redactor_of(asked: Redact, pseudonym_key: bytes | None = None) -> Redactor | None:
    """The redactor that is asked for; None for none; SettingError for a kind that is not known."""
    if isinstance(asked, bool):
        return Redactor(USUAL_KINDS, (), pseudonym_key) if asked else None
    parts: list[str | Replace] = [asked] if isinstance(asked, str) or callable(asked) else list(asked)
    kinds: list[str] = []
    own: list[Callable[[str], str]] = []
    for part in parts:
        if callable(part):
            own.append(part)
        else:
            kinds.extend(kind for word in part.split(",") for kind in _kinds(word))
    return Redactor(tuple(kinds), own, pseudonym_key) if kinds or own else None


def redact_words(text: str) -> bool | str:
    """The meaning of the environment's variable; SettingError for a kind that is not known."""
    word = text.strip().lower()
    if word in {"1", "true", "yes", "on", "all"}:
        return True
    if word in {"", "0", "false", "no", "off", "none"}:
        return False
    for kind in word.split(","):
        _kinds(kind)
    return word


def _kinds(word: str) -> tuple[str, ...]:
    """The kinds that a word names."""
    name = word.strip().lower()
    if name in {"true", "all", "usual"}:
        return USUAL_KINDS
    name = _OTHER_WORDS.get(name, name)
    if not name:
        return ()
    if name not in KINDS:
        message = f"names {word.strip()!r}; allowed are {', '.join(KINDS)}, functions, and True"
        raise SettingError(message)
    return (name,)
