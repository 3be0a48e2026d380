"""Questions about single spans: everything a span carries, and the tree that spans make."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from relaylens_analytics.messages import CARRIERS
from relaylens_analytics.queries import limits
from relaylens_analytics.reader import Reader


@dataclass(frozen=True, slots=True)
class SpanKey:
    """Names one span."""

    trace_id: str
    span_id: str

    def __str__(self) -> str:
        """Write it as the nouns do."""
        return f"{self.trace_id}:{self.span_id}"

    def params(self) -> dict[str, str]:
        """Give the values that every question about one span takes."""
        return {"trace_id": self.trace_id, "span_id": self.span_id}


@dataclass(frozen=True, slots=True)
class Branch:
    """A span at its place in the tree."""

    depth: int
    row: Mapping[str, Any]
    orphan: bool
    """Names a parent that is not among these spans."""


def one(reader: Reader, key: SpanKey) -> pa.Table:
    """Give the span's own fields and what it is in the network; no row where there is no such span."""
    return reader.query_file("queries/span", key.params())


def attributes(reader: Reader, key: SpanKey) -> pa.Table:
    """List the attributes of the span, its resource and its scope as text."""
    return reader.query_file("queries/span_attributes", key.params())


def events(reader: Reader, keys: Iterable[SpanKey], *, limit: int = limits.ROWS) -> pa.Table:
    """List the events of spans, their attributes as a JSON text."""
    return reader.query_file("queries/span_events", {"spans": [str(key) for key in keys], "limit": limit})


def links(reader: Reader, key: SpanKey, *, limit: int = limits.ROWS) -> pa.Table:
    """List the spans that a span points to."""
    return reader.query_file("queries/span_links", {**key.params(), "limit": limit})


def logs(reader: Reader, keys: Iterable[SpanKey], *, limit: int = limits.ROWS) -> pa.Table:
    """List the log records of spans, their attributes as a JSON text."""
    return reader.query_file("queries/span_logs", {"spans": [str(key) for key in keys], "limit": limit})


def said(reader: Reader, keys: Iterable[SpanKey], *, limit: int = limits.SPANS) -> pa.Table:
    """List what spans carry that can hold messages, for `queries.transcript` to read."""
    return reader.query_file("queries/what_was_said", {"spans": [str(key) for key in keys], "carriers": CARRIERS, "limit": limit})


def tree(spans: pa.Table) -> list[Branch]:
    """Order the rows of `queries.runs.spans` as a tree, depth first; children stand in order of start.

    A span whose parent is not among the rows is a root; spans that are each other's parents, which no valid trace has, come last.
    """
    rows: list[dict[str, Any]] = spans.to_pylist()
    present = {(row["trace_id"], row["span_id"]) for row in rows}
    children: dict[tuple[str, str], list[dict[str, Any]]] = {}
    roots: list[dict[str, Any]] = []
    for row in rows:
        parent = (row["trace_id"], row["parent_span_id"])
        if row["parent_span_id"] is None or parent not in present:
            roots.append(row)
        else:
            children.setdefault(parent, []).append(row)
    placed = _descend(roots, children)
    seen = {(branch.row["trace_id"], branch.row["span_id"]) for branch in placed}
    circular = [row for row in rows if (row["trace_id"], row["span_id"]) not in seen]
    return placed + [Branch(0, row, orphan=True) for row in circular]


def _descend(roots: list[dict[str, Any]], children: Mapping[tuple[str, str], list[dict[str, Any]]]) -> list[Branch]:
    """Walk without recursion, because a trace may be deeper than Python's stack."""
    placed: list[Branch] = []
    waiting = [(0, row) for row in reversed(roots)]
    while waiting:
        depth, row = waiting.pop()
        placed.append(Branch(depth, row, orphan=depth == 0 and row["parent_span_id"] is not None))
        below = children.get((row["trace_id"], row["span_id"]), [])
        waiting.extend((depth + 1, child) for child in reversed(below))
    return placed
