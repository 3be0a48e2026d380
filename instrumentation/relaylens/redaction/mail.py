"""Mail addresses, also with plus signs, in any script, and in the form that URLs give them (`%40`)."""

import re
from collections.abc import Iterator
from typing import Final

from relaylens.redaction.rule import Found, Rule, words_before

_AT: Final = re.compile(r"@|%40")
_LOCAL: Final = re.compile(r"[\w.!#$%&'*+^`{|}~-]{1,64}\Z")
_ENCODED: Final = re.compile(r".*%(?:2[06CcFf]|3[A-Fa-f])", re.DOTALL)
_LABEL: Final = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN: Final = re.compile(rf"(?:{_LABEL}\.){{1,8}}(?:xn--[a-z0-9-]{{2,59}}|[^\W\d_]{{2,24}})(?![\w@-])", re.IGNORECASE)
_NO_DOMAINS: Final = frozenset(
    {"png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "css", "js", "ts", "json", "html", "scss", "map", "local"}
)
"""Last labels of file names such as `icon@2x.png`; none is a top-level domain."""

_REMOTE_SHELL: Final = re.compile(r"\b(?:ssh|scp|sftp|rsync|mosh)\s[^@\n]*\Z")


def _find(text: str) -> Iterator[Found]:
    """Addresses, found from their at sign."""
    for at in _AT.finditer(text):
        domain = _DOMAIN.match(text, at.end())
        local = _LOCAL.search(text[max(0, at.start() - 64) : at.start()])
        if domain is None or local is None:
            continue
        # In URLs what comes before is joined to it by `%3D` and the like.
        written = _ENCODED.sub("", local.group()).lstrip(".!#$%&'*^`{|}~-")
        start = at.start() - len(written)
        if not written.rstrip(".") or (start > 0 and text[start - 1] in "@/") or domain.group().rpartition(".")[2].lower() in _NO_DOMAINS:
            continue
        # Addresses of machines look the same: `git@github.com:team/repository`, `ssh admin@host.example`.
        if re.match(r":[\w~/.-]*[/\w]", text[domain.end() : domain.end() + 80]) or _REMOTE_SHELL.search(words_before(text, start)):
            continue
        yield start, domain.end()


MAIL: Final = Rule("mail", "Mail addresses.", _find)
