"""A collector with the example network and one long run in it, and the screens over it without a browser."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from streamlit import config
from streamlit.testing.v1 import AppTest

from relaylens import semconv
from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal
from relaylens_dashboard import serve

ROOT = Path(__file__).parents[3]
RUNS = 60
LONG_STEPS = 200
PATIENCE_S = 60


@dataclass
class Store:
    """Where the network's spans are, and what the network says it did."""

    url: str
    truth: list[dict[str, Any]]

    def handoffs(self) -> list[dict[str, Any]]:
        """Every handoff that was made."""
        return [handoff for run in self.truth for handoff in run["handoffs"]]


@dataclass
class Screen:
    """A screen as Streamlit drew it."""

    app: AppTest

    @property
    def texts(self) -> list[str]:
        """What stands on it as text, code, caption or markdown of ours."""
        held = [*self.app.text, *self.app.code, *self.app.caption, *self.app.markdown]
        return [str(element.value) for element in held]

    @property
    def components(self) -> dict[str, list[dict[str, Any]]]:
        """Data of our own components, by their name."""
        found: dict[str, list[dict[str, Any]]] = {}
        for element in self.app.main:
            proto = getattr(element, "proto", None)
            if element.type == "bidi_component" and proto is not None:
                found.setdefault(proto.component_name.removeprefix("relaylens."), []).append(json.loads(proto.json))
        return found

    def table(self, says: str) -> list[dict[str, str]]:
        """Rows of a table, as what each column shows."""
        for data in self.components.get("table", []):
            if data["says"] == says:
                titles = [column["title"] or str(place) for place, column in enumerate(data["columns"])]
                return [dict(zip(titles, map(shown, row["cells"]), strict=True)) for row in data["rows"]]
        pytest.fail(f"There is no table {says!r}, but {[data['says'] for data in self.components.get('table', [])]}.")

    def tiles(self) -> dict[str, tuple[str, str]]:
        """Headline numbers: value and what it is made of, by title."""
        return {tile["title"]: (tile["value"], tile["basis"]) for data in self.components["tiles"] for tile in data["tiles"]}

    def button(self, label: str) -> Any:  # noqa: ANN401 - Streamlit's own type
        """A button by its label."""
        return next(button for button in self.app.button if button.label == label)


Open = Callable[..., Screen]


def shown(cell: object) -> str:
    """What a cell of a table shows."""
    return str(cell["text"] if isinstance(cell, dict) and "text" in cell else cell)


@dataclass
class Long:
    """One run of many steps, two agents handing work to and fro."""

    run: str = "long-run"
    spans: list[Span] = field(default_factory=list)

    def request(self, began_s: float) -> bytes:
        """Give it as an OTLP request."""
        made = ExportTraceServiceRequest()
        resource = made.resource_spans.add()
        resource.resource.attributes.add(key=semconv.SERVICE_NAME).value.string_value = "patience"
        spans = resource.scope_spans.add().spans
        common = {semconv.RELAYLENS_RUN_ID: self.run, semconv.GEN_AI_CONVERSATION_ID: "long-conversation"}
        for number in range(LONG_STEPS):
            agent, other = ("asker", "answerer") if number % 2 == 0 else ("answerer", "asker")
            begin = began_s + number * 0.5
            step = {**common, semconv.GEN_AI_OPERATION_NAME: semconv.Operation.INVOKE_AGENT, semconv.GEN_AI_AGENT_NAME: agent}
            if number:
                step |= {semconv.RELAYLENS_HANDOFF_ID: f"long-{number}", semconv.RELAYLENS_HANDOFF_STATUS: "accepted"}
            self._add(spans, 2 * number + 1, 0, f"invoke_agent {agent}", begin, 0.4, step)
            if number + 1 < LONG_STEPS:
                offer = {
                    **common,
                    semconv.GEN_AI_OPERATION_NAME: semconv.Operation.HANDOFF,
                    semconv.GEN_AI_AGENT_NAME: agent,
                    semconv.GEN_AI_TRANSFER_TARGET_NAME: other,
                    semconv.GEN_AI_TRANSFER_TARGET_TYPE: "agent",
                    semconv.GEN_AI_TRANSFER_MODE: "pass_control",
                    semconv.RELAYLENS_HANDOFF_ID: f"long-{number + 1}",
                }
                self._add(spans, 2 * number + 2, 2 * number + 1, f"handoff {other}", begin + 0.35, 0.0, offer)
        return made.SerializeToString()

    @staticmethod
    def _add(spans: Any, number: int, parent: int, name: str, begin: float, took: float, attributes: dict[str, str]) -> None:  # noqa: ANN401 - a span
        span = spans.add(
            trace_id=(77).to_bytes(16, "big"),
            span_id=number.to_bytes(8, "big"),
            parent_span_id=parent.to_bytes(8, "big") if parent else b"",
            name=name,
            start_time_unix_nano=round(begin * 1e9),
            end_time_unix_nano=round((begin + took) * 1e9),
        )
        for key, value in attributes.items():
            span.attributes.add(key=key).value.string_value = value


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Start a collector, let the example network send a day of its work to it, and add the long run."""
    folder = tmp_path_factory.mktemp("screens")
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
            "11",
            "--time-scale",
            "0",
            "--history",
            "20",
        ]
        command += ["--endpoint", collector.http_url, "--truth", str(folder / "truth.jsonl")]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=PATIENCE_S)
        collector.ingest.submit(Signal.TRACES, Long().request(time.time() - 30 * 3600))
        collector.ingest.flush()
        truth = [json.loads(line) for line in (folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()]
        _wait_until_settled(collector.http_url, len(truth) + 1)
        yield Store(collector.http_url, truth)
    finally:
        collector.stop()


def _wait_until_settled(url: str, runs: int) -> None:
    from relaylens_analytics import open_store  # noqa: PLC0415 - only here

    deadline = time.monotonic() + PATIENCE_S
    with open_store(url) as reader:
        while reader.query("SELECT count(*) AS n FROM runs").to_pylist() != [{"n": runs}]:
            assert time.monotonic() < deadline, "the runs were not settled in time"
            time.sleep(0.05)


@pytest.fixture
def open_screen(store: Store, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Give what opens a screen of the dashboard at an address, over the network's store or another."""

    def opened(screen: str, *, url: str | Path | None = None, **filters: str) -> Screen:
        monkeypatch.setenv(serve.STORE_VARIABLE, str(url or store.url))
        config.set_option("runner.magicEnabled", value=False)  # as `serve` starts it
        app = AppTest.from_file(str(serve.SCRIPT), default_timeout=30)
        if screen != "network":
            app.run()
            app.switch_page(f"screens/{screen}.py")
        app.query_params.clear()
        for name, value in filters.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception, app.exception[0].value
        return Screen(app)

    return opened
