"""The program on each page of docs/frameworks runs as it stands there, and is seen as the page says."""

import re
from pathlib import Path
from typing import Final

import pytest
from tests.frameworks.environments import ROOT, python_of
from tests.frameworks.flows import PAGE
from tests.frameworks.model_server import ModelServer
from tests.frameworks.observing import complaints, environment, observe
from tests.frameworks.staging import wanted

PAGES: Final = ROOT / "docs" / "frameworks"
_PROGRAM: Final = re.compile(r"```python\n(.*?)```", re.DOTALL)

pytestmark = pytest.mark.timeout(900)


def _folder(page: str) -> str:
    """The framework's folder here: that of a page on a plain client says that it is one."""
    name = page.replace("-", "_")
    return name if (Path(__file__).parent / name).is_dir() else f"{name}_client"


def _pages() -> list[object]:
    """The pages of the frameworks that are to be played."""
    names = sorted(page.stem for page in PAGES.glob("*.md") if page.stem != "README")
    return [pytest.param(name, id=name, marks=pytest.mark.xdist_group(_folder(name))) for name in names if wanted(_folder(name))]


@pytest.mark.parametrize("page", _pages())
def test_page(page: str, tmp_path: Path) -> None:
    """The page's first program: triage hands over to docs, docs answers; one run, each turn with prompt and answer."""
    (source, *_) = _PROGRAM.findall((PAGES / f"{page}.md").read_text())
    program = tmp_path / "program.py"
    program.write_text(source)
    python = python_of(_folder(page))
    with ModelServer(lambda *_: PAGE) as model:
        address = f"{model.url}/{page}/page/session"
        variables = environment(python, OPENAI_BASE_URL=f"{address}/v1", OPENAI_API_BASE=f"{address}/v1", ANTHROPIC_BASE_URL=address)
        observed = observe([str(python), str(program)], variables, tmp_path / "store", service="page")
        asked = model.session("session")
    seen = observed.seen

    assert ([], []) == (asked.lost, complaints(observed.output))
    assert [("completed", 1)] == [(run["outcome"], run["traces"]) for run in seen["runs"]]
    assert [("triage", "docs", True)] == [
        (row["from_agent"], row["to_agent"], row["ok"]) for row in seen["handoffs"] if not row["is_return"]
    ]
    assert asked.agents() == list(dict.fromkeys(step["agent"] for step in seen["steps"]))
    assert [True] * len(seen["steps"]) == [bool(step["input"]) and step["has_output"] for step in seen["steps"]]
    assert [] == seen["findings"]
