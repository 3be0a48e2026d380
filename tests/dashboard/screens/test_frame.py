"""What stands above every screen, and what a screen says when the store does not answer."""

import socket
from datetime import date, time
from pathlib import Path

import pytest

from relaylens_analytics.settle import settle
from relaylens_collector.access import TokenFile
from relaylens_collector.access.scopes import Scope
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings
from relaylens_dashboard import serve

from .conftest import Open

SCREENS = ["network", "edge", "agents", "runs", "findings", "escalations", "metrics", "sql"]


@pytest.fixture
def nobody() -> str:
    """Give an address at which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize("name", ["network", "runs", "run"])
def test_without_a_collector_the_screen_says_what_to_do(open_screen: Open, nobody: str, name: str) -> None:
    """The state has a title, one sentence, the command, and a button to try again."""
    screen = open_screen(name, url=nobody, run="any")

    assert "#### The collector is not running" in screen.texts
    assert f"Nothing answers at {nobody}. Start it, then try again." in screen.texts
    assert "relaylens up" in screen.texts
    assert screen.button("Try again") is not None


def test_without_a_store_the_screen_says_what_to_do(open_screen: Open, tmp_path: Path) -> None:
    """A folder without a database is named as what it is."""
    assert "#### There is no store here yet" in open_screen("network", url=tmp_path).texts


@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_opens_from_its_bare_address(open_screen: Open, name: str) -> None:
    """Each screen draws something of ours, and nothing goes wrong."""
    screen = open_screen(name)

    assert "This screen could not be drawn." not in screen.texts
    assert screen.components or name == "sql"


def test_nonsense_in_the_address_counts_as_not_set(open_screen: Open) -> None:
    """A range, a page, an order and a moment that are none leave the screen as it is by default."""
    bare = open_screen("runs").table("Runs")

    assert bare == open_screen("runs", range="∞", page="-7", sort="nothing", order="?", since="yesterday").table("Runs")


def test_the_span_of_time_is_kept_when_another_screen_is_opened(open_screen: Open) -> None:
    """Range and service go along from screen to screen, and stand in the address again."""
    screen = open_screen("network", range="7d", service="support")
    screen.app.switch_page("screens/runs.py")
    screen.app.query_params.clear()
    screen.app.run()

    assert {"range": "7d", "service": "support"} == dict(screen.app.query_params)


def test_choosing_a_range_writes_it_to_the_address(open_screen: Open) -> None:
    """The widget writes to the URL, and a custom window gives way to it."""
    screen = open_screen("runs", since="2020-01-01", page="3")
    screen.app.segmented_control(key="head.range").select("7d")
    screen.app.run()

    assert {"range": "7d"} == dict(screen.app.query_params)


def test_a_custom_window_is_written_to_the_address(open_screen: Open) -> None:
    """Two days and hours, in UTC, become the window; one that ends before it begins is refused in words."""
    app = open_screen("runs").app
    app.date_input(key="head.since.day").set_value(date(2026, 1, 2))
    app.date_input(key="head.until.day").set_value(date(2026, 1, 1))
    next(button for button in app.button if button.label == "Apply").click()
    app.run()
    assert ["The beginning is not before the end."] == [error.value for error in app.error]

    app.date_input(key="head.until.day").set_value(date(2026, 1, 4))
    app.time_input(key="head.since.hour").set_value(time(6, 0))
    app.time_input(key="head.until.hour").set_value(time(7, 30))
    next(button for button in app.button if button.label == "Apply").click()
    app.run()
    assert {"since": "2026-01-02T06:00:00+00:00", "until": "2026-01-04T07:30:00+00:00"} == dict(app.query_params)


def test_a_project_is_named_where_it_is_not_the_default_one(open_screen: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a token of another project the screens show that one, and say so; without a token they say what to do."""
    token = TokenFile(tmp_path).create("screens", project="acme", scopes={Scope.READ}).text
    collector = Collector(Settings(store=tmp_path, otlp_http_port=0, otlp_grpc_port=0, stop_seconds=3.0), settle)
    collector.start()
    try:
        refused = open_screen("runs", url=collector.http_url)
        monkeypatch.setenv(serve.TOKEN_VARIABLE, token)
        shown = open_screen("runs", url=collector.http_url)
        opened = set(collector.projects.stores())
    finally:
        collector.stop()

    assert "#### The collector asks for a token" in refused.texts
    assert "Project acme" in shown.texts
    assert {"default", "acme"} == opened


def test_the_default_project_is_not_named(open_screen: Open) -> None:
    """Where there is one project nobody has to know the word."""
    assert not [text for text in open_screen("runs").texts if text.startswith("Project ")]
