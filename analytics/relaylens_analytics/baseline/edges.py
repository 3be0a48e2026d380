"""The handoffs of runs as figures: how often work went over an edge, how long it waited there, and how long it took until it was done."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from relaylens_analytics import statements
from relaylens_analytics.baseline.profiles import Floats
from relaylens_analytics.reader import Reader

MOST_EDGES: Final = 40
"""Edges that are looked at, those of most runs."""

FIGURES: Final = {"times": "handoffs from {} to {}", "wait_ms": "wait in ms from {} to {}", "took_ms": "time in ms from {} to {}"}
"""The figures of an edge, by the columns they stand in."""

RunName = tuple[str, str]
"""A run and its conversation."""


def edges_of(reader: Reader, service: str | None, runs: Sequence[RunName]) -> tuple[tuple[str, ...], Floats]:
    """The figures' names and their values, a row each run as the logarithm of one plus each; where no work went there is no time either."""
    values = {"service": service, "runs": [run for run, _ in runs], "most": MOST_EDGES}
    rows = reader.query(statements.read("baseline/edges_of_runs").text, values).to_pylist()
    edges = sorted({(row["from_agent"], row["to_agent"]) for row in rows})
    place_of = {run: place for place, run in enumerate(runs)}
    found = {column: np.full((len(runs), len(edges)), 0.0 if column == "times" else np.nan) for column in FIGURES}
    for row in rows:
        run = place_of.get((row["run"], row["conversation"]))
        edge = edges.index((row["from_agent"], row["to_agent"]))
        for column in FIGURES if run is not None else ():
            if row[column] is not None:
                found[column][run, edge] = np.log1p(max(float(row[column]), 0.0))
    names = tuple(form.format(*edge) for form in FIGURES.values() for edge in edges)
    return names, np.hstack([found[column] for column in FIGURES])
