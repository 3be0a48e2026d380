"""Questions about the network as a whole and about one edge of it."""

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from relaylens.semconv import SpecificationPart
from relaylens_analytics import metrics
from relaylens_analytics.queries import limits
from relaylens_analytics.reader import Reader
from relaylens_analytics.specification import Row
from relaylens_analytics.values import Value
from relaylens_analytics.window import Window

_MOST_NODES = 200
_MOST_EDGES = 1_000

DRAWN: Final = (SpecificationPart.AGENT, SpecificationPart.HANDOFF)
"""What of a declared network is on its map."""
LEAST_RUNS: Final = 12
"""Good runs of a workflow without which it is not known whose turn each of them has."""


def agents(reader: Reader, window: Window, *, limit: int = _MOST_NODES) -> pa.Table:
    """List who is in the network: agents, people, and names that work was offered to though nobody was seen there (`seen` is false)."""
    return reader.query_file("queries/network_agents", {**window.params(), "limit": limit})


def edges(reader: Reader, window: Window, *, limit: int = _MOST_EDGES) -> pa.Table:
    """List who hands work to whom; questions to a person that no handoff shows are edges of the kind `escalation`."""
    return reader.query_file("queries/network_edges", {**window.params(), "limit": limit})


def declared(reader: Reader, window: Window, *, parts: Sequence[SpecificationPart] = DRAWN, limit: int = _MOST_EDGES) -> pa.Table:
    """List what is declared of the network and what was seen of it, each with its `state` (`relaylens.semconv.DeclaredState`)."""
    return reader.query_file("queries/declared_network", {**window.params(), "parts": [str(part) for part in parts], "limit": limit})


def usual(reader: Reader, window: Window, service: str, *, least_runs: int = LEAST_RUNS, limit: int = _MOST_EDGES) -> list[Row]:
    """Give what the good runs of a service did as rows of a specification; a workflow of fewer runs requires nobody."""
    params: dict[str, Value] = {**window.params(), "service": service, "least_runs": least_runs, "limit": limit}
    found = reader.query_file("queries/usual_network", params).to_pylist()
    return [Row(service, SpecificationPart(one["part"]), one["name"], one["target"]) for one in found]


def edge_funnel(reader: Reader, window: Window, from_agent: str, to_agent: str | None) -> pa.Table:
    """Count how far work on an edge came: one row."""
    return reader.query_file("queries/edge_funnel", _edge(window, from_agent, to_agent))


def edge_reasons(reader: Reader, window: Window, from_agent: str, to_agent: str) -> pa.Table:
    """Count why work on an edge failed, as the metric handoff_failure_reasons."""
    return metrics.compute(reader, "handoff_failure_reasons", window, from_agent=from_agent, to_agent=to_agent)


def edge_over_time(reader: Reader, window: Window, from_agent: str, to_agent: str, *, bucket_s: int | None = None) -> pa.Table:
    """Show the success of an edge in time, as the metric handoff_success_rate."""
    ends: dict[str, Value] = {"from_agent": from_agent, "to_agent": to_agent}
    return metrics.compute(reader, "handoff_success_rate", window, by="time", bucket_s=bucket_s, **ends)


def edge_bounces(reader: Reader, window: Window, from_agent: str, to_agent: str, *, limit: int = limits.PAGE) -> pa.Table:
    """List work that came back to where it was handed over."""
    return reader.query_file("queries/edge_bounces", {**_edge(window, from_agent, to_agent), "limit": limit})


def edge_payload(reader: Reader, window: Window, from_agent: str, to_agent: str | None) -> pa.Table:
    """Measure how much is sent along an edge, and how much arrives: one row."""
    return reader.query_file("queries/edge_payload", _edge(window, from_agent, to_agent))


def edge_examples(  # noqa: PLR0913 - the edge, the window and one keyword a control
    reader: Reader,
    window: Window,
    from_agent: str,
    to_agent: str | None,
    *,
    failed: bool | None = None,
    limit: int = limits.PAGE,
) -> pa.Table:
    """List handoffs of an edge with what was sent and what was received, the latest first."""
    return reader.query_file("queries/edge_examples", {**_edge(window, from_agent, to_agent), "failed": failed, "limit": limit})


def _edge(window: Window, from_agent: str, to_agent: str | None) -> dict[str, Value]:
    return {**window.params(), "from_agent": from_agent, "to_agent": to_agent}
