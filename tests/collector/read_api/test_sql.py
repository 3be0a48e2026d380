"""The read API: one SELECT, read only and limited, in three formats."""

import csv
import http.client
import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body as JSON."""
        return json.loads(self.body)


class Api:
    """Asks a collector."""

    def __init__(self, collector: Collector) -> None:
        """Remember where it is."""
        self.collector = collector

    def send(self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json") -> Reply:
        """Send one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.collector.http_port, timeout=30)
        try:
            connection.request(method, path, body, {"content-type": content_type})
            response = connection.getresponse()
            return Reply(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        finally:
            connection.close()

    def ask(self, sql: str, **question: object) -> Reply:
        """Ask for the answer of a query."""
        return self.send("POST", "/api/v1/sql", json.dumps({"sql": sql, **question}).encode())

    def rows(self, sql: str, **question: object) -> list[list[Any]]:
        """Ask, and take the rows."""
        reply = self.ask(sql, **question)
        assert 200 == reply.status, reply.body
        rows: list[list[Any]] = reply.json()["rows"]
        return rows


def _collector(store: Path, **settings: Any) -> Collector:  # noqa: ANN401 - whatever Settings takes
    collector = Collector(Settings(store=store, otlp_http_port=0, otlp_grpc_port=0, stop_seconds=3.0, **settings))
    collector.start()
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number in range(1, 101):
        spans.add(name=f"span {number}", trace_id=b"t" * 16, span_id=number.to_bytes(8), start_time_unix_nano=number * 1_000_000_000)
    collector.ingest.submit(Signal.TRACES, request.SerializeToString())
    collector.ingest.flush()
    return collector


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A collector with a hundred spans."""
    collector = _collector(tmp_path_factory.mktemp("api"))
    yield Api(collector)
    collector.stop()


def test_json(api: Api) -> None:
    """Names and types of the columns, then the rows."""
    document = api.ask("SELECT name, start_time_unix_nano AS start FROM spans ORDER BY start LIMIT 2").json()

    assert {
        "columns": [{"name": "name", "type": "string"}, {"name": "start", "type": "uint64"}],
        "rows": [["span 1", 1_000_000_000], ["span 2", 2_000_000_000]],
        "row_count": 2,
        "cut_off": False,
    } == document


def test_what_json_cannot_hold_is_text(api: Api) -> None:
    """Times, bytes, decimals, lists, maps, and numbers that are none."""
    ((moment, data, decimal, items, pairs, record, numbers, nothing),) = api.rows(
        """SELECT TIMESTAMP '2026-01-02 03:04:05', 'ab'::BLOB, 1.50::DECIMAL(5, 2), [1, NULL], MAP {'k': 'v'}, {'a': DATE '2026-01-02'},
                  ['nan'::DOUBLE, 'inf'::DOUBLE, '-inf'::DOUBLE], NULL"""
    )

    assert ("2026-01-02T03:04:05", "YWI=", "1.50") == (moment, data, decimal)
    assert ([1, None], {"k": "v"}, {"a": "2026-01-02"}) == (items, pairs, record)
    assert (["NaN", "Infinity", "-Infinity"], None) == (numbers, nothing)


def test_arrow(api: Api) -> None:
    """An IPC stream with the types as DuckDB has them, also when there are no rows."""
    for limit in (100, 0):
        reply = api.ask("SELECT name, started_at FROM spans LIMIT $n", params={"n": limit}, format="arrow")
        table = pa.ipc.open_stream(reply.body).read_all()

        assert "application/vnd.apache.arrow.stream" == reply.headers["content-type"]
        assert limit == table.num_rows
        assert pa.schema([("name", pa.string()), ("started_at", pa.timestamp("us"))]) == table.schema


def test_csv(api: Api) -> None:
    """Readable by any reader; what a spreadsheet would run is disarmed."""
    formulas = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "plain", 'quo"ted, with\nline']
    reply = api.ask('SELECT unnest($texts::VARCHAR[]) AS "=name", -1 AS number, NULL AS nothing', params={"texts": formulas}, format="csv")
    header, *rows = csv.reader(io.StringIO(reply.body.decode(), newline=""))

    assert reply.headers["content-type"].startswith("text/csv")
    assert ["'=name", "number", "nothing"] == header
    assert [[f"'{text}" if text[0] in "=+-@\t" else text, "-1", ""] for text in formulas] == rows


def test_parameters_are_bound(api: Api) -> None:
    """A value is a value, whatever it looks like."""
    hostile = "x'; DROP TABLE spans; --"

    assert [[hostile]] == api.rows("SELECT $text AS text", params={"text": hostile})
    assert [[1, 2.5, True, None, ["a", "b"]]] == api.rows(
        "SELECT $i, $f, $b, $n, $l", params={"i": 1, "f": 2.5, "b": True, "n": None, "l": ["a", "b"]}
    )
    assert [[100]] == api.rows("SELECT count(*) FROM spans")


_WRITES = [
    "DELETE FROM spans",
    "INSERT INTO labels SELECT * FROM labels",
    "UPDATE spans SET name = 'x'",
    "DROP TABLE spans",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE VIEW x AS SELECT 1",
    "CREATE MACRO text_of(cell) AS 'x'",
    "TRUNCATE spans",
    "ALTER TABLE spans ADD COLUMN x INTEGER",
    "WITH gone AS (DELETE FROM spans RETURNING *) SELECT * FROM gone",
    "WITH added AS (INSERT INTO labels SELECT * FROM labels RETURNING *) SELECT count(*) FROM added",
    "SELECT 1; DELETE FROM spans",
    "SELECT 1; SELECT 2",
    "",
    " ; ",
    "-- nothing",
    "BEGIN",
    "COMMIT",
    "ROLLBACK; DELETE FROM spans",
    "CHECKPOINT",
    "FROM force_checkpoint()",
    "VACUUM",
    "ANALYZE",
    "SET threads = 1",
    "SET enable_external_access = true",
    "RESET ALL",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "ATTACH ':memory:' AS other",
    "ATTACH '/tmp/other.duckdb'",
    "DETACH relaylens",
    "USE memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "COPY spans TO '/tmp/spans.csv'",
    "COPY (SELECT 1) TO '/tmp/one.parquet'",
    "COPY spans FROM '/etc/passwd'",
    "EXPORT DATABASE '/tmp/exported'",
    "IMPORT DATABASE '/tmp/exported'",
    "EXPLAIN ANALYZE DELETE FROM spans",
    "PREPARE p AS DELETE FROM spans",
    "EXECUTE p",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_json('/etc/passwd')",
    "SELECT * FROM read_parquet('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM 'https://example.com/x.parquet'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT getenv('HOME')",
    "SELECT * FROM query('DELETE FROM spans RETURNING *')",
    "SELECT * FROM statements",
    "SELECT * FROM question",
    "SELECT * FROM cursor",
    "SELECT nextval('x')",
    "this is no SQL",
    "SELECT",
    "SELECT $missing",
    "SELECT 'a'::INTEGER",
    "SELECT * FROM nowhere",
    "SELECT error('told so')",
]


@pytest.mark.parametrize("sql", _WRITES)
def test_nothing_but_reading_the_store(api: Api, sql: str) -> None:
    """G20: writes, files, settings and broken statements are refused with a sentence, and nothing has changed."""
    reply = api.ask(sql)

    assert 400 == reply.status
    assert reply.json()["message"]
    assert [[100]] == api.rows("SELECT count(*) FROM spans")


def test_an_unused_parameter_is_an_error(api: Api) -> None:
    """A misspelt name is not passed over."""
    assert 400 == api.ask("SELECT $a", params={"a": 1, "b": 2}).status


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"null",
        b"{}",
        b'{"sql": 1}',
        b'{"sql": "SELECT 1", "format": "xml"}',
        b'{"sql": "SELECT 1", "params": []}',
        b'{"sql": "SELECT 1", "params": {"a": {}}}',
        b'{"sql": "SELECT 1", "max_rows": -1}',
        b'{"sql": "SELECT 1", "max_rows": "1"}',
        b'{"sql": "SELECT 1", "max_rows": true}',
        b'{"sql": "SELECT 1", "limit": 1}',
        b"[" * 100_000,
        b'{"sql": "SELECT \xff"}',
        b'{"sql": "SELECT TIMESTAMP \'infinity\'"}',
        b'{"sql": "SELECT [DATE \'290000-01-01\']", "format": "csv"}',
        b'{"sql": "SELECT \'\\ud800\'"}',
        b'{"sql": "SELECT $x", "params": {"x": "\\udfff"}}',
    ],
)
def test_what_is_no_question(api: Api, body: bytes) -> None:
    """The answer says which field is wrong."""
    reply = api.send("POST", "/api/v1/sql", body)

    assert 400 == reply.status
    assert reply.json()["message"]


def test_only_json_is_taken(api: Api) -> None:
    """G23: a form of a web page cannot ask."""
    assert 415 == api.send("POST", "/api/v1/sql", b'{"sql": "SELECT 1"}', "text/plain").status
    assert 405 == api.send("GET", "/api/v1/sql").status


def test_an_answer_is_cut_off_where_asked(api: Api) -> None:
    """With `max_rows` the first rows come, and the word that there were more."""
    cut, whole = (api.ask("SELECT name FROM spans ORDER BY start_time_unix_nano", max_rows=count) for count in (7, 100))

    assert [[f"span {number}"] for number in range(1, 8)] == cut.json()["rows"]
    assert (True, "true") == (cut.json()["cut_off"], cut.headers["relaylens-cut-off"])
    assert (False, None) == (whole.json()["cut_off"], whole.headers.get("relaylens-cut-off"))
    assert [] == api.rows("SELECT name FROM spans", max_rows=0)


def test_limits(tmp_path: Path) -> None:
    """G21: too many rows, too many bytes and too long are refused, each with its limit, and the next query is answered."""
    collector = _collector(tmp_path, sql_rows=1000, sql_bytes=1 << 20, sql_seconds=0.3)
    api = Api(collector)
    endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE (a.range * b.range) % 7 = 8"
    began = time.monotonic()
    replies = [
        api.ask("SELECT * FROM range(1001)"),
        api.ask("SELECT * FROM range(1000000000)", max_rows=2000),
        api.ask("SELECT repeat('x', 100000) FROM range(100)"),
        api.ask(endless),
        api.ask("SELECT a.range FROM range(100000000) a, range(100000000) b WHERE (a.range * b.range) % 7 = 8", format="arrow"),
    ]

    assert [413, 413, 413, 504, 504] == [reply.status for reply in replies]
    assert all("ask for" in reply.json()["message"] for reply in replies)
    assert time.monotonic() - began < 5
    assert 1000 == len(api.rows("SELECT * FROM range(1000)"))
    assert 10 == len(api.rows("SELECT * FROM range(1000000000)", max_rows=10))
    collector.stop()


def test_a_query_without_memory_is_run_again(tmp_path: Path) -> None:
    """What another one holds at the moment may be free a moment later; what is too much in any case is refused."""
    collector = _collector(tmp_path, memory_limit="128MiB", sql_seconds=20.0)
    api = Api(collector)
    large = "SELECT unnest(texts) AS text FROM (SELECT list(repeat('x', 1000) || i) AS texts FROM range($most) t(i))"
    answer = f"SELECT count(DISTINCT text) FROM ({large})"  # noqa: S608 - our own text
    with collector.ingest.reading() as cursor:
        holding = cursor.sql(large, params={"most": 60_000}).to_arrow_reader(100)
        holding.read_next_batch()
        refused = api.ask(answer, params={"most": 50_000})
        release = threading.Timer(0.15, holding.close)
        release.start()
        [[count]] = api.rows(answer, params={"most": 50_000})
        release.join()

    assert 413 == refused.status
    assert "more memory than there is" in refused.json()["message"]
    assert 50_000 == count
    assert 413 == api.ask(answer, params={"most": 500_000}).status
    collector.stop()


def test_the_words_of_a_query_are_read_once(api: Api) -> None:
    """The same words with other parameters, from several threads at once, and in a store whose tables have changed meanwhile."""
    sql = "SELECT count(*), $number FROM spans"
    found: list[list[Any]] = []
    threads = [threading.Thread(target=lambda number=number: found.extend(api.rows(sql, params={"number": number}))) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [[100, number] for number in range(8)] == sorted(found)
    assert [[100, "text"]] == api.rows(sql, params={"number": "text"})
    assert 400 == api.ask(sql).status


def test_queries_do_not_hold_up_what_comes_in(tmp_path: Path) -> None:
    """While queries run requests are still taken and stored."""
    collector = _collector(tmp_path)
    api = Api(collector)
    endless = "SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE (a.range * b.range) % 7 = 8"
    threads = [threading.Thread(target=api.ask, args=(endless,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(name="meanwhile", trace_id=b"m" * 16, span_id=b"m" * 8)
    reply = api.send("POST", "/v1/traces", request.SerializeToString(), "application/x-protobuf")
    api.collector.ingest.flush(10)
    still_running = [thread.is_alive() for thread in threads]
    api.collector.ingest.interrupt_readers()
    for thread in threads:
        thread.join()

    assert 200 == reply.status
    assert [True, True] == still_running
    assert [[1]] == api.rows("SELECT count(*) FROM spans WHERE name = 'meanwhile'")
    collector.stop()


def test_labels(tmp_path: Path) -> None:
    """A label is in the journal and in its table; said twice it is there twice, resent with its id once."""
    collector = _collector(tmp_path)
    api = Api(collector)
    label = {"run": "r1", "name": "accuracy", "score": 0.5, "source": "test", "comment": "=good"}
    sent = [label, label, {**label, "id": "x"}, {**label, "id": "x"}, {"trace_id": "t" * 32, "name": "outcome", "value": "won"}]
    replies = [api.send("POST", "/api/v1/labels", json.dumps(one).encode()) for one in sent]
    collector.ingest.flush()

    assert [200] * 5 == [reply.status for reply in replies]
    assert [False, False, False, True, False] == [reply.json()["duplicate"] for reply in replies]
    assert [["r1", None, "accuracy", None, 0.5, "test", "=good"]] * 3 + [[None, "t" * 32, "outcome", "won", None, None, None]] == api.rows(
        "SELECT run, trace_id, name, value, score, source, comment FROM labels ORDER BY name"
    )
    collector.stop()


@pytest.mark.parametrize(
    "label",
    [
        {},
        {"run": "r", "value": "v"},
        {"name": "n", "value": "v"},
        {"run": "r", "name": "n"},
        {"run": "r", "name": "n", "score": "high"},
        {"run": "r", "name": "n", "score": True},
        {"run": "r", "name": "n", "score": 10**400},
        {"run": 1, "name": "n", "value": "v"},
        {"run": "r", "name": "n", "value": 1},
        {"run": "r", "name": "n", "value": "v", "who": "me"},
        {"run": "r", "name": "n", "value": "true", "finding": "f"},
        {"run": "r", "name": "finding", "value": "true"},
        {"run": "r", "name": "finding", "value": "true", "finding": ""},
        {"run": "r", "name": "finding", "value": "True", "finding": "f"},
        {"run": "r", "name": "finding", "score": 1, "finding": "f"},
        {"run": "r", "name": "judgement", "value": "maybe", "finding": "f"},
        {"run": "r", "name": "verdict", "value": "fine"},
        {"run": "r", "name": "verdict", "value": "good", "finding": "f"},
        {"finding": "f", "name": "finding", "value": "true"},
        [],
    ],
)
def test_labels_that_say_nothing(api: Api, label: object) -> None:
    """What cannot be a label is refused, and says why."""
    reply = api.send("POST", "/api/v1/labels", json.dumps(label).encode())

    assert 400 == reply.status
    assert reply.json()["message"]


def test_health_and_readiness(api: Api) -> None:
    """The process is alive, the store is open and level with the journal."""
    ready = api.send("GET", "/readyz")

    assert (200, {"status": "alive"}) == (api.send("GET", "/healthz").status, api.send("GET", "/healthz").json())
    assert (200, "ready", None) == (ready.status, ready.json()["status"], ready.json()["problem"])
    assert ready.json()["journal_record"] == ready.json()["applied_record"]


def test_not_ready_while_nothing_can_be_taken(tmp_path: Path) -> None:
    """C64: readiness goes, liveness stays."""
    collector = Collector(Settings(store=tmp_path, otlp_http_port=0, otlp_grpc_port=0, free_bytes=1 << 60))
    collector.start()
    api = Api(collector)

    assert (503, 200) == (api.send("GET", "/readyz").status, api.send("GET", "/healthz").status)
    assert "disk" in api.send("GET", "/readyz").json()["problem"]
    collector.stop()


def test_own_metrics(tmp_path: Path) -> None:
    """Prometheus sees what was accepted, rejected, refused and resent, and how far the store is."""
    collector = _collector(tmp_path)
    api = Api(collector)
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    for number in range(5):
        spans.add(trace_id=b"m" * 16, span_id=number.to_bytes(8))
    for body in (request.SerializeToString(), request.SerializeToString(), b"\xff"):
        api.send("POST", "/v1/traces", body, "application/x-protobuf")
    collector.ingest.flush()
    for sql in ("SELECT 1", "SELECT nonsense"):
        api.send("POST", "/api/v1/sql", json.dumps({"sql": sql}).encode(), "application/json")
    lines = api.send("GET", "/metrics").body.decode().splitlines()
    labels = 'project="default",signal="traces",transport="http"'
    refused = f'code="INVALID_ARGUMENT",{labels}'.replace(",signal", ',reason="bad_data",signal')

    assert {
        f"relaylens_requests_total{{{labels}}} 2.0",
        f"relaylens_records_accepted_total{{{labels}}} 4.0",
        f"relaylens_records_rejected_total{{{labels}}} 2.0",
        f"relaylens_requests_resent_total{{{labels}}} 1.0",
        f"relaylens_requests_refused_total{{{refused}}} 1.0",
        f"relaylens_request_bytes_total{{{labels}}} {len(request.SerializeToString())}.0",
        f"relaylens_request_duration_seconds_count{{{labels}}} 3.0",
        'relaylens_ready{project="default"} 1.0',
        'relaylens_journal_last_record{project="default"} 2.0',
        'relaylens_applied_record{project="default"} 2.0',
        'relaylens_settled_record{project="default"} 2.0',
        *(
            f'relaylens_{what}_lag_{unit}{{project="default"}} 0.0'
            for what in ("apply", "settle")
            for unit in ("requests", "bytes", "seconds")
        ),
        'relaylens_spans_stored{project="default"} 104.0',
        'relaylens_queries_total{outcome="answered",project="default"} 1.0',
        'relaylens_queries_total{outcome="failed",project="default"} 1.0',
    } <= set(lines)
    sizes = {line.partition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line.startswith("relaylens_disk_bytes")}
    for part in ("journal", "database"):
        labels = f'{{part="{part}",project="default"}}'
        assert 0 < sizes[f"relaylens_disk_bytes{labels}"] == pytest.approx(104 * sizes[f"relaylens_disk_bytes_per_span{labels}"])
    assert any(line.startswith("relaylens_build_info{") for line in lines)
    collector.stop()
