"""Projects: each a store of its own, which only its own tokens reach, over every way in and out."""

import base64
import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from relaylens_analytics.settle import settle
from relaylens_collector.access import DEFAULT_PROJECT, Scope, TokenFile
from relaylens_collector.collector import Collector
from relaylens_collector.errors import CollectorError, NotReadyError, OverloadedError, ProjectNameError
from relaylens_collector.ingest import Ingest
from relaylens_collector.projects import Projects, half_of, one_at_a_time, other_projects
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal

PROJECTS = (DEFAULT_PROJECT, "acme", "rival")
PROTOBUF, JSON = "application/x-protobuf", "application/json"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
FORGED = ("relaylens.project", "project", "tenant.id", "service.namespace", "project.name", "openinference.project.name", "token")
HEADERS = ("x-relaylens-project", "x-project", "x-tenant-id", "x-scope-orgid", "project", "x-forwarded-user", "baggage", "tracestate")
GRPC = {
    "traces": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
}


def _mark(project: str) -> str:
    """What only this project's data says."""
    return f"only-for-{project}-to-see"


@dataclass
class Together:
    """A collector with three projects, and what was tried on it."""

    collector: Collector
    tokens: dict[str, str]
    tries: int = 0
    found: list[str] = field(default_factory=list)

    def send(
        self, project: str, method: str, target: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send a request with the token of a project, and look for what belongs to others in its answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.collector.http_port, timeout=30)
        try:
            connection.putrequest(method, target)
            sent = {"authorization": f"Bearer {self.tokens[project]}", "content-length": str(len(body or b"")), **(headers or {})}
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        self.tries += 1
        said = answer + str(response.getheaders()).encode()
        if any(_mark(other).encode() in said for other in PROJECTS if other != project):
            self.found.append(f"{project}: {method} {target} {body!r:.200}")
        return response.status, answer

    def ask(self, project: str, sql: str, wanted: str = "json", headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Ask the read API."""
        body = json.dumps({"sql": sql, "format": wanted}).encode()
        return self.send(project, "POST", "/api/v1/sql", body, {"content-type": JSON, **(headers or {})})


def _requests(project: str, other: str, number: int) -> dict[str, Any]:
    """A request of each signal that says everywhere that it is another project's; ids are the same in all projects."""
    traces, logs, metrics = ExportTraceServiceRequest(), ExportLogsServiceRequest(), ExportMetricsServiceRequest()
    parts = (traces.resource_spans.add(), logs.resource_logs.add(), metrics.resource_metrics.add())
    for part in parts:
        for key in FORGED:
            part.resource.attributes.add(key=key).value.string_value = other
        part.resource.attributes.add(key="number").value.int_value = number
    span = parts[0].scope_spans.add().spans.add(trace_id=bytes.fromhex(TRACE_ID), span_id=number.to_bytes(8), name="work")
    span.attributes.add(key="said").value.string_value = _mark(project)
    span.attributes.add(key="relaylens.project").value.string_value = other
    span.events.add(name=_mark(project))
    log = parts[1].scope_logs.add().log_records.add(trace_id=bytes.fromhex(TRACE_ID), span_id=number.to_bytes(8))
    log.body.string_value = _mark(project)
    point = parts[2].scope_metrics.add().metrics.add(name="m", description=_mark(project)).gauge.data_points.add(as_int=number)
    point.attributes.add(key="said").value.string_value = _mark(project)
    return {"traces": traces, "logs": logs, "metrics": metrics}


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Together]:
    """Three projects in one collector; each has sent everything over every way in, with forged words of the others."""
    store = tmp_path_factory.mktemp("projects")
    file = TokenFile(store)
    tokens = {name: file.create(name, project=name, scopes={Scope.INGEST, Scope.READ, Scope.LABEL}).text for name in PROJECTS}
    collector = Collector(Settings(store=store, otlp_http_port=0, otlp_grpc_port=0, stop_seconds=3.0), settle)
    collector.start()
    made = Together(collector, tokens)
    numbers = {project: itertools.count(1) for project in PROJECTS}  # the same span ids in all of them
    with grpc.insecure_channel(f"127.0.0.1:{collector.grpc_port}") as channel:
        for project, other in itertools.permutations(PROJECTS, 2):
            forged = dict.fromkeys(HEADERS, other)
            for way in ("protobuf", "json", "grpc"):
                for signal, request in _requests(project, other, next(numbers[project])).items():
                    if way == "grpc":
                        made.tries += 1
                        metadata = (("authorization", f"Bearer {tokens[project]}"), *forged.items())
                        call = channel.unary_unary(GRPC[signal], request_serializer=None, response_deserializer=None)
                        call(request.SerializeToString(), timeout=30, metadata=metadata)
                        continue
                    written = json.dumps(_with_hex(json_format.MessageToDict(request, use_integers_for_enums=True))).encode()
                    body, content_type = (written, JSON) if way == "json" else (request.SerializeToString(), PROTOBUF)
                    path = f"/v1/{signal}?project={other}"
                    assert 200 == made.send(project, "POST", path, body, {"content-type": content_type, **forged})[0]
            label = {"trace_id": TRACE_ID, "name": "seen", "value": _mark(project), "comment": other, "source": other}
            assert 200 == made.send(project, "POST", "/api/v1/labels", json.dumps(label).encode(), {"content-type": JSON})[0]
    for ingest in collector.projects.stores().values():
        ingest.flush(60)
    yield made
    collector.stop()


def _with_hex(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Write ids as OTLP's JSON has them."""
    if isinstance(value, list):
        return [_with_hex(item) for item in value]
    if isinstance(value, dict):
        return {key: base64.b64decode(item).hex() if key in {"traceId", "spanId"} else _with_hex(item) for key, item in value.items()}
    return value


ESCAPES = (
    "SELECT * FROM '{path}'",
    "SELECT * FROM read_blob('{path}')",
    "SELECT * FROM read_text('{journal}')",
    "SELECT * FROM glob('{store}/**')",
    "SELECT * FROM read_csv('{store}/tokens.json')",
    "SELECT * FROM read_json_auto('{store}/tokens.json')",
    "ATTACH '{path}' AS other",
    "ATTACH '{path}' AS other (READ_ONLY); SELECT * FROM other.spans",
    'SELECT * FROM "{path}".main.spans',
    "SELECT * FROM rival.main.spans",
    "SELECT * FROM acme.spans",
    "SELECT * FROM relaylens.main.spans",
    "USE rival",
    "SELECT * FROM query('ATTACH ''{path}''')",
    "SELECT * FROM query_table('{path}')",
    "SELECT * FROM sqlite_scan('{path}', 'spans')",
    "COPY spans TO '{store}/projects/rival/out.csv'",
    "EXPORT DATABASE '{store}/projects/rival'",
    "IMPORT DATABASE '{store}/projects/rival'",
    "SELECT * FROM parquet_scan('{path}')",
    "SELECT getenv('RELAYLENS_TOKEN')",
    "SET enable_external_access = true",
    "PRAGMA database_list",
    "WITH x AS (INSERT INTO spans SELECT * FROM spans RETURNING *) SELECT * FROM x",
    "SELECT * FROM read_text('../rival/relaylens.duckdb')",
    "SELECT * FROM read_text('projects/rival/journal/*')",
    "SELECT * FROM read_text('/proc/self/mem')",
    "SELECT * FROM read_text('/proc/self/fd/*')",
    "FROM duckdb_databases()",
    "FROM duckdb_settings()",
    "FROM duckdb_secrets()",
    "FROM duckdb_logs",
)
"""SELECTs and others that try to leave their database; `path` is that of another project."""

TRICKS = (
    "/api/v1/traces/{trace}?project={other}",
    "/api/v1/traces/{trace}?token={token}",
    "/api/v1/traces/../../projects/{other}/traces/{trace}",
    "/api/v1/traces/..%2f{other}%2f{trace}",
    "/projects/{other}/api/v1/traces/{trace}",
    "/{other}/api/v1/traces/{trace}",
    "//{other}/api/v1/traces/{trace}",
    "/api/v1/projects/{other}/traces/{trace}",
    "/api/v1/traces/{trace}/{other}",
    "/api/v1/traces/{trace};project={other}",
    "/api/v1/traces/{trace}%00{other}",
    "http://127.0.0.1/projects/{other}/api/v1/traces/{trace}",
    "/projects/{other}/relaylens.duckdb",
    "/../projects/{other}/journal",
    "/api/v1/whoami?project={other}",
    "/metrics?project={other}",
    "/readyz?project={other}",
)
"""Paths that try to name another project."""


def test_nothing_of_one_project_reaches_another(together: Together) -> None:
    """G24: 0 foreign rows in at least 500 tries, with forged attributes and headers, shared ids, SQL, and paths that are none."""
    store = together.collector.settings.store
    status, answer = together.ask(
        "acme", "SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal"
    )
    assert 200 == status
    tables = [name for (name,) in json.loads(answer)["rows"]]
    for project, other in itertools.permutations(PROJECTS, 2):
        folder = store if other == DEFAULT_PROJECT else store / "projects" / other
        for table in tables:
            for wanted in ("json", "csv", "arrow"):
                together.ask(project, f'SELECT * FROM "{table}"', wanted, {"x-relaylens-project": other})  # noqa: S608 - names of our tables
        for sql in ESCAPES:
            together.ask(project, sql.format(path=folder / "relaylens.duckdb", journal=folder / "journal" / "*", store=store))
        for trick in TRICKS:
            together.send(project, "GET", trick.format(trace=TRACE_ID, other=other, token=together.tokens[other]))
        for header in HEADERS:
            for accept in (JSON, PROTOBUF):
                target = f"/api/v1/traces/{TRACE_ID}"
                assert 200 == together.send(project, "GET", target, headers={"accept": accept, header: other})[0]

    assert together.tries >= 500
    assert [] == together.found


@pytest.mark.parametrize("project", PROJECTS)
def test_each_project_has_what_it_was_sent(together: Together, project: str) -> None:
    """All of it, whatever the requests said of themselves; so that the search for foreign rows is no search in empty stores."""
    sent = 2 * 3
    status, answer = together.ask(
        project,
        f"""SELECT (SELECT count(*) FROM spans WHERE attributes['said'] = '{_mark(project)}'),
                   (SELECT count(*) FROM spans), (SELECT count(*) FROM logs), (SELECT count(*) FROM metric_points),
                   (SELECT count(*) FROM labels)""",  # noqa: S608 - a mark of ours
    )

    assert 200 == status
    assert [[sent, sent, sent, sent, 2]] == json.loads(answer)["rows"]
    assert _mark(project).encode() in together.send(project, "GET", f"/api/v1/traces/{TRACE_ID}")[1]


def test_the_folders_hold_nothing_of_others(together: Together) -> None:
    """Journals and databases are apart: no file of a project has another's words in it."""
    store = together.collector.settings.store
    assert ["acme", "rival"] == other_projects(store)
    for project in ("acme", "rival"):
        for file in (path for path in (store / "projects" / project).rglob("*") if path.is_file()):
            held = file.read_bytes()
            assert not [other for other in PROJECTS if other != project and _mark(other).encode() in held], file


def test_own_numbers_are_told_by_project(together: Together) -> None:
    """A token sees those of its own project alone; who administers the default project sees all."""
    own = together.send("acme", "GET", "/metrics")[1].decode()
    admin = TokenFile(together.collector.settings.store).create("operator", project=DEFAULT_PROJECT, scopes={Scope.ADMIN}).text
    together.tokens["operator"] = admin
    of_all = together.send("operator", "GET", "/metrics")[1].decode()

    assert {"acme"} == _projects_in(own)
    assert set(PROJECTS) == _projects_in(of_all) - {""}  # some are the process's
    assert 'relaylens_records_accepted_total{project="acme",signal="traces",transport="grpc"} 2.0' in own


def _projects_in(text: str) -> set[str]:
    return {line.partition('project="')[2].partition('"')[0] for line in text.splitlines() if line and not line.startswith("#")}


# --- opening and closing ----------------------------------------------------------------------------------------------


Make = Callable[..., Projects]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Return a maker of projects in one folder, all closed at the end."""
    made: list[Projects] = []

    def run(*, most: int = 2, idle_seconds: float = 60.0, opened: Callable[[str], None] = lambda _: None) -> Projects:
        def open_store(project: str) -> Ingest:
            opened(project)
            return Ingest(tmp_path / "projects" / project)

        made.append(Projects(Ingest(tmp_path), open_store, most=most, idle_seconds=idle_seconds))
        return made[-1]

    yield run
    for projects in made:
        projects.close(5)


def _body(name: str) -> bytes:
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name=name)
    return request.SerializeToString()


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)


def test_many_who_come_first_open_a_store_once(make: Make) -> None:
    """Requests that meet at a closed store wait for one opening."""
    opened: list[str] = []
    projects = make(opened=opened.append)

    def use(number: int) -> None:
        with projects.using("acme") as ingest:
            ingest.submit(Signal.TRACES, _body(str(number)))

    threads = [threading.Thread(target=use, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert ["acme"] == opened
    assert 16 == projects.stores()["acme"].status().last_seq


def test_a_store_that_nobody_uses_is_closed_and_opened_again(make: Make) -> None:
    """Nothing of it is lost, and a store in use stays open."""
    projects = make(idle_seconds=0.2)
    with projects.using("acme") as held:
        held.submit(Signal.TRACES, _body("first"))
        with projects.using("rival") as other:
            other.submit(Signal.TRACES, _body("other"))
        _until(lambda: "rival" not in projects.stores())
        assert held is projects.stores()["acme"]
    _until(lambda: "acme" not in projects.stores())
    with projects.using("acme") as again:
        again.submit(Signal.TRACES, _body("second"))
        again.flush(30)
        with again.reading() as cursor:
            names = cursor.execute("SELECT name FROM spans ORDER BY name").fetchall()

    assert [("first",), ("second",)] == names


def test_only_so_many_are_open(make: Make) -> None:
    """The one that was used longest ago gives way; while all are in use, others are asked to come again."""
    projects = make(most=2)
    with projects.using("a"), projects.using("b"), pytest.raises(OverloadedError), projects.using("c"):
        pass
    with projects.using("b"):
        _until(lambda: _can_open(projects, "c"))
        left = set(projects.stores())

    assert {DEFAULT_PROJECT, "b", "c"} == left


def _can_open(projects: Projects, name: str) -> bool:
    try:
        with projects.using(name):
            return True
    except OverloadedError:
        return False


def test_a_store_that_cannot_be_opened_costs_only_its_project(make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Who asks is told to come again and nothing of the reason, which is logged once; afterwards it opens."""
    projects = make()
    with Ingest(tmp_path / "projects" / "acme"):
        for _ in range(3):
            with pytest.raises(NotReadyError) as refusal, projects.using("acme"):
                pass
    assert str(tmp_path) not in str(refusal.value)
    assert 1 == caplog.text.count("acme cannot be opened")
    with projects.using("acme") as ingest, projects.using(DEFAULT_PROJECT) as default:
        assert (0, 0) == (ingest.status().last_seq, default.status().last_seq)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "A"])
def test_a_name_that_is_a_path_opens_nothing(make: Make, tmp_path: Path, name: str) -> None:
    """Not even a caller of ours can leave the folder."""
    projects = make()
    with pytest.raises(ProjectNameError), projects.using(name):
        pass
    assert not (tmp_path / "projects").exists()


def test_after_the_end_nothing_is_lent(tmp_path: Path) -> None:
    """And all stores are free for others."""
    projects = Projects(Ingest(tmp_path), lambda project: Ingest(tmp_path / "projects" / project), most=2, idle_seconds=60)
    with projects.using("acme") as ingest:
        ingest.submit(Signal.TRACES, _body("x"))
    projects.close(5)

    with pytest.raises(CollectorError), projects.using("acme"):
        pass
    Ingest(tmp_path).close()
    with Ingest(tmp_path / "projects" / "acme") as again:
        assert 1 == again.status().last_seq


@pytest.mark.parametrize(
    ("memory", "half"),
    [
        ("512MB", "250000KiB"),
        ("1GB", "488281KiB"),
        ("1 GiB", "524288KiB"),
        ("256MB", "196608KiB"),
        ("100MB", "97656KiB"),
        ("1.5GB", "732421KiB"),
    ],
)
def test_memory_is_halved_as_long_as_it_is_enough(memory: str, half: str) -> None:
    """A size for DuckDB."""
    assert half == half_of(memory)


def test_one_store_settles_at_a_time() -> None:
    """Settling takes most of the memory."""
    inside: list[int] = []
    most: list[int] = []

    def slow(connection: object) -> int:
        assert connection is None
        inside.append(1)
        most.append(len(inside))
        threading.Event().wait(0.01)
        inside.pop()
        return 1

    alone = one_at_a_time(slow)
    assert alone is not None
    threads = [threading.Thread(target=alone, args=(None,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (8, 1) == (len(most), max(most))
