"""The collector's own numbers, as Prometheus reads them."""

from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as PrometheusCollector

from relaylens_collector.ingest import Status, Verdict
from relaylens_collector.projects import Projects
from relaylens_collector.signals import Signal

PROJECT: Final = "project"
"""Label of every number."""

PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"


class OwnMetrics:
    """Counts what comes in, and tells how the store is doing when asked."""

    def __init__(self, projects: Projects) -> None:
        """Begin at zero, in a registry of its own: there may be two collectors in one process."""
        self._registry = CollectorRegistry()
        labels = (PROJECT, "transport", "signal")
        self._requests = self._counter("relaylens_requests", "OTLP requests answered with success.", labels)
        self._records = self._counter("relaylens_records_accepted", "Spans, log records and metrics accepted.", labels)
        self._rejected = self._counter("relaylens_records_rejected", "Records rejected in requests that were accepted.", labels)
        self._duplicates = self._counter("relaylens_requests_resent", "Requests that were here before; they are stored once.", labels)
        self._refused = self._counter("relaylens_requests_refused", "OTLP requests refused, by gRPC code.", (*labels, "code"))
        self._registry.register(_StoreMetrics(projects))

    def taken(self, project: str, transport: str, signal: Signal, verdict: Verdict) -> None:
        """Count a request that was answered with success."""
        self._requests.labels(project, transport, signal).inc()
        self._rejected.labels(project, transport, signal).inc(verdict.rejected)
        if verdict.duplicate:
            self._duplicates.labels(project, transport, signal).inc()
        else:
            self._records.labels(project, transport, signal).inc(verdict.accepted)

    def refused(self, project: str, transport: str, signal: Signal, code: str) -> None:
        """Count a request that was refused."""
        self._refused.labels(project, transport, signal, code).inc()

    def text(self, project: str | None = None) -> bytes:
        """Return the numbers of one project, or of all, in Prometheus' text format."""
        return generate_latest(self._registry if project is None else _OfProject(self._registry, project))

    def _counter(self, name: str, sentence: str, labels: tuple[str, ...]) -> Counter:
        return Counter(name, sentence, labels, registry=self._registry)


class _OfProject(CollectorRegistry):
    """What a registry says of one project."""

    def __init__(self, registry: CollectorRegistry, project: str) -> None:
        super().__init__()
        self._all = registry
        self._project = project

    def collect(self) -> Iterator[Metric]:
        for metric in self._all.collect():
            metric.samples = [sample for sample in metric.samples if sample.labels.get(PROJECT) == self._project]
            yield metric


class _StoreMetrics(PrometheusCollector):
    """Asks the stores that are open at the moment of the scrape."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for project, ingest in self._projects.stores().items():
            for metric in _metrics_of(project, ingest.status()):
                families.setdefault(metric.name, metric)
                if families[metric.name] is not metric:
                    families[metric.name].samples += metric.samples
        yield from families.values()


def _metrics_of(project: str, status: Status) -> Iterator[Metric]:
    """Say how a store is doing."""
    progress = status.progress
    gauges = (
        ("relaylens_ready", "1 when the database is open and was level with the journal.", progress.ready),
        ("relaylens_journal_last_record", "Number of the last record on disk.", status.last_seq),
        ("relaylens_applied_record", "Number of the last record in the database.", progress.applied_seq),
        ("relaylens_settled_record", "Number of the last record that runs and handoffs were derived from.", progress.settled_seq),
        ("relaylens_waiting_requests", "Requests in the journal and not yet in the database.", progress.waiting_requests),
        ("relaylens_waiting_bytes", "Their bytes, as far as they came since the start.", progress.waiting_bytes),
        ("relaylens_in_flight_bytes", "Bytes of requests being decoded and written.", status.in_flight_bytes),
        ("relaylens_disk_low", "1 when requests are refused because the disk is nearly full.", status.disk_low),
        ("relaylens_records_set_aside", "Requests that could not be applied and are in the journal only.", progress.set_aside),
        ("relaylens_dead_letters", "Records kept as dead letters: rejected in requests that were accepted.", progress.dead_letters),
    )
    for name, sentence, value in gauges:
        gauge = GaugeMetricFamily(name, sentence, labels=(PROJECT,))
        gauge.add_metric((project,), float(value))
        yield gauge
    redacted = CounterMetricFamily("relaylens_redacted", "What was taken out of texts before they were stored.", labels=(PROJECT, "kind"))
    for kind, count in status.redacted.items():
        redacted.add_metric((project, kind), float(count))
    yield redacted
    counters = (
        ("relaylens_apply_seconds", "Time spent on applying.", progress.apply_seconds),
        ("relaylens_settle_seconds", "Time spent on settling.", progress.settle_seconds),
        ("relaylens_settle_failures", "How often settling failed.", progress.settle_failures),
        ("relaylens_settled_traces", "Traces settled, each time they changed.", progress.settled_traces),
    )
    for name, sentence, total in counters:
        counter = CounterMetricFamily(name, sentence, labels=(PROJECT,))
        counter.add_metric((project,), float(total))
        yield counter
