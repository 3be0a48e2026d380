"""The collector's own numbers, as Prometheus reads them."""

import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Final

import duckdb
from prometheus_client import CollectorRegistry, Counter, Histogram, Info, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector as PrometheusCollector

from relaylens_collector.ingest import Ingest, Status, Verdict
from relaylens_collector.projects import Projects
from relaylens_collector.read_api.finding_numbers import FindingNumbers, Kind
from relaylens_collector.read_api.silence_numbers import SilenceNumbers
from relaylens_collector.receive.refusals import Refusal
from relaylens_collector.signals import Signal

PROJECT: Final = "project"
"""Label of every number."""

FINDINGS: Final = "relaylens_findings"
SILENT: Final = "relaylens_deployment_silent"

ABOUT_WHAT_IS_STORED: Final = frozenset({FINDINGS, SILENT})
"""The numbers that name services of a project."""

PROMETHEUS: Final = "text/plain; version=0.0.4; charset=utf-8"


_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Bounds of the histograms: an answer waits for the disk, a query for its rows."""

_PER_REQUEST: Final = (PROJECT, "transport", "signal")


class OwnMetrics:
    """Counts what comes in, a few numbers for each request and none for each span; tells how the stores are doing when asked."""

    def __init__(self, projects: Projects) -> None:
        """Begin at zero, in a registry of its own: there may be two collectors in one process."""
        self._registry = CollectorRegistry()
        self._requests = self._counter("relaylens_requests", "OTLP requests answered with success.", _PER_REQUEST)
        self._bytes = self._counter("relaylens_request_bytes", "Their bytes, unpacked, as protobuf.", _PER_REQUEST)
        self._records = self._counter("relaylens_records_accepted", "Spans, log records and metrics accepted.", _PER_REQUEST)
        self._rejected = self._counter("relaylens_records_rejected", "Records rejected in requests that were accepted.", _PER_REQUEST)
        self._duplicates = self._counter("relaylens_requests_resent", "Requests that were here before; they are stored once.", _PER_REQUEST)
        self._refused = self._counter("relaylens_requests_refused", "OTLP requests refused, by reason.", (*_PER_REQUEST, "code", "reason"))
        self._turned_away = self._counter(
            "relaylens_requests_turned_away",
            "Requests of any kind that did not reach what they asked for: no valid token, no right, a foreign page, an unknown path.",
            (PROJECT, "transport", "code", "reason"),
        )
        self._durations = self._histogram(
            "relaylens_request_duration_seconds", "From the whole request to its answer, on disk or refused.", _PER_REQUEST
        )
        self._queries = self._counter("relaylens_queries", "Queries of the read API, by what became of them.", (PROJECT, "outcome"))
        self._query_durations = self._histogram("relaylens_query_duration_seconds", "From a query to its answer.", (PROJECT,))
        build = Info("relaylens_build", "What runs here.", registry=self._registry)
        build.info({"version": version("relaylens"), "python": platform.python_version(), "duckdb": duckdb.__version__})
        ProcessCollector(registry=self._registry)
        self._registry.register(_StoreMetrics(projects))

    def taken(self, project: str, transport: str, signal: Signal, verdict: Verdict, size: int) -> None:
        """Count a request that was answered with success."""
        labels = project, transport, signal
        self._requests.labels(*labels).inc()
        self._rejected.labels(*labels).inc(verdict.rejected)
        if verdict.duplicate:
            self._duplicates.labels(*labels).inc()
        else:
            self._records.labels(*labels).inc(verdict.accepted)
            self._bytes.labels(*labels).inc(size)

    def refused(self, project: str, transport: str, signal: Signal, refusal: Refusal) -> None:
        """Count a request that was refused."""
        self._refused.labels(project, transport, signal, refusal.code.name, refusal.why).inc()

    def turned_away(self, project: str, transport: str, refusal: Refusal) -> None:
        """Count a request that was refused at the gate; without a valid token it belongs to no project."""
        self._turned_away.labels(project, transport, refusal.code.name, refusal.why).inc()

    def answered(self, project: str, transport: str, signal: Signal, seconds: float) -> None:
        """Note how long a request took, whatever was answered."""
        self._durations.labels(project, transport, signal).observe(seconds)

    def asked(self, project: str, outcome: str, seconds: float) -> None:
        """Count a query of the read API."""
        self._queries.labels(project, outcome).inc()
        self._query_durations.labels(project).observe(seconds)

    def text(self, project: str | None = None, *, stored: bool = True) -> bytes:
        """Return the numbers of one project, or of all, in Prometheus' text format; those about what is stored where they may be seen."""
        return generate_latest(_Seen(self._registry, project, stored=stored))

    def _counter(self, name: str, sentence: str, labels: tuple[str, ...]) -> Counter:
        return Counter(name, sentence, labels, registry=self._registry)

    def _histogram(self, name: str, sentence: str, labels: tuple[str, ...]) -> Histogram:
        return Histogram(name, sentence, labels, registry=self._registry, buckets=_SECONDS)


class _Seen(CollectorRegistry):
    """What of a registry may be seen: one project or all, with what is stored or without."""

    def __init__(self, registry: CollectorRegistry, project: str | None, *, stored: bool) -> None:
        super().__init__()
        self._all = registry
        self._project = project
        self._stored = stored

    def collect(self) -> Iterator[Metric]:
        for metric in self._all.collect():
            if metric.name in ABOUT_WHAT_IS_STORED and not self._stored:
                continue
            if self._project is not None:
                metric.samples = [sample for sample in metric.samples if sample.labels.get(PROJECT) == self._project]
            yield metric


class _StoreMetrics(PrometheusCollector):
    """Asks the stores that are open at the moment of the scrape."""

    def __init__(self, projects: Projects) -> None:
        self._projects = projects
        self._findings = FindingNumbers()
        self._silences = SilenceNumbers()

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for project, ingest in self._projects.stores().items():
            status = ingest.status()
            findings = _findings_of(project, self._findings.of(project, ingest, status.progress.settled_seq))
            silences = _silences_of(project, self._silences.of(project, ingest))
            for metric in (*_metrics_of(project, status), *_sizes_of(project, ingest), findings, silences):
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
        ("relaylens_apply_lag_requests", "Requests in the journal and not yet in the database.", progress.apply_lag.requests),
        ("relaylens_apply_lag_bytes", "Their bytes, as far as they came since the start.", progress.apply_lag.bytes),
        ("relaylens_apply_lag_seconds", "Since the oldest of them came.", progress.apply_lag.seconds),
        ("relaylens_settle_lag_requests", "Requests that runs and handoffs are not derived from yet.", progress.settle_lag.requests),
        ("relaylens_settle_lag_bytes", "Their bytes, as far as they came since the start.", progress.settle_lag.bytes),
        ("relaylens_settle_lag_seconds", "Since the oldest of them came.", progress.settle_lag.seconds),
        ("relaylens_in_flight_bytes", "Bytes of requests that are on their way into the journal.", status.in_flight_bytes),
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


def _findings_of(project: str, counts: Mapping[Kind, int]) -> Metric:
    """Say how many findings there are."""
    findings = CounterMetricFamily(
        FINDINGS, "Silent failures and deviations found in settled runs.", labels=(PROJECT, "detector", "severity", "service")
    )
    for kind, count in sorted(counts.items()):
        findings.add_metric((project, *kind), count)
    return findings


def _silences_of(project: str, silent: Mapping[str, bool]) -> Metric:
    """Say which deployments have gone silent."""
    silences = GaugeMetricFamily(
        SILENT, "1 when nothing has come from a deployment for longer than its own rhythm explains.", labels=(PROJECT, "service")
    )
    for service, is_silent in sorted(silent.items()):
        silences.add_metric((project, service), float(is_silent))
    return silences


def _sizes_of(project: str, ingest: Ingest) -> Iterator[Metric]:
    """Say how much is stored, and what it takes on the disk."""
    sizes = ingest.sizes()
    parts = (("journal", sizes.journal), ("database", sizes.database))
    on_disk = GaugeMetricFamily("relaylens_disk_bytes", "Bytes on disk.", labels=(PROJECT, "part"))
    for part, size in parts:
        on_disk.add_metric((project, part), size)
    yield on_disk
    spans = ingest.spans()
    if spans is None:  # the database is closed at the moment
        return
    stored = GaugeMetricFamily("relaylens_spans_stored", "Spans in the database.", labels=(PROJECT,))
    stored.add_metric((project,), spans)
    yield stored
    if spans:
        each = GaugeMetricFamily("relaylens_disk_bytes_per_span", "Bytes on disk for each span stored.", labels=(PROJECT, "part"))
        for part, size in parts:
            each.add_metric((project, part), size / spans)
        yield each
