"""What the screens are made of: components that hold no markup, settings that keep the dashboard private, queries that bind, words."""

import http.client
import re
import socket
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest

from relaylens_analytics import open_store
from relaylens_analytics.metric import Unit
from relaylens_dashboard import components, serve, tabular, wording
from relaylens_dashboard.charts import figures
from relaylens_dashboard.charts.figures import Point
from relaylens_dashboard.screens import exports, reading

from .conftest import Store

SCREENS = Path(reading.__file__).parent
FOLDER = Path(str(reading.QUESTIONS))
QUESTIONS = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.sql"))


@pytest.mark.parametrize("name", components.NAMES)
def test_no_component_makes_markup_of_a_text(name: str) -> None:
    """Nothing in the scripts reads a text as HTML or as a script, and nothing is fetched."""
    reads = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser"
    forbidden = rf"{reads}|\beval\b|new Function|setTimeout|fetch\(|XMLHttp|import\("

    assert [] == re.findall(forbidden, components.source(name))


def test_every_component_is_listed() -> None:
    """The scripts beside the module are those that it names."""
    scripts = {path.stem for path in Path(components.__file__).parent.glob("*.js")}

    assert {*components.NAMES, "shared"} == scripts


def test_no_screen_lets_streamlit_read_markup() -> None:
    """No screen allows HTML, and none uses an element that turns a text of the store into markdown, a link or a picture."""
    forbidden = (
        r"unsafe_allow|st\.(write|html|image|link_button|toast|badge|metric|dataframe|table|data_editor|error|warning|info|success)\("
    )
    allowed = {"frame.py": ["st.html(", "st.error("]}  # our own style; and a sentence of ours about the two moments chosen
    found = {
        path.name: [match.group() for match in re.finditer(forbidden, path.read_text(encoding="utf-8"))] for path in SCREENS.glob("*.py")
    }

    assert allowed == {name: matches for name, matches in found.items() if matches}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_of_the_screens_is_answered(store: Store, name: str) -> None:
    """Each file begins with its question, and runs against the real schema with every parameter bound."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    names = set(re.findall(r"\$([a-z_]+)", re.sub(r"--[^\n]*|'(?:[^']|'')*'", "", text)))
    numbers = {"limit": 10, "offset": 0, "slice": 40, "first": 1, "last": 40, "text_limit": 100}
    with open_store(store.url) as reader:
        reader.query(text, {parameter: numbers.get(parameter) for parameter in names})

    assert text.startswith("-- ")


def test_the_token_is_no_argument() -> None:
    """Arguments of a process are seen by everyone on the machine; the token goes through the environment."""
    assert "secret" == serve.environment("http://127.0.0.1:4318", "secret")[serve.TOKEN_VARIABLE]
    assert serve.TOKEN_VARIABLE not in serve.environment("http://127.0.0.1:4318")
    assert not [argument for argument in serve.command(port=1) if "token" in argument.lower()]


def test_streamlits_settings_from_outside_do_not_reach_the_dashboard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of the developer's shell cannot open the dashboard to the network."""
    monkeypatch.setenv("STREAMLIT_SERVER_ADDRESS", "0.0.0.0")  # noqa: S104 - what must not happen

    assert "STREAMLIT_SERVER_ADDRESS" not in serve.environment("x")
    assert "--server.address=127.0.0.1" in serve.command(port=1)
    assert "--browser.gatherUsageStats=false" in serve.command(port=1)


def test_the_dashboard_answers_only_to_its_own_name() -> None:
    """A page of another site whose name points here cannot talk to the dashboard."""
    with socket.socket() as probe:
        probe.bind((serve.LOOPBACK, 0))
        port = int(probe.getsockname()[1])
    with subprocess.Popen(
        serve.command(port=port), env=serve.environment("nowhere"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_for(serve.health_url(port))
            answers = {host: _upgrade(port, host) for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"evil.example:{port}")}
        finally:
            process.terminate()

    assert [101, 101, 403] == list(answers.values())


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with build_opener(ProxyHandler({})).open(url, timeout=5):
                return
        except (URLError, OSError):
            assert time.monotonic() < deadline, "the dashboard did not answer in time"
            time.sleep(0.1)


def _upgrade(port: int, host: str) -> int:
    """Ask for a web socket under a name, as a browser would; the status tells."""
    connection = http.client.HTTPConnection(serve.LOOPBACK, port, timeout=10)
    headers = {
        "Host": host,
        "Origin": f"http://{host}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    try:
        connection.request("GET", "/_stcore/stream", headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_plotly_gets_no_tags() -> None:
    """A name with a tag is shown as it is written."""
    figure = figures.by_name([Point("<b>x</b>", 1.0, says="<a href='x'>y</a>")], Unit.COUNT, hues=["#000000"])

    assert ("&lt;b&gt;x&lt;/b&gt;",) == figure.layout.yaxis.ticktext
    assert ("&lt;a href=&#x27;x&#x27;&gt;y&lt;/a&gt;",) == figure.data[0].text


def test_an_export_keeps_formulas_dead() -> None:
    """What a spreadsheet would compute is written with an apostrophe before it."""
    rows = exports.as_rows([{"name": "=1+1", "count": 2}])

    assert "name,count\n'=1+1,2\n" == tabular.to_csv(rows)


@pytest.mark.parametrize(
    ("value", "written"), [(None, "-"), (0.0, "0 %"), (1.0, "100 %"), (0.996, "99.6 %"), (0.004, "0.4 %"), (0.5, "50 %")]
)
def test_a_share_never_claims_all_or_none_by_rounding(value: float | None, written: str) -> None:
    """Only what is all is written as all."""
    assert written == wording.share(value)


@pytest.mark.parametrize(("seconds", "written"), [(0, "now"), (59, "59 s ago"), (61, "1 min ago"), (7200, "2 h ago"), (180_000, "2 d ago")])
def test_ages_are_whole(seconds: int, written: str) -> None:
    """An age is written in its largest unit."""
    now = datetime(2026, 1, 2, tzinfo=UTC)

    assert written == wording.ago(now - timedelta(seconds=seconds), now)


@pytest.mark.parametrize(("count", "written"), [(0, "0"), (999, "999"), (1200, "1.2k"), (35_000, "35k"), (1_250_000, "1.2M")])
def test_counts_are_short(count: int, written: str) -> None:
    """A count fits into a circle."""
    assert written == wording.compact(count)
