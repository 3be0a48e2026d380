"""The real thing: a collector with the example network's work in it, the dashboard as a child process, and Chromium.

Without Chromium these tests are skipped, or fail where RELAYLENS_REQUIRE_BROWSER is set, as it is in CI.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from relaylens_analytics import open_store
from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings
from relaylens_dashboard import serve

ROOT = Path(__file__).parents[2]
SCREENSHOTS = Path(__file__).with_name("screenshots")
IMAGES = ROOT / "docs" / "images"
RUNS = 90
PATIENCE_S = 60
DRAWN_MS = 30_000
REQUIRED = "RELAYLENS_REQUIRE_BROWSER" in os.environ
WRITE_IMAGES = "RELAYLENS_WRITE_IMAGES" in os.environ
"""Whether the pictures of the documentation are made anew."""

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Dashboard:
    """Where the dashboard and its collector answer, and what the network says it did."""

    url: str
    collector: Collector
    truth: list[dict[str, Any]]


@dataclass
class Tab:
    """A tab of the browser, and all that it asked for and complained of."""

    page: Page
    home: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open a view and wait until it is drawn."""
        self.page.goto(f"{self.home}/{path}")
        return self.drawn()

    def drawn(self) -> Page:
        """Wait until Streamlit has nothing more to do."""
        self.page.locator(".st-key-head").wait_for(timeout=DRAWN_MS)
        self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=DRAWN_MS)
        return self.page

    def at(self, pattern: str) -> Page:
        """Wait until the address matches, and the view is drawn."""
        self.page.wait_for_url(pattern, timeout=DRAWN_MS)
        return self.drawn()

    def watch(self) -> None:
        """Write down requests to anywhere else, and what goes wrong in the page."""

        def on_request(request: Request) -> None:
            if not request.url.startswith((self.home, "data:", "blob:")) and not request.url.startswith(self.home.replace("http", "ws")):
                self.outside.append(request.url)

        def on_console(message: ConsoleMessage) -> None:
            # Below a page's own address Streamlit asks for its health check once, before it looks at the root.
            if message.type == "error" and "/_stcore/" not in message.location.get("url", ""):
                self.errors.append(message.text)

        self.page.on("request", on_request)
        self.page.on("console", on_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def shoot(self, name: str) -> Path:
        """Take a picture of what is seen."""
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.page.screenshot(path=path, animations="disabled")
        return path


@pytest.fixture(scope="session")
def chromium() -> str:
    """Find Debian's Chromium."""
    found = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    if found is None:
        reason = "there is no Chromium; on Debian: apt-get install chromium fonts-dejavu-core"
        if REQUIRED:
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def dashboard(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """Start the collector, let the network send a day of its work, and start the dashboard over it."""
    assert chromium
    folder = tmp_path_factory.mktemp("browser")
    collector = Collector(Settings(store=folder / "store", otlp_http_port=0, otlp_grpc_port=0), settle)
    collector.start()
    try:
        command = [
            sys.executable,
            "-m",
            "examples.support_network",
            "--runs",
            str(RUNS),
            "--seed",
            "3",
            "--time-scale",
            "0",
            "--history",
            "20",
        ]
        command += ["--endpoint", collector.http_url, "--truth", str(folder / "truth.jsonl")]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE_S)
        truth = [json.loads(line) for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
        collector.ingest.flush()
        wait_for_runs(collector, len(truth))
        port = _free_port()
        environment = serve.environment(collector.http_url)
        with subprocess.Popen(serve.command(port=port), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                _wait_for(serve.health_url(port), process)
                yield Dashboard(f"http://{serve.LOOPBACK}:{port}", collector, truth)
            finally:
                process.terminate()
    finally:
        collector.stop()


def wait_for_runs(collector: Collector, count: int) -> None:
    """Wait until so many runs are settled."""
    deadline = time.monotonic() + PATIENCE_S
    with open_store(collector.http_url) as reader:
        while reader.query("SELECT count(*) AS n FROM runs").to_pylist()[0]["n"] < count:
            assert time.monotonic() < deadline, "the runs were not settled in time"
            time.sleep(0.05)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Start Chromium; for no longer than a module, because Playwright's event loop runs in this thread and bars `asyncio.run` from it."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def tab(browser: Browser, dashboard: Dashboard) -> Iterator[Tab]:
    """Open a tab of its own; when the test ends, it has asked nobody but the dashboard for anything."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    opened = Tab(page, dashboard.url)
    opened.watch()
    yield opened
    page.close()
    assert ([], []) == (opened.outside, opened.errors)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((serve.LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the dashboard answers."""
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        assert process.poll() is None, "the dashboard ended by itself"
        try:
            with opener.open(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    pytest.fail("the dashboard did not answer in time")
