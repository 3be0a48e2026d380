"""Records as rows of all tables."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import pyarrow as pa

from relaylens_collector.mapping import Decoded
from relaylens_collector.mapping.cells import LongTexts, References
from relaylens_collector.mapping.frame import Frame, frame_of
from relaylens_collector.mapping.labels import label_rows
from relaylens_collector.mapping.logs import map_logs
from relaylens_collector.mapping.metrics import metric_rows
from relaylens_collector.mapping.number_ranges import range_rows
from relaylens_collector.mapping.operations import operation_rows
from relaylens_collector.mapping.origin_rows import map_resources, map_scopes
from relaylens_collector.mapping.origins import Origin
from relaylens_collector.mapping.traces import map_spans
from relaylens_collector.records import Receipt, Removed
from relaylens_collector.signals import Signal
from relaylens_collector.store.known_origins import KnownOrigins
from relaylens_collector.store.known_texts import KnownTexts

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)


@dataclass(slots=True)
class Known:
    """What is stored already and need not be stored again."""

    resources: KnownOrigins
    scopes: KnownOrigins
    texts: KnownTexts


@dataclass(slots=True)
class Prepared:
    """Records as rows, ready to be stored."""

    records: list[Receipt]
    rows: dict[str, pa.Table]
    """By table."""

    new_resources: list[tuple[int, Origin]]
    new_scopes: list[tuple[int, Origin]]
    new_texts: list[bytes]

    def forget(self, known: Known) -> None:
        """Take back what was taken as stored."""
        known.resources.forget(self.new_resources)
        known.scopes.forget(self.new_scopes)
        known.texts.forget(self.new_texts)


def divide(pairs: Sequence[tuple[Receipt, Decoded]], size: int) -> Iterator[list[tuple[Receipt, Decoded]]]:
    """Divide the records into parts of about so many bytes, each with one record at least."""
    part: list[tuple[Receipt, Decoded]] = []
    length = 0
    for record, decoded in pairs:
        if part and length + record.body_bytes > size:
            yield part
            part, length = [], 0
        part.append((record, decoded))
        length += record.body_bytes
    if part:
        yield part


def prepare(pairs: list[tuple[Receipt, Decoded]], known: Known) -> Prepared:
    """Return the records as rows; what is new among them counts as known from now on.

    The list is emptied as soon as what is in it is put together: decoded, requests take twice their bytes.
    """
    prepared = Prepared([record for record, _ in pairs], {}, [], [], [])
    try:
        prepared.rows["batches"] = _batch_rows(pairs)
        if any(decoded.dead for _, decoded in pairs):
            prepared.rows["dead_letters"] = _dead_letter_rows(pairs)
        prepared.rows |= _map(pairs, known, prepared)
    except BaseException:
        prepared.new_texts = known.texts.take_new().keys
        prepared.forget(known)
        raise
    new = known.texts.take_new()
    prepared.new_texts = new.keys
    if new.rows is not None:
        prepared.rows["texts"] = new.rows
    return prepared


def _map(pairs: list[tuple[Receipt, Decoded]], known: Known, prepared: Prepared) -> dict[str, pa.Table]:
    """Return the rows of the records, but for those of `batches`, `texts` and `dead_letters`; the list is emptied on the way."""
    longs = LongTexts()
    pending: dict[str, Callable[[References], pa.Table]] = {}
    done: dict[str, pa.Table] = {}
    spans, logs = _frame(pairs, Signal.TRACES), _frame(pairs, Signal.LOGS)
    if metrics := _frame(pairs, Signal.METRICS):
        done["metric_points"] = metric_rows(metrics)
    if labels := _frame(pairs, Signal.LABELS):
        done["labels"] = label_rows(labels, _times(pairs, Signal.LABELS))
    if operations := _frame(pairs, Signal.OPERATIONS):
        done["operations"] = operation_rows(operations, _times(pairs, Signal.OPERATIONS))
    prepared.new_resources += known.resources.take_new((record.seq, one) for record, decoded in pairs for one in decoded.resources)
    prepared.new_scopes += known.scopes.take_new((record.seq, one) for record, decoded in pairs for one in decoded.scopes)
    pairs.clear()
    if spans:
        pending["spans"] = map_spans(spans, longs)
    if logs:
        pending["logs"] = map_logs(logs, longs)
    if prepared.new_resources:
        pending["resources"] = map_resources(prepared.new_resources, longs)
    if prepared.new_scopes:
        pending["scopes"] = map_scopes(prepared.new_scopes, longs)
    references = longs.references(known.texts.identify)
    done |= {name: table(references) for name, table in pending.items()}
    if spans and (ranges := range_rows(done["spans"])) is not None:
        done["number_ranges"] = ranges
    return done


def _times(pairs: Sequence[tuple[Receipt, Decoded]], signal: Signal) -> list[datetime]:
    """Return when the records of a signal were admitted of which something is stored."""
    return [received_at(record) for record, decoded in pairs if record.signal is signal and decoded.accepted]


def _batch_rows(pairs: Sequence[tuple[Receipt, Decoded]]) -> pa.Table:
    """Return one row for each record."""
    return pa.table(
        {
            "batch": pa.array([record.seq for record, _ in pairs], pa.int64()),
            "signal": pa.array([record.signal.value for record, _ in pairs], pa.string()),
            "received_at": pa.array([received_at(record) for record, _ in pairs], pa.timestamp("us")),
            "body_bytes": pa.array([record.body_bytes for record, _ in pairs], pa.int64()),
            "request_hash": pa.array([record.request_hash for record, _ in pairs], pa.binary()),
            "rows_stored": pa.array([decoded.accepted for _, decoded in pairs], pa.int32()),
            "erased_by": pa.array([None if record.erasure is None else record.erasure.operation for record, _ in pairs], pa.int64()),
            "content_erased": pa.array([record.erasure is not None and Removed.CONTENT in record.erasure.removed for record, _ in pairs]),
            "rows_rejected": pa.array([decoded.rejected for _, decoded in pairs], pa.int32()),
        }
    )


def _dead_letter_rows(pairs: Sequence[tuple[Receipt, Decoded]]) -> pa.Table:
    """Return one row for each rejected record."""
    dead = [(record, one) for record, decoded in pairs for one in decoded.dead]
    return pa.table(
        {
            "batch": pa.array([record.seq for record, _ in dead], pa.int64()),
            "ordinal": pa.array([one.ordinal for _, one in dead], pa.int32()),
            "signal": pa.array([record.signal.value for record, _ in dead], pa.string()),
            "received_at": pa.array([received_at(record) for record, _ in dead], pa.timestamp("us")),
            "reason": pa.array([one.reason for _, one in dead], pa.string()),
            "trace_id": pa.array([one.trace_id for _, one in dead], pa.string()),
            "span_id": pa.array([one.span_id for _, one in dead], pa.string()),
            "name": pa.array([one.name for _, one in dead], pa.string()),
            "body": pa.array([one.body for _, one in dead], pa.binary()),
            "body_bytes": pa.array([one.size for _, one in dead], pa.int64()),
        }
    )


def received_at(record: Receipt) -> datetime:
    """Return when the record was admitted, in UTC."""
    return _EPOCH + timedelta(microseconds=record.received_unix_nano // 1000)


def _frame(pairs: Sequence[tuple[Receipt, Decoded]], signal: Signal) -> Frame | None:
    """Join the records of one signal, if there are any."""
    requests = [(record.seq, decoded) for record, decoded in pairs if record.signal is signal and decoded.accepted]
    return frame_of(requests) if requests else None
