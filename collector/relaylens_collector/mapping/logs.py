"""Log records as rows of the table `logs`, in columns."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from relaylens_collector.mapping.attributes import attributes_of, values_of
from relaylens_collector.mapping.cells import LongTexts, References
from relaylens_collector.mapping.columns import microseconds, none_if_empty, optional_id, text_column, utf8
from relaylens_collector.mapping.frame import Frame


def map_logs(frame: Frame, longs: LongTexts) -> Callable[[References], pa.Table]:
    """Take the log records' long texts; what is returned builds the rows once their references are known."""
    logs = frame.records
    attributes = attributes_of(logs.field("attributes"), longs)
    body = values_of(logs.field("body"), longs)

    def table(references: References) -> pa.Table:
        time, observed = logs.field("time_unix_nano"), logs.field("observed_time_unix_nano")
        return pa.table(
            {
                **frame.columns(),
                "trace_id": optional_id(logs.field("trace_id")),
                "span_id": optional_id(logs.field("span_id")),
                "time_unix_nano": time,
                "observed_time_unix_nano": observed,
                "logged_at": pc.coalesce(microseconds(time), microseconds(observed)),
                "severity_number": logs.field("severity_number"),
                "severity_text": none_if_empty(utf8(logs.field("severity_text"))),
                "event_name": none_if_empty(utf8(logs.field("event_name"))),
                "body": references.resolve(body.cells),
                "body_type": text_column(np.arange(len(logs) + 1), body.letters),
                **attributes.columns(references.resolve(attributes.cells)),
                "dropped_attributes_count": logs.field("dropped_attributes_count"),
                "flags": logs.field("flags"),
            }
        )

    return table
