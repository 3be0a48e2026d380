"""Reading a store by its folder and by a real collector's address gives the same, and every failure says what to do."""

import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from relaylens_analytics import Reader, Window, metrics, open_store
from relaylens_analytics.catalog import METRICS, Metric
from relaylens_analytics.errors import (
    BadAnswerError,
    CollectorError,
    CollectorNotRunningError,
    NoStoreError,
    NotAuthorisedError,
    OutdatedStoreError,
    QueryError,
    QueryLimitError,
    StoreAddressError,
    StoreInUseError,
    UnknownParameterError,
    UnknownQueryError,
    UnreadableStoreError,
)
from relaylens_analytics.queries import agents, lists, network, runs, spans
from relaylens_analytics.queries.runs import RunFilter, RunKey
from relaylens_analytics.queries.spans import SpanKey
from relaylens_analytics.queries.transcript import transcript
from relaylens_analytics.settle import settle
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings

NOW = datetime(2026, 11, 2, 13, tzinfo=UTC)
TOKEN = "a token of the tests"  # noqa: S105 - for a collector on loopback that ends with the tests


def settings(folder: Path) -> Settings:
    """Give the settings of a collector on free ports of loopback."""
    return Settings(store=folder, otlp_http_port=0, otlp_grpc_port=0, free_bytes=1)


@pytest.fixture(scope="module")
def collector(network_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """A real collector that holds a copy of the network."""
    folder = tmp_path_factory.mktemp("served") / "store"
    shutil.copytree(network_folder, folder)
    served = Collector(settings(folder), settle)
    served.start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def over_http(collector: Collector) -> Iterator[Reader]:
    """The same network, read through the collector."""
    with open_store(collector.http_url) as reader:
        yield reader


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_is_the_same_both_ways(reader: Reader, over_http: Reader, metric: Metric) -> None:
    """Values and types do not depend on who holds the file."""
    filters: dict[str, Any] = {"now": NOW} if metric.name == "pending_escalation_age" else {}
    window = Window(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
    for by in metric.dimensions:
        from_file = metrics.compute(reader, metric.name, window, by=by, **filters)

        assert from_file.num_rows > 0
        assert from_file.equals(metrics.compute(over_http, metric.name, window, by=by, **filters))


def test_the_lists_are_the_same_both_ways(reader: Reader, over_http: Reader) -> None:
    """So are the questions of the screens, with lists, times and booleans as parameters."""

    def ask(store: Reader) -> list[pa.Table]:
        return [
            runs.page(store, Window(), RunFilter(outcomes=("completed", "failed"), escalated=False, search="invoice")),
            runs.steps(store, RunKey("r1")),
            runs.spans(store, RunKey("r1")),
            lists.handoffs(store, Window()),
            lists.escalations(store, Window(), now=NOW, states=("pending", "approved")),
            lists.findings_inbox(store, Window()),
            network.agents(store, Window()),
            network.edges(store, Window()),
            agents.scorecards(store, Window()),
            spans.attributes(store, SpanKey("r1" * 16, "a1" + "0" * 14)),
        ]

    for from_file, from_collector in zip(ask(reader), ask(over_http), strict=True):
        assert from_file.num_rows > 0
        assert from_file.equals(from_collector)


def test_a_transcript_is_the_same_both_ways(reader: Reader, over_http: Reader) -> None:
    """Messages are decoded from the same texts."""
    assert transcript(reader, RunKey("r3")) == transcript(over_http, RunKey("r3"))
    assert transcript(reader, RunKey("r1")) == transcript(over_http, RunKey("r1"))


def test_a_moment_is_utc_whatever_its_zone(reader: Reader, over_http: Reader) -> None:
    """10:30 UTC is 12:30 in Helsinki and 10:30 without a zone."""
    moments = [
        datetime(2026, 11, 2, 10, 30, tzinfo=UTC),
        datetime(2026, 11, 2, 12, 30, tzinfo=timezone(timedelta(hours=2))),
        datetime(2026, 11, 2, 10, 30),  # noqa: DTZ001 - a moment without a zone is the case
    ]
    for store in (reader, over_http):
        assert [["r6", "r5", "r4", "r3", "r2"]] * 3 == [runs.page(store, Window(since=moment))["run"].to_pylist() for moment in moments]


def test_an_answer_can_be_cut_off(reader: Reader, over_http: Reader) -> None:
    """A person who writes SQL by hand gets the first rows."""
    for store in (reader, over_http):
        assert [0, 1, 2] == store.query("SELECT i FROM range($n::BIGINT) AS t(i)", {"n": 100}, max_rows=3)["i"].to_pylist()


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM runs",
        "WITH gone AS (DELETE FROM runs RETURNING *) SELECT count(*) FROM gone",
        "SELECT 1; SELECT 2",
        "SELECT * FROM read_text('/etc/hostname')",
        "ATTACH 'other.duckdb'",
        "SET memory_limit = '1GB'",
        "SELECT * FROM no_such_table",
        "SELECT $missing",
        "not sql",
        "",
    ],
)
def test_a_query_can_only_read_this_store(reader: Reader, over_http: Reader, sql: str) -> None:
    """What is no single SELECT over the store is a QueryError either way, and changes nothing."""
    for store in (reader, over_http):
        with pytest.raises(QueryError):
            store.query(sql)
        assert [6] == store.query("SELECT count(*) AS n FROM runs")["n"].to_pylist()


def test_a_name_in_a_query_is_never_a_variable_of_ours(reader: Reader) -> None:
    """DuckDB would else take a Python variable in scope for a table."""
    sql = pa.table({"secret": [1]})
    with pytest.raises(QueryError):
        reader.query("SELECT * FROM sql")
    assert 1 == sql.num_rows


def test_a_query_by_name_is_checked(reader: Reader) -> None:
    """A wrong name or a wrong parameter is found before anything is asked."""
    for name in ("queries/nothing", "../settle", "queries/runs.sql", "nouns"):
        with pytest.raises(UnknownQueryError):
            reader.query_file(name)
    with pytest.raises(UnknownParameterError, match="it has limit"):
        reader.query_file("queries/services", {"lmit": 5})


def test_many_threads_may_share_a_reader(reader: Reader, over_http: Reader) -> None:
    """Each screen of the dashboard runs in a thread of its own."""
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda store: runs.page(store, Window()).num_rows, [reader, over_http] * 8))

    assert [6] * 16 == found


def test_a_folder_that_a_collector_holds_names_the_other_way(collector: Collector) -> None:
    """In the collector's own process as in any other."""
    with pytest.raises(StoreInUseError, match=re.escape("http://127.0.0.1:4318")):
        open_store(collector.settings.store)
    code = f"from relaylens_analytics import open_store; open_store({str(collector.settings.store)!r})"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "StoreInUseError" in other.stderr


def test_a_folder_without_a_store_says_so(tmp_path: Path) -> None:
    """Nothing is created by looking."""
    with pytest.raises(NoStoreError, match="relaylens up"):
        open_store(tmp_path)
    with pytest.raises(NoStoreError):
        open_store(tmp_path / "nowhere")
    assert [] == list(tmp_path.iterdir())


def test_a_store_that_an_older_version_settled_says_how_to_bring_it_up_to_date(network_folder: Path, tmp_path: Path) -> None:
    """What a later version added is made when a collector starts; a name that is nobody's is a wrong query as ever."""
    older = shutil.copytree(network_folder, tmp_path / "older")
    with duckdb.connect(older / "relaylens.duckdb") as connection:
        connection.execute("DROP MACRO TABLE silences")

    with open_store(older) as reader:
        with pytest.raises(OutdatedStoreError, match="It has no silences yet"):
            reader.query("SELECT * FROM silences(now()::TIMESTAMP)")
        with pytest.raises(QueryError, match="nobodys") as wrong:
            reader.query("SELECT * FROM nobodys")
    assert not isinstance(wrong.value, OutdatedStoreError)


def test_a_file_that_is_no_database_says_how_to_make_it_anew(tmp_path: Path) -> None:
    """The journal holds everything, so a rebuild helps."""
    (tmp_path / "relaylens.duckdb").write_bytes(b"not a database" * 1000)

    with pytest.raises(UnreadableStoreError, match="relaylens rebuild"):
        open_store(tmp_path)


def test_a_torn_database_is_not_taken_for_one_in_use(network_folder: Path, tmp_path: Path) -> None:
    """DuckDB's words about blocks that do not verify are no words about a lock."""
    body = bytearray((network_folder / "relaylens.duckdb").read_bytes())
    body[4096:12_288] = bytes(8192)
    (tmp_path / "relaylens.duckdb").write_bytes(body)

    with pytest.raises(UnreadableStoreError, match="relaylens rebuild"):
        open_store(tmp_path)


def test_a_store_left_by_a_killed_collector_is_read(tmp_path: Path, new_store: tuple[Path, duckdb.DuckDBPyConnection]) -> None:
    """What stands in the write-ahead log only is there too."""
    folder, connection = new_store
    connection.execute("CHECKPOINT")
    connection.execute("INSERT INTO settled VALUES (5, TIMESTAMP '2026-11-02')")
    killed = tmp_path / "killed"
    killed.mkdir()
    for file in folder.glob("relaylens.duckdb*"):
        shutil.copy(file, killed)
    assert (killed / "relaylens.duckdb.wal").exists()

    with open_store(killed) as reader:
        assert [5] == reader.query("SELECT batch FROM settled")["batch"].to_pylist()


@pytest.mark.parametrize("url", ["ftp://host/store", "http://", "http://user:word@host:1", "http://host:port", "https://host:99999999"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """Before anything is sent anywhere."""
    with pytest.raises(StoreAddressError):
        open_store(url)


def test_a_store_has_three_spellings(network_folder: Path) -> None:
    """A folder, the file in it, and a file address name the same store."""
    for url in (str(network_folder), network_folder / "relaylens.duckdb", f"file://{network_folder}"):
        with open_store(url) as reader:
            assert [6] == reader.query("SELECT count(*) AS n FROM runs")["n"].to_pylist()


def test_no_collector_says_how_to_start_one() -> None:
    """The most common mistake has the most helpful message."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with open_store(f"http://127.0.0.1:{port}") as reader, pytest.raises(CollectorNotRunningError, match="relaylens up"):
        lists.extent(reader)


def test_a_collector_with_a_token_asks_for_it(network_folder: Path, tmp_path: Path) -> None:
    """A wrong token and none are the same to it."""
    shutil.copytree(network_folder, tmp_path / "store")
    guarded = Collector(replace(settings(tmp_path / "store"), token=TOKEN), settle)
    guarded.start()
    try:
        for token in (None, "another"):
            with open_store(guarded.http_url, token=token) as reader, pytest.raises(NotAuthorisedError):
                lists.extent(reader)
        with open_store(guarded.http_url, token=TOKEN) as reader:
            assert [6] == lists.extent(reader)["runs"].to_pylist()
    finally:
        guarded.stop()


def test_a_query_over_the_collectors_limits_says_so(network_folder: Path, tmp_path: Path) -> None:
    """Too many rows, too many bytes and too much time are the same kind of error."""
    shutil.copytree(network_folder, tmp_path / "store")
    strict = Collector(replace(settings(tmp_path / "store"), sql_rows=1000, sql_bytes=100_000, sql_seconds=0.2), settle)
    strict.start()
    try:
        with open_store(strict.http_url) as reader:
            for sql in (
                "SELECT * FROM range(2000)",
                "SELECT repeat('x', 1000) FROM range(500)",
                "SELECT count(*) FROM range(1000000) AS a, range(1000000) AS b WHERE hash(a.range, b.range) = 1",
            ):
                with pytest.raises(QueryLimitError):
                    reader.query(sql)
    finally:
        strict.stop()


@pytest.fixture
def stranger(request: pytest.FixtureRequest) -> Iterator[str]:
    """A server on loopback that is no collector and answers everything alike."""
    status, body = request.param

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Keep the tests' output quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("stranger", "expected"),
    [
        ((404, b"<html>nothing here</html>"), BadAnswerError),
        ((200, b"<html>hello</html>"), BadAnswerError),
        ((200, b""), BadAnswerError),
        ((500, b'{"message": "it broke"}'), CollectorError),
        ((503, b""), CollectorError),
        ((429, b'{"message": "too much"}'), QueryLimitError),
    ],
    indirect=["stranger"],
    ids=lambda value: str(value[0]) if isinstance(value, tuple) else value.__name__,
)
def test_another_programs_port_is_told_apart(stranger: str, expected: type[Exception]) -> None:
    """An answer that is none of ours is an error of ours, not a traceback of Arrow."""
    with open_store(stranger) as reader, pytest.raises(expected):
        lists.extent(reader)


def test_a_collector_that_does_not_answer_in_time_is_a_limit() -> None:
    """A screen does not wait for ever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with open_store(url, timeout_s=0.1) as reader, pytest.raises(QueryLimitError, match="within"):
            lists.extent(reader)
