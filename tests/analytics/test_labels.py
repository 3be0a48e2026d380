"""Labels reach the metrics, through a collector and into a folder."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from relaylens_analytics import Reader, metrics, open_store
from relaylens_analytics.errors import CollectorNotRunningError, LabelError, NoStoreError, StoreInUseError
from relaylens_analytics.labels import Label, add_label, add_labels
from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.ingest import rebuild
from relaylens_collector.settings import Settings


@pytest.fixture
def folder(network_folder: Path, tmp_path: Path) -> Path:
    """A store of one's own with the network in it."""
    return Path(shutil.copytree(network_folder, tmp_path / "store"))


@pytest.fixture
def collector(folder: Path) -> Iterator[Collector]:
    """A real collector that holds the store."""
    held = Collector(Settings(store=folder, otlp_http_port=0, otlp_grpc_port=0, free_bytes=1), settle)
    held.start()
    yield held
    held.stop()


def scores(reader: Reader, name: str) -> list[tuple[float, float]]:
    """Give numerator and denominator of a label."""
    table = metrics.compute(reader, "label_score", label=name)
    return [(row["numerator"], row["denominator"]) for row in table.to_pylist()]


def test_a_label_in_a_folder_is_counted_at_once(folder: Path) -> None:
    """The last word of a source counts, also when it says what it said before."""
    for value in ("true", "false", "true"):
        add_label(folder, Label(run="r4", name="resolved", value=value, source="qa"))
    add_label(str(folder), Label(run="r5", name="resolved", score=0.0, source="qa", comment="still open"))

    with open_store(folder) as reader:
        assert [(1, 2)] == scores(reader, "resolved")
        assert [4] == reader.query("SELECT count(*) AS n FROM labels WHERE name = 'resolved'")["n"].to_pylist()


def test_a_label_through_a_collector_is_counted_when_it_is_applied(collector: Collector) -> None:
    """The same label, while a collector holds the store."""
    for value in ("true", "false", "true"):
        add_label(collector.http_url, Label(run="r4", name="resolved", value=value, source="qa"))

    deadline = time.monotonic() + 10
    with open_store(collector.http_url) as reader:
        while (
            time.monotonic() < deadline and [3] != reader.query("SELECT count(*) AS n FROM labels WHERE name = 'resolved'")["n"].to_pylist()
        ):
            pass
        assert [(1, 1)] == scores(reader, "resolved")


def test_a_folder_in_use_names_the_other_way(collector: Collector) -> None:
    """A label is not lost in a store that somebody else writes to."""
    with pytest.raises(StoreInUseError, match=re.escape("http://127.0.0.1:4318")):
        add_label(collector.settings.store, Label(run="r4", name="resolved", value="true"))


@pytest.mark.parametrize(
    "label",
    [
        Label(run="", name="resolved", value="true"),
        Label(run="r1", name="", value="true"),
        Label(run="r1", name="resolved"),
        Label(run="r1", name="resolved", score=float("nan")),
    ],
    ids=["no run", "no name", "no value", "no number"],
)
def test_a_label_that_says_nothing_is_refused(folder: Path, label: Label) -> None:
    """Before it is written anywhere."""
    with pytest.raises(LabelError):
        add_label(folder, label)


def test_a_label_needs_a_store(tmp_path: Path) -> None:
    """No store is created by a label."""
    with pytest.raises(NoStoreError):
        add_label(tmp_path, Label(run="r1", name="resolved", value="true"))
    with pytest.raises(CollectorNotRunningError):
        add_label("http://127.0.0.1:1", Label(run="r1", name="resolved", value="true"))
    assert [] == list(tmp_path.iterdir())


def marks(reader: Reader) -> list[tuple[str, str, str | None]]:
    """Give each finding's mark and who gave it."""
    table = reader.query("SELECT finding, mark, source FROM finding_marks() WHERE source IS DISTINCT FROM 'network' ORDER BY finding")
    return [(row["finding"], row["mark"], row["source"]) for row in table.to_pylist()]


def verdicts(reader: Reader) -> list[tuple[str, str]]:
    """Give what was last said of each run."""
    return [(row["run"], row["verdict"]) for row in reader.query("SELECT run, verdict FROM run_verdicts() ORDER BY run").to_pylist()]


def test_the_newest_mark_on_a_finding_counts_and_survives_a_rebuild(folder: Path) -> None:
    """Whoever gave it; one taken back is none, what a judge says is none, and no mark is a metric of labels."""
    said = [("f1", "true", "ann"), ("f1", "known", "bob"), ("f2", "false", None), ("f3", "true", "ann"), ("f3", "open", "ann")]
    add_labels(folder, [Label(run="r4", finding=finding, name="finding", value=value, source=who) for finding, value, who in said])
    add_label(folder, Label(run="r4", finding="f4", name="judgement", value="true", source="judge"))
    expected = [("f1", "known", "bob"), ("f2", "false", None)]

    with open_store(folder) as reader:
        assert expected == marks(reader)
        assert [] == [*scores(reader, "finding"), *scores(reader, "judgement")]
    rebuild(folder, settle)
    with open_store(folder) as reader:
        assert expected == marks(reader)


def test_the_newest_verdict_on_a_run_counts(folder: Path) -> None:
    """Also where it names a trace of the run only; as a metric, good is true."""
    with open_store(folder) as reader:
        trace = reader.query("SELECT trace_id FROM runs WHERE run = 'r6'")["trace_id"][0].as_py()
    said = [("r4", "bad"), ("r4", "good"), ("r5", "bad"), ("r1", "good"), ("r1", "open")]
    add_labels(folder, [Label(run=run, name="verdict", value=value) for run, value in said])
    add_label(folder, Label(trace_id=trace, name="verdict", value="bad"))

    with open_store(folder) as reader:
        assert [("r4", "good"), ("r5", "bad"), ("r6", "bad")] == verdicts(reader)
        assert [(1, 3)] == scores(reader, "verdict")


@pytest.mark.parametrize("where", ["folder", "collector"])
def test_a_mark_that_nobody_would_read_is_refused(where: str, request: pytest.FixtureRequest) -> None:
    """A misspelt word, and a mark without its finding, in either way."""
    held = request.getfixturevalue(where)
    url = held.http_url if isinstance(held, Collector) else held

    for label in (Label(run="r1", finding="f", name="finding", value="True"), Label(run="r1", name="finding", value="true")):
        with pytest.raises(LabelError, match="finding"):
            add_label(url, label)
