"""The numbers that processes give to their spans, as rows of the table `number_ranges`: one for each stretch within a batch."""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relaylens.semconv import RELAYLENS_SEQUENCE
from relaylens_collector.mapping.columns import Ints, offsets_of, owners

_NUMBER: Final = r"^[0-9]{1,13}$"
MOST: Final = 1_000_000_000_000
"""A number that no process can have reached is not believed."""

_NEVER: Final = np.iinfo(np.int64)


def range_rows(spans: pa.Table) -> pa.Table | None:
    """Return the stretches of numbers among rows of the table `spans`, nothing where no span has a number."""
    attributes = spans.column("attributes").combine_chunks()
    places = pc.indices_nonzero(pc.equal(attributes.keys, RELAYLENS_SEQUENCE))
    if not len(places):
        return None
    values = attributes.items.take(places)
    rows = owners(offsets_of(attributes))[places.to_numpy()]
    plain = pc.match_substring_regex(values, _NUMBER).to_numpy(zero_copy_only=False)
    numbers = values.filter(pa.array(plain)).cast(pa.int64()).to_numpy()
    believed = (numbers >= 1) & (numbers <= MOST)
    return _stretches(spans.take(pa.array(rows[plain][believed])).combine_chunks(), numbers[believed]) if believed.any() else None


def _stretches(spans: pa.Table, numbers: Ints) -> pa.Table:
    """Join the numbers of one batch and resource that follow each other."""
    batch = spans.column("batch").to_numpy()
    resource = spans.column("resource").combine_chunks().storage.dictionary_encode().indices.to_numpy()
    started = spans.column("started_at").cast(pa.int64())
    earliest, latest = (started.fill_null(end).to_numpy() for end in (_NEVER.max, _NEVER.min))
    order = np.lexsort((-earliest, numbers, resource, batch))
    changes = [np.diff(column[order]) != 0 for column in (batch, resource)]
    begins = np.flatnonzero(np.concatenate(([True], changes[0] | changes[1] | (np.diff(numbers[order]) > 1))))
    ends = np.append(begins[1:], len(order)) - 1
    of_batch = np.flatnonzero(np.concatenate(([True], np.diff(batch[order][begins]) != 0)))
    counts = np.diff(np.append(of_batch, len(begins)))
    one_each = spans.take(pa.array(order[begins]))
    return pa.table(
        {
            "batch": one_each.column("batch"),
            "ordinal": pa.array((np.arange(len(begins)) - np.repeat(of_batch, counts)).astype(np.int32)),
            "resource": one_each.column("resource"),
            "service_name": one_each.column("service_name"),
            "first": pa.array(numbers[order][begins]),
            "last": pa.array(numbers[order][ends]),
            "spans": pa.array(ends - begins + 1),
            "first_started_at": _moments(np.minimum.reduceat(earliest[order], begins)),
            "last_started_at": _moments(np.maximum.reduceat(latest[order], begins)),
            "reached_at": _moments(earliest[order][ends]),
        }
    )


def _moments(microseconds: Ints) -> pa.Array:
    """Return them as timestamps, none where no span says when it began."""
    return pa.array(microseconds, pa.int64(), mask=(microseconds == _NEVER.max) | (microseconds == _NEVER.min)).cast(pa.timestamp("us"))
