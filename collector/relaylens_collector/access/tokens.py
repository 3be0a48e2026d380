"""The tokens of a store, in a file of its folder that holds the hash of each and never the token itself.

A token is `rl_ID_SECRET`, with 256 random bits as its secret: a plain SHA-256 of those is as good as any slower hash, because there is
nothing to guess. The file is replaced as a whole, so that a collector that reads it meanwhile sees the old one or the new one.
"""

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from relaylens_collector.access.names import check_project
from relaylens_collector.access.scopes import Scope
from relaylens_collector.errors import ProjectNameError, TokenFileError, UnknownTokenError

TOKEN_FILE: Final = "tokens.json"  # noqa: S105 - a file's name
_LOCK_FILE: Final = "tokens.lock"
_VERSION: Final = 1
_PREFIX: Final = "rl"
_ID_BYTES: Final = 5
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; who has its secret is not."""

    token_id: str
    name: str
    """What it was made for, in its maker's words."""

    project: str
    scopes: frozenset[Scope]
    secret_hash: bytes
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Tell whether it is good for anything at a moment."""
        return self.revoked is None and (self.expires is None or now < self.expires)


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was made just now, with its text, which is nowhere else."""

    token: Token
    text: str

    def __repr__(self) -> str:
        """Leave the text out: what is printed by mistake stays in logs."""
        return f"NewToken({self.token.token_id})"


def make(name: str, *, project: str, scopes: Collection[Scope], expires: datetime | None = None) -> NewToken:
    """Make a token; it is good for nothing until something knows it."""
    token_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    token = Token(token_id, name, check_project(project), frozenset(scopes), digest(secret), datetime.now(UTC), expires)
    return NewToken(token, f"{_PREFIX}_{token_id}_{secret}")


def digest(secret: str) -> bytes:
    """Return the hash that stands for a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def find(text: str, tokens: Mapping[str, Token]) -> Token | None:
    """Return the token whose text this is, valid or not; the comparison takes the same time whatever the secret."""
    prefix, _, rest = text.partition("_")
    token_id, _, secret = rest.partition("_")
    token = tokens.get(token_id) if prefix == _PREFIX else None
    same = hmac.compare_digest(digest(secret), token.secret_hash if token is not None else bytes(_SECRET_BYTES))
    return token if same else None


class TokenFile:
    """The file of tokens; used from any thread, and by any process that may write the store's folder."""

    def __init__(self, store: Path) -> None:
        """Know where the file is; it may not be there."""
        self.path: Final = Path(store) / TOKEN_FILE
        self._read: tuple[tuple[int, ...], dict[str, Token]] | None = None

    def tokens(self) -> dict[str, Token]:
        """Return all tokens by id, read again only when the file has changed; raises TokenFileError when it cannot be read."""
        try:
            at = os.stat(self.path)  # noqa: PTH116 - for every request; a Path takes three times as long
        except FileNotFoundError:
            self._read = None
            return {}
        except OSError as error:
            detail = f"{self.path}: {error.strerror}."
            raise TokenFileError(detail) from error
        stamp = (at.st_ino, at.st_size, at.st_mtime_ns, at.st_ctime_ns)
        held = self._read
        if held is None or held[0] != stamp:
            held = (stamp, self._parsed())
            self._read = held
        return held[1]

    def create(self, name: str, *, project: str, scopes: Collection[Scope], expires: datetime | None = None) -> NewToken:
        """Make a token and keep what is known of it."""
        made = make(name, project=project, scopes=scopes, expires=expires)
        with self._locked():
            self._write([*self.tokens().values(), made.token])
        return made

    def revoke(self, token_id: str) -> Token:
        """Make a token good for nothing; it stays in the file, so that its id is not forgotten. UnknownTokenError when there is none."""
        with self._locked():
            tokens = dict(self.tokens())
            if token_id not in tokens:
                detail = f"{token_id[:80]!r} is none of the {len(tokens)} in {self.path}."
                raise UnknownTokenError(detail)
            if tokens[token_id].revoked is None:
                tokens[token_id] = replace(tokens[token_id], revoked=datetime.now(UTC))
                self._write(list(tokens.values()))
            return tokens[token_id]

    def _parsed(self) -> dict[str, Token]:
        try:
            document = json.loads(self.path.read_bytes())
            if document["version"] != _VERSION:
                detail = f"{self.path} has the version {document['version']!r}, which this Relaylens does not know."
                raise TokenFileError(detail)
            tokens = [_token(entry) for entry in document["tokens"]]
        except OSError as error:
            detail = f"{self.path}: {error.strerror}."
            raise TokenFileError(detail) from error
        except (ValueError, KeyError, TypeError, AttributeError, ProjectNameError) as error:
            # What stands in the file is not repeated: it is about secrets.
            detail = f"{self.path} is not what `relaylens token` writes ({type(error).__name__})."
            raise TokenFileError(detail) from None
        return {token.token_id: token for token in tokens}

    def _write(self, tokens: list[Token]) -> None:
        document = {"version": _VERSION, "tokens": [_entry(token) for token in tokens]}
        new = self.path.with_name(f"{TOKEN_FILE}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Let one process change the file at a time."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self.path.with_name(_LOCK_FILE), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            detail = f"{self.path}: {error.strerror}."
            raise TokenFileError(detail) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _entry(token: Token) -> dict[str, Any]:
    return {
        "id": token.token_id,
        "name": token.name,
        "project": token.project,
        "scopes": sorted(token.scopes),
        "sha256": token.secret_hash.hex(),
        "created": token.created.isoformat(),
        "expires": token.expires.isoformat() if token.expires is not None else None,
        "revoked": token.revoked.isoformat() if token.revoked is not None else None,
    }


def _token(entry: Mapping[str, Any]) -> Token:
    secret_hash = bytes.fromhex(entry["sha256"])
    if len(secret_hash) != _SECRET_BYTES:
        raise ValueError
    return Token(
        str(entry["id"]),
        str(entry["name"]),
        check_project(entry["project"]),
        frozenset(Scope(scope) for scope in entry["scopes"]),
        secret_hash,
        _moment(entry["created"]),
        None if entry["expires"] is None else _moment(entry["expires"]),
        None if entry["revoked"] is None else _moment(entry["revoked"]),
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment
