"""The collector: ingest, both receivers and the read API in one process, and their order at start and stop."""

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

from relaylens_collector.access import Authenticator, TokenFile
from relaylens_collector.anchors import Anchoring
from relaylens_collector.errors import StoreError
from relaylens_collector.ingest import Ingest, Limits
from relaylens_collector.pace import Pace
from relaylens_collector.projects import PROJECTS_FOLDER, Projects, half_of, one_at_a_time, other_projects
from relaylens_collector.read_api.own_metrics import OwnMetrics
from relaylens_collector.read_api.routes import ReadApi
from relaylens_collector.read_api.sql import QueryLimits
from relaylens_collector.receive.application import Application, Routes
from relaylens_collector.receive.exchange import BodyLimits, Memory
from relaylens_collector.receive.gate import Gate
from relaylens_collector.receive.http_server import ConnectionLimits, HttpServer, listen
from relaylens_collector.receive.otlp import Receiver
from relaylens_collector.receive.otlp_grpc import GrpcLimits, GrpcServer
from relaylens_collector.receive.otlp_http import otlp_routes
from relaylens_collector.redacting import Redaction, redaction_of
from relaylens_collector.settings import Settings
from relaylens_collector.store import Settler

_TAKERS: Final = 8
"""Threads that take HTTP requests in: most of the time they wait for the disk."""

_QUERIES: Final = 4
_CATCH_UP_SECONDS: Final = 3.0
_SHARE_FOR_CLIENTS: Final = 0.5

_Part = TypeVar("_Part")


class Collector:
    """One collector; `start` raises when the folder or an address cannot be had, and then nothing is left open."""

    def __init__(self, settings: Settings, settle: Settler | None = None, *, pace: Pace | None = None) -> None:
        """Nothing happens before `start`; a pace is given where the settings' one is not fitting."""
        self._pace = pace or Pace(quiet_seconds=settings.quiet_seconds, settle_every_seconds=settings.settle_every_seconds)
        self.settings: Final = settings
        self.authenticator: Final = Authenticator(settings.token, TokenFile(settings.store))
        self._settle = one_at_a_time(settle)
        self._redact: Redaction | None = None
        self._stack = contextlib.ExitStack()
        self._stopped = threading.Event()
        self._stopping = threading.Lock()
        self._projects: Projects | None = None
        self._application: Application | None = None
        self._http: HttpServer | None = None
        self._grpc: GrpcServer | None = None
        self._deadline = 0.0

    @property
    def ingest(self) -> Ingest:
        """The store of the default project."""
        return self.projects.default

    @property
    def projects(self) -> Projects:
        """The stores of all projects."""
        return _started(self._projects)

    @property
    def http_port(self) -> int:
        """The port of OTLP/HTTP and the read API, also when any free one was asked for."""
        return _started(self._http).port

    @property
    def grpc_port(self) -> int:
        """The port of OTLP/gRPC, also when any free one was asked for."""
        return _started(self._grpc).port

    @property
    def application(self) -> Application:
        """What answers over HTTP."""
        return _started(self._application)

    @property
    def routes(self) -> Routes:
        """What is served over HTTP: path to method to what answers it."""
        return self.application.routes

    @property
    def http_url(self) -> str:
        """Where OTLP/HTTP and the read API answer."""
        host = self.settings.host
        scheme = "http" if self.settings.tls is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.http_port}"

    def start(self) -> None:
        """Open the store and begin to serve; returns when both ports answer."""
        settings = self.settings
        self._redact = redaction_of(settings.redact, settings.redact_rules, settings.privacy_key, settings.store)
        with contextlib.ExitStack() as stack:
            # Listen first: an address that is taken is found before the store is touched.
            listener = stack.enter_context(contextlib.closing(listen(settings.host, settings.otlp_http_port)))
            # Where there are several projects, each has half of the memory: none of them is busy all the time.
            has_others = bool(other_projects(settings.store)) or self.authenticator.knows_other_projects
            memory = half_of(settings.memory_limit) if has_others else settings.memory_limit
            default = self._open_store(settings.store, memory, settings.anchor_copies)
            projects = self._projects = Projects(
                default, self._open_project, most=settings.open_projects, idle_seconds=settings.project_idle_seconds
            )
            stack.callback(lambda: projects.close(self._seconds_left()))
            metrics = OwnMetrics(projects)
            receiver = Receiver(projects, metrics, max_records=settings.max_records)
            gate = Gate(self.authenticator, host=settings.host, allowed_hosts=settings.allowed_hosts)
            takers = ThreadPoolExecutor(_TAKERS, thread_name_prefix="relaylens-take")
            queries = ThreadPoolExecutor(_QUERIES, thread_name_prefix="relaylens-query")
            stack.callback(takers.shutdown)
            stack.callback(queries.shutdown, wait=False)  # closing ingest interrupts what runs
            read_api = ReadApi(
                projects, metrics, queries, QueryLimits(rows=settings.sql_rows, size=settings.sql_bytes, seconds=settings.sql_seconds)
            )
            in_flight = Memory(settings.in_flight_bytes)
            limits = BodyLimits(settings.max_body_bytes, settings.body_seconds, settings.body_rate)
            self._application = application = Application(
                {**otlp_routes(receiver, takers), **read_api.routes()},
                gate=gate,
                limits=limits,
                memory=in_flight,
                turned_away=receiver.turned_away,
            )
            self._grpc = grpc = GrpcServer(
                receiver,
                host=settings.host,
                port=settings.otlp_grpc_port,
                gate=gate,
                limits=GrpcLimits(limits, settings.connections),
                memory=in_flight,
                tls=settings.tls,
            )
            stack.callback(lambda: grpc.stop(self._seconds_left() * _SHARE_FOR_CLIENTS))
            self._http = http = HttpServer(
                application, listener, ConnectionLimits(settings.connections, settings.head_seconds), settings.tls
            )
            stack.callback(lambda: http.stop(self._seconds_left() * _SHARE_FOR_CLIENTS))
            stack.callback(projects.interrupt_readers)
            self._stack = stack.pop_all()

    def stop(self) -> None:
        """Take nothing more, finish what has arrived, apply what can be applied in time, and close."""
        with self._stopping:
            self._deadline = time.monotonic() + self.settings.stop_seconds
            self._stack.close()
            self._stopped.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the stop, and tell whether it has come."""
        return self._stopped.wait(timeout)

    def _open_project(self, project: str) -> Ingest:
        """Open the store of a project other than the default one."""
        settings = self.settings
        copies = None if settings.anchor_copies is None else settings.anchor_copies / PROJECTS_FOLDER / project
        ingest = self._open_store(settings.store / PROJECTS_FOLDER / project, half_of(settings.memory_limit), copies)
        # Whoever asks first asks of tables that the first settling makes; a long backlog goes on in the background.
        with contextlib.suppress(StoreError):
            ingest.flush(_CATCH_UP_SECONDS)
        return ingest

    def _open_store(self, folder: Path, memory_limit: str, anchor_copies: Path | None) -> Ingest:
        settings = self.settings
        return Ingest(
            folder,
            self._settle,
            pace=self._pace,
            limits=Limits(
                in_flight_bytes=settings.in_flight_bytes,
                waiting_bytes=settings.waiting_bytes,
                free_bytes=settings.free_bytes,
                memory_limit=memory_limit,
                retention=settings.retention,
                retention_every_seconds=settings.retention_every_seconds,
            ),
            anchoring=Anchoring(settings.anchor_key, anchor_copies, settings.anchor_records, settings.anchor_seconds),
            redact=self._redact,
        )

    def _seconds_left(self) -> float:
        return max(0.0, self._deadline - time.monotonic())


def _started(part: _Part | None) -> _Part:
    if part is None:
        message = "The collector is not started."
        raise RuntimeError(message)
    return part
