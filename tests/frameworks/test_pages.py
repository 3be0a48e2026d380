"""The program on each page of docs/frameworks runs as it stands there, and is seen as the page says."""

import re
from pathlib import Path
from typing import Final

import pytest
from tests.frameworks.environments import ROOT, python_of
from tests.frameworks.flows import PAGE
from tests.frameworks.model_server import ModelServer, Session
from tests.frameworks.observing import Observed, complaints, environment, observe
from tests.frameworks.staging import wanted

PAGES: Final = ROOT / "docs" / "frameworks"
_PROGRAM: Final = re.compile(r"```python\n(.*?)```", re.DOTALL)
_SAID: Final = re.compile(r"You are the|\bparcel\b|\b4711\b")
"""What the pages' programs say; a word each, since an id of 32 random digits holds any four of them once in a while."""

pytestmark = pytest.mark.timeout(900)


def _folder(page: str) -> str:
    """The framework's folder here: that of a page on a plain client says that it is one."""
    name = page.replace("-", "_")
    return name if (Path(__file__).parent / name).is_dir() else f"{name}_client"


def _pages() -> list[object]:
    """The pages of the frameworks that are to be played."""
    names = sorted(page.stem for page in PAGES.glob("*.md") if page.stem != "README")
    return [pytest.param(name, id=name, marks=pytest.mark.xdist_group(_folder(name))) for name in names if wanted(_folder(name))]


def _played(page: str, folder: Path, **variables: str) -> tuple[Observed, Session]:
    """What is seen of the page's first program, and what its model was asked."""
    (source, *_) = _PROGRAM.findall((PAGES / f"{page}.md").read_text())
    program = folder / "program.py"
    program.write_text(source)
    python = python_of(_folder(page))
    with ModelServer(lambda *_: PAGE) as model:
        address = f"{model.url}/{page}/page/session"
        addresses = {"OPENAI_BASE_URL": f"{address}/v1", "OPENAI_API_BASE": f"{address}/v1", "ANTHROPIC_BASE_URL": address}
        made = environment(python, **addresses, **variables)
        return observe([str(python), str(program)], made, folder / "store", service="page"), model.session("session")


@pytest.mark.parametrize("page", _pages())
def test_page(page: str, tmp_path: Path) -> None:
    """The page's first program: triage hands over to docs, docs answers; one run, each turn with prompt and answer."""
    observed, asked = _played(page, tmp_path)
    seen = observed.seen

    assert ([], []) == (asked.lost, complaints(observed.output))
    assert [("completed", 1)] == [(run["outcome"], run["traces"]) for run in seen["runs"]]
    assert [("triage", "docs", True)] == [
        (row["from_agent"], row["to_agent"], row["ok"]) for row in seen["handoffs"] if not row["is_return"]
    ]
    assert asked.agents() == list(dict.fromkeys(step["agent"] for step in seen["steps"]))
    assert [True] * len(seen["steps"]) == [bool(step["input"]) and step["has_output"] for step in seen["steps"]]
    assert [] == seen["findings"]


@pytest.mark.parametrize("page", _pages())
def test_page_without_texts(page: str, tmp_path: Path) -> None:
    """Without content capture the same handoff is seen, and no word of what was asked or answered leaves the process."""
    observed, _ = _played(page, tmp_path, RELAYLENS_CAPTURE_CONTENT="false")
    told = [text for span in observed.spans for text in [span["name"], span["status_message"] or "", *(span["attributes"] or ())]]

    assert [] == complaints(observed.output)
    assert [("triage", "docs")] == [(row["from_agent"], row["to_agent"]) for row in observed.seen["handoffs"] if not row["is_return"]]
    assert [] == [text for text in told if _SAID.search(text)]
