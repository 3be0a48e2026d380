"""Text from a trace does nothing in a terminal, a spreadsheet, a markdown page or a browser."""

import csv
import io
import json
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from relaylens_dashboard import hostile, tabular

CLEAR_SCREEN = "\x1b[2J\x1b]0;owned\x07"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        (CLEAR_SCREEN, r"\x1b[2J\x1b]0;owned\x07"),
        ("a\x9b31mb", r"a\x9b31mb"),
        ("user\u202egnp.exe", r"user\u202egnp.exe"),
        ("\U000e0041", r"\ue0041"),
        ("tab\tand\nnewline", "tab\tand\nnewline"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),
    ],
)
def test_control_characters_are_shown(text: str, shown: str) -> None:
    """What steers a terminal is seen instead of obeyed; tab, newline and the joiners of scripts stay."""
    assert shown == hostile.visible(text)


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    """No text breaks a row of a table into two."""
    assert len(hostile.one_line(text).splitlines()) <= 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=cmd|'/c calc'!A1"])
def test_a_formula_never_lives_in_a_sheet(text: str) -> None:
    """A cell that a spreadsheet would compute has an apostrophe before it, in CSV and in markdown."""
    rows = tabular.Rows(("name",), ((text,),))

    cell = list(csv.reader(io.StringIO(tabular.to_csv(rows))))[1][0]
    line = tabular.to_markdown(rows).splitlines()[2]

    assert cell.startswith("'")
    assert line.startswith(("| '", "| \\'"))


def test_a_number_stays_a_number() -> None:
    """A negative number is no formula: a sheet can add it up."""
    rows = tabular.Rows(("change",), ((-1.5,), (-2,)))

    assert "change\n-1.5\n-2\n" == tabular.to_csv(rows)
    assert "| change |\n| ---: |\n| -1.50 |\n| -2 |\n" == tabular.to_markdown(rows)


MARKUP = [
    "<script>alert(1)</script>",
    "![x](http://evil.example/p.png)",
    "[click](javascript:alert(1))",
    "<http://evil.example>",
    "https://evil.example",
    "www.evil.example",
    "a | b | c",
    "`code` **bold** _em_ ~~gone~~",
    "# heading",
    "- item",
    "1. item",
    "\\| escaped",
    "&lt;b&gt;",
    "$x$",
]


@pytest.mark.parametrize("text", MARKUP)
def test_markdown_is_never_rendered(text: str) -> None:
    """In a cell the text comes out of a markdown renderer as it went in, with no element around or in it."""
    table = tabular.to_markdown(tabular.Rows(("name", "other"), ((text, "x"),)))

    tokens = MarkdownIt("gfm-like", {"linkify": False}).enable(["table", "strikethrough"]).parse(table)
    cells = [token for token in tokens if token.type == "inline"][2:]

    assert 2 == len(cells)
    assert {"text", "text_special"} >= {child.type for child in cells[0].children or []}
    assert text.lstrip("'") == "".join(child.content for child in cells[0].children or []).lstrip("'")


class Elements(HTMLParser):
    """Collects the elements and the text that a browser would see."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an element and its attributes."""
        self.tags += [tag, *(name for name, _ in attrs)]

    def handle_data(self, data: str) -> None:
        """Remember text."""
        self.text += data


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cf", "Zl", "Zp"])))
def test_html_is_never_rendered(text: str) -> None:
    """In an element and in a quoted attribute the text stays text."""
    parser = Elements()
    parser.feed(f'<p title="{hostile.for_html(text)}">{hostile.for_html(text)}</p>')
    parser.close()

    assert ["p", "title"] == parser.tags
    assert text == parser.text


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_json_says_the_same_and_steers_nothing(text: str) -> None:
    """A parser reads the text back exactly; a terminal sees no control character."""
    written = tabular.to_json(tabular.Rows(("name",), ((text,),)))

    assert [{"name": text}] == json.loads(written)
    assert hostile.visible(written) == written
    assert written.encode()
