"""Addresses of the internet protocol, versions 4 and 6."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from relaylens.redaction.rule import Found, Rule, words_before

_FOUR: Final = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)", re.ASCII)
_SIX: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{2,39}(?:\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])", re.ASCII)
_VERSION: Final = re.compile(r"(?:\bv|version|release|build|\bver\.?|==|>=|<=|~=)[ :=]*\Z")


def _find(text: str) -> Iterator[Found]:
    """Addresses that are well formed and not said to be a version."""
    for four in _FOUR.finditer(text):
        if all(int(part) <= 255 for part in four.group().split(".")) and not _VERSION.search(words_before(text, four.start(), 12)):  # noqa: PLR2004 - a byte
            yield four.span()
    if "::" in text or text.count(":") > 6:  # noqa: PLR2004 - an address that is written out has seven
        for six in _SIX.finditer(text):
            if six.group().count(":") > 1 and any(character != ":" for character in six.group()):
                try:
                    ipaddress.IPv6Address(six.group())
                except ValueError:
                    continue
                yield six.span()


IP: Final = Rule("ip", "IP addresses, versions 4 and 6; only when named, since machines are mostly not people.", _find)
