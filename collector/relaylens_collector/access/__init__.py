"""Who may do what: tokens, their scopes and their projects."""

from relaylens_collector.access.granting import Authenticator, Grant
from relaylens_collector.access.names import DEFAULT_PROJECT, check_project
from relaylens_collector.access.scopes import ALL_SCOPES, Scope
from relaylens_collector.access.tokens import NewToken, Token, TokenFile

__all__ = ["ALL_SCOPES", "DEFAULT_PROJECT", "Authenticator", "Grant", "NewToken", "Scope", "Token", "TokenFile", "check_project"]
