"""Labels as rows of the table `labels`."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from relaylens_collector.mapping.frame import Frame


def label_rows(frame: Frame, labelled_at: Sequence[datetime]) -> pa.Table:
    """Return one row for each label; a value that is no text is kept as its JSON."""
    labels = [json.loads(text) for text in frame.records.to_pylist()]
    columns = {
        name: pa.array([_text(label.get(name)) for label in labels], pa.string())
        for name in ("run", "trace_id", "finding", "name", "value", "source", "comment")
    }
    return pa.table(
        {
            "batch": pa.array(frame.batch),
            **columns,
            "name": columns["name"].fill_null(""),
            "score": pa.array([_number(label.get("score")) for label in labels], pa.float64()),
            "labelled_at": pa.array(labelled_at, pa.timestamp("us")),
        }
    )


def _text(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    """Return text as it is, and anything else as its JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _number(value: Any) -> float | None:  # noqa: ANN401 - any JSON value
    """Return a number, and nothing for anything else."""
    return float(value) if isinstance(value, (int, float)) else None
