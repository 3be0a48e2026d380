"""A trace of very many spans in a real browser: the screens page and sum up, and the browser stays small.

`make bench-long-trace` does it with 100,000 spans and holds the time of the first view to its limit; here it is a short one.
"""

import os
import time
from typing import Final

import pytest
from playwright.sync_api import CDPSession, Page
from tests.benchmarks.generate import long_trace

from relaylens_collector.signals import Signal

from .conftest import ROOT, Dashboard, Tab

SPANS: Final = int(os.environ.get("RELAYLENS_LONG_TRACE", "3000"))
FULL: Final = 100_000
FIRST_VIEW_S: Final = 3.0
HEAP_BYTES: Final = 500 << 20
MOST_NODES: Final = 20_000
"""Elements of a page; a screen shows 1,000 rows at most."""

RESULT: Final = ROOT / "docs" / "benchmarks" / "long_trace.txt"

VIEWS: Final = ("", "&slice=3", "&view=spans", "&view=spans&page=7", "&view=handoffs", "&view=findings", "&view=began", "&view=about")


@pytest.fixture(scope="module")
def long_run(dashboard: Dashboard) -> tuple[str, str]:
    """Send the trace, and give the address of its run, and how long that took."""
    began = time.perf_counter()
    for body in long_trace(SPANS):
        dashboard.collector.ingest.submit(Signal.TRACES, body)
    dashboard.collector.ingest.flush()
    settled = f"{SPANS:,} spans in one trace, ingested and settled in {time.perf_counter() - began:.1f} s"
    with dashboard.collector.ingest.reading() as cursor:
        [(run, conversation, spans)] = cursor.execute("SELECT run, conversation, spans FROM runs ORDER BY spans DESC LIMIT 1").fetchall()
    assert spans >= SPANS
    return f"run?run={run}&conversation={conversation}", settled


def _heap(session: CDPSession) -> int:
    """Bytes of the page's scripts."""
    return int(session.send("Runtime.getHeapUsage")["usedSize"])


def _nodes(page: Page) -> int:
    """Elements of the page."""
    return int(page.evaluate("document.querySelectorAll('*').length"))


def test_a_long_trace_is_shown_in_parts(tab: Tab, long_run: tuple[str, str]) -> None:
    """Every view of it is drawn without an error, of few elements and in little memory, and the strip leads to all of it."""
    session = tab.page.context.new_cdp_session(tab.page)
    tab.open("runs?range=all")
    address, settled = long_run
    taken: dict[str, float] = {}
    lines = [settled]
    for view in VIEWS:
        began = time.perf_counter()
        page = tab.open(address + view)
        taken[view] = time.perf_counter() - began
        lines.append(f"{view or 'first view':<20} {taken[view]:5.2f} s, {_nodes(page):,} elements, heap {_heap(session) / 1e6:.0f} MB")
        assert _nodes(page) < MOST_NODES
        assert _heap(session) < HEAP_BYTES
        if view in {"", "&view=spans"}:
            tab.shoot(f"long-trace{view.replace('&view=', '-')}")
    if SPANS >= FULL:
        RESULT.write_text("\n".join([*lines, ""]), encoding="utf-8")
        assert taken[""] <= FIRST_VIEW_S
    assert [] == tab.errors
