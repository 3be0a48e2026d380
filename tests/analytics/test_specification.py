"""The file that declares a network is read, refused with a sentence, and written."""

import re
from pathlib import Path

import pytest

from relaylens.semconv import SpecificationPart
from relaylens_analytics.errors import SpecificationError
from relaylens_analytics.specification import SPECIFICATION_FILE, Row, read, written

WHOLE = """
[support]
agents = ["triage", "drafter"]
handoffs = ["triage -> drafter", "drafter->human"]
approval = ["refund_order"]

[support.required]
"*" = ["drafter"]

[support.tools]
drafter = ["search", "send"]
"""

ROWS = {
    Row("support", SpecificationPart.AGENT, "triage"),
    Row("support", SpecificationPart.AGENT, "drafter"),
    Row("support", SpecificationPart.HANDOFF, "triage", "drafter"),
    Row("support", SpecificationPart.HANDOFF, "drafter", "human"),
    Row("support", SpecificationPart.APPROVAL, "refund_order"),
    Row("support", SpecificationPart.REQUIRED, "*", "drafter"),
    Row("support", SpecificationPart.TOOL, "drafter", "search"),
    Row("support", SpecificationPart.TOOL, "drafter", "send"),
}


def test_a_file_is_read(tmp_path: Path) -> None:
    """Every part of a table gives its rows."""
    (tmp_path / SPECIFICATION_FILE).write_text(WHOLE, encoding="utf-8")

    assert set(read(tmp_path)) == ROWS


def test_no_file_declares_nothing(tmp_path: Path) -> None:
    """Without a file, and without a folder, nothing is declared."""
    assert read(tmp_path) == read(None) == ()


def test_a_network_of_several_services_is_declared_for_each(tmp_path: Path) -> None:
    """Services that are named take the place of the table's own name."""
    (tmp_path / SPECIFICATION_FILE).write_text('[desk]\nservices = ["a", "b"]\nagents = ["x"]\n', encoding="utf-8")

    assert set(read(tmp_path)) == {Row("a", SpecificationPart.AGENT, "x"), Row("b", SpecificationPart.AGENT, "x")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[support\n", "network.toml: "),
        ("support = 1\n", "[support] has to be a table"),
        ("[support]\nagent = []\n", "[support] has no 'agent'; it may have services, agents, approval, handoffs, required, tools"),
        ("[support]\nagents = 'triage'\n", "[support] agents has to be a list of names"),
        ("[support]\nagents = ['']\n", "[support] agents has to be a list of names"),
        ("[support]\nhandoffs = ['triage']\n", "[support] handoffs have the form"),
        ("[support]\nhandoffs = ['a -> b -> c']\n", "[support] handoffs have the form"),
        ("[support]\ntools = ['search']\n", "[support] tools has to be a table of lists"),
        ("[support]\n[support.tools]\ndrafter = 'send'\n", "[support] tools, 'drafter' has to be a list of names"),
    ],
)
def test_what_cannot_be_followed_is_named(tmp_path: Path, text: str, says: str) -> None:
    """An error says the file, the table and what belongs there."""
    (tmp_path / SPECIFICATION_FILE).write_text(text, encoding="utf-8")

    with pytest.raises(SpecificationError, match=re.escape(says)):
        read(tmp_path)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    """A file that is not UTF-8 is refused by name."""
    (tmp_path / SPECIFICATION_FILE).write_bytes(b"\xff\xfe")

    with pytest.raises(SpecificationError, match=SPECIFICATION_FILE):
        read(tmp_path)


def test_what_is_written_reads_back_as_the_same(tmp_path: Path) -> None:
    """Also names with quotes, brackets, line ends and characters that TOML escapes."""
    hostile = Row('de"sk]\n\x7f\x00é', SpecificationPart.REQUIRED, "work\nflow = 1", 'a"b\\\x1b\x9b\u202e\u2028\U000e0041')
    text = written({*ROWS, hostile})
    (tmp_path / SPECIFICATION_FILE).write_text(text, encoding="utf-8")

    assert set(read(tmp_path)) == {*ROWS, hostile}
    assert text.isprintable() or all(character == "\n" for character in text if not character.isprintable())
