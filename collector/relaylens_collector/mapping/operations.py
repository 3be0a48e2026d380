"""What was done to the record itself, as rows of the table `operations`."""

import json
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from relaylens_collector.mapping.frame import Frame


def operation_rows(frame: Frame, done_at: Sequence[datetime]) -> pa.Table:
    """Return one row for each operation; which records it touched is in the journal."""
    said = [json.loads(text) for text in frame.records.to_pylist()]
    names = ("operation", "rule", "hold", "kind", "subject", "said_by", "reason")
    return pa.table(
        {
            "batch": pa.array(frame.batch),
            **{name: pa.array([None if one.get(name) is None else str(one[name]) for one in said], pa.string()) for name in names},
            "records": pa.array([int(one.get("records", 0)) for one in said], pa.int64()),
            "rows_removed": pa.array([int(one.get("rows_removed", 0)) for one in said], pa.int64()),
            "done_at": pa.array(done_at, pa.timestamp("us")),
        }
    )
