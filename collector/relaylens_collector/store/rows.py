"""Records as rows of all tables."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import pyarrow as pa

from relaylens_collector.mapping import Decoded
from relaylens_collector.mapping.cells import LongTexts, References
from relaylens_collector.mapping.frame import Frame, frame_of
from relaylens_collector.mapping.labels import label_rows
from relaylens_collector.mapping.logs import map_logs
from relaylens_collector.mapping.metrics import metric_rows
from relaylens_collector.mapping.origin_rows import map_resources, map_scopes
from relaylens_collector.mapping.traces import map_spans
from relaylens_collector.records import Record
from relaylens_collector.signals import Signal
from relaylens_collector.store.known_origins import KnownOrigins

UNIT_BYTES: Final = 1 << 20
"""Requests are mapped together up to this size: enough that small ones are cheap, and little enough to stay in the processor's cache."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def in_units(pairs: Sequence[tuple[Record, Decoded]]) -> Iterator[list[tuple[Record, Decoded]]]:
    """Divide the records into units to be mapped together."""
    unit: list[tuple[Record, Decoded]] = []
    size = 0
    for record, decoded in pairs:
        if unit and size + len(record.body) > UNIT_BYTES:
            yield unit
            unit, size = [], 0
        unit.append((record, decoded))
        size += len(record.body)
    if unit:
        yield unit


def map_records(
    pairs: Sequence[tuple[Record, Decoded]], resources: KnownOrigins, scopes: KnownOrigins, identify: Callable[[list[bytes]], list[int]]
) -> dict[str, pa.Table]:
    """Return the rows of the records by table, but for those of `batches` and `texts`."""
    longs = LongTexts()
    pending: dict[str, Callable[[References], pa.Table]] = {}
    done: dict[str, pa.Table] = {}
    if spans := _frame(pairs, Signal.TRACES):
        pending["spans"] = map_spans(spans, longs)
    if logs := _frame(pairs, Signal.LOGS):
        pending["logs"] = map_logs(logs, longs)
    if metrics := _frame(pairs, Signal.METRICS):
        done["metric_points"] = metric_rows(metrics)
    if labels := _frame(pairs, Signal.LABELS):
        done["labels"] = label_rows(labels, [received_at(record) for record, _ in pairs if record.signal is Signal.LABELS])
    if new := resources.take_new((record.seq, one) for record, decoded in pairs for one in decoded.resources):
        pending["resources"] = map_resources(new, longs)
    if new := scopes.take_new((record.seq, one) for record, decoded in pairs for one in decoded.scopes):
        pending["scopes"] = map_scopes(new, longs)
    references = longs.references(identify)
    return done | {name: table(references) for name, table in pending.items()}


def batch_rows(pairs: Sequence[tuple[Record, Decoded]]) -> pa.Table:
    """Return one row for each record."""
    return pa.table(
        {
            "batch": pa.array([record.seq for record, _ in pairs], pa.int64()),
            "signal": pa.array([record.signal.value for record, _ in pairs], pa.string()),
            "received_at": pa.array([received_at(record) for record, _ in pairs], pa.timestamp("us")),
            "body_bytes": pa.array([len(record.body) for record, _ in pairs], pa.int64()),
            "request_hash": pa.array([record.request_hash for record, _ in pairs], pa.binary()),
            "rows_stored": pa.array([decoded.accepted for _, decoded in pairs], pa.int32()),
            "rows_rejected": pa.array([decoded.rejected for _, decoded in pairs], pa.int32()),
        }
    )


def received_at(record: Record) -> datetime:
    """Return when the record was admitted, in UTC."""
    return _EPOCH + timedelta(microseconds=record.received_unix_nano // 1000)


def _frame(pairs: Sequence[tuple[Record, Decoded]], signal: Signal) -> Frame | None:
    """Join the records of one signal, if there are any."""
    requests = [(record.seq, decoded) for record, decoded in pairs if record.signal is signal and decoded.accepted]
    return frame_of(requests) if requests else None
