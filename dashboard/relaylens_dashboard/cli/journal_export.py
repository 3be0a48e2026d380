"""Requests read back from a journal, also from one that is being written, and what of them is asked for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from relaylens_analytics import Window
from relaylens_analytics.errors import NoStoreError
from relaylens_analytics.window import as_utc
from relaylens_collector.errors import JournalCorruptError
from relaylens_collector.journal.segments import list_segments, open_segment
from relaylens_collector.records import Record
from relaylens_collector.signals import Signal
from relaylens_collector.store_folder import JOURNAL_FOLDER
from relaylens_dashboard.cli import otlp_writing
from relaylens_dashboard.cli.output import progress, say

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LISTS: Final = {
    Signal.TRACES: ("resource_spans", "scope_spans", "spans"),
    Signal.LOGS: ("resource_logs", "scope_logs", "log_records"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a journal is asked for."""

    signal: Signal
    window: Window
    members: frozenset[tuple[bytes, bytes]] | None
    """Trace and span ids of the spans wanted; None for all."""

    @property
    def is_everything(self) -> bool:
        """Whether every request is wanted as it is."""
        return self.members is None and self.window.since is None and self.window.until is None


def records(store: Path, choice: Choice) -> Iterator[Record]:
    """Read the records of the signal that are on disk now; a last one that is being written is left out."""
    folder = store / JOURNAL_FOLDER
    if not folder.is_dir():
        detail = f"Looked for {folder}."
        raise NoStoreError(detail)
    segments = list_segments(folder)
    for segment in segments:
        reader = open_segment(segment)
        try:
            yield from (record for record in reader if record.signal is choice.signal)
            if reader.stop is not None and segment is not segments[-1]:
                detail = f"{segment.path}, byte {reader.stop.offset}: {reader.stop.why}."
                raise JournalCorruptError(detail)
        finally:
            reader.close()


def export_requests(store: Path, choice: Choice, out: Path | None) -> tuple[int, int]:
    """Write requests, and say of each record that cannot be written why; gives how many were and were not."""
    written = broken = 0
    with otlp_writing.writer(choice.signal, out) as write, progress() as bar:
        task = bar.add_task("exporting", total=None)
        for record in records(store, choice):
            bar.advance(task)
            try:
                request = chosen(record, choice)
                if request is not None:
                    write(request)
                    written += 1
            except otlp_writing.UnwritableError as error:
                broken += 1
                say(f"{store}, record {record.seq}: {error}")
    return written, broken


def chosen(record: Record, choice: Choice) -> bytes | None:
    """Give the request with what is asked for of it, None when that is nothing."""
    if choice.is_everything:
        return record.body
    if choice.signal is Signal.METRICS:
        return record.body if _is_within(record.received_unix_nano, choice.window) else None
    request = otlp_writing.parsed(choice.signal, record.body)
    of_resource, of_scope, of_record = _LISTS[choice.signal]
    for resource in getattr(request, of_resource):
        for scope in getattr(resource, of_scope):
            _keep(getattr(scope, of_record), lambda one: _is_chosen(one, choice))
        _keep(getattr(resource, of_scope), lambda scope: len(getattr(scope, of_record)) > 0)
    _keep(getattr(request, of_resource), lambda resource: len(getattr(resource, of_scope)) > 0)
    return request.SerializeToString() if getattr(request, of_resource) else None


def _is_chosen(one: Any, choice: Choice) -> bool:  # noqa: ANN401 - a Span or a LogRecord of protobuf
    """Whether a span or log record is asked for."""
    if choice.members is not None and (one.trace_id, one.span_id) not in choice.members:
        return False
    moment = one.start_time_unix_nano if choice.signal is Signal.TRACES else one.time_unix_nano or one.observed_time_unix_nano
    return _is_within(moment, choice.window)


def _is_within(unix_nano: int, window: Window) -> bool:
    """Whether a moment lies in the window."""
    if window.since is not None and unix_nano < _unix_nano(window.since):
        return False
    return window.until is None or unix_nano < _unix_nano(window.until)


def _unix_nano(moment: datetime) -> int:
    return (as_utc(moment) - _EPOCH) // timedelta(microseconds=1) * 1000


def _keep(repeated: Any, wanted: Callable[[Any], bool]) -> None:  # noqa: ANN401 - a repeated field of protobuf
    """Leave in a repeated field only what is wanted."""
    for place in reversed(range(len(repeated))):
        if not wanted(repeated[place]):
            del repeated[place]
