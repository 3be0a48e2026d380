"""Every screen in a real browser: it shows what it should, and a click leads on, from the network to the run."""

import re
import shutil
import time
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from relaylens_analytics import open_store
from relaylens_collector.signals import Signal

from .conftest import DRAWN_MS, IMAGES, WRITE_IMAGES, Dashboard, Tab
from .hostile_spans import Writer

pytestmark = pytest.mark.xdist_group("browser")

SCREENS = {
    "network": (
        "?range=24h&service=support",
        ["Task completion", "Handoff success", "Waiting for a person", "Newest findings", "questions to a person"],
    ),
    "handoffs": ("edge", ["Choose who hands over to whom.", "Why not"]),
    "edge": (
        "edge?from_agent=retriever&to_agent=drafter",
        ["How far it comes", "Wait until accepted", "What was sent, and what was received"],
    ),
    "agents": ("agents", ["Completed steps", "Evidence for the outcome:", "retriever", "fern-large-2"]),
    "agent": ("agents?agent=retriever", ["Over time", "Evidence for its outcomes", "Versions", "search_documents"]),
    "runs": ("runs?service=support", ["Began", "Asked", "triage → approver", "1 to 50 of 90"]),
    "findings": ("findings", ["By kind and agent", "Completed runs only", "rework"]),
    "escalations": ("escalations", ["Waiting for an answer", "No longer open", "Time to answer, median"]),
    "metrics": ("metrics", ["Task completion", "How often does work survive being handed over?", "Audit completeness"]),
    "metric": (
        "metrics?metric=handoff_success_rate",
        ["How often does work survive being handed over?", "Over time", "By edge", "retriever -> drafter"],
    ),
    "sql": (
        "sql?q=SELECT%20outcome%2C%20count(*)%20AS%20runs%20FROM%20runs%20GROUP%20BY%20ALL",
        ["Handoffs that failed", "completed", "Export"],
    ),
}
"""Each screen: its address, and what must stand on it."""


@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_shows_what_it_is_for(tab: Tab, name: str) -> None:
    """The screen opens from its address, holds its content, and fits the window."""
    path, texts = SCREENS[name]
    page = tab.open(path)

    for text in texts:
        expect(page.get_by_text(text).first).to_be_visible()
    assert page.get_by_text("This screen could not be drawn.").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    picture = tab.shoot(name)
    if WRITE_IMAGES and name == "network":
        IMAGES.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, IMAGES / "network.png")


def test_from_the_network_to_the_edge_to_the_run(tab: Tab) -> None:
    """A click on an edge of the map opens it, its example opens the run, and the run's address opens it again."""
    page = tab.open("?range=7d")
    page.get_by_role("link", name=re.compile(r"^retriever to drafter: ")).click()
    tab.at("**/edge?*")
    expect(page.get_by_text("retriever → drafter").first).to_be_visible()
    assert "range=7d" in page.url

    page.get_by_text("Failed", exact=True).click()
    page.wait_for_url("**show=failed*")
    tab.drawn()
    page.get_by_role("link", name="Open the run").click()
    tab.at("**/run?*")
    expect(page.get_by_text("Handoffs of this run")).to_have_count(0)
    expect(page.get_by_label("Who had the work when")).to_be_visible()
    address = page.url
    tab.shoot("run")

    page.goto(address)
    tab.drawn()
    expect(page.get_by_text("What was sent, and what was received")).to_be_visible()


def test_a_node_opens_the_agent(tab: Tab) -> None:
    """A click on an agent of the map opens its scorecard; the person opens the escalations."""
    page = tab.open("")
    page.get_by_role("link", name=re.compile("^retriever, ")).click()
    tab.at("**/agents?agent=retriever*")
    expect(page.get_by_text("Evidence for its outcomes")).to_be_visible()

    page = tab.open("")
    page.get_by_role("link", name=re.compile("^Person, ")).click()
    tab.at("**/escalations*")
    expect(page.get_by_text("Time to answer, median")).to_be_visible()


def test_the_run_leads_to_its_spans_and_findings(tab: Tab, dashboard: Dashboard) -> None:
    """A block of the lanes opens the span with its raw attributes; a pin marks its finding in the transcript."""
    run = next(run for run in dashboard.truth if "swallowed_tool_error" in run["findings"])
    page = tab.open(f"run?run={run['run']}")
    expect(page.get_by_text("turn 1", exact=True)).to_be_visible()
    tab.shoot("transcript")

    page.get_by_role("link", name=re.compile("^swallowed tool error")).click()
    page.wait_for_url("**finding=*")
    tab.drawn()
    expect(page.locator("section.entry.finding.marked")).to_be_visible()

    page.get_by_role("link", name=re.compile("^fern-")).first.click()
    page.wait_for_url("**view=spans*")
    tab.drawn()
    expect(page.get_by_text("gen_ai.request.model").first).to_be_visible()
    tab.shoot("span")


def test_a_run_leads_back_to_where_it_began(tab: Tab, dashboard: Dashboard) -> None:
    """The suspects stand with their evidence, another one can be chosen, and the way back leads to a span."""
    run = next(run for run in dashboard.truth if run["fault"] == "corrupted_context")
    page = tab.open(f"run?run={run['run']}&view=began")
    for text in ("Where it began", "What took from this step", "What became of each failure", "nobody is the culprit"):
        expect(page.get_by_text(text).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_text("The way back to suspect 1").scroll_into_view_if_needed()
    tab.shoot("began")

    page.get_by_text("origin", exact=True).first.click()
    page.wait_for_url("**view=spans*")
    tab.drawn()
    expect(page.get_by_text("gen_ai.agent.name").first).to_be_visible()


def test_runs_are_sorted_searched_and_paged_in_the_address(tab: Tab) -> None:
    """Each step of working the list is in the address, and the browser's way back works."""
    page = tab.open("runs?service=support")
    page.get_by_role("link", name="Took").click()
    page.wait_for_url("**sort=duration_ms*")
    tab.drawn()
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**page=1*")
    tab.drawn()
    expect(page.get_by_text("51 to 90 of 90")).to_be_visible()

    page.get_by_placeholder("Search prompts and answers").fill("vouchers")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=vouchers*")
    tab.drawn()
    assert "page=" not in page.url
    page.locator("tr.open").first.click()
    tab.at("**/run?*")
    page.go_back()
    tab.at("**/runs?*")
    expect(page.get_by_placeholder("Search prompts and answers")).to_have_value("vouchers")


def test_the_filters_go_along_in_the_navigation(tab: Tab) -> None:
    """The range chosen on one screen is that of the next, and of its address."""
    page = tab.open("")
    page.get_by_role("button", name="7 d").or_(page.get_by_role("radio", name="7 d")).first.click()
    page.wait_for_url("**range=7d*")
    tab.drawn()
    page.get_by_role("link", name="Findings").click()
    tab.at("**/findings?range=7d*")
    expect(page.get_by_text("By kind and agent")).to_be_visible()


def test_a_csv_of_the_runs_holds_them_all(tab: Tab) -> None:
    """The export is ours, not the browser's table: all runs of the filter, and no cell is a formula."""
    page = tab.open("runs?service=support")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    text = download.value.path().read_text(encoding="utf-8")

    assert text.startswith("run,conversation,trace_id,")
    assert 90 == text.count("\nn") + text.count("\nr")


def test_a_live_view_shows_what_arrives(tab: Tab, dashboard: Dashboard) -> None:
    """With `live` in the address a run that arrives is counted without anyone asking."""
    page = tab.open("runs?live=1&service=visitor&range=1h")
    expect(page.get_by_text("No run in the last hour fits").or_(page.get_by_text("No run began in the last hour.")).first).to_be_visible()

    spans = Writer("http://127.0.0.1:1", time.time() - 60, service="visitor", run="visit")
    dashboard.collector.ingest.submit(Signal.TRACES, spans.network())

    expect(page.locator("tr.open")).to_have_count(1, timeout=DRAWN_MS)


@pytest.mark.parametrize(("width", "scheme"), [(1024, "light"), (1440, "dark")])
def test_narrow_and_dark(browser: Browser, dashboard: Dashboard, width: int, scheme: Literal["light", "dark"]) -> None:
    """At 1024 pixels nothing is cut off, and the dark theme is dark."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab = Tab(page, dashboard.url)
    for name in ("", "runs", "edge?from_agent=retriever&to_agent=drafter"):
        tab.open(name)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        tab.shoot(f"{scheme}-{width}-{name.partition('?')[0] or 'network'}")
    background = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    page.close()

    assert {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 24, 30)"}[scheme] == background


def test_a_finding_is_marked_where_it_is_read(tab: Tab, dashboard: Dashboard) -> None:
    """One click marks it, the precision measured here follows, known ones are folded away, and the span of its evidence opens."""
    page = tab.open("findings?detector=context_lost")
    kinds = page.get_by_label("Kinds of finding")
    expect(kinds.get_by_text("not measured here yet").first).to_be_visible()
    begun = page.get_by_role("button", name="True", exact=True).count()

    page.get_by_role("button", name="True", exact=True).first.click()
    expect(kinds.get_by_text("1 of 1 marked").first).to_be_visible(timeout=DRAWN_MS)
    tab.drawn()
    expect(page.get_by_text("marked by dashboard")).to_have_count(1, timeout=DRAWN_MS)
    # the list is drawn after the kinds, so that it is waited for
    expect(page.get_by_role("button", name="True", exact=True)).to_have_count(begun, timeout=DRAWN_MS)
    tab.shoot("findings-marked")

    page.get_by_role("button", name="Known", exact=True).last.click()
    expect(page.get_by_text("1 known finding is folded away.")).to_be_visible(timeout=DRAWN_MS)
    tab.drawn()
    expect(page.get_by_role("button", name="True", exact=True)).to_have_count(begun - 1, timeout=DRAWN_MS)
    with open_store(dashboard.collector.http_url) as reader:
        assert ["known", "true"] == sorted(reader.query("SELECT mark FROM finding_marks()")["mark"].to_pylist())

    page.get_by_role("link", name=re.compile("^(The span|Span 1 of )")).first.click()
    tab.at("**/run?*view=spans*")
    expect(page.get_by_label("What is known of this span")).to_be_visible()
    page.get_by_role("button", name="Good").click()
    expect(page.locator('button[kind="primary"]', has_text="Good").first).to_be_visible(timeout=DRAWN_MS)
    tab.drawn()
    tab.shoot("run-good")
