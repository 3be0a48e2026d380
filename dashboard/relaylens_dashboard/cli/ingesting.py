"""Requests from files into a store, for `relaylens import`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from relaylens_collector.errors import OverloadedError, UndecodableError
from relaylens_collector.ingest import Ingest, Verdict
from relaylens_collector.receive.otlp_json import to_protobuf
from relaylens_collector.signals import Signal
from relaylens_dashboard.cli import otlp_files
from relaylens_dashboard.cli.output import progress, say
from relaylens_dashboard.cli.settling import settler


@dataclass
class Tally:
    """What became of the requests of an import."""

    requests: int = 0
    accepted: int = 0
    rejected: int = 0
    duplicates: int = 0
    broken: int = 0


def ingest_files(paths: Sequence[Path], signal: Signal | None, store: Path, prices: Path | None) -> Tally:
    """Import files in order; when this returns everything is applied and settled."""
    tally = Tally()
    with Ingest(store, settler(prices)) as ingest, progress() as bar:
        for path in paths:
            _import_file(ingest, path, signal, tally, bar)
        bar.add_task("settling", total=None)
        ingest.flush()
    return tally


def _import_file(ingest: Ingest, path: Path, signal: Signal | None, tally: Tally, bar: Progress) -> None:
    """Import one file, and say of each broken place where it is."""
    task = bar.add_task(path.name, total=path.stat().st_size)

    def on_bytes(so_far: int) -> None:
        bar.update(task, completed=so_far)

    for request in otlp_files.read(path, signal, on_bytes=on_bytes):
        if isinstance(request, otlp_files.Broken):
            tally.broken += 1
            say(f"{path}, {request.place}: {request.why}")
            continue
        try:
            verdict = _submit(ingest, request)
        except UndecodableError as error:
            tally.broken += 1
            say(f"{path}, {request.place}: {error}")
            continue
        tally.requests += 1
        if verdict.duplicate:
            tally.duplicates += 1
        else:
            tally.accepted += verdict.accepted
            tally.rejected += verdict.rejected
        if verdict.rejected:
            say(f"{path}, {request.place}: {verdict.reason}")
    bar.remove_task(task)


def _submit(ingest: Ingest, request: otlp_files.Request) -> Verdict:
    """Submit a request; when the database is too far behind, wait for it and try once more."""
    body = to_protobuf(request.signal, request.body) if request.is_json else request.body
    try:
        return ingest.submit(request.signal, body)
    except OverloadedError:
        ingest.flush()
        return ingest.submit(request.signal, body)
