"""Findings as an inbox: evidence in place, marks with one click, known ones folded away, precision measured here."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from relaylens import semconv
from relaylens_analytics import Reader, open_store
from relaylens_analytics.settle import settle
from relaylens_collector.access import Scope
from relaylens_collector.access.tokens import TokenFile
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal
from relaylens_dashboard import serve

from .conftest import Open, Screen

TOKEN = "may-do-everything"  # noqa: S105 - of a collector that lives as long as a test
RUNS = 3
HOSTILE = '<img src=x onerror="alert(1)"> search timed out'


@dataclass
class Marked:
    """A collector of one's own in which each of a few runs swallowed the error of a tool."""

    collector: Collector
    url: str
    folder: Path

    def reader(self) -> Reader:
        """Open what it holds."""
        return open_store(self.url, token=TOKEN)

    def marks(self) -> list[tuple[str, str, str]]:
        """Give every mark: the detector of its finding, what it says and who gave it."""
        with self.reader() as reader:
            sql = "SELECT f.detector, m.mark, m.source FROM finding_marks() AS m JOIN findings AS f USING (finding) ORDER BY f.found_at"
            return [tuple(row.values()) for row in reader.query(sql).to_pylist()]


def _request() -> bytes:
    """Give runs that each end in order although their tool failed."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key=semconv.SERVICE_NAME).value.string_value = "desk"
    spans = resource.scope_spans.add().spans
    for number in range(1, RUNS + 1):
        began = round((time.time() - 600 + number) * 1e9)
        for place, operation, extra in ((1, "invoke_agent", {}), (2, "execute_tool", {semconv.GEN_AI_TOOL_NAME: "search"})):
            span = spans.add(
                trace_id=number.to_bytes(16, "big"),
                span_id=place.to_bytes(8, "big"),
                parent_span_id=b"" if place == 1 else (1).to_bytes(8, "big"),
                name=operation,
                start_time_unix_nano=began + place,
                end_time_unix_nano=began + 10_000_000 - place,
            )
            told = {semconv.GEN_AI_OPERATION_NAME: operation, semconv.GEN_AI_AGENT_NAME: "clerk", **extra}
            if place == 1:
                told |= {semconv.GEN_AI_OUTPUT_MESSAGES: '[{"role":"assistant","parts":[{"type":"text","content":"All is well."}]}]'}
            for key, value in told.items():
                span.attributes.add(key=key).value.string_value = value
            if place > 1:
                span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=HOSTILE))
    return request.SerializeToString()


@pytest.fixture
def marked(tmp_path: Path) -> Iterator[Marked]:
    """Start the collector and let it settle the runs."""
    collector = Collector(Settings(store=tmp_path / "store", otlp_http_port=0, otlp_grpc_port=0, free_bytes=1, token=TOKEN), settle)
    collector.start()
    collector.ingest.submit(Signal.TRACES, _request())
    collector.ingest.flush()
    yield Marked(collector, collector.http_url, tmp_path / "store")
    collector.stop()


def click(screen: Screen, label: str, place: int = 0) -> Screen:
    """Press one of the buttons that say so."""
    [button for button in screen.app.button if button.label == label][place].click().run()
    assert not screen.app.exception, screen.app.exception[0].value
    return screen


def test_evidence_is_shown_in_place_and_leads_into_the_run(marked: Marked, open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each finding has its evidence as text, a link to the transcript and one to the span."""
    monkeypatch.setenv(serve.TOKEN_VARIABLE, TOKEN)
    first = open_screen("findings", url=marked.url).components["finding"][0]

    assert ("swallowed tool error", "clerk", HOSTILE) == (first["detector"], first["agent"], first["evidence"])
    assert ["In the transcript", "The span"] == [link["text"] for link in first["links"]]
    assert all(part in first["links"][1]["link"] for part in ("view=spans", f"span={RUNS:032x}%3A{2:016x}"))


def test_a_click_marks_and_a_second_takes_it_back(marked: Marked, open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The precision measured here follows, beside the detector, with its counts."""
    monkeypatch.setenv(serve.TOKEN_VARIABLE, TOKEN)
    screen = open_screen("findings", url=marked.url)
    assert "not measured here yet" == screen.table("Kinds of finding")[0]["Right here"]

    click(screen, "True", 0)
    click(screen, "False", 1)
    assert [("swallowed_tool_error", "false", "dashboard"), ("swallowed_tool_error", "true", "dashboard")] == marked.marks()
    assert "50 %" == screen.table("Kinds of finding")[0]["Right here"]
    assert ["marked by dashboard", "marked by dashboard", None] == [data["marked"] for data in screen.components["finding"]]

    click(screen, "True", 0)
    assert [("swallowed_tool_error", "false", "dashboard")] == marked.marks()


def test_known_ones_are_folded_away(marked: Marked, open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """They leave the inbox, are counted, and stand under Known."""
    monkeypatch.setenv(serve.TOKEN_VARIABLE, TOKEN)
    screen = click(open_screen("findings", url=marked.url), "Known", 0)

    assert RUNS - 1 == len(screen.components["finding"])
    assert "1 known finding is folded away." in screen.texts
    assert 1 == len(open_screen("findings", url=marked.url, marks="known").components["finding"])


def test_who_may_only_read_cannot_mark(marked: Marked, open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The buttons are there and say why they are off; with the scope for labels they are on."""
    tokens = TokenFile(marked.folder)
    for scopes, disabled in (({Scope.READ}, True), ({Scope.READ, Scope.LABEL}, False)):
        monkeypatch.setenv(serve.TOKEN_VARIABLE, tokens.create("desk", project="default", scopes=scopes).text)
        screen = open_screen("findings", url=marked.url)
        screen.app.button("head.refresh").click().run()
        buttons = [button for button in screen.app.button if button.label in {"True", "False", "Known"}]

        assert [disabled] * 3 * RUNS == [button.disabled for button in buttons]
        assert disabled is ("scope label" in buttons[0].help)


def test_a_run_is_called_good_or_bad(marked: Marked, open_screen: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one click on the run's screen, where its findings can be marked as well."""
    monkeypatch.setenv(serve.TOKEN_VARIABLE, TOKEN)
    with marked.reader() as reader:
        run = reader.query("SELECT run FROM runs ORDER BY started_at LIMIT 1")["run"][0].as_py()
        screen = click(open_screen("run", url=marked.url, run=run, view="findings"), "Bad")
        assert [(run, "bad")] == [tuple(row.values()) for row in reader.query("SELECT run, verdict FROM run_verdicts()").to_pylist()]
        click(screen, "Good")
        click(screen, "False")
        assert [(run, "good")] == [tuple(row.values()) for row in reader.query("SELECT run, verdict FROM run_verdicts()").to_pylist()]
        click(screen, "Good")
        assert 0 == reader.query("SELECT run FROM run_verdicts()").num_rows
    assert [("swallowed_tool_error", "false", "dashboard")] == marked.marks()


def test_a_mark_goes_into_a_folder_that_no_collector_holds(marked: Marked, open_screen: Open) -> None:
    """The same buttons, without a collector."""
    marked.collector.stop()
    screen = click(open_screen("findings", url=marked.folder), "False", 0)

    assert ["marked by dashboard", None, None] == [data["marked"] for data in screen.components["finding"]]
    with open_store(marked.folder) as reader:
        assert ["false"] == reader.query("SELECT mark FROM finding_marks()")["mark"].to_pylist()
