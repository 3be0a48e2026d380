"""Which deployments have gone silent, as Prometheus sees them: from a real collector to which nothing comes any more."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from tests.analytics.rhythms import hourly, runs_of

from relaylens_analytics.settle import settle
from relaylens_collector.access import Scope
from relaylens_collector.access.tokens import TokenFile
from relaylens_collector.collector import Collector
from relaylens_collector.settings import Settings
from relaylens_collector.signals import Signal

TOKEN = "may-do-everything"  # noqa: S105 - of a collector that lives as long as a test


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """Start a collector that holds the past of two deployments, one of which has stopped."""
    folder: Path = tmp_path_factory.mktemp("silence")
    started = Collector(Settings(store=folder, otlp_http_port=0, otlp_grpc_port=0, free_bytes=1, token=TOKEN), settle)
    started.start()
    past = runs_of({"desk": hourly(until=timedelta(hours=30)), 'ba"ck': hourly(until=timedelta())})
    started.ingest.submit(Signal.TRACES, past.SerializeToString())
    started.ingest.flush()
    yield started
    started.stop()


def numbers(collector: Collector, token: str = TOKEN) -> list[str]:
    """Scrape, and give the lines about silence."""
    request = Request(f"{collector.http_url}/metrics", headers={"Authorization": f"Bearer {token}"})  # noqa: S310 - our own address
    with urlopen(request, timeout=10) as answer:  # noqa: S310 - the same
        return [line for line in answer.read().decode().splitlines() if line.startswith("relaylens_deployment_silent{")]


def test_a_deployment_that_stopped_is_told_without_anything_that_comes(collector: Collector) -> None:
    """By the clock at the scrape; the one that goes on is not."""
    silent = 'relaylens_deployment_silent{project="default",service="desk"} 1.0'
    going_on = 'relaylens_deployment_silent{project="default",service="ba\\"ck"} 0.0'

    assert {silent, going_on} == set(numbers(collector))


@pytest.mark.parametrize(("scope", "seen"), [(Scope.MONITOR, 2), (Scope.INGEST, 0)], ids=str)
def test_who_sends_spans_does_not_see_who_is_silent(collector: Collector, scope: Scope, seen: int) -> None:
    """The numbers name services of the project, which are part of what is stored."""
    token = TokenFile(collector.settings.store).create(f"one for {scope}", project="default", scopes={scope}).text

    assert seen == len(numbers(collector, token))


def test_where_nothing_settles_nothing_is_said(tmp_path: Path) -> None:
    """A collector without settling knows of no runs."""
    bare = Collector(Settings(store=tmp_path, otlp_http_port=0, otlp_grpc_port=0, free_bytes=1, token=TOKEN))
    bare.start()
    try:
        assert [] == numbers(bare)
    finally:
        bare.stop()
