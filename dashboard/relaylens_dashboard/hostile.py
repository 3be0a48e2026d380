"""Text from a trace made harmless for the place it is shown in.

Whoever can get a span to us writes names, prompts and answers: they reach a terminal, a spreadsheet, a markdown page or a browser as text
and as nothing else.
"""

import html
import json
import re
from typing import Final

_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]")
"""What steers a terminal, reorders a line or hides in it: C0 without tab and newline, C1, zero-width space, bidirectional controls, half
characters, tags. The joiners of Persian and of emoji are not among them."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet take a cell for a formula."""

_MARKDOWN: Final = re.compile(r"([\\`*_\[\]|~$^]|^[#+>-])")
"""What markdown takes for mark-up: in a line, and at its start."""

_NUMBERED: Final = re.compile(r"^(\d+)([.)])")
"""What markdown takes for an item of a numbered list."""


def visible(text: str) -> str:
    r"""Show control characters as `\x1b`, so that they are seen and do nothing; tab and newline stay."""
    return _CONTROL.sub(lambda match: _escaped(match.group()), text)


def one_line(text: str) -> str:
    """Show control characters, and put the text on one line."""
    return visible(" ".join(text.split()) if re.search(r"[\t\n\r\x0b\x0c\x85]", text) else text)


def for_spreadsheet(text: str) -> str:
    """Keep a spreadsheet from taking the text for a formula: an apostrophe goes before it."""
    return visible(f"'{text}" if _is_formula(text) else text)


def for_markdown(text: str) -> str:
    """Escape what markdown, or HTML within it, would take for mark-up; one line, no formula when pasted into a sheet."""
    line = one_line(text)
    escaped = _NUMBERED.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", line.replace("&", "&amp;").replace("<", "&lt;")))
    # A bare address is made a link by many renderers; a name with a broken scheme is not.
    linkless = escaped.replace("://", ":&#47;&#47;").replace("www.", "www&#46;").replace("@", "&#64;")
    return f"'{linkless}" if _is_formula(line) else linkless


def for_html(text: str) -> str:
    """Escape for HTML, in text and in a quoted attribute."""
    return html.escape(visible(text), quote=True)


def for_json(document: str) -> str:
    r"""Escape, in a JSON document, what steers a terminal; within strings `\u001b` means the same to a parser."""
    return _CONTROL.sub(lambda match: json.dumps(match.group())[1:-1], document)


def _is_formula(text: str) -> bool:
    """Whether a spreadsheet might compute the text; a leading blank does not keep every one from seeing the sign behind it."""
    return text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if character.isascii() or code in range(0x80, 0x100) else f"\\u{code:04x}"
