"""`relaylens export --table findings --otlp`: findings as evaluation events, taken by our own collector."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from relaylens_analytics import Reader, open_store
from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings

Relaylens = Callable[..., Any]
NOUNS = ("runs", "steps", "handoffs", "escalations", "findings", "feedback", "validations", "conversations")


@pytest.fixture
def collector(network_store: Path, tmp_path: Path) -> Iterator[Collector]:
    """Start a collector over a copy of the network."""
    folder = Path(shutil.copytree(network_store, tmp_path / "store"))
    started = Collector(Settings(store=folder, otlp_http_port=0, otlp_grpc_port=0, free_bytes=1), settle)
    started.start()
    yield started
    started.stop()


def nouns(reader: Reader) -> dict[str, list[str]]:
    """Give every row of the nouns; the number of a trace's last record is not about the work."""
    return {noun: sorted(map(repr, reader.query(f"SELECT * FROM {noun}").to_pylist())) for noun in NOUNS}  # noqa: S608 - our own names


def export(relaylens: Relaylens, collector: Collector, *more: str) -> Any:  # noqa: ANN401 - what the command said
    """Send the findings of a collector to itself."""
    done = relaylens("export", "--table", "findings", "--url", collector.http_url, "--otlp", collector.http_url, *more)
    collector.ingest.flush()
    return done


def test_findings_are_events_of_the_spans_that_show_them(relaylens: Relaylens, collector: Collector) -> None:
    """Names of the semantic conventions, in the trace and span of the evidence; sent again they are there once."""
    for _ in range(2):
        done = export(relaylens, collector)
        assert (0, True) == (done.code, "Sent 2 findings" in done.err), done.err

    with open_store(collector.http_url) as reader:
        events = reader.query(
            "SELECT trace_id, span_id, attributes['gen_ai.evaluation.name'] AS name, attributes['gen_ai.evaluation.score.label'] AS label, "
            "text_of(attributes['gen_ai.evaluation.explanation']) AS explanation, attributes['relaylens.finding.id'] AS finding "
            "FROM logs WHERE event_name = 'gen_ai.evaluation.result' ORDER BY finding"
        ).to_pylist()
        found = reader.query("SELECT * FROM findings ORDER BY finding").to_pylist()
    assert [(one["trace_id"], one["span_id"], one["detector"], "fail", one["finding"]) for one in found] == [
        (one["trace_id"], one["span_id"], one["name"], one["label"], one["finding"]) for one in events
    ]
    assert all(event["explanation"].startswith(one["message"]) for event, one in zip(events, found, strict=True))


def test_events_that_come_back_change_nothing(relaylens: Relaylens, collector: Collector) -> None:
    """Runs, findings and all other nouns are as before: what was found is not found again."""
    with open_store(collector.http_url) as reader:
        before = nouns(reader)
        export(relaylens, collector)
        deadline = time.monotonic() + 10
        while collector.ingest.status().progress.settle_lag.requests and time.monotonic() < deadline:
            pass
        assert before == nouns(reader)


def test_false_ones_and_those_of_other_runs_stay(relaylens: Relaylens, collector: Collector) -> None:
    """A false alarm is not sent on, and a run may be chosen."""
    with open_store(collector.http_url) as reader:
        first = reader.query("SELECT finding FROM findings ORDER BY finding LIMIT 1")["finding"][0].as_py()
    assert 0 == relaylens("mark", first, "false", "--url", collector.http_url).code
    collector.ingest.flush()

    assert "Sent 1 findings" in export(relaylens, collector).err
    assert "Sent 0 findings" in export(relaylens, collector, "--run", "run-1").err


def test_an_address_that_takes_none_is_said(relaylens: Relaylens, collector: Collector, network_store: Path) -> None:
    """The command fails, and says how many were not taken; without --table it is wrong use."""
    elsewhere = f"{collector.http_url}/nowhere"
    done = relaylens("export", "--table", "findings", "--store", network_store, "--otlp", elsewhere)

    assert (1, True) == (done.code, "2 findings were not taken" in done.err)
    assert 2 == relaylens("export", "--store", network_store, "--otlp", elsewhere).code
