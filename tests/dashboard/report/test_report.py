"""Reports: the numbers are those of the metrics, and nothing of a trace is more than text."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from relaylens_analytics import Reader, Window, catalog, metrics, open_store
from relaylens_analytics.settle import create_tables
from relaylens_collector.store import Store
from relaylens_dashboard.report import as_csv, as_html, as_json, as_markdown
from relaylens_dashboard.report.content import Report, gather

HERE = Path(__file__).parent
NOW = datetime(2026, 3, 1, 11, tzinfo=UTC)
WINDOW = Window(since=datetime(2026, 3, 1, 10, tzinfo=UTC), until=NOW)
WRITERS = {"html": as_html.write, "md": as_markdown.write, "csv": as_csv.write, "json": as_json.write}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Open a store with fixed rows, of which no rule of settling can change one."""
    folder = tmp_path_factory.mktemp("store")
    store = Store(folder / "relaylens.duckdb")
    create_tables(store.connection)
    store.connection.execute((HERE / "store.sql").read_text(encoding="utf-8"))
    store.close()
    with open_store(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def report(reader: Reader) -> Report:
    """Gather everything, as the command does."""
    return gather(reader, WINDOW, now=NOW)


@pytest.mark.parametrize("suffix", WRITERS)
def test_golden(reader: Reader, suffix: str, golden: Callable[[Path, str], None]) -> None:
    """One file a format, compared as bytes; of the metrics those that show every kind of table."""
    names = ("task_completion_rate", "run_latency", "handoff_failure_reasons", "finding_precision", "audit_completeness")
    wanted = [catalog.metric(name) for name in names]
    report = replace(gather(reader, WINDOW, wanted=wanted, now=NOW), store="relaylens-data", version="1.2.3")

    golden(HERE / "golden" / f"report.{suffix}", WRITERS[suffix](report))


def test_csv_and_json_hold_every_number_of_every_metric(report: Report, reader: Reader) -> None:
    """By every dimension, exactly as the metric itself is computed."""
    table = list(csv.DictReader(io.StringIO(as_csv.write(report))))
    document = {one["metric"]: one for one in json.loads(as_json.write(report))["metrics"]}

    assert [metric.name for metric in catalog.METRICS] == list(document)
    for metric in catalog.METRICS:
        for by in metric.dimensions:
            filters = {"now": NOW} if "now" in metrics.statement_of(metric).parameters else {}
            expected = metrics.compute(reader, metric.name, WINDOW, by=by, bucket_s=report.bucket_s, **filters).to_pylist()
            in_csv = [row for row in table if (row["metric"], row["dimension"]) == (metric.name, by)]
            assert [row["value"] for row in expected] == [float(row["value"]) if row["value"] else None for row in in_csv]
            assert [row["value"] for row in expected] == [row["value"] for row in document[metric.name]["by"][by]]


def test_every_metric_says_its_question_and_formula(report: Report) -> None:
    """A number without them is not in the HTML, nor in the markdown."""
    page, text = as_html.write(report), as_markdown.write(report)

    for metric in catalog.METRICS:
        assert metric.question in text
        assert metric.formula in text
        assert f'id="{metric.name}"' in page


class Page(HTMLParser):
    """What a browser would make of a page."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an element and its attributes."""
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        """Remember text."""
        self.text += data


def test_html_asks_for_nothing_and_runs_nothing(report: Report) -> None:
    """No script, no link, no picture from anywhere, and a policy that would refuse them."""
    page = Page()
    page.feed(as_html.write(report))

    assert set() == page.tags & {"script", "a", "img", "link", "iframe", "object", "embed", "form", "base", "image", "use"}
    assert [] == [name for name, _ in page.attributes if name.startswith("on") or name in {"href", "src", "srcset", "style", "xlink:href"}]
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes


def test_text_of_a_trace_stays_text_in_html(report: Report) -> None:
    """Names and questions are read as they are, control characters are seen, long texts are cut."""
    written = as_html.write(report)
    page = Page()
    page.feed(written)

    assert "<b>Triage</b> | [x](http://evil.example)" in page.text
    assert "<script>alert(1)</script>\\x1b[2J really" in page.text
    assert "\x1b" not in written
    assert "(589 characters)" in page.text


def test_text_of_a_trace_stays_text_in_markdown(report: Report) -> None:
    """A renderer makes no link, no element and no code of it, and each table keeps its columns."""
    written = as_markdown.write(report)
    tokens = MarkdownIt("commonmark").enable("table").parse(written)
    inline = [child for token in tokens for child in token.children or []]
    tables = [block.splitlines() for block in written.split("\n\n") if block.startswith("| ")]

    assert set() == {child.type for child in inline} & {"link_open", "image", "html_inline"}
    assert "html_block" not in {token.type for token in tokens}
    assert "<b>Triage</b> | [x](http://evil.example)" in "".join(child.content for child in inline)
    assert [1] * len(tables) == [len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) for table in tables]


def test_csv_holds_no_formula(report: Report) -> None:
    """No cell of text begins with a sign that a sheet would compute."""
    cells = [cell for row in csv.reader(io.StringIO(as_csv.write(report))) for cell in row]

    assert [] == [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "-b"))]
    assert [] != [cell for cell in cells if cell.startswith("'")]


def test_an_empty_store_has_a_report_too(tmp_path: Path) -> None:
    """Every format says that there is nothing, and none fails."""
    store = Store(tmp_path / "relaylens.duckdb")
    create_tables(store.connection)
    store.close()
    with open_store(tmp_path) as opened:
        report = gather(opened, Window(), now=NOW)

    written: dict[str, Any] = {suffix: write(report) for suffix, write in WRITERS.items()}

    assert "Nothing is recorded in this window." in written["html"]
    assert "No work was handed over." in written["md"]
    assert [] == json.loads(written["json"])["edges"]
