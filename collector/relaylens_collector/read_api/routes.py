"""The routes of the read API."""

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final

import grpc

from relaylens_collector.access import DEFAULT_PROJECT, Scope
from relaylens_collector.erasing.orders import perform
from relaylens_collector.projects import Projects
from relaylens_collector.read_api import admin, traces
from relaylens_collector.read_api.formats import answer
from relaylens_collector.read_api.labels import read_label
from relaylens_collector.read_api.own_metrics import PROMETHEUS, OwnMetrics
from relaylens_collector.read_api.questions import read_question
from relaylens_collector.read_api.sql import QueryLimits, ask
from relaylens_collector.receive.application import Handler, Routes
from relaylens_collector.receive.exchange import JSON, Answer, Exchange
from relaylens_collector.receive.refusals import Refusal
from relaylens_collector.signals import Signal

_MOST_WAITING: Final = 64
_TOO_MANY_REQUESTS: Final = 429


class ReadApi:
    """Answers questions about the store of the project that the sender's token belongs to."""

    def __init__(self, projects: Projects, metrics: OwnMetrics, workers: Executor, limits: QueryLimits) -> None:
        """Run queries in `workers`, as many at once as it has threads."""
        self._projects = projects
        self._metrics = metrics
        self._workers = workers
        self._limits = limits
        self._waiting = 0

    def routes(self) -> Routes:
        """Return paths, methods and what answers them."""
        return {
            "/api/v1/sql": {"POST": self._work_on(self._sql)},
            "/api/v1/labels": {"POST": self._work_on(self._label)},
            admin.SNAPSHOT_PATH: {"POST": self._work_on(self._snapshot)},
            admin.ORDERS_PATH: {"POST": self._work_on(self._order)},
            traces.PATH: _for_reading(self._trace),
            "/api/v1/whoami": _for_reading(self._who_am_i),
            "/healthz": _for_reading(self._health),
            "/readyz": _for_reading(self._ready),
            "/metrics": _for_reading(self._own_metrics),
        }

    def _work_on(self, work: Callable[[Exchange, bytes], Answer]) -> Handler:
        async def handle(exchange: Exchange) -> Answer:
            exchange.require_content_type(JSON)
            return await self._worked(work, exchange, await exchange.body())

        return handle

    async def _trace(self, exchange: Exchange) -> Answer:
        return await self._worked(self._answer_trace, exchange)

    async def _worked(self, work: Callable[..., Answer], *args: object) -> Answer:
        """Do it in a worker, unless too many wait for one already."""
        if self._waiting >= _MOST_WAITING:
            message = f"{self._waiting} queries wait already; ask again later."
            raise Refusal(grpc.StatusCode.UNAVAILABLE, message, retry_after=1.0, http_status=_TOO_MANY_REQUESTS)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, work, *args)
        finally:
            self._waiting -= 1

    def _sql(self, exchange: Exchange, body: bytes) -> Answer:
        began, outcome, project = time.perf_counter(), "failed", exchange.grant.project
        try:
            question, wanted = read_question(exchange.unpacked(body))
            with self._projects.using(project) as ingest:
                said = answer(ask(ingest, question, self._limits), wanted)
            outcome = "answered"
        finally:
            self._metrics.asked(project, outcome, time.perf_counter() - began)
        return said

    def _answer_trace(self, exchange: Exchange) -> Answer:
        with self._projects.using(exchange.grant.project) as ingest:
            return traces.answer_trace(ingest, exchange)

    def _label(self, exchange: Exchange, body: bytes) -> Answer:
        label = read_label(exchange.unpacked(body))
        with self._projects.using(exchange.grant.project) as ingest:
            verdict = ingest.submit(Signal.LABELS, label)
        return _document(200, {"accepted": verdict.accepted, "duplicate": verdict.duplicate})

    def _snapshot(self, exchange: Exchange, _body: bytes) -> Answer:
        with self._projects.using(exchange.grant.project) as ingest:
            return _document(200, admin.make_snapshot(ingest))

    def _order(self, exchange: Exchange, body: bytes) -> Answer:
        order = admin.read_order(exchange.unpacked(body))
        with self._projects.using(exchange.grant.project) as ingest:
            return _document(200, perform(ingest, order, said_by=exchange.grant.holder))

    async def _who_am_i(self, exchange: Exchange) -> Answer:
        """What the token that was sent is good for."""
        grant = exchange.grant
        return _document(200, {"holder": grant.holder, "project": grant.project, "scopes": sorted(grant.scopes)})

    async def _health(self, _exchange: Exchange) -> Answer:
        """The process answers; whether it can do its work is for /readyz."""
        return _document(200, {"status": "alive"})

    async def _ready(self, exchange: Exchange) -> Answer:
        """A project whose store is closed is ready: it is opened when it is asked for."""
        ingest = self._projects.stores().get(exchange.grant.project)
        if ingest is None:
            return _document(200, {"status": "ready", "problem": None})
        status = ingest.status()
        progress = status.progress
        ready = progress.ready and not status.disk_low and status.problem is None
        return _document(
            200 if ready else 503,
            {
                "status": "ready" if ready else "not ready",
                "problem": "The disk is nearly full." if status.disk_low else status.problem or progress.problem,
                "journal_record": status.last_seq,
                "applied_record": progress.applied_seq,
                "settled_record": progress.settled_seq,
            },
        )

    async def _own_metrics(self, exchange: Exchange) -> Answer:
        """Whoever may administer the default project runs the collector and sees all projects; others see their own."""
        grant = exchange.grant
        sees_all = grant.project == DEFAULT_PROJECT and Scope.ADMIN in grant.scopes
        # Findings and silences name services: what is stored shows in them, if no more than that.
        stored = sees_all or not grant.scopes.isdisjoint({Scope.READ, Scope.MONITOR})
        return await self._worked(lambda: Answer(200, PROMETHEUS, self._metrics.text(None if sees_all else grant.project, stored=stored)))


def _for_reading(handler: Handler) -> dict[str, Handler]:
    return {"GET": handler}


def _document(status: int, document: dict[str, object]) -> Answer:
    return Answer(status, JSON, json.dumps(document).encode())
