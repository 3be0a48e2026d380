"""From the text of a token to what its holder may do."""

import hmac
import logging
from collections import ChainMap
from collections.abc import Collection, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from relaylens_collector.access.names import DEFAULT_PROJECT
from relaylens_collector.access.scopes import ALL_SCOPES, Scope
from relaylens_collector.access.tokens import Token, TokenFile, digest, find, make
from relaylens_collector.errors import NotAuthenticatedError, TokenFileError

_logger: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Grant:
    """What whoever sent a request may do, and where; nothing that is in the request itself has a say in it."""

    holder: str
    """Id of the token, or what stands for one."""

    project: str
    scopes: frozenset[Scope]


_OF_SETTING: Final = Grant("the token of the setting", DEFAULT_PROJECT, ALL_SCOPES)
_NOBODY: Final = Grant("nobody", DEFAULT_PROJECT, ALL_SCOPES)
"""Who asks while there is no token: all is theirs, which is why that is so on loopback only."""


class Authenticator:
    """Knows the tokens: that of the setting, those of the file, and those of this process; used from any thread."""

    def __init__(self, setting: str | None, file: TokenFile) -> None:
        """Look at the file with every request; the token of the setting is not kept, only its hash."""
        self._setting = None if setting is None else digest(setting)
        self._file = file
        self._own: dict[str, Token] = {}
        self._were_tokens = False
        self._problem: str | None = None

    @property
    def is_needed(self) -> bool:
        """Tell whether a token has to be shown.

        Once there were tokens it stays so until the next start: a file that is gone is no invitation.
        """
        if self._setting is None and not self._were_tokens:
            self._were_tokens = bool(self._tokens())
        return self._setting is not None or self._were_tokens

    @property
    def knows_other_projects(self) -> bool:
        """Tell whether there are tokens of other projects than the default one."""
        return any(token.project != DEFAULT_PROJECT for token in self._tokens().values())

    def issue(self, name: str, *, project: str, scopes: Collection[Scope]) -> str:
        """Make a token that lives as long as this process and is in no file, and return its text."""
        made = make(name, project=project, scopes=scopes)
        self._own[made.token.token_id] = made.token
        return made.text

    def grant(self, given: str | None) -> Grant:
        """Return what the holder of a token may do; raises NotAuthenticatedError, or TokenFileError when nobody can tell."""
        if given is not None:
            if self._setting is not None and hmac.compare_digest(digest(given), self._setting):
                return _OF_SETTING
            token = find(given, ChainMap(self._own, self._tokens()))
            if token is not None:
                return _granted(token)
        if not self.is_needed:
            return _NOBODY
        raise NotAuthenticatedError

    def _tokens(self) -> MutableMapping[str, Token]:
        """Read the tokens; that they cannot be read is said once."""
        try:
            tokens = self._file.tokens()
        except TokenFileError as error:
            self._were_tokens = True
            if str(error) != self._problem:
                self._problem = str(error)
                _logger.error("%s Requests are refused until it can be read.", error)  # noqa: TRY400 - no traceback belongs to it
            raise
        self._problem = None
        return tokens


def _granted(token: Token) -> Grant:
    """Return the token's grant; its holder, who has shown the secret, is told why there is none."""
    if token.revoked is not None:
        detail = "This one was revoked."
        raise NotAuthenticatedError(detail)
    if not token.is_valid(datetime.now(UTC)):
        detail = "This one has expired."
        raise NotAuthenticatedError(detail)
    return Grant(token.token_id, token.project, token.scopes)
