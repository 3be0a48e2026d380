"""Whoever can send a span writes texts into the dashboard: they stay texts, on every screen, and nothing is fetched because of them."""

import time
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Dialog, Page

from relaylens_analytics import open_store
from relaylens_analytics.catalog import METRICS
from relaylens_collector.signals import Signal

from .conftest import Dashboard, Tab, wait_for_runs
from .hostile_spans import RUN, TRACE, Writer, beacon

pytestmark = [pytest.mark.xdist_group("browser"), pytest.mark.timeout(300)]

LOOK_INTO = """() => {
    const roots = [document];
    for (const root of roots) for (const node of root.querySelectorAll('*')) if (node.shadowRoot) roots.push(node.shadowRoot);
    const all = (what) => roots.flatMap((root) => [...root.querySelectorAll(what)]);
    const names = ['href', 'src', 'srcset', 'action', 'xlink:href'];
    return {
        pwned: window.pwned ?? null,
        addresses: all('[href], [src], [srcset], [action]').flatMap((node) => names.map((name) => node.getAttribute(name)).filter(Boolean)),
        handlers: all('*').filter((node) => node.getAttributeNames().some((name) => name.startsWith('on'))).length,
        frames: all('iframe, object, embed').length,
    };
}"""
"""What the page holds, its components included."""

SAYS_SOMETHING = ("svg a.agent", "svg a.edge", "svg a.block", "svg a.arrow", "svg a.pin", "td .bar", ".js-plotly-plot .nsewdrag")


def look_around(page: Page) -> None:
    """Rest the pointer on what has something to say, so that notes and the notes of Plotly are drawn."""
    for what in SAYS_SOMETHING:
        for place in page.locator(what).all()[:3]:
            if place.is_visible():
                place.hover(force=True)


def views(service: str, edge: dict[str, Any], finding: str) -> list[tuple[str, dict[str, Any]]]:
    """Give every view that could show a text of the run."""
    of_service = {"service": service}
    wanted = ("agent", "agent_version", "edge", "model", "tool", "workflow")
    seen_by = [(next(entry.name for entry in METRICS if by in entry.dimensions), by) for by in wanted]
    return [
        ("", of_service),
        ("edge", {**edge, **of_service}),
        ("agents", of_service),
        ("agents", {"agent": edge["from_agent"]}),
        ("runs", {**of_service, "q": "<script>"}),
        ("findings", of_service),
        ("escalations", of_service),
        ("metrics", of_service),
        *(("metrics", {"metric": name, "by": by, **of_service}) for name, by in seen_by),
        *(("run", {"run": RUN, "view": view}) for view in ("handoffs", "findings", "began", "about")),
        ("run", {"run": RUN, "finding": finding}),
        ("run", {"run": RUN, "view": "spans", "span": f"{TRACE}:{4:016x}"}),
        ("run", {"run": "<img src=x onerror=window.pwned=1>"}),
        (
            "sql",
            {"q": 'SELECT name, attributes, agent_name AS "<img src=x onerror=window.pwned=1>" FROM spans ORDER BY batch DESC LIMIT 50'},
        ),
        ("sql", {"q": "SELECT '<img src=x onerror=window.pwned=1>' FROM no_such_table"}),
    ]


def test_hostile_text_stays_text_on_every_screen(browser: Browser, dashboard: Dashboard) -> None:
    """No script runs, no dialog opens, nothing is fetched from elsewhere, and no text of a trace becomes a link."""
    with beacon() as (url, hits):
        writer = Writer(url, time.time() - 3600)
        dashboard.collector.ingest.submit(Signal.TRACES, writer.network())
        dashboard.collector.ingest.flush()
        wait_for_runs(dashboard.collector, len(dashboard.truth) + 1)
        with open_store(dashboard.collector.http_url) as reader:
            edge = reader.query("SELECT from_agent, to_agent FROM handoffs WHERE run = $run LIMIT 1", {"run": RUN}).to_pylist()[0]
            finding = reader.query("SELECT finding FROM findings WHERE run = $run LIMIT 1", {"run": RUN}).to_pylist()[0]["finding"]
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        tab = Tab(page, dashboard.url)
        tab.watch()
        dialogs: list[str] = []

        def on_dialog(dialog: Dialog) -> None:
            dialogs.append(dialog.message)
            dialog.dismiss()

        page.on("dialog", on_dialog)
        for number, (screen, filters) in enumerate(views(writer.service, edge, finding)):
            tab.open(f"{screen}?{urlencode(filters)}")
            look_around(page)
            seen = page.evaluate(LOOK_INTO)
            tab.shoot(f"hostile-{number:02}-{screen or 'network'}")

            assert page.get_by_text("This screen could not be drawn.").count() == 0, (screen, filters)
            assert (None, 0, 0) == (seen["pwned"], seen["handlers"], seen["frames"]), (screen, filters)
            assert [] == [one for one in seen["addresses"] if one.lower().startswith(("javascript:", url))], (screen, filters)
        page.close()

    assert ([], [], [], []) == (dialogs, tab.outside, hits, tab.errors)
