"""The examples of the documentation run, and its links lead somewhere."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from relaylens_analytics import Window, open_store
from relaylens_analytics.queries import lists, runs
from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "examples").rglob("*.md")])
EXAMPLES = [
    (path, number, code)
    for path in (ROOT / "README.md", ROOT / "docs" / "quickstart.md")
    for number, code in enumerate(re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
]


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    """Run a collector for an example to send to."""
    running = Collector(Settings(store=tmp_path / "store", otlp_http_port=0, otlp_grpc_port=0), settle)
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize(("path", "number", "code"), EXAMPLES, ids=lambda value: value.name if isinstance(value, Path) else "")
def test_an_example_runs_and_is_recorded(collector: Collector, path: Path, number: int, code: str) -> None:
    """Copied out of the page and run as it stands, it makes at least one run of the service it names."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "RELAYLENS_"))}
    environment = kept | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.http_url, "RELAYLENS_RAISE_ERRORS": "true"}

    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    collector.ingest.flush()
    with open_store(collector.http_url) as reader:
        recorded = runs.page(reader, Window()).to_pylist()
        handoffs = lists.handoffs(reader, Window()).to_pylist()
        asked = lists.escalations(reader, Window()).to_pylist()

    assert (0, "") == (done.returncode, done.stderr), f"{path.name}, example {number + 1}"
    assert {"support"} == {run["service_name"] for run in recorded}
    assert ("relaylens.handoff(" in code) == bool(handoffs)
    assert all(one["succeeded"] for one in handoffs), json.dumps(handoffs, default=str)
    assert ("relaylens.escalate(" in code) == bool(asked)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link of a page names a file that is there."""
    links = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", path.read_text(encoding="utf-8"))

    assert [] == [link for link in links if not (path.parent / link).exists()]


def test_every_page_can_be_found_from_the_readme() -> None:
    """No page of docs is forgotten."""
    named = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [] == [path.name for path in (ROOT / "docs").glob("*.md") if f"docs/{path.name}" not in named]
