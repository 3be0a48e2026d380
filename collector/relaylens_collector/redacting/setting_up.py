"""What is to be taken out, from the settings: kinds that the instrumentation knows, and patterns of the user's own."""

import contextlib
import os
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from relaylens.redaction import KINDS, USUAL_KINDS, Redactor
from relaylens_collector.errors import SettingsError
from relaylens_collector.redacting.redaction import Redaction
from relaylens_collector.redacting.texts import Texts

KEY_FILE: Final = "redaction.key"
_KEY_BYTES: Final = 32
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,30}")


def redaction_of(kinds: tuple[str, ...], rules: Path | None, privacy_key: str | None, store: Path) -> Redaction | None:
    """Return the redaction that the settings ask for, None for none; raises SettingsError for a file that cannot be used."""
    own = {} if rules is None else read_rules(rules)
    if not kinds and not own:
        return None
    key = _own_key(store) if privacy_key is None else privacy_key.encode()
    replacing = [_replacing(kind, pattern) for kind, pattern in own.items()]
    redactor = Redactor(kinds, replacing, None if privacy_key is None else key)
    return Redaction(Texts(redactor, (*kinds, *own), every_text=bool(own)), key)


def read_kinds(text: str) -> tuple[str, ...]:
    """Read what the setting names: everything usual, or kinds; raises ValueError."""
    word = text.strip().lower()
    if word in {"1", "true", "yes", "on", "all"}:
        return USUAL_KINDS
    if word in {"", "0", "false", "no", "off", "none"}:
        return ()
    kinds = tuple(kind.strip() for kind in word.split(","))
    if not set(kinds) <= set(KINDS):
        raise ValueError
    return tuple(kind for kind in KINDS if kind in kinds)


def read_rules(file: Path) -> Mapping[str, re.Pattern[str]]:
    """Read the patterns of a rules file: TOML with a table `patterns` of kinds and regular expressions."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        patterns = document["patterns"]
        found = {kind: re.compile(pattern) for kind, pattern in patterns.items()}
    except (OSError, UnicodeError, KeyError, TypeError, AttributeError, tomllib.TOMLDecodeError, re.error) as error:
        message = f"--redact-rules: {file} has to be TOML with a table [patterns], each a kind and a regular expression: {error}."
        raise SettingsError(message) from error
    for kind, pattern in found.items():
        if not _KIND.fullmatch(kind) or kind in KINDS or len(document) > 1 or pattern.match(""):
            message = (
                f"--redact-rules: {file}: {kind!r} has to be a new kind in small letters, in a table [patterns] alone, and its expression "
                "must not fit an empty text."
            )
            raise SettingsError(message)
    return found


def _replacing(kind: str, pattern: re.Pattern[str]) -> Callable[[str], str]:
    def replace(text: str) -> str:
        return pattern.sub(f"[{kind}]", text)

    return replace


def _own_key(store: Path) -> bytes:
    """Return the store's own key, made when it is not there: hashes stay the same from one start to the next."""
    file = store / KEY_FILE
    store.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (
        contextlib.suppress(FileExistsError),
        os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as new,
    ):
        new.write(secrets.token_bytes(_KEY_BYTES))
        new.flush()
        os.fsync(new.fileno())
    key = file.read_bytes()
    if len(key) != _KEY_BYTES:
        message = f"{file} has to hold {_KEY_BYTES} bytes; put it aside to have a new one made."
        raise SettingsError(message)
    return key
