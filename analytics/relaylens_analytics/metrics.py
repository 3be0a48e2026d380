"""Computes metrics: one call, one table of the common shape, from a file or a collector alike."""

from datetime import UTC, datetime
from typing import Final

import pyarrow as pa

from relaylens_analytics import catalog, statements
from relaylens_analytics.catalog import Metric
from relaylens_analytics.reader import Reader
from relaylens_analytics.statements import Statement
from relaylens_analytics.values import Value
from relaylens_analytics.window import Window

EVERYTHING: Final = Window()
"""The window without ends."""


def compute(
    reader: Reader,
    name: str,
    window: Window = EVERYTHING,
    *,
    by: str | None = None,
    bucket_s: int | None = None,
    **filters: Value,
) -> pa.Table:
    """Compute a metric by one of its dimensions.

    `bucket_s` is the length of a bucket for `by="time"`; `filters` are the metric's own, such as `agent`, `from_agent`, `to_agent`,
    `label` and `now`. The table has the columns of `catalog.COLUMNS` and then the metric's own.
    """
    entry = catalog.metric(name)
    statement = statement_of(entry)
    values: dict[str, Value] = {**window.params(), "by": catalog.dimension(entry, by), **filters}
    if "bucket" in statement.parameters:
        values["bucket"] = bucket_s
    if "now" in statement.parameters:
        values.setdefault("now", datetime.now(UTC))
    return reader.query_file(entry.file, values)


def statement_of(entry: Metric) -> Statement:
    """Give the SQL that makes a metric, to be shown beside its number."""
    return statements.read(entry.file)


def filters_of(entry: Metric) -> list[str]:
    """List the filters a metric takes beyond the window, such as `agent`."""
    return sorted(statement_of(entry).parameters - {"since", "until", "service", "by", "bucket", "now"})
