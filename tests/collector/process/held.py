"""What a store holds, as the tests of ingest compare it."""

from pathlib import Path

import duckdb

from relaylens_collector.ingest import Ingest

_TABLES = ("batches", "spans", "logs", "metric_points", "labels", "resources", "scopes", "texts")


def names(ingest: Ingest) -> list[str]:
    """The names of the stored spans."""
    with ingest.reading() as cursor:
        return [name for (name,) in cursor.execute("SELECT name FROM spans ORDER BY batch, ordinal").fetchall()]


def spans(*requests: tuple[int, int]) -> list[str]:
    """The names of so many spans of each seed, as `make_traces` gives them."""
    return [f"span {seed}/{number}" for seed, count in requests for number in range(1, count + 1)]


def tables(store_dir: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything a database holds."""
    with duckdb.connect(str(store_dir / "relaylens.duckdb"), read_only=True) as connection:
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in _TABLES}  # noqa: S608 - our own names
