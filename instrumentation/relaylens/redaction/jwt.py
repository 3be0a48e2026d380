"""JSON web tokens, signed, unsigned and encrypted, told by their header."""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from relaylens.redaction.rule import Found, Rule

_TOKEN: Final = re.compile(r"(?<![\w-])ey[A-Za-z0-9_-]{8,4096}(?:\.[A-Za-z0-9_-]*){2,4}", re.ASCII)
_HEADER: Final = re.compile(rb"\s*\{.*\"(?:alg|typ|enc|kid)\"\s*:", re.DOTALL)


def _find(text: str) -> Iterator[Found]:
    """Tokens whose first part is a header."""
    if "ey" not in text:
        return
    for token in _TOKEN.finditer(text):
        head = token.group().partition(".")[0]
        try:
            header = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))
        except (binascii.Error, ValueError):
            continue
        if _HEADER.match(header):
            yield token.start(), token.end()


JWT: Final = Rule("jwt", "JSON web tokens, told by their header.", _find)
