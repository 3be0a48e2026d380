"""Metrics as rows of the table `metric_points`, each as OTLP JSON; not built for speed."""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric

from relaylens_collector.mapping.frame import Frame

UNREADABLE: Final = "protobuf"
"""`data_type` of a metric kept as the base64 of its protobuf bytes, since a text in it is not UTF-8 or it is too deep."""


def metric_rows(frame: Frame) -> pa.Table:
    """Return one row for each metric."""
    rows = [_row(body) for body in frame.records.to_pylist()]
    columns = {name: pa.array([row[name] for row in rows], pa.string()) for name in ("name", "description", "unit", "data_type", "data")}
    return pa.table({**frame.columns(), **columns})


def _row(body: bytes) -> dict[str, str | None]:
    """Return the columns of one metric."""
    try:
        metric = Metric.FromString(body)
    except DecodeError:
        kept = base64.b64encode(body).decode()
        return {"name": None, "description": None, "unit": None, "data_type": UNREADABLE, "data": kept}
    data: dict[str, Any] = MessageToDict(metric, use_integers_for_enums=True)
    for exemplar in _exemplars(data):
        for name in ("traceId", "spanId"):
            if name in exemplar:
                exemplar[name] = base64.b64decode(exemplar[name]).hex()
    return {
        "name": metric.name or None,
        "description": metric.description or None,
        "unit": metric.unit or None,
        "data_type": metric.WhichOneof("data"),
        "data": json.dumps(data, ensure_ascii=False, separators=(",", ":")),
    }


def _exemplars(metric: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Find the exemplars, whose ids are hex in OTLP JSON and not base64."""
    for kind in ("gauge", "sum", "histogram", "exponentialHistogram"):
        for point in metric.get(kind, {}).get("dataPoints", ()):
            yield from point.get("exemplars", ())
